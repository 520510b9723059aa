"""Oversold units are counted honestly: when they arise, once each, whoever is let down in the end."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from onhand.sandbox.world.shelf import OrderRef, Shelf

ITEM, HERE, THERE = 1, 2, 3


def ref(number: int) -> OrderRef:
    return OrderRef("shopify", number)


def stocked(units: int) -> Shelf:
    shelf = Shelf()
    shelf.put(ITEM, HERE, units)
    return shelf


def test_two_shoppers_promised_the_last_unit_are_one_oversold_unit() -> None:
    shelf = stocked(1)
    shelf.promise(ref(1), ITEM, HERE, 1, "online")
    assert shelf.oversold_units == 0
    shelf.promise(ref(2), ITEM, HERE, 1, "online")
    assert shelf.oversold_units == 1
    assert [(one.ref, one.units) for one in shelf.oversells] == [(ref(2), 1)]


def test_a_till_that_hands_out_a_promised_unit_lets_the_youngest_promise_down() -> None:
    shelf = stocked(2)
    shelf.promise(ref(1), ITEM, HERE, 1, "online")
    shelf.promise(ref(2), ITEM, HERE, 1, "online")
    shelf.take(ITEM, HERE, 1, "till")
    assert [(one.ref, one.because) for one in shelf.oversells] == [(ref(2), "till")]


def test_an_order_cancelled_for_want_of_goods_stays_counted() -> None:
    shelf = stocked(0)
    shelf.promise(ref(1), ITEM, HERE, 2, "online")
    assert shelf.release(ref(1), ITEM, HERE, 2) == 2
    assert shelf.oversold_units == 2


def test_serving_the_marked_order_first_does_not_count_the_other_one_again() -> None:
    shelf = stocked(1)
    shelf.promise(ref(1), ITEM, HERE, 1, "online")
    shelf.promise(ref(2), ITEM, HERE, 1, "online")
    shelf.serve(ref(2), ITEM, HERE, 1)
    assert shelf.oversold_units == 1
    shelf.take(ITEM, HERE, 0, "nothing")
    assert shelf.oversold_units == 1


def test_a_shortage_that_a_receipt_cures_is_not_counted_twice() -> None:
    shelf = stocked(0)
    shelf.promise(ref(1), ITEM, HERE, 1, "online")
    shelf.put(ITEM, HERE, 1)
    shelf.take(ITEM, HERE, 1, "till")
    assert shelf.oversold_units == 1


def test_a_promise_takes_its_mark_along_to_another_location() -> None:
    shelf = stocked(0)
    shelf.promise(ref(1), ITEM, HERE, 1, "online")
    shelf.move_promise(ref(1), ITEM, HERE, THERE, 1)
    assert shelf.oversold_units == 1
    assert shelf.place(ITEM, THERE).marked_units == 1
    assert shelf.place(ITEM, HERE).marked_units == 0


events = st.lists(
    st.tuples(st.sampled_from(["put", "take", "promise", "release", "serve"]), st.integers(1, 3), st.integers(1, 4))
)


@given(events)
def test_the_count_never_misses_a_shortage_and_never_exceeds_what_was_promised(
    happened: list[tuple[str, int, int]],
) -> None:
    shelf = stocked(3)
    promised = 0
    worst_short = 0
    for number, (what, units, who) in enumerate(happened):
        place = shelf.place(ITEM, HERE)
        open_promises = [one for one in place.promises.values() if one.open_units >= units]
        if what == "put":
            shelf.put(ITEM, HERE, units)
        elif what == "take" and place.units >= units:
            shelf.take(ITEM, HERE, units, "till")
        elif what == "promise":
            shelf.promise(ref(number), ITEM, HERE, units, "online")
            promised += units
        elif what == "release" and open_promises:
            shelf.release(open_promises[who % len(open_promises)].ref, ITEM, HERE, units)
        elif what == "serve" and open_promises and place.units >= units:
            shelf.serve(open_promises[who % len(open_promises)].ref, ITEM, HERE, units)
        worst_short = max(worst_short, place.short_units)
        assert place.marked_units == sum(one.oversold_units for one in place.promises.values())
        assert place.promised_units == sum(one.open_units for one in place.promises.values())
        assert place.marked_units >= place.short_units
        assert place.units >= 0
    assert worst_short <= shelf.oversold_units <= promised
    assert shelf.oversold_units == sum(one.units for one in shelf.oversells)
