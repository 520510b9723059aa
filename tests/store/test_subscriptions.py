"""How topics are subscribed to, when they lapsed, and when each came last; in both engines."""

from datetime import timedelta

from onhand.ports.subscriptions import SubscriptionState, TopicState
from onhand.store import Store
from onhand.store.subscriptions import RHYTHM_DAYS, Lapse
from tests.store.goods import OTHER, SHOP, at

ORDERS, LEVELS = "orders/create", "inventory_levels/update"


def found(topic: str, state: SubscriptionState = "missing", *, whole: bool = False) -> TopicState:
    return TopicState(topic, state, (), None, whole)


def test_the_last_time_a_topic_was_right_outlives_its_being_wrong(store: Store) -> None:
    with store.writing() as session:
        subscriptions = session.of(SHOP).subscriptions
        subscriptions.keep("shopify", found(ORDERS, "held"), at(1))
        subscriptions.keep("shopify", found(ORDERS, "elsewhere"), at(2))
        subscriptions.keep("shopify", found(LEVELS, "missing"), at(2))
        levels, orders = subscriptions.seen("shopify")
        assert orders == (ORDERS, "elsewhere", at(2), at(1))
        assert levels == (LEVELS, "missing", at(2), None)
        assert session.of(OTHER).subscriptions.seen("shopify") == []


def test_a_lapse_is_one_lapse_until_it_is_made_good(store: Store) -> None:
    with store.writing() as session:
        subscriptions = session.of(SHOP).subscriptions
        subscriptions.lapse("shopify", found(LEVELS, whole=True), at(1), at(5))
        subscriptions.lapse("shopify", found(LEVELS, "elsewhere", whole=True), at(3), at(6))
        (lapse,) = subscriptions.open_lapses("shopify")
        assert lapse == Lapse(LEVELS, "missing", at(1), at(5), whole=True, mended_at=None)
        subscriptions.fill_lapses("shopify", [lapse], at(8))
        assert subscriptions.open_lapses("shopify") == [lapse]  # not mended yet: it goes on
        subscriptions.mend_lapses("shopify", at(9))
        subscriptions.fill_lapses("shopify", [lapse], at(10))  # what was read had begun before the end
        (over,) = subscriptions.open_lapses("shopify")
        assert over.mended_at == at(9)
        subscriptions.fill_lapses("shopify", [over], at(10))
        assert subscriptions.open_lapses("shopify") == []
        assert subscriptions.count_lapses("shopify", at(5)) == 1
        assert subscriptions.count_lapses("shopify", at(6)) == 0


def test_a_lapse_that_comes_back_before_it_is_made_good_is_longer(store: Store) -> None:
    with store.writing() as session:
        subscriptions = session.of(SHOP).subscriptions
        subscriptions.lapse("shopify", found(ORDERS), at(1), at(5))
        subscriptions.mend_lapses("shopify", at(6))
        subscriptions.lapse("shopify", found(ORDERS), at(6), at(7))
        (lapse,) = subscriptions.open_lapses("shopify")
        assert (lapse.since_at, lapse.mended_at) == (at(1), None)


def test_a_lapse_that_came_back_and_ended_again_while_all_was_read_is_read_for_once_more(store: Store) -> None:
    with store.writing() as session:
        subscriptions = session.of(SHOP).subscriptions
        subscriptions.lapse("shopify", found(ORDERS), at(1), at(5))
        subscriptions.mend_lapses("shopify", at(6))
        read_for = subscriptions.open_lapses("shopify")
        subscriptions.lapse("shopify", found(ORDERS), at(6), at(7))
        subscriptions.mend_lapses("shopify", at(8))
        subscriptions.fill_lapses("shopify", read_for, at(9))
        (lapse,) = subscriptions.open_lapses("shopify")
        assert (lapse.since_at, lapse.mended_at) == (at(1), at(8))


def test_arrivals_keep_the_longest_silence_of_each_day(store: Store) -> None:
    with store.writing() as session:
        arrivals = session.of(SHOP).arrivals
        arrivals.note("shopify", ORDERS, [at(0), at(10)])
        arrivals.note("shopify", ORDERS, [at(70), at(75), at(75)])
        (rhythm,) = arrivals.rhythms("shopify", at(80))
        assert rhythm == (ORDERS, 5, 1, at(75), at(70) - at(10))
        assert arrivals.newest("shopify") == {ORDERS: at(75)}
        assert session.of(OTHER).arrivals.rhythms("shopify", at(80)) == []


def test_a_silence_counts_on_the_day_on_which_it_ended_and_two_weeks_later_no_more(store: Store) -> None:
    with store.writing() as session:
        arrivals = session.of(SHOP).arrivals
        later = [at(0), at(0) + timedelta(days=3), at(0) + timedelta(days=3, hours=1)]
        arrivals.note("shopify", ORDERS, later)
        (rhythm,) = arrivals.rhythms("shopify", later[-1])
        assert (rhythm.days, rhythm.silence) == (2, timedelta(days=3))
        assert arrivals.rhythms("shopify", later[-1] + timedelta(days=RHYTHM_DAYS + 1)) == []
        arrivals.forget(later[-1] + timedelta(days=100))
        assert arrivals.newest("shopify") == {ORDERS: later[-1]}


def test_what_comes_late_never_shortens_what_is_known(store: Store) -> None:
    with store.writing() as session:
        arrivals = session.of(SHOP).arrivals
        arrivals.note("shopify", ORDERS, [at(50)])
        arrivals.note("shopify", ORDERS, [at(20)])
        assert arrivals.newest("shopify") == {ORDERS: at(50)}
        (rhythm,) = arrivals.rhythms("shopify", at(60))
        assert rhythm.silence == timedelta(0)
