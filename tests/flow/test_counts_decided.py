"""A person decides about what a third party has counted: it is taken over, the books stand, or it is taken back."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from onhand import answers
from onhand.app.decisions import Healed, Wish
from onhand.heal.fix import By, CannotHeal
from onhand.store import DriftRow
from onhand.web.needs import read_needs
from tests.flow.merchant import BOSTON, WAREHOUSE, Merchant, open_shop
from tests.flow.test_third_parties import ACME, SHOP, count, drifts_of, on_hand, send
from tests.support.waiting import until

ANNA = By("anna", "looked at the shelf")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Merchant]:
    with open_shop(tmp_path_factory.mktemp("decided"), replace(SHOP, threepls=(ACME,))) as merchant:
        yield merchant


@pytest.fixture
def merchant(shared: Merchant) -> Merchant:
    shared.rested()
    shared.begin()
    return shared


def decide(merchant: Merchant, way: str, drift: int, *, sure: bool = True) -> Healed:
    assert way in ("fix", "accept", "undo")
    return merchant.app.heal(merchant.shop, Wish(way=way, drift=drift, by=ANNA, sure=sure))  # type: ignore[arg-type]


def found_missing(merchant: Merchant, units: int) -> DriftRow:
    """Let goods vanish in Boston, where Shopify is believed, and the third party count the rest."""
    merchant.do("theft", location=BOSTON, sku=merchant.tee, units=units)
    send(merchant, count(merchant, merchant.tee, at=BOSTON), "TOWN")
    (drift,) = until(lambda: drifts_of(merchant, merchant.tee), "the drift is filed")
    return drift


def in_boston(merchant: Merchant) -> int:
    return merchant.at_shopify(merchant.tee, BOSTON, "on_hand")


def newest(merchant: Merchant) -> DriftRow:
    return drifts_of(merchant, merchant.tee)[-1]


def test_a_count_that_is_accepted_goes_into_the_books_and_to_shopify_and_back_again(merchant: Merchant) -> None:
    before = in_boston(merchant)
    drift = found_missing(merchant, 2)
    shown = decide(merchant, "accept", drift.id, sure=False)
    assert (shown.status, list(shown.plan.before.values()), list(shown.plan.after.values())) == (
        "preview", [before], [before - 2],
    )  # fmt: skip
    assert merchant.unexplained(merchant.tee) == (0, 0)
    assert decide(merchant, "accept", drift.id).status == "done"
    merchant.until_equal(lambda: in_boston(merchant), before - 2)
    assert newest(merchant).status == "adopted"
    assert decide(merchant, "undo", drift.id).status == "done"
    merchant.until_equal(lambda: in_boston(merchant), before)
    again = newest(merchant)
    assert (again.status, again.units) == ("open", -2)
    assert any("anna took back" in str(line) for line in again.evidence)
    with pytest.raises(CannotHeal, match="anna took it back"):
        decide(merchant, "undo", drift.id)
    merchant.rested()
    assert in_boston(merchant) == before
    assert merchant.unexplained(merchant.tee)[1] == 0


def test_where_the_books_stand_nothing_moves_and_the_same_gap_is_not_shown_again(merchant: Merchant) -> None:
    before = in_boston(merchant)
    drift = found_missing(merchant, 3)
    assert decide(merchant, "fix", drift.id, sure=False).status == "preview"
    healed = decide(merchant, "fix", drift.id)
    assert (healed.plan.way, healed.status) == ("keep", "done")
    assert "acme must be told by a person" in healed.note
    send(merchant, count(merchant, merchant.tee, at=BOSTON), "TOWN")
    merchant.rested()
    (closed,) = drifts_of(merchant, merchant.tee)
    assert (closed.status, closed.note) == ("closed", "the books stand, says anna: looked at the shelf")
    assert in_boston(merchant) == before
    with merchant.app.store.reading() as session:
        (decided,) = answers.drift(session.of(merchant.shop), merchant.shop, drift.id).fixes
    assert (decided.changed, decided.actor, decided.status) == ("nothing", "anna", "done")
    decide(merchant, "undo", drift.id)
    assert (newest(merchant).status, newest(merchant).units) == ("open", -3)


def test_what_was_taken_over_by_itself_is_taken_back_exactly_and_stays_with_a_person(merchant: Merchant) -> None:
    before = on_hand(merchant, merchant.tee)
    merchant.do("theft", location=WAREHOUSE, sku=merchant.tee, units=3)
    send(merchant, count(merchant, merchant.tee))
    merchant.until_equal(lambda: on_hand(merchant, merchant.tee), before - 3)
    adopted = newest(merchant)
    healed = decide(merchant, "undo", adopted.id)
    assert (healed.status, list(healed.plan.before.values()), list(healed.plan.after.values())) == (
        "done", [before - 3], [before],
    )  # fmt: skip
    merchant.until_equal(lambda: on_hand(merchant, merchant.tee), before)
    assert (newest(merchant).status, newest(merchant).units) == ("open", -3)
    send(merchant, count(merchant, merchant.tee))
    merchant.do("theft", location=WAREHOUSE, sku=merchant.tee, units=1)
    send(merchant, count(merchant, merchant.tee))
    merchant.until_equal(lambda: newest(merchant).units, -4)
    merchant.rested()
    assert on_hand(merchant, merchant.tee) == before
    with pytest.raises(CannotHeal, match="acme is believed there"):
        decide(merchant, "fix", newest(merchant).id)
    decide(merchant, "accept", newest(merchant).id)
    merchant.until_equal(lambda: on_hand(merchant, merchant.tee), before - 4)
    assert newest(merchant).status == "adopted"


def test_books_and_count_that_agree_again_leave_nothing_to_decide(merchant: Merchant) -> None:
    drift = found_missing(merchant, 2)
    merchant.next_second()
    merchant.do("adjust", location=BOSTON, sku=merchant.tee, units=-2)
    merchant.until(lambda: newest(merchant).status == "closed", "books and count agree")
    for way in ("fix", "accept"):
        with pytest.raises(CannotHeal, match="nothing to heal"):
            decide(merchant, way, drift.id)
    with pytest.raises(CannotHeal, match="nothing was changed that could be taken back"):
        decide(merchant, "undo", drift.id)


def test_the_page_says_what_can_be_decided(merchant: Merchant) -> None:
    drift = found_missing(merchant, 1)
    with merchant.app.store.reading() as session:
        needs = read_needs(session.of(merchant.shop), merchant.shop)
    steps = [need.next_step for need in needs if need.kind == "drift"]
    wanted = f"onhand drift accept {drift.id} takes it over, fix {drift.id} lets the books stand"
    assert any(wanted in step for step in steps)
