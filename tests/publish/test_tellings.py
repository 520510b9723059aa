"""Tellings: what is owed is told once, under one key, with a compare as long as that does not cost a sale."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from onhand.audit.compare import compare_levels
from onhand.channels.shopify import ShopifyChannel
from onhand.channels.shopify.channel import CAPABILITIES
from onhand.domain.drift import Observation
from onhand.domain.stock import Bin, LevelKey, State
from onhand.ports.channel import Applied, Partly, Rejected, Throttled, Unknown, Wanted
from onhand.ports.level_writes import Setting, Stocking
from onhand.publish import answered, levels
from onhand.publish.answered import refused_levels
from onhand.publish.levels import levels_of
from onhand.store import Books, Intent, Store
from tests.answers.shop import BOSTON, SHOP, WAREHOUSE, later, sold
from tests.publish.channels import shopify_channel

SHOPIFY = "shopify"
TEE_AT_WAREHOUSE, TEE_AT_BOSTON = LevelKey("1", WAREHOUSE), LevelKey("1", BOSTON)
STALE = Rejected(stale=True, rows=(0,), reason="CHANGE_FROM_QUANTITY_STALE")


@pytest.fixture
def shopify() -> Iterator[ShopifyChannel]:
    """Shopify's adapter, without a network."""
    with shopify_channel() as channel:
        yield channel


def owe(books: Books, number: int, units: int, location: str = WAREHOUSE) -> None:
    """Book an order of TikTok Shop, which Shopify is owed then."""
    books.channels.arm(SHOPIFY, armed=True)
    books.channels.set_imported("tiktok_shop", "no")
    books.ledger.append(
        [sold(f"tiktok_shop/order/{number}", "1", location, units, at=later(1), origin="tiktok_shop")], later(1)
    )


def give_back(books: Books, number: int, units: int) -> None:
    """Book that such an order was cancelled."""
    books.channels.arm(SHOPIFY, armed=True)
    books.channels.set_imported("tiktok_shop", "no")
    movement = sold(f"tiktok_shop/order/{number}", "1", WAREHOUSE, units, at=later(1), origin="tiktok_shop")
    turned = replace(movement, id=f"{movement.id}/back", source=movement.target, target=movement.source)
    books.ledger.append([turned], later(1))


def plan(books: Books, shopify: ShopifyChannel, minute: float = 2, run: str = "run-1") -> list[Intent]:
    return levels.plan(books, shopify, 100, later(minute), run=run)


def test_an_order_from_elsewhere_is_told_as_a_move_to_reserved_with_what_shopify_should_show(
    store: Store, shopify: ShopifyChannel
) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        owe(books, 1, 3)
        (intent,) = plan(books, shopify)
        assert intent.rows[0].units == {"available": -3, "reserved": 3}
        assert intent.compares
        body = intent.body.decode()
        assert '"changeFromQuantity":10' in body  # available before the order, by the books
        assert '"changeFromQuantity":0' in body  # and none reserved: nothing is compared with anything
        assert "gid://onhand/Telling/run-1" in body
        kept = books.intents.get(intent.key)
        assert kept is not None
        assert (kept.status, kept.body) == ("sent", intent.body)


def test_shopifys_own_movements_are_never_told(store: Store, shopify: ShopifyChannel) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        books.channels.arm(SHOPIFY, armed=True)
        books.ledger.append([sold("shopify/order/1", "1", WAREHOUSE, 3, at=later(1))], later(1))
        assert plan(books, shopify) == []


def test_in_shadow_nothing_is_told_and_what_is_owed_stays_owed(store: Store, shopify: ShopifyChannel) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        owe(books, 1, 3)
        books.channels.arm(SHOPIFY, armed=False)
        assert plan(books, shopify) == []
        assert levels.resume(books, shopify, later(3)) == []
        assert books.owed.count() == 1


def test_b15_one_open_telling_a_level_and_what_comes_meanwhile_waits(store: Store, shopify: ShopifyChannel) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        owe(books, 1, 3)
        (first,) = plan(books, shopify)
        owe(books, 2, 2)
        owe(books, 3, 1, BOSTON)
        (other,) = plan(books, shopify, 3, "run-2")
        assert levels_of(other) == [TEE_AT_BOSTON]
        answered.conclude(books, first, Applied(None, "done"), later(4))
        (then,) = plan(books, shopify, 5, "run-3")
        assert then.rows[0].units == {"available": -2, "reserved": 2}


def test_what_was_applied_is_owed_no_more_and_the_platform_should_show_it(
    store: Store, shopify: ShopifyChannel
) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        owe(books, 1, 3)
        assert books.expected([TEE_AT_WAREHOUSE])[TEE_AT_WAREHOUSE] == {State.AVAILABLE: 10}
        (intent,) = plan(books, shopify)
        note = answered.conclude(books, intent, Applied(None, "done"), later(3))
        assert note == "shopify: telling of 1 levels applied"
        assert books.owed.count() == 0
        assert books.expected([TEE_AT_WAREHOUSE])[TEE_AT_WAREHOUSE] == {State.AVAILABLE: 7, State.RESERVED: 3}


def test_after_two_lost_compares_a_lowering_goes_without_one(store: Store, shopify: ShopifyChannel) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        owe(books, 1, 3)
        intents: list[Intent] = []
        for number in range(3):
            (intent,) = plan(books, shopify, 2 + number, f"run-{number}")
            intents.append(intent)
            assert refused_levels(intent, STALE) == ([] if intent.compares else [TEE_AT_WAREHOUSE])
            answered.conclude(books, intent, STALE, later(2 + number))
        assert [intent.compares for intent in intents] == [True, True, False]
        assert b'"changeFromQuantity":null' in intents[-1].body
        asked = books.asks.due(SHOPIFY, Wanted.LEVEL, 10, later(9))
        assert [ask.key for ask in asked] == [f"1@{WAREHOUSE}"]


def test_giving_units_back_never_goes_without_a_compare_and_rests_when_it_lost(
    store: Store, shopify: ShopifyChannel
) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        give_back(books, 1, 2)
        for number in range(4):
            (intent,) = plan(books, shopify, 2 + number, f"run-{number}")
            assert intent.compares
            assert refused_levels(intent, STALE) == [TEE_AT_WAREHOUSE]
            answered.conclude(books, intent, STALE, later(2 + number))


def test_a_resting_level_is_not_told_and_the_others_are(store: Store, shopify: ShopifyChannel) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        owe(books, 1, 3)
        owe(books, 2, 1, BOSTON)
        intents = levels.plan(books, shopify, 1, later(2), run="run-1", resting=[TEE_AT_WAREHOUSE])
        assert [levels_of(intent) for intent in intents] == [[TEE_AT_BOSTON]]


def test_a_success_forgets_lost_compares(store: Store, shopify: ShopifyChannel) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        owe(books, 1, 3)
        (lost,) = plan(books, shopify)
        answered.conclude(books, lost, STALE, later(3))
        (won,) = plan(books, shopify, 3, "run-2")
        answered.conclude(books, won, Applied(None, "done"), later(4))
        assert books.intents.lost_compares([TEE_AT_WAREHOUSE]) == {}


def test_b13_a_refusal_that_is_no_lost_compare_is_a_problem_until_the_level_is_told(
    store: Store, shopify: ShopifyChannel
) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        owe(books, 1, 3)
        owe(books, 2, 1, BOSTON)
        (intent,) = plan(books, shopify)
        guilty = levels_of(intent).index(TEE_AT_BOSTON)
        refused = Rejected(stale=False, rows=(guilty,), reason="INVALID_LOCATION The location is not active.")
        answered.conclude(books, intent, refused, later(3))
        (problem,) = books.problems.open()
        assert problem.message == (
            f"shopify refused what it was told of 1@{BOSTON}: INVALID_LOCATION The location is not active."
        )
        assert refused_levels(intent, refused) == [TEE_AT_BOSTON]
        assert books.owed.count() == 2
        (again,) = plan(books, shopify, 4, "run-2")
        answered.conclude(books, again, Applied(None, "done"), later(5))
        assert books.problems.open() == []


def test_a_refusal_of_everything_is_one_problem_and_lets_all_levels_rest(store: Store, shopify: ShopifyChannel) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        owe(books, 1, 3)
        owe(books, 2, 1, BOSTON)
        (intent,) = plan(books, shopify)
        refused = Rejected(stale=False, rows=(), reason="move: shopify answered 403")
        answered.conclude(books, intent, refused, later(3))
        assert [problem.key for problem in books.problems.open()] == [SHOPIFY]
        assert set(refused_levels(intent, refused)) == {TEE_AT_BOSTON, TEE_AT_WAREHOUSE}


def test_b04_an_unknown_outcome_goes_out_again_under_the_same_key_a_little_later_each_time(
    store: Store, shopify: ShopifyChannel
) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        owe(books, 1, 3)
        (intent,) = plan(books, shopify)
        now = later(2)
        for wait_s in (2, 4, 8, 16, 32, 60, 60):
            answered.conclude(books, intent, Unknown("no answer"), now)
            assert books.intents.in_flight([TEE_AT_WAREHOUSE]) == {
                TEE_AT_WAREHOUSE: {State.AVAILABLE: -3, State.RESERVED: 3}
            }
            assert plan(books, shopify, 2, "run-x") == []
            assert levels.resume(books, shopify, now + timedelta(seconds=wait_s - 0.5)) == []
            now += timedelta(seconds=wait_s)
            (again,) = levels.resume(books, shopify, now)
            assert (again.key, again.body) == (intent.key, intent.body)
        answered.conclude(books, intent, Applied(None, "done"), now)
        assert books.owed.count() == 0


def test_b10_past_the_life_of_its_key_a_telling_is_parked_and_a_person_sees_it(
    store: Store, shopify: ShopifyChannel
) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        owe(books, 1, 3)
        (intent,) = plan(books, shopify)
        answered.conclude(books, intent, Unknown("no answer"), later(2))
        late = later(2) + timedelta(seconds=CAPABILITIES.key_life_s or 0)
        assert len(levels.resume(books, shopify, late)) == 1  # just in time
        answered.conclude(books, intent, Unknown("no answer"), late)
        assert levels.resume(books, shopify, late + timedelta(minutes=2)) == []
        parked = books.intents.get(intent.key)
        assert parked is not None
        assert parked.status == "parked"
        (problem,) = books.problems.open()
        assert problem.kind == "outcome unknown"
        asked = books.asks.due(SHOPIFY, Wanted.LEVEL, 10, late + timedelta(minutes=3))
        assert [ask.key for ask in asked] == [f"1@{WAREHOUSE}"]


def test_b01_what_was_throttled_goes_out_again_under_the_same_key(store: Store, shopify: ShopifyChannel) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        owe(books, 1, 3)
        (intent,) = plan(books, shopify)
        assert answered.conclude(books, intent, Throttled(1.5), later(2)) == "shopify: throttled for 1.5 s"
        assert books.intents.in_flight([TEE_AT_WAREHOUSE]) == {}
        (again,) = levels.resume(books, shopify, later(3))
        assert again.key == intent.key


def test_what_the_answer_shows_is_seen_and_books_and_picture_agree_without_a_reading(
    store: Store, shopify: ShopifyChannel
) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        owe(books, 1, 3)
        (intent,) = plan(books, shopify)
        shown = seen_after(books, intent, available=7, reserved=3)
        answered.conclude(books, intent, Applied(None, "done", (shown,)), later(3))
        assert compare_levels(books, [TEE_AT_WAREHOUSE]).equal == [TEE_AT_WAREHOUSE]
        kept = books.observations.newest([TEE_AT_WAREHOUSE])[TEE_AT_WAREHOUSE]
        assert (kept.units[State.RESERVED], kept.observed_at, kept.reading) == (3, later(2.5), intent.reading)
        assert books.asks.due(SHOPIFY, Wanted.LEVEL, 10, later(9)) == []


def seen_after(books: Books, intent: Intent, *, available: int, reserved: int) -> Observation:
    """Return what an answer shows of the level, half a minute after it was planned."""
    (key,) = levels_of(intent)
    units = {State.AVAILABLE: available, State.RESERVED: reserved}
    return Observation(source=SHOPIFY, item=key.item, location=key.location, units=units, observed_at=later(2.5))


def test_d17_where_a_webhook_of_the_same_second_shows_something_else_the_level_is_read(
    store: Store, shopify: ShopifyChannel
) -> None:
    """A sale fell into the second of our write: nobody can say from the two numbers which of them is the newer one."""
    with store.writing() as session:
        books = session.of(SHOP)
        owe(books, 1, 3)
        (intent,) = plan(books, shopify)
        shown = seen_after(books, intent, available=7, reserved=3)
        told = replace(shown, units={State.AVAILABLE: 6})
        books.observations.put(told, later(2.6))
        answered.conclude(books, intent, Applied(None, "done", (shown,)), later(3))
        kept = books.observations.newest([TEE_AT_WAREHOUSE])[TEE_AT_WAREHOUSE]
        assert kept.units[State.AVAILABLE] == 6
        (ask,) = books.asks.due(SHOPIFY, Wanted.LEVEL, 10, later(9))
        assert ask.key == f"1@{WAREHOUSE}"


@pytest.mark.parametrize("first", [0, 1])
def test_two_parts_of_one_telling_in_the_same_second_are_no_riddle(
    store: Store, shopify: ShopifyChannel, first: int
) -> None:
    """Two of five units were shipped already: a move and an adjustment go at once, either may be carried out first."""
    with store.writing() as session:
        books = session.of(SHOP)
        owe(books, 1, 5)
        order = sold("tiktok_shop/order/1", "1", WAREHOUSE, 2, at=later(1), origin="tiktok_shop")
        shipped = replace(order, id="ship/1", source=order.target, target=Bin(WAREHOUSE, State.CUSTOMER))
        books.ledger.append([shipped], later(1))
        intents = plan(books, shopify)
        available = books.expected([TEE_AT_WAREHOUSE])[TEE_AT_WAREHOUSE][State.AVAILABLE]
        answers = [Applied(None, "not yet")] * 2
        for intent in (intents[first], intents[1 - first]):
            moved = intent.rows[0].units
            available += moved["available"]
            units = {State(state): max(much, 0) for state, much in moved.items()} | {State.AVAILABLE: available}
            shown = Observation(source=SHOPIFY, item="1", location=WAREHOUSE, units=units, observed_at=later(2.5))
            answers[intents.index(intent)] = Applied(None, "done", (shown,))
        for intent, answer in zip(intents, answers, strict=True):
            answered.conclude(books, intent, answer, later(3))
        kept = books.observations.newest([TEE_AT_WAREHOUSE])[TEE_AT_WAREHOUSE]
        assert (kept.units[State.AVAILABLE], kept.units[State.RESERVED]) == (available, 3)
        assert compare_levels(books, [TEE_AT_WAREHOUSE]).equal == [TEE_AT_WAREHOUSE]
        assert books.asks.due(SHOPIFY, Wanted.LEVEL, 10, later(9)) == []


def test_d16_our_own_echo_in_the_same_second_is_no_riddle(store: Store, shopify: ShopifyChannel) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        owe(books, 1, 3)
        (intent,) = plan(books, shopify)
        shown = seen_after(books, intent, available=7, reserved=3)
        books.observations.put(replace(shown, units={State.AVAILABLE: 7}), later(2.6))
        answered.conclude(books, intent, Applied(None, "done", (shown,)), later(3))
        assert compare_levels(books, [TEE_AT_WAREHOUSE]).equal == [TEE_AT_WAREHOUSE]
        assert books.asks.due(SHOPIFY, Wanted.LEVEL, 10, later(9)) == []


def test_b12_rows_that_were_carried_out_are_owed_no_more_although_others_were_refused(
    store: Store, shopify: ShopifyChannel
) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        owe(books, 1, 3)
        owe(books, 2, 1, BOSTON)
        (intent,) = plan(books, shopify)
        lost = levels_of(intent).index(TEE_AT_BOSTON)
        outcome = Partly(Applied(None, "group"), Rejected(stale=True, rows=(lost,), reason="stale"))
        assert refused_levels(intent, outcome) == []
        answered.conclude(books, intent, outcome, later(3))
        assert set(books.owed.units([TEE_AT_WAREHOUSE, TEE_AT_BOSTON])) == {TEE_AT_BOSTON}
        assert books.intents.lost_compares([TEE_AT_WAREHOUSE, TEE_AT_BOSTON]) == {TEE_AT_BOSTON: 1}
        assert [ask.key for ask in books.asks.due(SHOPIFY, Wanted.LEVEL, 10, later(9))] == [f"1@{BOSTON}"]
        assert books.intents.open_keys("level") == set()


def test_what_is_wanted_once_waits_for_the_channel_and_goes_out_first(store: Store, shopify: ShopifyChannel) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        wishes: list[Setting | Stocking] = [
            Stocking("2", BOSTON, stocked=False),
            Setting("1", BOSTON, {State.AVAILABLE: 4}, {State.AVAILABLE: 5}),
        ]
        assert levels.want(books, shopify, wishes, "wish-1", later(1)) == 2
        assert levels.want(books, shopify, wishes, "wish-2", later(1)) == 0  # they have an open write
        assert levels.resume(books, shopify, later(2)) == []  # in shadow
        books.channels.arm(SHOPIFY, armed=True)
        intents = levels.resume(books, shopify, later(2))
        assert sorted(intent.kind for intent in intents) == ["setting", "stocking"]
        assert all(intent.sent_at is None for intent in intents)
        for intent in intents:
            answered.conclude(books, intent, Unknown("no answer"), later(2))
        again = levels.resume(books, shopify, later(3))
        assert all(intent.sent_at is not None for intent in again)


def test_a_level_with_an_open_write_is_not_told_besides(store: Store, shopify: ShopifyChannel) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        owe(books, 1, 3)
        wish = Setting("1", WAREHOUSE, {State.AVAILABLE: 4}, {State.AVAILABLE: 5})
        levels.want(books, shopify, [wish], "wish-1", later(1))
        assert plan(books, shopify) == []


def test_a_refused_connection_is_a_problem_that_says_to_ask_again(store: Store, shopify: ShopifyChannel) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        books.channels.arm(SHOPIFY, armed=True)
        levels.want(books, shopify, [Stocking("2", BOSTON, stocked=False)], "wish-1", later(1))
        (intent,) = levels.resume(books, shopify, later(2))
        refused = Rejected(stale=False, rows=(0,), reason="COMMITTED_INVENTORY_AT_LOCATION it has committed quantities")
        answered.conclude(books, intent, refused, later(3))
        (problem,) = books.problems.open()
        assert "ask for it again" in problem.next_step
        assert levels.resume(books, shopify, later(9)) == []
