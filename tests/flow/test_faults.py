"""Platforms that are slow, busy, wrong or away: the books stay right, and what was to be told is told afterwards."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from onhand.channels.tiktok_shop import Tokens
from tests.flow.merchant import (
    BOSTON,
    NEVER_BY_ITSELF,
    WAREHOUSE,
    Choices,
    Merchant,
    open_shop,
)
from tests.support.parity import differences


def sell_everywhere(merchant: Merchant) -> None:
    merchant.order("online_store", merchant.tee, 2)
    merchant.order("tiktok_shop", merchant.tee, 1)
    merchant.sale(merchant.cap, 1, at=BOSTON)
    cancelled = merchant.order("tiktok_shop", merchant.hoodie, 2)
    merchant.do("cancel", order=cancelled)


def agree(merchant: Merchant) -> None:
    """Wait until all is told; then nothing differs and nothing came from nowhere."""
    merchant.quiet()
    found = differences(merchant.app, merchant.shop, merchant.truth())
    assert not found, "\n".join(found)
    assert merchant.unexplained(merchant.tee, merchant.cap, merchant.hoodie) == (0, 0)


@pytest.mark.parametrize("kind", ["throttle", "error_5xx"])
def test_b03_while_half_of_all_calls_fail_books_stay_right_and_everybody_is_told_in_the_end(
    merchant: Merchant, kind: str
) -> None:
    merchant.fault(kind, 0.5)
    sell_everywhere(merchant)
    merchant.until(lambda: merchant.log()["faults"]["done"].get(kind, 0) >= 3, "calls have failed")
    merchant.do("heal")
    agree(merchant)


def test_while_the_platforms_are_away_webhooks_are_booked_and_selling_follows(merchant: Merchant) -> None:
    online, tills, tiktok = merchant.ats_everywhere(merchant.tee)
    merchant.fault("outage")
    order = merchant.order("online_store", merchant.tee, 2)
    merchant.sale(merchant.tee, 1, at=BOSTON)
    merchant.booked()
    # Where the online order ships from cannot be read now: its units lower every pool that they could come from.
    merchant.until(lambda: merchant.ats(merchant.tee, "tiktok_shop") <= tiktok - 2, "the order counts at once")
    merchant.until(lambda: merchant.ats(merchant.tee, "online_store") <= online - 3, "the sale counts at once")
    merchant.do("cancel", order=order)
    merchant.booked()
    merchant.do("heal")
    merchant.until_equal(lambda: merchant.ats_everywhere(merchant.tee), (online - 1, tills - 1, tiktok))
    agree(merchant)


def test_b05_a_telling_without_an_answer_is_carried_out_once(tmp_path: Path) -> None:
    with open_shop(tmp_path, Choices(answers_within_s=0.3)) as merchant:
        at_shopify = merchant.at_shopify(merchant.tee, WAREHOUSE)
        merchant.order("tiktok_shop", merchant.cap, 1)
        merchant.quiet()
        merchant.fault("timeout_after_apply", platform="shopify")
        merchant.order("tiktok_shop", merchant.tee, 3)
        merchant.until_equal(lambda: merchant.at_shopify(merchant.tee, WAREHOUSE), at_shopify - 3)
        merchant.until(lambda: merchant.intents("shopify")[0].status == "unknown", "nobody knows what became of it")
        merchant.do("heal")
        agree(merchant)
        newest = merchant.intents("shopify")[0]
        assert (newest.status, newest.attempts > 1) == ("applied", True)
        assert merchant.at_shopify(merchant.tee, WAREHOUSE) == at_shopify - 3


def test_a_write_that_shopify_had_no_service_for_is_carried_out_once(tmp_path: Path) -> None:
    with open_shop(tmp_path) as merchant:
        at_shopify = merchant.at_shopify(merchant.tee, WAREHOUSE)
        merchant.fault("service_unavailable", platform="shopify")
        merchant.order("tiktok_shop", merchant.tee, 3)
        merchant.until(lambda: merchant.log()["faults"]["done"].get("service_unavailable", 0) >= 1, "it was refused")
        assert merchant.at_shopify(merchant.tee, WAREHOUSE) == at_shopify
        merchant.do("heal")
        merchant.until_equal(lambda: merchant.at_shopify(merchant.tee, WAREHOUSE), at_shopify - 3)
        agree(merchant)
        assert merchant.intents("shopify")[0].status == "applied"
        assert merchant.at_shopify(merchant.tee, WAREHOUSE, "reserved") == 3


def test_b05_an_offer_without_an_answer_is_read_back_and_not_believed(tmp_path: Path) -> None:
    with open_shop(tmp_path, Choices(answers_within_s=0.3)) as merchant:
        tiktok = merchant.ats(merchant.tee, "tiktok_shop")
        merchant.fault("timeout_after_apply", platform="tiktok_shop")
        merchant.order("online_store", merchant.tee, 3)
        merchant.until(lambda: any(row.status == "unknown" for row in merchant.intents("tiktok_shop")), "nobody knows")
        merchant.do("heal")
        agree(merchant)
        assert merchant.at_tiktok(merchant.tee) == tiktok - 3
        assert any("reading back" in row.note for row in merchant.intents("tiktok_shop"))


def test_a_shopify_token_that_runs_out_is_replaced_and_nobody_notices(tmp_path: Path) -> None:
    short = replace(Choices().settings, access_token_life_s=2)
    with open_shop(tmp_path, Choices(settings=short, own_token=False)) as merchant:
        for told in range(1, 4):
            merchant.next_second()  # a token lives two of them, and is renewed after one
            merchant.order("tiktok_shop", merchant.tee, 1)
            merchant.until_equal(lambda: merchant.at_shopify(merchant.tee, WAREHOUSE, "reserved"), told)
        assert merchant.problems() == []


def test_b11_a_raise_that_loses_its_compare_waits_for_the_level_instead_of_hammering(patient: Merchant) -> None:
    """Someone has changed the level meanwhile; until that is judged, giving units back must wait."""
    order = patient.order("tiktok_shop", patient.tee, 2)
    patient.until_equal(lambda: patient.at_shopify(patient.tee, WAREHOUSE, "reserved"), 2)
    patient.do("adjust", location=WAREHOUSE, sku=patient.tee, units=5)
    patient.booked()
    patient.do("cancel", order=order)
    patient.until(lambda: patient.intents("shopify")[0].status == "stale", "the compare is lost")
    patient.order("tiktok_shop", patient.cap, 1)  # others are told meanwhile
    patient.until_equal(lambda: patient.at_shopify(patient.cap, WAREHOUSE, "reserved"), 1)
    assert endings(patient, patient.tee).count("stale") <= 3
    steps = patient.app.steps(patient.shop)

    def judged() -> bool:
        steps.judge(grace_s=0.0, adopt=True)
        return patient.at_shopify(patient.tee, WAREHOUSE, "reserved") == 0

    patient.until(judged, "the gap is compared a moment after it is seen, then adopted, and then the units go back")
    assert patient.unexplained(patient.tee) == (5, -5)


def test_b11_a_lowering_that_keeps_losing_its_compare_goes_without_one(patient: Merchant) -> None:
    at_shopify = patient.at_shopify(patient.tee, WAREHOUSE)
    patient.do("adjust", location=WAREHOUSE, sku=patient.tee, units=5)
    patient.booked()
    patient.order("tiktok_shop", patient.tee, 2)
    patient.until_equal(lambda: patient.at_shopify(patient.tee, WAREHOUSE, "reserved"), 2)
    assert patient.at_shopify(patient.tee, WAREHOUSE) == at_shopify + 3
    patient.until_equal(lambda: endings(patient, patient.tee), ["applied", "stale", "stale"])


def endings(merchant: Merchant, sku: str) -> list[str]:
    """Return how the tellings of an item ended."""
    item = merchant.item(sku)
    return sorted(row.status for row in merchant.intents("shopify") if any(part.item == item for part in row.rows))


def test_a_platform_that_takes_no_telling_at_all_is_asked_rarely_and_a_person_is_told(patient: Merchant) -> None:
    shopify = patient.app.parts(patient.shop).shopify
    tokens = shopify._client._tokens
    good = tokens.token()
    tokens._token = "shpat_revoked"  # type: ignore[attr-defined]
    patient.order("tiktok_shop", patient.tee, 2)
    patient.until(lambda: refusals(patient), "a person is told")
    patient.until(lambda: len(unauthorized(patient)) >= 2, "it is tried again")
    assert len(unauthorized(patient)) <= 6
    assert not any(row.status == "rejected" for row in patient.intents("shopify"))
    tokens._token = good  # type: ignore[attr-defined]
    patient.until_equal(lambda: patient.at_shopify(patient.tee, WAREHOUSE, "reserved"), 2)
    patient.until(lambda: not refusals(patient), "it is settled")


def refusals(merchant: Merchant) -> list[str]:
    return [problem for problem in merchant.problems() if "401" in problem]


def unauthorized(merchant: Merchant) -> list[dict[str, Any]]:
    return [call for call in merchant.calls("graphql") if call["outcome"] == "unauthorized"]


def test_a_channel_that_takes_nothing_is_left_alone_for_a_while_and_a_person_is_told(tmp_path: Path) -> None:
    with open_shop(tmp_path, Choices(audit=NEVER_BY_ITSELF)) as merchant:
        tiktok: Any = merchant.app.parts(merchant.shop).markets["tiktok_shop"]
        tokens = tiktok._client.tokens
        tokens._held = Tokens(access_token="revoked", refresh_token=None)
        may_sell = merchant.ats(merchant.cap, "tiktok_shop")
        for sku in (merchant.tee, merchant.cap, merchant.hoodie):
            merchant.order("online_store", sku, 1)
        (problem,) = merchant.until(merchant.problems, "a person is told")
        assert problem.startswith("tiktok_shop: ")
        asked = len(merchant.calls("inventory/update"))
        merchant.order("online_store", merchant.cap, 1)
        merchant.until_equal(lambda: merchant.ats(merchant.cap, "tiktok_shop"), may_sell - 2)
        merchant.booked()
        assert len(merchant.calls("inventory/update")) == asked <= 8
