"""The simulated third party writes documents that onhand reads as docs/3pl.md says, each change in one form only."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from onhand.channels.threepl.door import Wire
from onhand.channels.threepl.edi import EdiForm, read_edi
from onhand.channels.threepl.standard import Framed
from onhand.domain.notices import Change, Notice
from onhand.sandbox.state import Settings
from onhand.sandbox.third_party import DAMAGED, AdviseShipment, MakeChange, SendNotice, ThirdParty
from onhand.sandbox.world.catalog import Refused
from onhand.simulator.acts.third_party import ThirdPartyActs
from onhand.simulator.clock import ManualClock
from onhand.simulator.season import playing
from onhand.simulator.shop import SCARCE, make_sandbox
from tests.simulator.test_everywhere import QUIET

AT = datetime(2026, 11, 23, 9, 0, 30, tzinfo=UTC)


@pytest.fixture
def party() -> Iterator[ThirdParty]:
    sandbox = make_sandbox(1, ManualClock(AT), SCARCE, Settings())
    yield ThirdParty(sandbox)
    sandbox.on_close.close()


def read(party: ThirdParty, notice: object) -> Notice:
    framed = Framed("acme", "file", AT, None, UTC)
    form = EdiForm(damage_codes=frozenset({DAMAGED}))
    (told,) = read_edi(party.file(str(notice), "edi"), form, framed)
    return told


@pytest.mark.parametrize(
    ("reason", "units", "change", "number"),
    [
        ("receipt", 4, Change.RECEIPT, "944-notice-1"),
        ("adjustment", -1, Change.ADJUSTMENT, "947-notice-1"),
        ("damage", -1, Change.DAMAGE, "947-notice-1"),
    ],
)
def test_a_change_is_read_as_what_it_was(
    party: ThirdParty, reason: str, units: int, change: Change, number: str
) -> None:
    place, sku = "Attic", next(sku for sku, there in party.stock_map("Attic").items() if there)
    before = party.stock_map(place)[sku]
    ask = MakeChange(location=place, sku=sku, units=units, reason=reason)  # type: ignore[arg-type]  # of three words
    told = read(party, party.change(ask, AT)["notice"])
    assert (told.kind, told.location, told.message_id) == ("delta", place, number)
    assert [(row.sku, row.delta_units, row.change) for row in told.rows] == [(sku, units, change)]
    assert told.as_of == AT.replace(second=0)  # a document's clock has minutes
    assert party.stock_map(place)[sku] == before + (0 if reason == "damage" else units)


def test_a_shipping_advice_names_the_order_and_goes_as_edi_only() -> None:
    with playing(QUIET) as season:
        season.open()
        party, orders = ThirdParty(season.stage.sandbox), season.stage.world.orders
        while not any(order.fulfillments for order in orders):
            season.business.act()
        order = next(order for order in orders if order.fulfillments)
        notice = party.advise(AdviseShipment(location="Attic", order=order.name), AT)["notice"]
        told = read(party, notice)
        assert (told.kind, told.orders, told.rows) == ("advice", (order.name,), ())
        with pytest.raises(Refused, match="it goes as EDI"):
            party.file(str(notice), "csv")
        with pytest.raises(Refused, match="it goes into a folder"):
            party.send(SendNotice(notice=str(notice), address="https://onhand.invalid"), AT)
        with pytest.raises(Refused, match="the shop has no order"):
            party.advise(AdviseShipment(location="Attic", order="#1"), AT)


@contextmanager
def acting(party: ThirdParty, taken: list[tuple[Wire, bytes]]) -> Iterator[ThirdPartyActs]:
    """Yield acts whose files are only collected, a thousand things later."""
    acts = ThirdPartyActs(
        party,
        random.Random(1),
        "Attic",
        address="https://onhand.invalid",
        forms=("csv", "edi"),
        take=lambda wire, body: taken.append((wire, body)),
    )
    rng, clock = random.Random(2), AT
    for _ in range(1_000):
        try:
            rng.choice(acts.acts()).happen(clock)
        except Refused:
            continue
    yield acts


def test_a_change_goes_one_way_only_however_often_it_is_told(party: ThirdParty) -> None:
    """Told as a webhook and as a file it would be two changes: nothing in them says that they are the same."""
    taken: list[tuple[Wire, bytes]] = []
    with acting(party, taken) as acts:
        by_webhook = {delivery.delivery_id for delivery in party.sandbox.world.outbox.waiting}
        changes = {name for name, notice in party.notices.items() if notice.kind == "delta"}
        by_file = {name for name in changes if (("edi", party.file(name, "edi")) in taken)}
        assert len(by_webhook & changes) > 5 < len(by_file)
        assert not by_webhook & by_file
        assert all(acts.documents[word] for word in ("receipt", "adjustment", "damage", "snapshot"))
