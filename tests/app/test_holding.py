"""Many askers at once, on both engines: one grant for the last unit, and a hold outlives the answer that was lost."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest

from onhand.answers import NotKnown
from onhand.app.hold_wishes import HoldAsked, NotHoldable
from onhand.app.holding import Holding
from onhand.domain.holds import Hold, HoldStatus
from onhand.domain.stock import Bin, State
from onhand.ports.errors import OnhandError, StoreUnavailable
from onhand.publish.holds import Granted, HoldEnded, KeyTaken, NoSuchHold, Short
from onhand.simulator.clock import ManualClock
from onhand.store import Store, open_store
from tests.answers.shop import MORNING, SHOP, WAREHOUSE, opened_shop
from tests.support.postgres import PostgresServer

CAP = HoldAsked(sku="CAP", location="Warehouse", reference="till 7")
"""Of which there is one."""

ASKERS, TRIALS = 64, 4


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "onhand.db")
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.fresh_database()


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    with opened_shop(database) as opened:
        yield opened


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(MORNING)


@pytest.fixture
def holding(store: Store, clock: ManualClock) -> Holding:
    return Holding(store, clock)


def granted(answer: Granted | Short) -> Hold:
    assert isinstance(answer, Granted)
    return answer.hold


def test_of_many_askers_at_once_exactly_one_gets_the_last_unit(holding: Holding, store: Store) -> None:
    with ThreadPoolExecutor(ASKERS) as askers:
        for trial in range(TRIALS):
            answers = list(askers.map(lambda n, trial=trial: holding.hold(SHOP, f"{trial}/{n}", CAP), range(ASKERS)))
            winners = [answer.hold for answer in answers if isinstance(answer, Granted)]
            assert len(winners) == 1
            assert {answer.left.units for answer in answers if isinstance(answer, Short)} == {0}
            holding.release(SHOP, winners[0].id)
    with store.reading() as session:
        books = session.of(SHOP)
        assert books.ledger.levels(["2"])[("2", Bin(WAREHOUSE, State.AVAILABLE))] == 1
        assert books.ledger.verify([]).problems == []


def test_two_processes_on_one_database_do_not_grant_it_twice(store: Store, database: str, clock: ManualClock) -> None:
    other = open_store(database)
    try:
        doors = [Holding(store, clock), Holding(other, clock)]
        with ThreadPoolExecutor(16) as askers:
            answers = list(askers.map(lambda n: doors[n % 2].hold(SHOP, str(n), CAP), range(32)))
        assert sum(isinstance(answer, Granted) for answer in answers) == 1
    finally:
        other.close()


def test_the_same_request_many_times_at_once_is_one_hold(holding: Holding) -> None:
    tee = HoldAsked(sku="TEE", channel="online_store", units=2)
    with ThreadPoolExecutor(16) as askers:
        answers = list(askers.map(lambda _: granted(holding.hold(SHOP, "basket 1", tee)).id, range(32)))
    assert len(set(answers)) == 1
    with pytest.raises(KeyTaken):
        holding.hold(SHOP, "basket 1", tee._replace(units=3))


def test_many_confirmations_at_once_sell_it_once(holding: Holding, store: Store) -> None:
    hold = granted(holding.hold(SHOP, "a", CAP))
    with ThreadPoolExecutor(16) as tills:
        ends = list(tills.map(lambda _: holding.confirm(SHOP, hold.id), range(32)))
    assert {end.status for end in ends if isinstance(end, Hold)} == {HoldStatus.CONFIRMED}
    with store.reading() as session:
        assert session.of(SHOP).ledger.levels(["2"])[("2", Bin(WAREHOUSE, State.CUSTOMER))] == 1


def test_confirming_and_releasing_at_once_has_one_outcome(holding: Holding) -> None:
    hold = granted(holding.hold(SHOP, "a", CAP))

    def end(number: int) -> str:
        try:
            done = (holding.confirm if number % 2 else holding.release)(SHOP, hold.id)
        except HoldEnded:
            return "no"
        assert isinstance(done, Hold)
        return done.status.value

    with ThreadPoolExecutor(16) as tills:
        assert len(set(tills.map(end, range(32))) - {"no"}) == 1


def test_a_hold_ends_by_the_clock_and_the_next_asker_gets_its_unit(holding: Holding, clock: ManualClock) -> None:
    first = granted(holding.hold(SHOP, "a", CAP._replace(for_s=60)))
    assert isinstance(holding.hold(SHOP, "b", CAP), Short)
    clock.advance(60)
    assert granted(holding.hold(SHOP, "b", CAP)).id != first.id
    assert isinstance(holding.confirm(SHOP, first.id), Short)
    assert granted(holding.hold(SHOP, "a", CAP._replace(for_s=60))).status is HoldStatus.EXPIRED


def test_a_hold_is_still_there_after_a_restart(
    holding: Holding, store: Store, database: str, clock: ManualClock
) -> None:
    hold = granted(holding.hold(SHOP, "a", CAP))
    store.close()
    again = open_store(database)
    try:
        after = Holding(again, clock)
        assert after.hold(SHOP, "a", CAP) == Granted(hold, repeated=True)
        assert isinstance(after.confirm(SHOP, hold.id), Hold)
    finally:
        again.close()


def test_a_repeated_request_is_answered_also_when_its_item_was_removed_meanwhile(
    holding: Holding, store: Store
) -> None:
    hold = granted(holding.hold(SHOP, "a", CAP))
    with store.writing() as session:
        session.of(SHOP).catalog.drop_items(["2"], MORNING)
    assert holding.hold(SHOP, "a", CAP) == Granted(hold, repeated=True)
    with pytest.raises(KeyTaken):
        holding.hold(SHOP, "a", CAP._replace(units=2))
    with pytest.raises(NotHoldable):
        holding.hold(SHOP, "b", CAP)
    assert holding.release(SHOP, hold.id).status is HoldStatus.RELEASED


def test_holds_of_two_shops_have_nothing_to_do_with_each_other(holding: Holding, store: Store) -> None:
    hold = granted(holding.hold(SHOP, "a", CAP))
    other = "mugs.myshopify.com"
    with store.writing() as session:
        session.add_shop(other, MORNING)
    with pytest.raises(NotKnown):
        holding.hold(other, "a", CAP)
    with pytest.raises(NoSuchHold):
        holding.confirm(other, hold.id)


@pytest.mark.parametrize(
    "asked",
    [
        HoldAsked(),
        HoldAsked(sku="TEE"),
        HoldAsked(sku="TEE", item="1", location="Boston"),
        HoldAsked(sku="TEE", location="Boston", channel="online_store"),
        HoldAsked(sku="TEE", location="Bosten"),
        HoldAsked(sku="TEES", location="Boston"),
        HoldAsked(sku="TWIN", location="Boston"),
        HoldAsked(item="TEE", location="Boston"),
        HoldAsked(sku="TEE", channel="ebay"),
        HoldAsked(sku="TEE", location="Boston", units=0),
        HoldAsked(sku="TEE", location="Boston", units=10**12),
        HoldAsked(sku="TEE", location="Boston", for_s=0),
        HoldAsked(sku="TEE", location="Boston", for_s=100_000),
        HoldAsked(sku="TEE", location="Boston", reference="x" * 201),
        HoldAsked(sku="TEE", location="Boston", reference="two\nlines"),
    ],
)
def test_what_cannot_be_held_is_named(asked: HoldAsked, tmp_path: Path) -> None:
    with opened_shop(tmp_path / "onhand.db") as store:
        with pytest.raises((NotHoldable, NotKnown)) as refused:
            Holding(store, ManualClock(MORNING)).hold(SHOP, "a", asked)
        assert isinstance(refused.value, OnhandError)


def test_nothing_was_held_under_another_number(holding: Holding) -> None:
    with pytest.raises(NoSuchHold):
        holding.confirm(SHOP, 99)


class Stumbling(ManualClock):
    """A clock that the first transaction cannot read."""

    def __init__(self) -> None:
        super().__init__(MORNING)
        self._stumbled = False

    def now(self) -> datetime:
        if not self._stumbled:
            self._stumbled = True
            raise StoreUnavailable("the disk is full")
        return super().now()


def test_a_transaction_that_fails_is_one_askers_trouble_and_the_others_are_answered(store: Store) -> None:
    holding = Holding(store, Stumbling())

    def ask(number: int) -> str:
        try:
            return type(holding.hold(SHOP, str(number), CAP)).__name__
        except StoreUnavailable:
            return "failed"

    with ThreadPoolExecutor(16) as askers:
        answers = list(askers.map(ask, range(16)))
    assert sorted(answers) == ["Granted", *["Short"] * 14, "failed"]
