"""A drift is healed as somebody decides: shown first, written only over what was seen, taken back exactly."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from onhand import answers
from onhand.app.decisions import Healed, Wish
from onhand.app.writing_back import EMPTYING, FOUGHT_OVER
from onhand.audit.compare import compare_levels
from onhand.config.model import GuardConfig, LocationConfig
from onhand.domain.stock import Bin, LevelKey, State
from onhand.heal.fix import By, CannotHeal
from onhand.ports.errors import StaleWrite
from onhand.sandbox.world import moving, selling
from onhand.sandbox.world.wishes import Wish as Shopping
from onhand.simulator.platforms import GOOD_ROADS, Roads
from onhand.simulator.shop import Goods
from onhand.simulator.stage import Stage, staged
from onhand.simulator.verdict import differences, troubles
from onhand.store import DriftRow

PLENTY = Goods(items=6, units=(50,))
BOSTON = 1
ANNA = By("Anna", "I have counted it")


@pytest.fixture
def stage() -> Iterator[Stage]:
    """A shop at work; somebody has put two of an item's units at Boston into damaged, and taken away three more."""
    with staged(3, PLENTY) as stage:
        stage.open()
        stage.rest()
        by_hand(stage, "available", -5)
        by_hand(stage, "damaged", 2)
        yield stage


def ids(stage: Stage) -> tuple[int, int]:
    return next(iter(stage.world.catalog.items)), list(stage.world.catalog.locations)[BOSTON]


def key(stage: Stage) -> LevelKey:
    item, place = ids(stage)
    return LevelKey(str(item), str(place))


def by_hand(stage: Stage, state: str, units: int) -> None:
    item, place = ids(stage)
    now = stage.clock.now()
    moving.adjust_by_hand(stage.world, item_id=item, location_id=place, units=units, now=now, state=state)
    stage.clock.advance(1.0)


def sell(stage: Stage) -> None:
    item, place = ids(stage)
    lines = [Shopping(item_id=item, units=1)]
    selling.sell_at_till(stage.world, location_id=place, lines=lines, now=stage.clock.now())


def at_shopify(stage: Stage) -> tuple[int, int]:
    level = stage.world.levels.get(*ids(stage))
    assert level is not None
    return level.available, level.damaged


def in_books(stage: Stage) -> tuple[int, int]:
    item, place = key(stage)
    with stage.house.app.store.reading() as session:
        levels = session.of(stage.house.shop).ledger.levels([item])
    return tuple(levels.get((item, Bin(place, state)), 0) for state in (State.AVAILABLE, State.DAMAGED))  # type: ignore[return-value]


def filed(stage: Stage) -> int:
    """Let the level be looked into and return the drift that is open."""
    stage.house.steps.judge([key(stage)], grace_s=0.0, adopt=False)
    (drift,) = drifts(stage, "open")
    return drift.id


def drifts(stage: Stage, status: str | None = None) -> list[DriftRow]:
    with stage.house.app.store.reading() as session:
        return session.of(stage.house.shop).drifts.rows(status)


def decide(stage: Stage, way: str, drift: int, *, sure: bool = True) -> Healed:
    wish = Wish(way=way, drift=drift, by=ANNA, sure=sure)  # type: ignore[arg-type]
    return stage.house.app.heal(stage.house.shop, wish)


def gap(stage: Stage) -> bool:
    with stage.house.app.store.reading() as session:
        return key(stage) in compare_levels(session.of(stage.house.shop), [key(stage)]).drifts


def when_it_is_written(stage: Stage, do: Callable[[], None]) -> None:
    """Do something once, while the first write is on its way to Shopify."""

    def meanwhile() -> None:
        with stage.house.app.store.reading() as session:
            writing = [row for row in session.of(stage.house.shop).intents.unsettled() if row.status == "sent"]
        if writing:
            stage.platforms.meanwhile = lambda: None
            do()

    stage.platforms.meanwhile = meanwhile


def test_what_would_be_written_is_shown_and_nothing_is_changed_without_a_yes(stage: Stage) -> None:
    healed = decide(stage, "fix", filed(stage), sure=False)
    assert healed.status == "preview"
    assert (healed.plan.before, healed.plan.after) == (
        {State.AVAILABLE: 45, State.DAMAGED: 2},
        {State.AVAILABLE: 50, State.DAMAGED: 0},
    )
    assert (at_shopify(stage), in_books(stage)) == ((45, 2), (50, 0))


def test_ours_is_written_where_shopify_shows_what_was_seen_and_taken_back_by_its_exact_inverse(stage: Stage) -> None:
    drift = filed(stage)
    assert decide(stage, "fix", drift).status == "done"
    assert (at_shopify(stage), in_books(stage), gap(stage)) == ((50, 0), (50, 0), False)
    stage.settle()
    assert drifts(stage, "open") == []
    assert decide(stage, "undo", drift, sure=False).plan.after == {State.AVAILABLE: 45, State.DAMAGED: 2}
    assert decide(stage, "undo", drift).status == "done"
    assert (at_shopify(stage), in_books(stage)) == ((45, 2), (50, 0))
    with pytest.raises(CannotHeal, match="Anna took it back"):
        decide(stage, "undo", drift)
    with stage.house.app.store.reading() as session:
        shown = answers.drift(session.of(stage.house.shop), stage.house.shop, drift)
    assert [(fix.actor, fix.reason, fix.changed, fix.undoes, fix.status) for fix in shown.fixes] == [
        ("Anna", "I have counted it", "platform", False, "done"),
        ("Anna", "I have counted it", "platform", True, "done"),
    ]


def test_what_was_taken_back_is_left_alone_until_somebody_decides_anew(stage: Stage) -> None:
    first = filed(stage)
    decide(stage, "fix", first)
    decide(stage, "undo", first)
    stage.settle()
    (again,) = drifts(stage, "open")
    assert (in_books(stage), at_shopify(stage)) == ((50, 0), (45, 2))
    assert decide(stage, "accept", again.id).status == "done"
    assert in_books(stage) == (45, 2)
    by_hand(stage, "available", 4)  # they have agreed since: what comes now is adopted as ever
    stage.settle()
    assert in_books(stage) == (49, 2)
    assert differences(stage.house, stage.world) == []
    assert troubles(stage.house) == []


def test_theirs_is_taken_into_the_books_and_taken_back_unit_by_unit(stage: Stage) -> None:
    drift = filed(stage)
    assert decide(stage, "accept", drift).note == "booked as adoption/1"
    assert in_books(stage) == (45, 2)
    assert decide(stage, "undo", drift).status == "done"
    assert (in_books(stage), at_shopify(stage)) == ((50, 0), (45, 2))
    stage.settle()
    (again,) = drifts(stage, "open")
    assert "Anna took back drift 1: I have counted it" in again.evidence or again.id != drift
    assert in_books(stage) == (50, 0)


def test_what_was_adopted_by_itself_is_taken_back_as_well(stage: Stage) -> None:
    stage.settle()
    (adopted,) = drifts(stage, "adopted")
    assert in_books(stage) == (45, 2)
    decide(stage, "undo", adopted.id)
    stage.settle()
    assert in_books(stage) == (50, 0)
    assert len(drifts(stage, "open")) == 1


def test_a_sale_between_looking_and_writing_is_not_overwritten(stage: Stage) -> None:
    drift = filed(stage)
    when_it_is_written(stage, lambda: sell(stage))
    healed = decide(stage, "fix", drift)
    assert healed.status == "refused"
    assert "CHANGE_FROM_QUANTITY_STALE" in healed.note
    assert at_shopify(stage)[0] == 44
    stage.network.collect()
    stage.network.deliver_all()
    stage.house.turn(stage.house.booking)
    assert in_books(stage)[0] == 49  # the sale is booked, and the five are still missing


def test_a_write_without_an_answer_is_resolved_under_its_key_and_carried_out_once(stage: Stage) -> None:
    drift = filed(stage)

    def lose_the_answer() -> None:
        stage.platforms.roads = Roads(unanswered=1.0)
        stage.platforms.watch = lambda *_: setattr(stage.platforms, "roads", GOOD_ROADS)

    when_it_is_written(stage, lose_the_answer)
    assert decide(stage, "fix", drift).status == "done"
    assert at_shopify(stage) == (50, 0)
    with stage.house.app.store.reading() as session:
        attempts = [row.attempts for row in session.of(stage.house.shop).intents.recent(10) if row.kind == "setting"]
    assert sorted(attempts) == [1, 2]
    stage.settle()
    assert differences(stage.house, stage.world) == []


def test_e14_a_fix_is_not_taken_back_over_what_has_happened_since(stage: Stage) -> None:
    drift = filed(stage)
    decide(stage, "fix", drift)
    sell(stage)
    stage.clock.advance(1.0)
    with pytest.raises(StaleWrite, match="available 49 where 50 was written"):
        decide(stage, "undo", drift)
    assert at_shopify(stage) == (49, 0)


def test_what_follows_orders_cannot_be_written_and_says_what_to_do(stage: Stage) -> None:
    item, place = ids(stage)
    level = stage.world.levels.get(item, place)
    assert level is not None
    level.add({"committed": 2}, stage.clock.now())
    with pytest.raises(CannotHeal, match=r"committed 2 \(books 0\).*`onhand drift accept`"):
        decide(stage, "fix", filed(stage))


def test_nothing_is_written_in_shadow(stage: Stage) -> None:
    drift = filed(stage)
    stage.house.app.arm(stage.house.shop, "shopify", armed=False)
    with pytest.raises(CannotHeal, match="`onhand arm shopify` lets onhand write"):
        decide(stage, "fix", drift)
    assert at_shopify(stage) == (45, 2)


def test_e13_whoever_comes_second_sees_whose_decision_it_was_and_nothing_is_written_twice(stage: Stage) -> None:
    drift = filed(stage)
    assert decide(stage, "fix", drift).status == "done"
    written = stage.platforms.calls
    for way in ("fix", "accept"):
        with pytest.raises(CannotHeal, match=r"drift 1 is closed \(.*; Anna decided at .*: I have counted it\)"):
            decide(stage, way, drift)
    assert (at_shopify(stage), in_books(stage)) == ((50, 0), (50, 0))
    assert stage.platforms.calls - written == 2  # looks
    with stage.house.app.store.reading() as session:
        assert len(session.of(stage.house.shop).fixes.rows()) == 1


def test_a_drift_that_is_over_or_unknown_is_not_healed(stage: Stage) -> None:
    drift = filed(stage)
    by_hand(stage, "available", 5)
    by_hand(stage, "damaged", -2)
    with pytest.raises(CannotHeal, match="drift 1 is closed"):
        decide(stage, "fix", drift)
    with pytest.raises(CannotHeal, match="there is no drift 99"):
        decide(stage, "accept", 99)


def believe_onhand(stage: Stage) -> None:
    parts = stage.house.steps.parts
    boston = LocationConfig(shop=stage.house.shop, name="Boston", authority="onhand")
    parts.config = replace(parts.config, locations=(boston,), guard=GuardConfig())


def test_where_onhand_is_believed_its_numbers_are_written_back_by_itself(stage: Stage) -> None:
    believe_onhand(stage)
    stage.settle()
    assert (at_shopify(stage), in_books(stage)) == ((50, 0), (50, 0))
    with stage.house.app.store.reading() as session:
        (fix,) = session.of(stage.house.shop).fixes.rows()
    assert (fix.actor, fix.reason) == ("onhand", "its count is believed at this location")
    decide(stage, "undo", fix.drift)
    stage.settle()
    assert (at_shopify(stage), in_books(stage)) == ((45, 2), (50, 0))  # left alone: a person has decided


def test_in_shadow_a_drift_stays_open_where_onhand_is_believed(stage: Stage) -> None:
    believe_onhand(stage)
    stage.house.app.arm(stage.house.shop, "shopify", armed=False)
    stage.settle()
    assert at_shopify(stage) == (45, 2)
    assert len(drifts(stage, "open")) == 1
    stage.house.app.arm(stage.house.shop, "shopify", armed=True)
    stage.settle()
    assert at_shopify(stage) == (50, 0)


def test_numbers_that_would_empty_a_location_wait_for_a_person(stage: Stage) -> None:
    """The books hold nothing of all that came to Boston: likelier they are wrong than that nothing stands there."""
    by_hand(stage, "available", 5)
    by_hand(stage, "damaged", -2)
    items = list(stage.world.catalog.items)
    _, place = ids(stage)
    for item in items[1:4]:
        level = stage.world.levels.get(item, place)
        assert level is not None
        moving.adjust_by_hand(
            stage.world,
            item_id=item,
            location_id=place,
            units=-level.available,
            now=stage.clock.now(),
            state="available",
        )
    stage.clock.advance(1.0)
    stage.settle()  # Shopify is believed until now: the books hold nothing either
    believe_onhand(stage)
    for item in items[1:4]:
        moving.receive_goods(stage.world, item_id=item, location_id=place, units=9, now=stage.clock.now())
    stage.clock.advance(1.0)
    stage.settle()
    shown = [level.available for item in items[1:4] if (level := stage.world.levels.get(item, place)) is not None]
    assert shown == [9, 9, 9]
    with stage.house.app.store.reading() as session:
        (problem,) = [row for row in session.of(stage.house.shop).problems.open() if row.kind == EMPTYING]
    assert "Boston: 3 of 6 levels would be emptied within a day" in problem.message
    assert "`onhand drift fix ID`" in problem.next_step
    for drift in drifts(stage, "open"):
        decide(stage, "accept", drift.id)
    stage.settle()
    assert differences(stage.house, stage.world) == []
    assert troubles(stage.house) == []


def test_b19_a_level_that_somebody_else_writes_again_and_again_is_left_to_a_person(stage: Stage) -> None:
    believe_onhand(stage)
    for _ in range(12):
        if at_shopify(stage)[0] != 45:
            by_hand(stage, "available", 45 - at_shopify(stage)[0])
        stage.network.collect()
        stage.network.deliver_all()
        stage.clock.advance(20.0)
        stage.work()
        stage.clock.advance(20.0)
        stage.work()
    assert at_shopify(stage)[0] == 45
    with stage.house.app.store.reading() as session:
        books = session.of(stage.house.shop)
        assert len(books.fixes.rows()) == 3
        (problem,) = [row for row in books.problems.open() if row.kind == FOUGHT_OVER]
    assert "ITEM-0 at Boston: 50 available" in problem.message
    assert "was written back 3 times within an hour" in problem.message
    assert "Shopify's inventory history names the other app" in problem.next_step
    (open_drift,) = drifts(stage, "open")
    decide(stage, "accept", open_drift.id)
    assert troubles(stage.house) == []
