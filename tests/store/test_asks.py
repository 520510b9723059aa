"""Asks wait until a reading that began after the asking has answered."""

from onhand.ports.channel import Ask, Wanted
from onhand.store import Store
from tests.store.goods import OTHER, SHOP, at

ORDER_1 = Ask(Wanted.ORDER, "1", "its webhook does not say where it ships from")
ORDER_2 = Ask(Wanted.ORDER, "2", "a sweep found it")
LEVEL = Ask(Wanted.LEVEL, "item-tee@loc-boston", "a hint")


def test_asks_fall_due_one_kind_and_channel_at_a_time(store: Store) -> None:
    with store.writing() as session:
        asks = session.of(SHOP).asks
        asks.add("shopify", [ORDER_2], at(0), delay_s=5)
        asks.add("shopify", [ORDER_1, LEVEL], at(1), delay_s=2)
        assert asks.due("shopify", Wanted.ORDER, 9, at(2.9)) == []
        assert asks.due("shopify", Wanted.ORDER, 9, at(3)) == [ORDER_1]
        assert asks.due("shopify", Wanted.ORDER, 9, at(9)) == [ORDER_1, ORDER_2]
        assert asks.due("shopify", Wanted.ORDER, 1, at(9)) == [ORDER_1]
        assert asks.due("tiktok_shop", Wanted.ORDER, 9, at(9)) == []
        kinds = [Wanted.ORDER, Wanted.LEVEL, Wanted.ITEM]
        assert [asks.due_kinds("shopify", kinds, at(now)) for now in (2.9, 3)] == [set(), {Wanted.ORDER, Wanted.LEVEL}]
        assert asks.due_kinds("shopify", kinds[1:], at(9)) == {Wanted.LEVEL}
        assert asks.due_kinds("tiktok_shop", kinds, at(9)) == set()
        assert asks.all("shopify", Wanted.ORDER, 9) == [ORDER_1, ORDER_2]
        assert asks.next_due_at() == at(3)
        assert asks.count() == 3
        assert session.of(OTHER).asks.count() == 0


def test_asking_again_keeps_the_earlier_time(store: Store) -> None:
    with store.writing() as session:
        asks = session.of(SHOP).asks
        asks.add("shopify", [ORDER_1], at(0), delay_s=5)
        asks.add("shopify", [ORDER_1], at(1), delay_s=9)
        assert asks.next_due_at() == at(5)
        asks.add("shopify", [ORDER_1], at(1), delay_s=1)
        assert asks.next_due_at() == at(2)
        assert asks.count() == 1


def test_what_was_asked_while_a_reading_ran_is_not_answered_by_it(store: Store) -> None:
    with store.writing() as session:
        asks = session.of(SHOP).asks
        asks.add("shopify", [ORDER_1, ORDER_2], at(0))
        reading = asks.next_reading()
        asks.add("shopify", [ORDER_1], at(1))
        asks.answered("shopify", Wanted.ORDER, ["1", "2"], reading)
        assert asks.due("shopify", Wanted.ORDER, 9, at(9)) == [ORDER_1]
        asks.answered("shopify", Wanted.ORDER, ["1"], asks.next_reading())
        assert asks.count() == 0
        assert asks.next_due_at() is None


def test_only_what_was_read_is_answered(store: Store) -> None:
    with store.writing() as session:
        asks = session.of(SHOP).asks
        asks.add("shopify", [ORDER_1, ORDER_2, LEVEL], at(0))
        asks.answered("shopify", Wanted.ORDER, ["2", LEVEL.key], asks.next_reading())
        assert [waiting.ask for waiting in asks.waiting()] == [LEVEL, ORDER_1]


def test_readings_are_numbered_in_each_shop(store: Store) -> None:
    with store.writing() as session:
        assert [session.of(SHOP).asks.next_reading() for _ in range(3)] == [1, 2, 3]
        assert session.of(OTHER).asks.next_reading() == 1


def test_an_ask_that_is_put_off_counts_its_attempts(store: Store) -> None:
    with store.writing() as session:
        asks = session.of(SHOP).asks
        asks.add("shopify", [ORDER_1, ORDER_2], at(0))
        asks.postpone("shopify", Wanted.ORDER, ["1"], at(30))
        asks.postpone("shopify", Wanted.ORDER, ["1"], at(60))
        assert asks.due("shopify", Wanted.ORDER, 9, at(59)) == [ORDER_2]
        assert asks.attempts("shopify", Wanted.ORDER, ["1", "2"]) == 2
        assert asks.attempts("shopify", Wanted.ORDER, ["2", "3"]) == 0
        assert [(row.ask.key, row.attempts, row.asked_at, row.due_at) for row in asks.waiting()] == [
            ("2", 0, at(0), at(0)),
            ("1", 2, at(0), at(60)),
        ]


def test_whoever_starts_tries_at_once_what_was_put_off_by_a_clock_that_was_ahead(store: Store) -> None:
    with store.writing() as session:
        asks = session.of(SHOP).asks
        asks.add("shopify", [ORDER_1], at(0))
        asks.postpone("shopify", Wanted.ORDER, ["1"], at(14_400))
        assert asks.due("shopify", Wanted.ORDER, 9, at(60)) == []
        asks.make_due(at(60))
        assert asks.due("shopify", Wanted.ORDER, 9, at(60)) == [ORDER_1]


def test_only_a_reading_that_began_after_the_asking_says_anything_about_it(store: Store) -> None:
    with store.writing() as session:
        asks = session.of(SHOP).asks
        earlier = asks.next_reading()
        asks.add("shopify", [ORDER_1], at(0))
        assert not asks.asked_before("shopify", Wanted.ORDER, "1", earlier)
        assert asks.asked_before("shopify", Wanted.ORDER, "1", asks.next_reading())
        assert not asks.asked_before("shopify", Wanted.ORDER, "2", asks.next_reading())
