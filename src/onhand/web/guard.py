"""Who may ask: this machine's own people, and whoever shows a key. And the headers that every answer carries."""

from collections.abc import Collection
from ipaddress import IPv6Address, ip_address
from typing import NamedTuple

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from onhand.ports.errors import OnhandError
from onhand.web.desk import Desk
from onhand.web.keys import IN_SCOPE, MAKE_ONE, SCHEME, key_wanted
from onhand.web.problem import Refused, Trouble, as_response, of_error

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

# No inline script or style, nothing from elsewhere; markup may only be made by the one named policy (static/swap.js).
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types onhand-page"
)

ALWAYS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}

# What a proxy or a tunnel adds. A page that reaches us through one is not asked for from this machine.
FORWARDING = ("forwarded", "via", "x-real-ip", "true-client-ip", "cf-connecting-ip")

WAY_OUT = (
    "Pages stay on this machine, for they have no login: bring the port to yours with ssh -L 8000:127.0.0.1:8000 HOST. "
    "A program elsewhere asks /api/v1 with a key, under a name that stands in [server] hosts."
)

FOR_PROGRAMS = ("/api/", "/openapi.json")
"""What a key opens to others; everything else answers this machine only."""


class Refusal(NamedTuple):
    """Why a request is not answered: a short title and the detail with the way out."""

    title: str
    detail: str


def is_loopback(host: str) -> bool:
    """Return whether a host name or address, without its port, is this machine talking to itself."""
    if host.lower() == "localhost":
        return True
    try:
        address = ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped.is_loopback
    return address.is_loopback


def host_without_port(host: str) -> str:
    """Return the name in a Host header; an IPv6 address keeps its brackets."""
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0]


def refuse_stranger(scope: Scope) -> Refusal | None:
    """Return why a request does not come from this machine, or None when it does.

    The Host header is judged too: a page elsewhere can point its own name at 127.0.0.1 (DNS rebinding).
    """
    headers = Headers(scope=scope)
    peer = (scope.get("client") or ("",))[0]
    if not is_loopback(peer):
        return Refusal("Only from this machine", f"The request comes from {peer or 'an unknown address'}. {WAY_OUT}")
    hosts = headers.getlist("host")
    if len(hosts) != 1 or not is_loopback(host_without_port(hosts[0])):
        named = ", ".join(repr(host) for host in hosts) or "nothing"
        return Refusal("Only under a loopback name", f"The Host header names {named}. {WAY_OUT}")
    for name in headers:
        if name in FORWARDING or name.startswith("x-forwarded-"):
            return Refusal("Not through a proxy", f"The request carries the forwarding header {name!r}. {WAY_OUT}")
    return None


def is_called(headers: Headers, hosts: Collection[str]) -> bool:
    """Return whether a request names one of some hosts, once."""
    named = headers.getlist("host")
    return len(named) == 1 and host_without_port(named[0]).lower() in hosts


def refuse_forgery(scope: Scope) -> Refusal | None:
    """Return why a request may have been made by another site's page, or None.

    Browsers say where a request comes from (Fetch Metadata, else Origin); programs say neither, and no page can
    make a browser leave both out. Another site may lead a person here by a link, and nothing else: what it would embed
    or fetch it could not read, but it could keep streams open until our own pages get none.
    """
    headers = Headers(scope=scope)
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if scope["method"] in SAFE_METHODS:
        if site in (None, "same-origin", "none") or _is_link(headers):
            return None
        return Refusal(
            "Asked for by another site", f"Sec-Fetch-Site is {site!r}, and this is no link that is followed."
        )
    own = {f"{scheme}://{headers.get('host', '')}" for scheme in ("http", "https")}
    if site not in (None, "same-origin"):
        return Refusal("Asked for by another site", f"Sec-Fetch-Site is {site!r}, it must be 'same-origin'.")
    if origin is not None and origin not in own:
        return Refusal("Asked for by another site", f"Origin is {origin!r}, this page is {headers.get('host')!r}.")
    return None


def _is_link(headers: Headers) -> bool:
    """Return whether a browser goes to a page, in a window of its own."""
    return headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"


class Guard:
    """Stands before everything: refuses strangers and forgeries, and puts the headers on every answer.

    A stranger is heard under a name in `hosts`, at addresses for programs, with a key. Who shows a key is judged by it,
    on this machine, too.
    """

    def __init__(self, app: ASGIApp, desk: Desk, hosts: Collection[str] = ()) -> None:
        self._app, self._desk, self._hosts = app, desk, frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in ALWAYS.items():
                    headers[name] = value
                headers.setdefault("cache-control", "no-store")
            await send(message)

        try:
            await self._admit(scope)
        except Refused as refused:
            await as_response(refused.trouble)(scope, receive, send_guarded)
            return
        await self._app(scope, receive, send_guarded)

    async def _admit(self, scope: Scope) -> None:
        """Let a request in, and leave behind whose it is. Raises Refused."""
        headers, stranger = Headers(scope=scope), refuse_stranger(scope)
        for_programs = scope["path"].startswith(FOR_PROGRAMS) and is_called(headers, self._hosts)
        refusal = (None if for_programs else stranger) or refuse_forgery(scope)
        if refusal is not None:
            raise Refused(Trouble(status=403, title=refusal.title, detail=refusal.detail))
        shown = headers.getlist("authorization")
        if stranger is None and not shown:
            return
        scheme, _, text = shown[0].partition(" ") if len(shown) == 1 else ("", "", "")
        if scheme.lower() != SCHEME.lower():
            raise key_wanted(f"one header Authorization with a key is needed, {len(shown)} are here: {MAKE_ONE}")
        peer = (scope.get("client") or ("an unknown address",))[0]
        try:
            scope[IN_SCOPE] = await self._desk.run(lambda: self._desk.keys.judge(text.strip(), peer))
        except OnhandError as error:
            raise Refused(of_error(error)) from error
