"""keys make, keys ls, keys revoke: the keys of tills, sites and programs that ask from elsewhere."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from onhand.cli.frame import Json, frame_of, now
from onhand.domain.api_keys import May

if TYPE_CHECKING:
    from rich.console import Console

    from onhand.domain.api_keys import ApiKey

Name = Annotated[str, typer.Argument(metavar="NAME", help="For people: small letters and digits, such as kiosk-2.")]


def make(
    context: typer.Context,
    name: Name,
    may: Annotated[
        list[May], typer.Option("--may", help="holds: ask for, confirm, release and see holds; read: the JSON API.")
    ],
    json_wanted: Json = False,
) -> None:
    """Make an API key for a till, a site or a program of one shop, and show it: this once, it is kept as a digest."""
    from onhand.app.api_keys import make_key

    frame = frame_of(context, json_wanted=json_wanted)
    with frame.session():
        pass  # a shop that nobody has read yet is named as such, and no books are begun for it
    with frame.store() as store, store.writing() as session:
        key, text = make_key(session.of(frame.shop()), name, may, now())

    def paint(console: "Console") -> None:
        console.print(text)
        console.print("This is shown once. Send it as the header  Authorization: Bearer KEY")
        hosts = frame.config().server.hosts
        elsewhere = f"asks under {' or '.join(hosts)}" if hosts else "is heard once [server] hosts names this machine"
        console.print(
            f"It may {' and '.join(sorted(key.may))}, in {frame.shop()}; from another machine it {elsewhere}."
        )

    frame.answer({**_shown(key, frame.shop()), "key": text}, paint)


def show_keys(context: typer.Context, json_wanted: Json = False) -> None:
    """Show every key, what it may, when it was last used, and whether it still counts."""
    frame = frame_of(context, json_wanted=json_wanted)
    with frame.books() as books:
        keys = books.api_keys.all()

    def paint(console: "Console") -> None:
        from onhand.cli.paint import Column, clock_time, table

        if not keys:
            console.print("There are no keys: `onhand keys make NAME --may holds` makes one.")
            return
        columns = [Column("name"), Column("may"), Column("made"), Column("last used"), Column("status")]
        cells = [
            (
                key.name,
                " and ".join(sorted(key.may)),
                clock_time(key.made_at),
                "never" if key.last_used_at is None else clock_time(key.last_used_at),
                "counts" if key.revoked_at is None else f"revoked {clock_time(key.revoked_at)}",
            )
            for key in keys
        ]
        console.print(table(columns, cells))

    frame.answer([_shown(key, frame.shop()) for key in keys], paint)


def revoke(context: typer.Context, name: Name, json_wanted: Json = False) -> None:
    """Have a key count no more, from the next request on; what it holds stays held until it is late."""
    from onhand.app.api_keys import revoke_key

    frame = frame_of(context, json_wanted=json_wanted)
    with frame.session():
        pass
    with frame.store() as store, store.writing() as session:
        books = session.of(frame.shop())
        gone = books.api_keys.get(revoke_key(books, name, now()).id)
    assert gone is not None

    def paint(console: "Console") -> None:
        console.print(f"The key {name} counts no more. What it holds: `onhand holds ls`")

    frame.answer(_shown(gone, frame.shop()), paint)


def _shown(key: "ApiKey", shop: str) -> dict[str, object]:
    return {
        "name": key.name,
        "shop": shop,
        "may": sorted(key.may),
        "made_at": _moment(key.made_at),
        "last_used_at": _moment(key.last_used_at),
        "revoked_at": _moment(key.revoked_at),
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")
