"""Webhooks of ours, sent by Standard Webhooks (specification 1.0.0), to addresses that lead out of this network only.

A name is resolved once, every address behind it is checked, and the connection goes to the checked one: a name that
leads elsewhere a moment later changes nothing. Redirects are answers like any other that is not 2xx.
"""

import base64
import binascii
import hashlib
import hmac
import ipaddress
import socket
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import httpx

from onhand.ports.errors import ConfigError
from onhand.ports.listeners import Heard

TIMEOUT_S = 5.0
MOST_BYTES = 64 * 1024
GONE = 410
PREFIX = "whsec_"

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Sequence[str]]

# Addresses of IPv6 that carry one of IPv4 inside: what they lead to is not what they look like (RFC 6052, RFC 3056).
_WRAPPED = tuple(ipaddress.ip_network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "::/96"))


def resolve(host: str, port: int) -> list[str]:
    """Return every address behind a name, as the system resolves it. Raises OSError."""
    return [str(row[4][0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def why_not(text: str, *, on_this_machine: bool) -> str | None:
    """Return why nothing may be sent to an address; None where it may."""
    try:
        address: Address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return f"{text} is no address"
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if on_this_machine:
        return None if address.is_loopback else f"{text} is not this machine"
    wrapped = isinstance(address, ipaddress.IPv6Address) and any(address in net for net in _WRAPPED)
    if not address.is_global or address.is_multicast or wrapped:
        return f"{text} is no address of the public internet"
    return None


def key_of(secret: str) -> bytes:
    """Return the key behind a secret written `whsec_` and base64, or plain base64. Raises ConfigError."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not 24 <= len(key) <= 64:
        raise ConfigError(f"a webhook's secret must be {PREFIX} and base64 of 24 to 64 bytes, got {len(key)} bytes")
    return key


def sign(keys: Sequence[bytes], message: str, at_s: int, body: bytes) -> str:
    """Return the header `webhook-signature`: one signature a key, so that a listener may rotate."""
    signed = f"{message}.{at_s}.".encode() + body
    return " ".join("v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode() for key in keys)


class Announcer:
    """Tells one listener (`ports.listeners.Listener`). `on_this_machine` lets it be on loopback, for trying it out."""

    def __init__(
        self,
        name: str,
        url: str,
        keys: Sequence[bytes],
        *,
        monotonic_s: Callable[[], float],
        on_this_machine: bool = False,
        resolve: Resolve = resolve,
    ) -> None:
        self.name = name
        self._url = httpx.URL(url)
        self._host = urlsplit(url).hostname or ""
        self._port = self._url.port or (443 if self._url.scheme == "https" else 80)
        self._keys = tuple(keys)
        self._on_this_machine = on_this_machine
        self._monotonic_s = monotonic_s
        self._resolve = resolve
        self._tls = httpx.create_ssl_context(trust_env=False)  # reading all certificates takes longer than a telling

    def tell(self, message: str, body: bytes, at_s: int) -> Heard:
        """Send one signed message. Its answer may take 5 s and 64 KiB."""
        if self._url.scheme != "https" and not self._on_this_machine:
            return Heard("again", f"{self._host}: only https is spoken to")
        try:
            addresses = self._resolve(self._host, self._port)
        except OSError as error:
            return Heard("again", f"{self._host} cannot be resolved: {error}")
        refused = [why for one in addresses if (why := why_not(one, on_this_machine=self._on_this_machine))]
        if refused or not addresses:
            return Heard("again", f"{self._host} is not told: {refused[0] if refused else 'it has no address'}")
        headers = {
            "host": self._url.netloc.decode(),
            "content-type": "application/json",
            "user-agent": "onhand",
            "webhook-id": message,
            "webhook-timestamp": str(at_s),
            "webhook-signature": sign(self._keys, message, at_s, body),
        }
        try:
            status = self._post(addresses[0], headers, body)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return Heard("again", f"{self._host}: {type(error).__name__}: {error}"[:300])
        if 200 <= status < 300:
            return Heard("taken", "")
        return Heard("gone" if status == GONE else "again", f"{self._host} answered {status}")

    def _post(self, address: str, headers: dict[str, str], body: bytes) -> int:
        """Post to the checked address; the certificate must be that of the name. Raises httpx.HTTPError."""
        gives_up_at = self._monotonic_s() + TIMEOUT_S
        with (
            httpx.Client(verify=self._tls, timeout=TIMEOUT_S, trust_env=False, follow_redirects=False) as http,
            http.stream(
                "POST",
                self._url.copy_with(host=address),
                headers=headers,
                content=body,
                extensions={"sni_hostname": self._host},
            ) as answer,
        ):
            room = MOST_BYTES
            for part in answer.iter_raw():
                room -= len(part)
                if room < 0 or self._monotonic_s() > gives_up_at:
                    raise httpx.ReadTimeout(f"an answer of more than {MOST_BYTES} bytes or {TIMEOUT_S:.0f} s")
            return answer.status_code
