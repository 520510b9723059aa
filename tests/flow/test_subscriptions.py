"""Webhooks that stop coming: what was missed is read once, a person is told, and the word is taken back by itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx

from onhand.app import App, build
from onhand.channels.shopify import TOPICS
from onhand.demo.house import load
from onhand.demo.quiet import wait_for_quiet
from onhand.intake import subscribing
from onhand.intake.subscribing import LAPSED
from onhand.sandbox.server import Options, SandboxThread
from onhand.sandbox.world.outbox import Outbox
from tests.flow.merchant import BOSTON, UNLIMITED, WAREHOUSE, Merchant
from tests.serve.process import OnhandProcess
from tests.support.parity import differences
from tests.support.waiting import WITHIN_S, until


def outbox_of(merchant: Merchant) -> Outbox:
    return merchant.running.sandbox.world.outbox


def look_after(merchant: Merchant) -> None:
    """Look after the subscriptions, as is done every hour."""
    assert merchant.app.steps(merchant.shop).subscribe(merchant.serving.addresses["webhooks"])


def problems(merchant: Merchant) -> list[str]:
    with merchant.app.store.reading() as session:
        return [row.message for row in session.of(merchant.shop).problems.open() if row.kind == LAPSED]


def made_good(merchant: Merchant) -> bool:
    """Return whether nothing is left that lapsed webhooks have not told."""
    with merchant.app.store.reading() as session:
        return not session.of(merchant.shop).subscriptions.open_lapses("shopify")


def censuses(merchant: Merchant) -> int:
    return len(merchant.calls("bulkOperationRunQuery"))


def test_a18_deleted_order_topics_are_made_again_and_what_they_missed_is_read_back(patient: Merchant) -> None:
    look_after(patient)
    online, steps = patient.ats(patient.tee, "online_store"), patient.app.steps(patient.shop)
    orders = {row.id for row in list(outbox_of(patient).subscriptions.values()) if row.topic.startswith("orders/")}
    for subscription in orders:
        outbox_of(patient).unsubscribe(subscription)
    patient.do("order", channel="online_store", lines=[{"sku": patient.tee, "units": 2}])
    look_after(patient)
    assert {row.topic for row in outbox_of(patient).subscriptions.values()} == set(TOPICS)
    patient.until(lambda: made_good(patient), "what was missed is read")
    patient.until_equal(lambda: patient.ats(patient.tee, "online_store"), online - 2)
    assert problems(patient) == []
    assert censuses(patient) == 0  # orders have a list of changes: nobody reads the whole shop for them
    steps.read_levels([patient.key(patient.tee, WAREHOUSE)])  # a webhook shows available only
    patient.until(lambda: patient.drift_of(patient.tee, WAREHOUSE) is None, "books and platform agree on it")
    assert patient.level(patient.tee, WAREHOUSE) == patient.at_shopify(patient.tee, WAREHOUSE)


def test_a18_level_topics_that_went_elsewhere_cost_one_reading_of_everything(patient: Merchant) -> None:
    look_after(patient)
    for row in list(outbox_of(patient).subscriptions.values()):
        if row.topic.startswith("inventory_levels/"):
            row.uri = "http://127.0.0.1:9/elsewhere"
    patient.do("receive", location=WAREHOUSE, sku=patient.cap, units=7)
    patient.do("heal")
    look_after(patient)
    patient.until(lambda: made_good(patient), "everything is read")
    patient.until_equal(lambda: patient.level(patient.cap, WAREHOUSE), patient.at_shopify(patient.cap, WAREHOUSE))
    assert censuses(patient) == 1
    assert problems(patient) == []
    look_after(patient)
    assert made_good(patient)


def test_a_person_is_told_of_a_lapse_until_it_is_made_good(patient: Merchant) -> None:
    look_after(patient)
    for row in list(outbox_of(patient).subscriptions.values()):
        if row.topic == "orders/edited":
            outbox_of(patient).unsubscribe(row.id)
    steps = patient.app.steps(patient.shop)
    found = steps.parts.shopify.survey_subscriptions(patient.serving.addresses["webhooks"])
    with patient.app.store.writing() as session:  # as after a process that ended before it could mend anything
        books, now = session.of(patient.shop), patient.app.clock.now()
        subscribing.note_survey(books, "shopify", found.states, now, timedelta(hours=1))
        (message,) = (row.message for row in books.problems.open() if row.kind == LAPSED)  # it is mended any moment
    assert "orders/edited (missing) did not come to us" in message
    look_after(patient)
    patient.until(lambda: made_good(patient), "it is made good")
    assert problems(patient) == []


def test_a_topic_that_the_apps_configuration_file_also_sends_is_booked_once(patient: Merchant) -> None:
    """The sandbox sends to each subscription with an id of its own, as Shopify does for a TOML and an API one."""
    look_after(patient)
    world = patient.running.sandbox.world
    address = f"{patient.serving.addresses['webhooks']}/webhooks/shopify/{patient.shop}"
    doubled = [
        world.outbox.subscribe(topic=topic, uri=address, api_version="2026-10", now=world.started_at, name="toml")
        for topic in ("orders/create", "orders/updated", "inventory_levels/update")
    ]
    online, tills = patient.ats(patient.hoodie, "online_store"), patient.ats(patient.hoodie, "shopify_pos")
    order = patient.order("online_store", patient.hoodie, 1)
    patient.sale(patient.hoodie, 1, at=BOSTON)
    patient.until_equal(lambda: patient.ats(patient.hoodie, "online_store"), online - 2)
    patient.until_equal(lambda: patient.level(patient.hoodie, WAREHOUSE, "committed"), 1)
    patient.booked()
    places = [patient.key(patient.hoodie, name) for name in (WAREHOUSE, BOSTON)]
    patient.app.steps(patient.shop).read_levels(places)  # a webhook shows available only
    patient.quiet()
    assert patient.ats(patient.hoodie, "shopify_pos") == tills - 2
    told = [row for row in patient.log()["deliveries"] if row["topic"] == "orders/create" and row["order"] is not None]
    assert len(told) >= 4, f"{order} and the sale were to come twice"
    assert patient.unexplained(patient.hoodie) == (0, 0)
    states = {
        state.topic: state.state
        for state in patient.app.parts(patient.shop)
        .shopify.survey_subscriptions(patient.serving.addresses["webhooks"])
        .states
    }
    assert states["orders/create"] == "duplicated"
    assert states["orders/edited"] == "held"
    look_after(patient)
    assert problems(patient) == []
    for subscription in doubled:
        world.outbox.unsubscribe(subscription.id)


@contextmanager
def opened(onhand: OnhandProcess) -> Iterator[App]:
    app = build(load(onhand.path))
    try:
        yield app
    finally:
        app.close()


def test_an_app_that_was_away_until_its_subscriptions_were_deleted_comes_back_to_parity(tmp_path: Path) -> None:
    """Shopify tries eight times over four hours, then deletes the subscription; here four hours are a moment."""
    with (
        SandboxThread(Options(items=12, settings=UNLIMITED, retry_speed=40_000.0)) as running,
        httpx.Client(base_url=str(running.addresses["control"]), timeout=60) as control,
    ):
        outbox, shop = running.sandbox.world.outbox, running.sandbox.settings.shop
        sku = next(item.sku for item in running.sandbox.world.catalog.items.values())
        onhand = OnhandProcess(tmp_path, running.addresses, poll_every_s=3600, every_s=3600, grace_s=1)
        assert onhand.run("sync").returncode == 0
        onhand.start()
        try:
            until(lambda: len(outbox.subscriptions) == len(TOPICS), "everything is subscribed to")
            assert onhand.stop() == 0
            for body in (
                {"location": "Boston", "sku": sku, "units": 1},
                {"location": "Boston", "sku": sku, "units": 2},
            ):
                assert control.post("/sale", json=body).status_code == 200
            assert control.post("/receive", json={"location": "Warehouse", "sku": sku, "units": 9}).status_code == 200
            until(lambda: outbox.deleted_subscriptions >= 2, "Shopify gives up")
            onhand.start()
            until(lambda: len(outbox.subscriptions) == len(TOPICS), "everything is subscribed to")
            with opened(onhand) as app:
                until(lambda: not lapses(app, shop), "what was missed is made good")
                going_on = wait_for_quiet(app, shop, WITHIN_S)
                assert not going_on, going_on
                assert onhand.stop() == 0
                found = differences(app, shop, control.get("/truth").json())
                assert not found, "\n".join(found)
                with app.store.reading() as session:
                    assert [row.kind for row in session.of(shop).problems.open() if row.kind == LAPSED] == []
        finally:
            if onhand.is_running():
                onhand.kill()


def lapses(app: App, shop: str) -> int:
    """Return how many lapses are not made good; -1 before the survey has found any."""
    with app.store.reading() as session:
        books = session.of(shop)
        found = books.subscriptions.count_lapses("shopify", app.clock.now() - timedelta(hours=1))
        return len(books.subscriptions.open_lapses("shopify")) if found else -1
