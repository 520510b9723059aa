"""connect: a shop is connected to its platform, step by step."""

import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Annotated

import typer

from onhand.cli.frame import Frame, Json, frame_of
from onhand.ports.errors import BadSignature, ConfigError, OnhandError

if TYPE_CHECKING:
    from rich.console import Console

    from onhand.app.connecting import Connected, Connecting

SHOPIFY, WORKBOOK = "shopify", "google-sheets"
GOES_ON = b"onhand has the answer. You may close this page and look at the terminal.\n"
STAYS = b"This is not the answer onhand waits for.\n"


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("connect", rich_help_panel="Set up")(connect)


def connect(
    context: typer.Context,
    platform: Annotated[str, typer.Argument(metavar="PLATFORM", help="shopify, google-sheets, or a marketplace.")],
    *,
    by_code: Annotated[
        bool, typer.Option("--code", help="By authorization code: an app of another organisation than the shop's.")
    ] = False,
    writes: Annotated[bool, typer.Option("--writes", help="Also ask for the scope that writes levels.")] = False,
    port: Annotated[int, typer.Option("--port", metavar="P", min=1, max=65535, help="Where the answer comes.")] = 8002,
    redirect: Annotated[
        str | None,
        typer.Option("--redirect-uri", metavar="URL", help="Instead of this machine; then paste the answer."),
    ] = None,
    json_wanted: Json = False,
) -> None:
    """Connect a shop to a platform. A marketplace is asked with the credentials in its channel's section; tiktok-shop
    takes a new authorization with --code: agree as the seller, then paste the code or the address you land on.

    google-sheets needs a section google_sheets with `spreadsheet` and `credentials`; docs/google-sheets.md has the
    steps in Google's console.

    Shopify: without --code the app's own credentials are tried: enough for an app of the shop's organisation.

    With --code an address is shown. Open it, agree, and the answer comes to http://127.0.0.1:8002/connected, which must
    stand among the app's redirection URLs in the Dev Dashboard. With --redirect-uri paste the address you land on. With
    --json the first document on standard output is {"open": ADDRESS}, the second the result.
    """
    frame = frame_of(context, json_wanted=json_wanted)
    if platform == WORKBOOK:
        _connect_workbook(frame)
    elif platform != SHOPIFY:
        _try_marketplace(frame, platform, by_code=by_code)
    else:
        _connect_shopify(frame, by_code=by_code, writes=writes, port=port, redirect=redirect)


def _connect_shopify(frame: Frame, *, by_code: bool, writes: bool, port: int, redirect: str | None) -> None:
    import json

    from onhand.app.connecting import Connecting, connect_with_credentials

    config, domain = frame.config(), frame.shop()
    shop = next(shop for shop in config.shops if shop.domain == domain)
    writes = writes or any(channel.armed for channel in config.channels_of(domain))
    if not by_code:
        connected = connect_with_credentials(shop, writes=writes)
    else:
        attempt = Connecting(config, shop, redirect or f"http://127.0.0.1:{port}/connected", writes=writes)
        shown = (
            json.dumps({"open": attempt.page}) if frame.json else f"Open this address and agree:\n\n{attempt.page}\n"
        )
        connected = _pasted(attempt, shown) if redirect else _awaited(attempt, port, shown)

    def paint(console: "Console") -> None:
        until = f", kept alive until {connected.until:%Y-%m-%d} at least" if connected.until else ""
        console.print(
            f"{connected.shop} is connected by {connected.way}{until}; {len(connected.scopes)} scopes granted."
        )
        if connected.missing:
            console.print(
                f"Not granted: {', '.join(connected.missing)}; `onhand doctor` says what is lost without them."
            )
        console.print("Next: `onhand doctor`, then `onhand sync`.")

    frame.answer(_document(connected), paint)


def _try_marketplace(frame: Frame, platform: str, *, by_code: bool) -> None:
    from onhand.channels import CHANNELS

    name = platform.replace("-", "_")
    if name not in CHANNELS:
        known = ", ".join(other.replace("_", "-") for other in (SHOPIFY, WORKBOOK, *CHANNELS))
        raise typer.BadParameter(f"{platform!r} is none of {known}")
    shop, entry = frame.shop(), CHANNELS[name]
    with frame.app() as app:
        market = app.parts(shop).markets.get(name)
        if market is None:
            lines = f'[[channel]]\nname = "{name}"\nlocations = ["…"]\n{entry.example}'
            raise ConfigError(f"connect {platform}: no credentials of {entry.label}; write into onhand.toml\n{lines}")
        if by_code:
            _take_code(platform, market)
        answers = market.ping()

    def paint(console: "Console") -> None:
        console.print(f"{entry.label}: {answers} answers. Next: `onhand doctor`, then `onhand sync`.")

    frame.answer({"shop": shop, "channel": name, "answers": answers}, paint)


def _take_code(platform: str, market: object) -> None:
    """Show where the seller agrees, and take what comes of it from standard input."""
    from onhand.ports.connecting import ConnectsByCode

    if not isinstance(market, ConnectsByCode):
        raise typer.BadParameter(f"{platform} is not connected by a code: its credentials stand in its [[channel]]")
    for whose, page in market.consent_pages().items():
        print(f"For {whose} open {page}", file=sys.stderr)
    print("Paste the code, or the address you landed on:", file=sys.stderr, flush=True)
    market.connect_with(sys.stdin.readline())


def _connect_workbook(frame: Frame) -> None:
    """Say whom to share the spreadsheet with, try it, and make its tabs."""
    shop = frame.shop()
    with frame.app() as app:
        keeper = app.sheet(shop)
        if keeper is None:
            raise ConfigError(
                "connect google-sheets: there is no [google_sheets] for this shop; make a service account and its JSON "
                'key in the Cloud console, then write spreadsheet = "…" and credentials = "file:service-account.json"'
            )
        print(f"The spreadsheet must be shared with {keeper.email} as Editor.", file=sys.stderr)
        title, made = keeper.title(), keeper.make()
        document = {"spreadsheet": keeper.spreadsheet, "title": title, "account": keeper.email, "made": list(made)}

    def paint(console: "Console") -> None:
        console.print(f"{title} is connected. Tabs made: {', '.join(made) or 'none, they are all there'}.")
        console.print("Next: `onhand serve` fills it, and keeps it equal to the books.")

    frame.answer(document, paint)


def _document(connected: "Connected") -> dict[str, object]:
    return {
        "shop": connected.shop,
        "way": connected.way,
        "scopes": list(connected.scopes),
        "missing": list(connected.missing),
        "until": None if connected.until is None else connected.until.isoformat(),
    }


def _pasted(attempt: "Connecting", shown: str) -> "Connected":
    print(shown, flush=True)
    print("Paste the address you landed on:", file=sys.stderr, flush=True)
    return attempt.finish(sys.stdin.readline())


def _awaited(attempt: "Connecting", port: int, shown: str) -> "Connected":
    """Listen on loopback until Shopify's redirect comes; what is not signed by it is turned away and waited on.

    The address to open is `shown` once somebody listens for the answer: a browser may be quick.
    """
    done: list[Connected] = []
    failed: list[OnhandError] = []

    class Page(BaseHTTPRequestHandler):
        timeout = 10  # of one request: whoever says nothing holds up nobody

        def do_GET(self) -> None:
            try:
                done.append(attempt.finish(self.path))
            except BadSignature as stranger:
                print(f"onhand: {stranger}", file=sys.stderr)
                self._say(400, STAYS)
            except OnhandError as trouble:
                failed.append(trouble)
                self._say(502, STAYS)
            else:
                self._say(200, GOES_ON)

        def _say(self, status: int, text: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Keep the code out of every log."""

    try:
        server = HTTPServer(("127.0.0.1", port), Page)
    except OSError as error:
        raise ConfigError(f"--port {port} cannot be used: {error.strerror}") from error
    with server:
        print(shown, flush=True)
        while not done and not failed:
            server.handle_request()
    if failed:
        raise failed[0]
    return done[0]
