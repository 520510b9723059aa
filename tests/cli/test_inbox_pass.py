"""inbox pass: a count that was held back is let through by a person, and booked."""

from datetime import timedelta
from pathlib import Path

from onhand.channels.threepl.door import delivery_of
from onhand.intake.book_notices import letting_through
from onhand.intake.process import POSITION
from onhand.log import SqliteLog
from onhand.ports.delivery import Delivery
from onhand.store import Store
from tests.answers.shop import SHOP, later
from tests.cli.conftest import CONFIG, Ask

ACME = '[[threepl]]\nname = "acme"\nplaces = { "EAST" = "Boston" }\nsecret = "env:ACME"\n'
EMPTY = b'{"kind": "snapshot", "as_of": "%s", "complete": true, "items": [{"sku": "TEE", "on_hand": 0}]}'


def held(store: Store, log: SqliteLog) -> Delivery:
    """Keep a count that says that nothing is left, as if it had been held back."""
    as_of = (later(1) - timedelta(hours=1)).isoformat().encode()
    body = EMPTY % as_of
    delivery = delivery_of(
        SHOP, "acme", wire="standard", place="EAST", message_id="m-1", body=body, sent_at=None, received_at=later(1)
    )
    log.append([delivery])
    (kept,) = log.read(0, 10)
    with store.writing() as session:
        session.of(SHOP).deliveries.finish(kept.position, kept.delivery, "done", "held back: too much", later(2))
        session.move_position(POSITION, kept.position)
    return delivery


def test_a_count_that_was_held_back_is_let_through_once_a_person_says_so(
    ask: Ask, store: Store, log: SqliteLog, folder: Path
) -> None:
    (folder / "onhand.toml").write_text(CONFIG + ACME)
    delivery = held(store, log)
    answer = ask("inbox", "pass", delivery.delivery_id, "--json", env={"ACME": "whsec_Y2FuYXJ5"})
    assert answer.code == 0
    note = answer.document["delivery"]["note"]
    assert "counts at Boston kept" in note
    with store.reading() as session:
        books = session.of(SHOP)
        assert books.counter(letting_through(delivery.delivery_id)) == 1
        assert books.counts.delivery_of("3pl", delivery.delivery_id) == 1


def test_a_delivery_that_nobody_sent_is_named(ask: Ask, store: Store, folder: Path) -> None:
    (folder / "onhand.toml").write_text(CONFIG + ACME)
    answer = ask("inbox", "pass", "acme/m-9", env={"ACME": "whsec_Y2FuYXJ5"})
    assert answer.code == 3
    assert "no third party of" in answer.err
    assert "acme/m-9" in answer.err
