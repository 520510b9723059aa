"""Laws of holds, whatever is asked in whatever order: never more than there is, each unit once, and time ends them."""

import tempfile
from collections import Counter
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from onhand.domain.holds import ORIGIN, Hold, HoldStatus, HoldWish
from onhand.domain.stock import Bin, LevelKey, Movement, State
from onhand.ports.errors import OnhandError
from onhand.publish import holds
from onhand.publish.holds import Granted, HoldEnded, Short
from onhand.publish.recalculate import explain
from onhand.store import Books, Store
from tests.answers.shop import BOSTON, MORNING, SHOP, WAREHOUSE, opened_shop, seen

TEE, CAP = "1", "2"
OPENED = {TEE: 15, CAP: 1}
"""Of which the Online Store may sell so many."""
PLACES = (None, BOSTON, WAREHOUSE)
SECONDS = (1, 60, 3_600)


class Tills(RuleBasedStateMachine):
    """Tills and sites that ask, a shop that sells besides, and a clock."""

    made = Bundle("made")

    @initialize()
    def open(self) -> None:
        self.closing = ExitStack()
        folder = self.closing.enter_context(tempfile.TemporaryDirectory())
        self.store: Store = self.closing.enter_context(opened_shop(Path(folder) / "onhand.db"))
        self.now: datetime = MORNING + timedelta(minutes=1)
        self.asked = 0
        self.sold: Counter[str] = Counter()
        self.model: dict[int, Hold] = {}

    def teardown(self) -> None:
        if hasattr(self, "closing"):
            self.closing.close()

    @rule(
        target=made,
        item=st.sampled_from([TEE, TEE, CAP]),
        units=st.integers(1, 9),
        place=st.sampled_from(PLACES),
        for_s=st.sampled_from(SECONDS),
    )
    def hold(self, item: str, units: int, place: str | None, for_s: int) -> object:
        self.asked += 1
        channel = None if place else "online_store"
        wish = HoldWish(f"key {self.asked}", str(self.asked), item, units, for_s, channel, place)
        with self.store.writing() as session:
            books = session.of(SHOP)
            free = OPENED[item] - self.sold[item] - sum(hold.wish.units for hold in self._alive(item))
            (answer,) = holds.hold_all(books, [wish], self.now)
            assert holds.hold_all(books, [wish], self.now) == [
                Granted(answer.hold, repeated=True) if isinstance(answer, Granted) else answer
            ]
            if isinstance(answer, Granted):
                assert units <= free
                assert explain(books, item, "online_store").units == free - units
                self.model[answer.hold.id] = answer.hold
                return answer.hold.id
            assert isinstance(answer, Short)
            assert answer.left.units < units
            assert place is not None or answer.left.units == free
        return multiple()

    @rule(id_=made)
    def confirm(self, id_: int) -> None:
        before = self.model[id_].as_of(self.now)
        with self.store.writing() as session:
            books = session.of(SHOP)
            if before.status is HoldStatus.RELEASED:
                self._refuses(books, id_, "confirm")
                return
            outcome = holds.confirm(books, id_, self.now)
            if isinstance(outcome, Short):
                assert before.status is HoldStatus.EXPIRED
                assert outcome.left.units < before.wish.units
                return
            assert outcome.status is HoldStatus.CONFIRMED
            assert holds.confirm(books, id_, self.now + timedelta(days=1)) == outcome
            if before.status is not HoldStatus.CONFIRMED:
                self.sold[before.wish.item] += before.wish.units
            self.model[id_] = outcome

    @rule(id_=made)
    def release(self, id_: int) -> None:
        before = self.model[id_].as_of(self.now)
        with self.store.writing() as session:
            books = session.of(SHOP)
            if before.status is HoldStatus.CONFIRMED:
                self._refuses(books, id_, "release")
                return
            outcome = holds.release(books, id_, self.now)
            assert holds.release(books, id_, self.now) == outcome
            expected = HoldStatus.RELEASED if before.status is HoldStatus.HELD else before.status
            assert outcome.status is expected
            self.model[id_] = outcome

    @rule(id_=consumes(made))
    def forget(self, id_: int) -> None:
        """A till that never asks again."""

    @rule(s=st.sampled_from((0.5, 30, 61, 4_000)))
    def time_passes(self, s: float) -> None:
        self.now += timedelta(seconds=s)

    @rule()
    def sweep(self) -> None:
        with self.store.writing() as session:
            holds.lapse_and_recalculate(session.of(SHOP), self.now)

    @rule(place=st.sampled_from((BOSTON, WAREHOUSE)))
    def shopify_sells_one(self, place: str) -> None:
        self.asked += 1
        with self.store.writing() as session:
            books = session.of(SHOP)
            if explain(books, TEE, "online_store").units < 1:
                return
            there = books.ledger.levels([TEE]).get((TEE, Bin(place, State.AVAILABLE)), 0)
            if there < 1:
                return
            cause = f"shopify/order/{self.asked}"
            source, target = Bin(place, State.AVAILABLE), Bin(place, State.CUSTOMER)
            sale = Movement(
                id=f"{cause}/1", item=TEE, source=source, target=target, units=1, cause=cause, origin="shopify",
                reason="sold", occurred_at=self.now,
            )  # fmt: skip
            books.ledger.append([sale], self.now)
            key = LevelKey(TEE, place)
            shown = books.expected([key])[key].get(State.AVAILABLE, 0)
            books.observations.put(seen(TEE, place, shown, self.now), self.now)
            self.sold[TEE] += 1

    @invariant()
    def what_is_held_is_what_is_reserved_and_nothing_is_sold_twice(self) -> None:
        if not hasattr(self, "store"):
            return
        with self.store.reading() as session:
            books = session.of(SHOP)
            for item, opened in OPENED.items():
                levels = books.ledger.levels([item])
                held = sum(kept.units for hold in books.holds.of_item(item) for kept in hold.kept)
                assert sum(books.ledger.reserved_by_origin(item).values()) == held
                available = sum(levels.get((item, Bin(place, State.AVAILABLE)), 0) for place in (BOSTON, WAREHOUSE))
                assert available + held + self.sold[item] == opened
                assert available >= 0
                written = {hold.id for hold in books.holds.of_item(item)}
                assert {hold.id for hold in self._alive(item)} <= written
            assert books.ledger.verify([]).problems == []
            assert {origin for origin, _ in books.ledger.reserved_by_origin(TEE)} <= {ORIGIN}

    def _alive(self, item: str) -> list[Hold]:
        """Return the holds that keep units now, by the clock alone."""
        mine = [hold for hold in self.model.values() if hold.wish.item == item]
        return [hold for hold in mine if hold.as_of(self.now).status is HoldStatus.HELD]

    def _refuses(self, books: Books, id_: int, how: str) -> None:
        refused: OnhandError | None = None
        try:
            (holds.confirm if how == "confirm" else holds.release)(books, id_, self.now)
        except HoldEnded as error:
            refused = error
        assert refused is not None


TestTills = Tills.TestCase
TestTills.settings = settings(stateful_step_count=25)
