"""Addresses that an answer names: fetched only where they can lead to nobody but a public server.

An answer of Shopify's says where the file of a bulk operation lies. Whoever could change that answer could otherwise
make this machine ask its own network, or a cloud's metadata service, on their behalf.
"""

import socket
from ipaddress import ip_address
from urllib.parse import urlsplit

from onhand.channels.shopify.settings import ShopifySettings
from onhand.ports.errors import IncompleteReading

NEXT = "nothing was asked there; if this is Shopify's own address, please report it"


def check_file_address(url: str, settings: ShopifySettings) -> None:
    """Raise IncompleteReading for an address that is not https at a public host.

    Where the shop's own API has a configured address (`api_url`), as that of a sandbox, files may lie on its host.
    The host's certificate is checked when it is asked, so that a name which changes where it points gains nothing.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if settings.api_url is not None and (parts.scheme, host) == _own(settings.api_url):
        return
    if parts.scheme != "https" or not host or parts.username is not None:
        raise IncompleteReading(f"the bulk file of {settings.shop} lies at {parts.scheme}://{host}, not https: {NEXT}")
    hidden = [address for address in _addresses(host, parts.port or 443) if not ip_address(address).is_global]
    if hidden:
        raise IncompleteReading(f"the bulk file of {settings.shop} lies at {host}, which is {hidden[0]}: {NEXT}")


def _own(api_url: str) -> tuple[str, str]:
    parts = urlsplit(api_url)
    return parts.scheme, parts.hostname or ""


def _addresses(host: str, port: int) -> list[str]:
    """Return where a name leads; nowhere when it cannot be resolved here, because a proxy may have to do it."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [str(row[4][0]).partition("%")[0] for row in found]
