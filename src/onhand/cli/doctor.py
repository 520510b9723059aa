"""doctor: every check, how it is, why that matters, how to mend it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from onhand.cli.exits import CONFIGURATION
from onhand.cli.frame import Frame, Json, Paint, frame_of, now
from onhand.ports.errors import ConfigError, OnhandError

if TYPE_CHECKING:
    from rich.console import Console

    from onhand.cli.checks import Check
    from onhand.config import Config, JetStreamConfig


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("doctor", rich_help_panel="Set up")(doctor)


def doctor(
    context: typer.Context,
    topic: Annotated[
        str | None,
        typer.Option("--topic", metavar="NAME", help="Explain a webhook topic of Shopify's instead, however spelled."),
    ] = None,
    json_wanted: Json = False,
) -> None:
    """Check everything that can be checked: machine, configuration, database, platforms, books. Changes nothing.

    With several shops all are looked at, or the one that --shop names.

    Ends with 3 if a check fails; a warning alone ends with 0.
    """
    frame = frame_of(context, json_wanted=json_wanted)
    if topic is not None:
        _explain_topic(frame, topic)
        return
    with frame.working("Looking at everything"):
        checks = list(_examine(frame))
    document = [{"name": row.name, "status": row.status, "why": row.why, "mend": row.mend} for row in checks]
    frame.answer(document, _paint(checks))
    if any(row.status == "fail" for row in checks):
        raise typer.Exit(CONFIGURATION)


def _explain_topic(frame: Frame, name: str) -> None:
    from onhand.channels.shopify import explain

    explained = explain(name)
    document = {
        "asked": explained.asked,
        "exists": explained.exists,
        "because": explained.because or None,
        "topics": [row._asdict() for row in explained.topics],
    }

    def paint(console: "Console") -> None:
        from onhand.cli.paint import MIND, cell, pairs

        if not explained.exists:
            console.print(cell(f"There is no topic {explained.asked}: {explained.because}.", MIND))
        if not explained.topics:
            console.print("`onhand doctor` shows every topic that onhand subscribes to.")
        for row in explained.topics:
            console.print()
            enum = row.enum or "none: it stands in the app's configuration only"
            console.print(pairs({"topic": row.topic, "enum": enum, "onhand": row.onhand}))

    frame.answer(document, paint)


def _examine(frame: Frame) -> Iterator["Check"]:
    from onhand.cli.checks import fail
    from onhand.cli.checks.configured import check_config
    from onhand.cli.checks.machine import check_disk, check_sqlite
    from onhand.cli.checks.third_parties import check_third_party

    yield check_sqlite()
    try:
        config = frame.config()
    except ConfigError as error:
        yield fail("configuration", str(error), "`onhand init` writes one that works as a beginning")
        return
    wanted = frame.shops() if config.shops else []
    yield from check_config(config)
    yield from check_disk(_folder(config))
    for third in config.threepls:
        if third.shop in wanted:
            yield from _guarded(f"files of {third.name}", check_third_party(third))
    yield from _examine_kept(frame, config, wanted)


def _folder(config: "Config") -> Path:
    return Path(config.log if "://" in config.database else config.database).parent


def _examine_kept(frame: Frame, config: "Config", shops: Sequence[str]) -> Iterator["Check"]:
    """Look at what is kept and at the platforms; nothing is made that is not there yet."""
    from onhand.cli.checks import warn

    if "://" not in config.database and not Path(config.database).is_file():
        yield warn("database", f"there is no {config.database} yet", "run `onhand sync`: it makes it")
        return
    yield from _guarded("database", _examine_database(frame))
    if config.jetstream is not None:
        yield from _guarded("log stream", _examine_stream(frame, config.jetstream))
    for domain in shops:
        yield from _guarded(f"books of {domain}", _examine_books(frame, config, domain))
    yield from _guarded("what is sealed", _examine_sealed(frame, config))
    yield from _guarded("platforms", _examine_platforms(frame, config, shops))


def _guarded(name: str, checks: Iterator["Check"]) -> Iterator["Check"]:
    """Turn an error that ends some checks into a failed one, so that the others still run."""
    from onhand.cli.checks import fail

    try:
        yield from checks
    except OnhandError as error:
        yield fail(name, f"{type(error).__name__}: {error}", "mend this first: some checks could not be made")


def _examine_database(frame: Frame) -> Iterator["Check"]:
    from onhand.cli.checks.kept import check_database, check_writing

    with frame.store() as store:
        yield from check_database(store)
        yield check_writing(
            "writing the database", store.touch, "webhooks are answered and kept, and nothing of them is booked"
        )
    if not Path(frame.config().log).is_file():
        return
    with frame.log() as log:
        yield check_writing("writing the log", log.touch, "webhooks are answered 503, and their senders try again")


def _examine_stream(frame: Frame, config: "JetStreamConfig") -> Iterator["Check"]:
    from onhand.cli.checks.kept import check_stream

    with frame.log() as log:
        from onhand.log.jetstream import JetStreamLog

        if isinstance(log, JetStreamLog):
            yield from check_stream(config, log)


def _examine_sealed(frame: Frame, config: "Config") -> Iterator["Check"]:
    from onhand.app.sealing import count_sealed, seal_of
    from onhand.app.tokens import tokens_of
    from onhand.cli.checks.kept import check_sealed

    seal = seal_of(config)
    with frame.log() as log:
        yield check_sealed(count_sealed(log, tokens_of(config, seal), seal), len(config.old_encryption_keys))


def _examine_books(frame: Frame, config: "Config", shop: str) -> Iterator["Check"]:
    from onhand.cli.checks.alerts import check_alerts
    from onhand.cli.checks.books import check_books
    from onhand.cli.checks.kept import check_ledger, check_log
    from onhand.cli.checks.keys import check_keys
    from onhand.cli.checks.traffic import check_traffic

    with frame.store() as store, store.reading() as session:
        if shop not in session.shops():
            raise ConfigError(f"nothing is known of {shop} yet: run `onhand sync`")
        yield from check_books(session.of(shop), config, shop, now())
        yield from check_traffic(session.of(shop), config, shop, now())
        yield from check_alerts(session.of(shop), config, shop)
        yield check_keys(session.of(shop), config, shop, now())
    with frame.log() as log:
        anchors = log.anchors(shop)
        with frame.store() as store, store.reading() as session:
            yield check_ledger(session, shop, anchors)
            yield check_log(session, log)


def _examine_platforms(frame: Frame, config: "Config", shops: Sequence[str]) -> Iterator["Check"]:
    from onhand.cli.checks.platforms import check_platforms
    from onhand.cli.checks.sheets import check_sheet
    from onhand.cli.checks.sources import check_sources
    from onhand.cli.checks.subscriptions import check_subscriptions
    from onhand.config import SHOPIFY

    with frame.app() as app:
        for shop in (shop for shop in config.shops if shop.domain in shops):
            with app.store.reading() as session:
                writes = session.of(shop.domain).channels.get(SHOPIFY).armed
            yield from check_platforms(app.shops[shop.domain], shop, now(), writes=writes)
            with app.store.reading() as session:
                books = session.of(shop.domain)
                yield from check_subscriptions(app.shops[shop.domain], config, shop, books, now())
            yield from check_sheet(app, shop.domain, now())
        yield from check_sources(app)


def _paint(checks: Sequence["Check"]) -> Paint:
    def paint(console: "Console") -> None:
        from rich.table import Table

        from onhand.cli.paint import BAD, GOOD, MIND, QUIET, cell

        styles = {"ok": GOOD, "warn": MIND, "fail": BAD}
        table = Table.grid(padding=(0, 2))
        table.add_column()
        table.add_column(overflow="fold")
        table.add_column(overflow="fold")
        for check in checks:
            table.add_row(cell(check.status, styles[check.status]), cell(check.name, "bold"), cell(check.why))
            if check.mend is not None:
                table.add_row("", "", cell(f"-> {check.mend}", QUIET))
        console.print(table)
        counts = Counter(check.status for check in checks)
        console.print(f"{counts['ok']} ok, {counts['warn']} warn, {counts['fail']} fail")

    return paint
