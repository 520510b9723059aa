"""The law that the demo's kiosk is judged by can be broken."""

from datetime import UTC, datetime

from onhand.demo.kiosk import count_overheld
from onhand.domain.stock import Bin, Movement, State

NOW = datetime(2026, 11, 27, tzinfo=UTC)


def move(number: int, units: int, source: State, target: State, origin: str = "holds") -> Movement:
    return Movement(
        id=str(number),
        item="1",
        source=Bin("101", source),
        target=Bin("101", target),
        units=units,
        cause=f"{origin}/hold/{number}",
        origin=origin,
        reason="hold",
        occurred_at=NOW,
    )


OPENING = move(0, 2, State.SUPPLIER, State.AVAILABLE, "shopify")


def test_a_hold_of_more_than_there_is_counts() -> None:
    holds = [move(number, 1, State.AVAILABLE, State.RESERVED) for number in (1, 2, 3)]
    assert count_overheld([OPENING, *holds[:2]]) == 0
    assert count_overheld([OPENING, *holds]) == 1


def test_what_others_sell_below_zero_and_what_is_given_back_does_not() -> None:
    sold = move(1, 3, State.AVAILABLE, State.CUSTOMER, "shopify")
    back = move(2, 1, State.RESERVED, State.AVAILABLE)
    assert count_overheld([OPENING, move(3, 1, State.AVAILABLE, State.RESERVED), sold, back]) == 0
