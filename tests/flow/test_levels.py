"""What arrives only as a level is judged before it is adopted, and what is for sale is never raised by a guess."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from onhand.audit.compare import compare_levels
from onhand.config.model import LocationConfig
from onhand.heal.adopt import adopt_drift
from onhand.ports.channel import Ask, Wanted
from tests.flow.merchant import (
    BOSTON,
    PORTLAND,
    WAREHOUSE,
    Choices,
    Merchant,
    open_shop,
)
from tests.support.parity import differences


@contextmanager
def without_webhooks(merchant: Merchant, *topics: str) -> Iterator[None]:
    """Let Shopify forget some of our subscriptions for a while."""
    outbox = merchant.running.sandbox.world.outbox
    for subscription in list(outbox.subscriptions.values()):
        if subscription.topic in topics:
            outbox.unsubscribe(subscription.id)
    yield
    merchant.app.parts(merchant.shop).shopify.ensure_subscriptions(merchant.serving.addresses["webhooks"])


def missed_pictures(merchant: Merchant) -> int:
    """Return how many orders were found by sweeping."""
    with merchant.app.store.reading() as session:
        return session.of(merchant.shop).counter("missed_pictures")


def test_a_receipt_raises_what_is_for_sale_once_it_was_judged(merchant: Merchant) -> None:
    online, tills, tiktok = merchant.ats_everywhere(merchant.tee)
    asked = len(merchant.log()["calls"])
    merchant.do("receive", location=WAREHOUSE, sku=merchant.tee, units=25)
    merchant.until_equal(lambda: merchant.ats_everywhere(merchant.tee), (online + 25, tills + 25, tiktok + 25))
    merchant.until_equal(lambda: merchant.at_tiktok(merchant.tee), tiktok + 25)
    assert merchant.adopted(merchant.tee) == [(WAREHOUSE, 25)]
    (drift,) = merchant.drifts(merchant.tee)
    assert any("read twice" in proof for proof in drift.evidence)
    operations = [call["operation"] for call in merchant.log()["calls"][asked:] if call["platform"] == "shopify"]
    first, last = operations.index("nodes"), len(operations) - 1 - operations[::-1].index("nodes")
    assert any("orders" in operation for operation in operations[first:last])  # level, orders, level
    assert merchant.unexplained(merchant.tee) == (25, -25)


def test_before_it_is_judged_a_receipt_raises_nothing(patient: Merchant) -> None:
    before, listed = patient.ats_everywhere(patient.tee), patient.at_tiktok(patient.tee)
    patient.do("receive", location=WAREHOUSE, sku=patient.tee, units=25)
    patient.until(lambda: patient.drift_of(patient.tee, WAREHOUSE), "the level is seen")
    patient.sale(patient.hoodie)  # something else moves, and everything is computed meanwhile
    patient.booked()
    assert patient.ats_everywhere(patient.tee) == before
    assert patient.at_tiktok(patient.tee) == listed
    steps = patient.app.steps(patient.shop)

    def judged() -> bool:
        left = steps.judge(grace_s=0.0, adopt=True)
        return not left and patient.ats(patient.tee, "tiktok_shop") == before[2] + 25

    patient.until(judged, "the gap is compared a moment after it is seen, and then adopted")


def test_an_adjustment_downwards_lowers_at_once_and_is_adopted_later(patient: Merchant) -> None:
    online, tills, tiktok = patient.ats_everywhere(patient.cap)
    patient.do("adjust", location=WAREHOUSE, sku=patient.cap, units=-4)
    patient.until_equal(lambda: patient.ats_everywhere(patient.cap), (online - 4, tills - 4, tiktok - 4))
    patient.until_equal(lambda: patient.at_tiktok(patient.cap), tiktok - 4)
    assert patient.adopted(patient.cap) == []
    steps = patient.app.steps(patient.shop)

    def judged() -> bool:
        steps.judge(grace_s=0.0, adopt=True)
        return patient.adopted(patient.cap) == [(WAREHOUSE, -4)]

    patient.until(judged, "the gap is compared a moment after it is seen, and then adopted")
    assert patient.level(patient.cap, WAREHOUSE) == patient.at_shopify(patient.cap, WAREHOUSE)


def test_units_that_someone_calls_damaged_leave_sale_and_the_books_follow_in_both_states(merchant: Merchant) -> None:
    tiktok = merchant.ats(merchant.hoodie, "tiktok_shop")
    merchant.do("adjust", location=WAREHOUSE, sku=merchant.hoodie, units=-2)
    merchant.do("adjust", location=WAREHOUSE, sku=merchant.hoodie, units=2, state="damaged")
    merchant.until_equal(lambda: merchant.level(merchant.hoodie, WAREHOUSE, "damaged"), 2)
    merchant.until_equal(lambda: merchant.ats(merchant.hoodie, "tiktok_shop"), tiktok - 2)
    assert merchant.level(merchant.hoodie, WAREHOUSE) == merchant.at_shopify(merchant.hoodie, WAREHOUSE)


def test_a04_a_sale_whose_webhooks_are_lost_is_found_by_the_sweep_and_not_adopted(patient: Merchant) -> None:
    online, tills, tiktok = patient.ats_everywhere(patient.tee)
    patient.fault("lose")
    patient.order("online_store", patient.tee, 2)
    patient.sale(patient.tee, 1, at=BOSTON)
    patient.do("heal")
    steps = patient.app.steps(patient.shop)
    assert steps.sweep(steps.parts.shopify) == 2
    patient.until_equal(lambda: patient.ats_everywhere(patient.tee), (online - 3, tills - 3, tiktok - 2))
    steps.read_levels([patient.key(patient.tee, WAREHOUSE), patient.key(patient.tee, BOSTON)])
    patient.quiet()
    assert patient.adopted(patient.tee) == []
    assert patient.unexplained(patient.tee) == (0, 0)


def test_a_level_that_a_lost_order_explains_is_not_adopted_when_it_is_judged(merchant: Merchant) -> None:
    """Only the order's own webhooks are lost: the level arrives, and judging it finds the order."""
    tiktok, missed = merchant.ats(merchant.tee, "tiktok_shop"), missed_pictures(merchant)
    with without_webhooks(merchant, "orders/create", "orders/updated", "orders/paid", "fulfillment_orders/moved"):
        merchant.order("online_store", merchant.tee, 2)
        merchant.until_equal(lambda: merchant.level(merchant.tee, WAREHOUSE, "committed"), 2)
    merchant.quiet()
    assert merchant.ats(merchant.tee, "tiktok_shop") == tiktok - 2
    assert merchant.adopted(merchant.tee) == []
    assert merchant.unexplained(merchant.tee) == (0, 0)
    assert missed_pictures(merchant) == missed + 1


def test_a_lost_tiktok_order_is_found_by_its_own_sweep(patient: Merchant) -> None:
    tiktok = patient.ats(patient.tee, "tiktok_shop")
    patient.fault("lose")
    patient.order("tiktok_shop", patient.tee, 2)
    patient.do("heal")
    steps = patient.app.steps(patient.shop)
    assert steps.sweep(steps.parts.markets["tiktok_shop"]) == 1
    patient.until_equal(lambda: patient.ats(patient.tee, "tiktok_shop"), tiktok - 2)
    patient.until_equal(lambda: patient.at_shopify(patient.tee, WAREHOUSE, "reserved"), 2)
    steps.read_levels([patient.key(patient.tee, WAREHOUSE)])  # a webhook shows available only
    patient.quiet()
    assert not differences(patient.app, patient.shop, patient.truth())


def test_an_adoption_that_a_later_picture_explains_is_taken_back(patient: Merchant) -> None:
    """Shopify's search follows late: the order is not found while its level is judged, and comes afterwards."""
    online, _, tiktok = patient.ats_everywhere(patient.tee)
    patient.fault("lose")
    patient.order("online_store", patient.tee, 2)
    patient.do("heal")
    steps, key = patient.app.steps(patient.shop), patient.key(patient.tee, WAREHOUSE)
    steps.read_levels([key])
    with patient.app.store.writing() as session:
        books = session.of(patient.shop)
        adopt_drift(books, compare_levels(books, [key]).drifts[key], ["read twice"], patient.app.clock.now())
    assert patient.unexplained(patient.tee) == (0, 0)  # from available to committed: nothing came or went
    assert patient.level(patient.tee, WAREHOUSE, "committed") == 2
    assert steps.sweep(steps.parts.shopify) == 1
    patient.quiet()
    assert patient.level(patient.tee, WAREHOUSE, "committed") == 2
    assert patient.ats_everywhere(patient.tee)[::2] == (online - 2, tiktok - 2)
    assert not differences(patient.app, patient.shop, patient.truth())


def test_an_adopted_till_sale_leaves_nothing_unexplained_once_the_sale_is_known(patient: Merchant) -> None:
    tills = patient.ats(patient.tee, "shopify_pos")
    patient.fault("lose")
    patient.sale(patient.tee, 3, at=PORTLAND)
    patient.do("heal")
    steps, key = patient.app.steps(patient.shop), patient.key(patient.tee, PORTLAND)
    steps.read_levels([key])
    with patient.app.store.writing() as session:
        books = session.of(patient.shop)
        adopt_drift(books, compare_levels(books, [key]).drifts[key], ["read twice"], patient.app.clock.now())
    assert patient.unexplained(patient.tee) == (3, 3)
    assert steps.sweep(steps.parts.shopify) == 1
    patient.until_equal(lambda: patient.unexplained(patient.tee), (6, 0))  # there and back: net 0
    patient.quiet()
    assert patient.ats(patient.tee, "shopify_pos") == tills - 3
    assert patient.level(patient.tee, PORTLAND) == patient.at_shopify(patient.tee, PORTLAND)


def test_a_return_is_not_for_sale_before_shopify_has_shown_it(merchant: Merchant) -> None:
    """The books know of the goods at once; the level that confirms them is lost, and cannot be read for a while."""
    online, tills, _ = merchant.ats_everywhere(merchant.tee)
    order = merchant.sale(merchant.tee, 3, at=BOSTON)
    merchant.quiet()
    merchant.next_second()
    with without_webhooks(merchant, "inventory_levels/update"):
        merchant.fault("outage", platform="shopify")
        merchant.do("refund", order=order, restock="return")
        merchant.until_equal(lambda: merchant.level(merchant.tee, BOSTON), merchant.at_shopify(merchant.tee, BOSTON))
        merchant.booked()
        assert merchant.ats_everywhere(merchant.tee)[:2] == (online - 3, tills - 3)
        merchant.do("heal")
    merchant.until_equal(lambda: merchant.ats_everywhere(merchant.tee)[:2], (online, tills))
    assert merchant.adopted(merchant.tee) == []


def test_a_location_that_somebody_else_counts_is_written_back_and_does_not_keep_others_waiting(tmp_path: Path) -> None:
    """More levels differ there than one judgement takes; a receipt elsewhere is judged all the same."""
    boston = LocationConfig(shop="", name=BOSTON, authority="3pl")
    with open_shop(tmp_path, Choices(items=70, locations=(boston,))) as merchant:
        skus = [merchant.sku() for _ in range(50)]
        before = {sku: merchant.at_shopify(sku, BOSTON) for sku in skus}
        for sku in skus:
            merchant.do("adjust", location=BOSTON, sku=sku, units=1)
        merchant.until(lambda: len(merchant.drifts(*skus)) >= 40, "levels are judged")
        merchant.do("receive", location=WAREHOUSE, sku=skus[-1], units=5)
        merchant.until_equal(lambda: merchant.adopted(*skus), [(WAREHOUSE, 5)])
        merchant.until_equal(lambda: {sku: merchant.at_shopify(sku, BOSTON) for sku in skus}, before)
        merchant.until_equal(lambda: len(merchant.drifts(*skus, status="open")), 0)


def test_a04_an_audit_finds_what_no_webhook_told_and_fixes_it_only_when_asked(patient: Merchant) -> None:
    tiktok = patient.ats(patient.tee, "tiktok_shop")
    patient.fault("lose")
    patient.do("receive", location=WAREHOUSE, sku=patient.tee, units=7)
    patient.do("heal")
    audited = patient.app.audit(patient.shop)
    assert (audited.drifts, audited.complete) == (1, True)
    (drift,) = patient.drifts(patient.tee, status="open")
    assert (drift.units, drift.books_units + 7) == (7, drift.observed_units)
    patient.until_equal(lambda: patient.ats(patient.tee, "tiktok_shop"), tiktok)  # more is there, and nothing is raised
    assert patient.app.audit(patient.shop, fix=True).drifts == 0
    patient.until_equal(lambda: patient.ats(patient.tee, "tiktok_shop"), tiktok + 7)
    assert patient.app.audit(patient.shop, sku=patient.tee, location=WAREHOUSE).checked >= 1


def test_units_of_an_order_that_a_look_has_counted_are_not_counted_twice_once_it_is_booked(patient: Merchant) -> None:
    tiktok = patient.ats(patient.tee, "tiktok_shop")
    patient.fault("lose", platform="tiktok_shop")
    patient.order("tiktok_shop", patient.tee, 2)
    patient.do("heal")
    listing = patient.offer(patient.tee, "tiktok_shop").listing
    with patient.app.store.writing() as session:
        ask = Ask(Wanted.LISTING, listing, "somebody looks before the order is known")
        session.of(patient.shop).asks.add("tiktok_shop", [ask], patient.app.clock.now())
    patient.until_equal(lambda: patient.level(patient.tee, WAREHOUSE, "reserved"), 2)  # the look led to the order
    patient.until_equal(lambda: patient.offer(patient.tee, "tiktok_shop").unseen_units, 0)
    patient.until_equal(lambda: patient.ats(patient.tee, "tiktok_shop"), tiktok - 2)
    patient.until_equal(lambda: patient.at_tiktok(patient.tee), tiktok - 2)
