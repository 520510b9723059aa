"""What the law demands, over HTTP: kept and answered, a customer forgotten early, a shop erased after it has left."""

import json
from pathlib import Path

import httpx
import pytest

from onhand.app.erasing import erase_shop, wanted_erasures
from onhand.channels.shopify.channel import MISSING_SCOPES
from onhand.channels.shopify.law import ADDRESS
from onhand.config import SHOPIFY
from onhand.intake.end_of_use import ERASURE
from onhand.ports.channel import Problem
from onhand.ports.errors import ConfigError
from onhand.sandbox.app_by_hand import removal
from onhand.sandbox.signing import shopify_signature
from onhand.serve.works import Housekeeping
from onhand.store.channels import ChannelState
from tests.flow.merchant import BOSTON, NEVER_BY_ITSELF, Choices, Merchant, open_shop


def law_address(merchant: Merchant) -> str:
    return f"{merchant.serving.addresses['webhooks']}/webhooks/shopify/{ADDRESS}"


def notes(merchant: Merchant, topic: str) -> list[tuple[str, str]]:
    with merchant.app.store.reading() as session:
        rows = session.of(merchant.shop).deliveries.rows(limit=1000)
    return [(row.status, row.note) for row in rows if row.topic == topic]


def bodies(merchant: Merchant) -> list[bytes]:
    return [logged.delivery.body for logged in merchant.app.log.read(0, 10_000)]


def state(merchant: Merchant) -> ChannelState:
    with merchant.app.store.reading() as session:
        return session.of(merchant.shop).channels.get(SHOPIFY)


def uninstall(merchant: Merchant) -> None:
    """Let the shop remove the app: tokens and subscriptions go, and Shopify tells so."""
    assert merchant.do("uninstall")["subscriptions"] > 0
    merchant.until(lambda: notes(merchant, "app/uninstalled"), "the end of use is known")


def test_e11_a_customers_orders_leave_the_log_before_their_time_and_the_books_stay(patient: Merchant) -> None:
    sold, other = patient.sale(patient.tee, 1, at=BOSTON), patient.sale(patient.cap, 1, at=BOSTON)
    tees = patient.level(patient.tee, BOSTON)
    patient.do("comply", topic="customers/data_request", address=law_address(patient), orders=[sold])
    kept = patient.do("comply", topic="customers/data_request", address=law_address(patient), orders=[other])["sent"]
    patient.booked()
    before = bodies(patient)  # as soon as it is asked for, the shop's own housekeeper may do it, too
    sent = patient.do("comply", topic="customers/redact", address=law_address(patient), orders=[sold])["sent"]
    patient.booked()
    (order,), (others_order,) = sent["orders_to_redact"], kept["orders_requested"]
    assert any(str(order).encode() in body for body in before)
    Housekeeping(patient.app).turn()
    left = bodies(patient)
    assert not any(str(order).encode() in body for body in left)
    assert not any(str(sent["customer"]["email"]).encode() in body for body in left)
    assert any(str(others_order).encode() in body for body in left)
    assert "keeps no data of customers" in notes(patient, "customers/data_request")[0][1]
    assert notes(patient, "customers/redact")[0][0] == "done"
    assert patient.level(patient.tee, BOSTON) <= tees
    with patient.app.store.reading() as session:
        assert session.of(patient.shop).ledger.verify(patient.app.log.anchors(patient.shop)).problems == []


def test_e11_what_is_signed_wrongly_is_answered_401_and_not_kept(patient: Merchant) -> None:
    before = patient.app.log.counts().accepted
    body = json.dumps({"shop_id": 1, "shop_domain": patient.shop}).encode()
    forged = {"X-Shopify-Hmac-Sha256": shopify_signature("guessed", body), "X-Shopify-Topic": "shop/redact"}
    assert httpx.post(law_address(patient), content=body, headers=forged, timeout=60).status_code == 401
    assert patient.app.log.counts().accepted == before


def test_e10_a_shop_that_still_uses_onhand_is_not_erased_and_a_person_is_asked(patient: Merchant) -> None:
    patient.do("comply", topic="shop/redact", address=law_address(patient))
    patient.booked()
    with patient.app.store.reading() as session:
        assert [row.key for row in session.of(patient.shop).problems.open() if row.kind == ERASURE] == [SHOPIFY]
        assert session.of(patient.shop).ledger.head()[0] > 0
    assert wanted_erasures(patient.app) == {}


def test_e10_a_removal_and_an_erasure_of_long_ago_erase_nothing_of_a_shop_that_uses_onhand(patient: Merchant) -> None:
    secret, body = patient.running.sandbox.secrets.client_secret, removal(patient.running.sandbox)
    headers = {"X-Shopify-Hmac-Sha256": shopify_signature(secret, body), "X-Shopify-Webhook-Id": "long-ago"}
    address = f"{patient.serving.addresses['webhooks']}/webhooks/shopify/{patient.shop}/app/uninstalled"
    assert httpx.post(address, content=body, headers=headers, timeout=60).status_code == 200
    patient.do("comply", topic="shop/redact", address=law_address(patient))
    patient.until(lambda: notes(patient, "shop/redact"), "the erasure was asked for")
    patient.until(lambda: state(patient).removed_at is None, "Shopify shows that the app is installed")
    assert state(patient).armed
    with patient.app.store.reading() as session:
        assert [row.key for row in session.of(patient.shop).problems.open() if row.kind == ERASURE] == [SHOPIFY]
    assert wanted_erasures(patient.app) == {}


def test_e11_a_shop_that_has_left_is_erased_and_its_neighbour_is_not(tmp_path: Path) -> None:
    with open_shop(tmp_path, Choices(audit=NEVER_BY_ITSELF)) as merchant:
        app, shop, neighbour = merchant.app, merchant.shop, "mugs.myshopify.com"
        with app.store.writing() as session:
            session.add_shop(neighbour, app.clock.now())
            session.of(neighbour).count("anything")
        merchant.sale(merchant.tee, 1, at=BOSTON)
        merchant.quiet()
        Housekeeping(app).turn()
        assert app.log.anchors(shop)
        uninstall(merchant)
        merchant.do("comply", topic="shop/redact", address=law_address(merchant))
        merchant.booked()
        merchant.until(lambda: wanted_erasures(app) or not bodies(merchant), "the erasure is asked for")
        Housekeeping(app).turn()
        assert (bodies(merchant), app.log.anchors(shop)) == ([], [])
        with app.store.reading() as session:
            books = session.of(shop)
            assert (books.ledger.head()[0], books.catalog.items(), books.catalog.locations()) == (0, [], [])
            assert books.channels.get(SHOPIFY).stopped_because is not None
            assert session.of(neighbour).counter("anything") == 1
            assert session.erased_deliveries() > 0
        assert wanted_erasures(app) == {}
        with pytest.raises(ConfigError, match="nothing is known of"):
            erase_shop(app, "unknown.myshopify.com", "asked for")


def test_b16_scopes_that_were_taken_back_are_a_problem_until_they_are_granted(patient: Merchant) -> None:
    secret = patient.running.sandbox.secrets.client_secret
    body = json.dumps({"id": "gid://shopify/App/1", "previous": [], "current": []}).encode()
    headers = {"X-Shopify-Hmac-Sha256": shopify_signature(secret, body), "X-Shopify-Webhook-Id": "scopes"}
    address = f"{patient.serving.addresses['webhooks']}/webhooks/shopify/{patient.shop}/app/scopes_update"
    with patient.app.store.writing() as session:
        problem = Problem(MISSING_SCOPES, SHOPIFY, "taken back: write_inventory", "approve them")
        session.of(patient.shop).problems.raise_(problem, patient.app.clock.now())
    assert httpx.post(address, content=body, headers=headers, timeout=60).status_code == 200
    patient.until(lambda: "taken back: write_inventory" not in patient.problems(), "granted scopes settle the problem")
