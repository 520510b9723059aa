"""level connect, level disconnect: at which locations an item is stocked."""

from typing import TYPE_CHECKING, Annotated

import typer

from onhand.cli.frame import Frame, Json, frame_of

if TYPE_CHECKING:
    from onhand.app import App
    from onhand.domain.catalog import Item, Location
    from onhand.store import Books

Sku = Annotated[str, typer.Argument(metavar="SKU", help="A SKU that one item carries, or an item id.")]
Place = Annotated[str, typer.Argument(metavar="LOCATION", help="The location's name.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(no_args_is_help=True, help="At which locations an item is stocked in Shopify.")
    group.command("connect")(connect)
    group.command("disconnect")(disconnect)
    app.add_typer(group, name="level", rich_help_panel="Write to channels")


def connect(context: typer.Context, sku: Sku, location: Place, json_wanted: Json = False) -> None:
    """Stock an item at a location. Units that its level kept from earlier are there again."""
    _want(frame_of(context, json_wanted=json_wanted), sku, location, stocked=True, sure=True)


def disconnect(
    context: typer.Context,
    sku: Sku,
    location: Place,
    *,
    yes: Annotated[
        bool, typer.Option("--yes", help="Also where units stand there: nobody can sell them then.")
    ] = False,
    json_wanted: Json = False,
) -> None:
    """Stock an item at a location no more. Shopify keeps the level's units, and no channel sells them."""
    _want(frame_of(context, json_wanted=json_wanted), sku, location, stocked=False, sure=yes)


def _want(frame: Frame, sku: str, location: str, *, stocked: bool, sure: bool) -> None:
    from onhand import answers
    from onhand.ports.level_writes import Stocking

    shop = frame.shop()
    with frame.app() as app:
        with app.store.reading() as session:
            books = session.of(shop)
            place = answers.find_location(books, location)
            item = _only(answers.find_items(books, sku), sku)
            if not sure:
                _refuse_with_units(books, item, place)
        kept = app.stock(shop, [Stocking(item.item, place.location, stocked=stocked)])
        armed = _armed(app, shop)
    verb = "connect" if stocked else "disconnect"
    if not kept:
        raise typer.BadParameter(f"a write to {sku} at {place.name} is under way: try again when it has an outcome")
    document = {"shop": shop, "sku": item.sku, "item": item.item, "location": place.name, "stocked": stocked}
    when = "`onhand serve` sends it" if armed else "`onhand arm shopify` lets it out"
    frame.answer(
        {**document, "armed": armed}, lambda console: console.print(f"to {verb} {sku} at {place.name} is kept: {when}")
    )


def _only(items: list["Item"], sku: str) -> "Item":
    if len(items) > 1:
        ids = ", ".join(item.item for item in items)
        raise typer.BadParameter(f"{len(items)} items carry SKU {sku!r}: name one by its id, {ids}")
    return items[0]


def _refuse_with_units(books: "Books", item: "Item", place: "Location") -> None:
    from onhand.domain.stock import KEPT_STATES

    levels = books.ledger.all_levels(item.item, place.location)
    there = {
        bin_.state.value: units
        for (_, bin_), units in levels.items()
        if bin_.location == place.location and bin_.state in KEPT_STATES
    }
    if there:
        units = ", ".join(f"{units} {state}" for state, units in sorted(there.items()))
        raise typer.BadParameter(
            f"{item.sku or item.item} at {place.name}: {units} would be out of everybody's reach; "
            "transfer them first, or say --yes"
        )


def _armed(app: "App", shop: str) -> bool:
    with app.store.reading() as session:
        return session.of(shop).channels.get("shopify").armed
