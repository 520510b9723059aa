"""Holds over HTTP: what a till or a site that onhand does not know asks, and what it is answered."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from onhand.web.holds import LONGEST_BODY
from onhand.web.server import build_web
from tests.web_pages.conftest import Served
from tests.web_pages.shop import run_apart

ASKERS = 40
ONE = {"sku": "TEE-RED", "location": "New York", "reference": "till 7"}
"""Of which there is one there."""


def hold(served: Served, key: str = "1", **asked: Any) -> httpx.Response:
    return served.client.post("/api/v1/holds", json={**ONE, **asked}, headers={"idempotency-key": key})


def end(served: Served, id_: int, how: str, key: str = "end") -> httpx.Response:
    return served.client.post(f"/api/v1/holds/{id_}/{how}", headers={"idempotency-key": key})


def sells(served: Served, sku: str = "TEE-RED", channel: str = "online_store") -> Any:
    return served.client.get("/api/v1/explain", params={"sku": sku, "channel": channel}).json()


def test_a_hold_is_answered_with_its_number_and_its_end(served: Served) -> None:
    answer = hold(served, for_s=60)
    assert answer.status_code == 201, answer.text
    shown = answer.json()
    assert answer.headers["location"] == f"/api/v1/holds/{shown['id']}"
    assert (shown["status"], shown["units"], shown["reference"]) == ("held", 1, "till 7")
    assert shown["kept"] == [{"sku": "TEE-RED", "item": "12", "location": "New York", "units": 1}]
    made_at, expires_at = (datetime.fromisoformat(shown[name]) for name in ("made_at", "expires_at"))
    assert (expires_at - made_at).total_seconds() == 60
    assert made_at.tzinfo == UTC
    assert "shadow" in shown["untold_because"]
    assert served.client.get(answer.headers["location"]).json() == shown
    assert served.client.get("/api/v1/holds").json() == [shown]


def test_of_many_tills_exactly_one_gets_the_last_unit(served: Served) -> None:
    with ThreadPoolExecutor(ASKERS) as tills:
        answers = list(tills.map(lambda number: hold(served, key=str(number)), range(ASKERS)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * (ASKERS - 1)
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["left_units"] == 0
    assert [(term["location"], term["units"]) for term in refused.json()["terms"]] == [("New York", 0)]


def test_what_is_held_no_channel_sells_and_the_explanation_says_who_holds_it(served: Served) -> None:
    before = sells(served)["units"]
    number = hold(served).json()["id"]
    explained = sells(served)
    assert explained["units"] == before - 1 == sum(term["units"] for term in explained["terms"])
    (held,) = [term for term in explained["terms"] if term["what"] == "held"]
    assert (held["location"], held["units"]) == ("New York", 0)
    assert f"for till 7 by hold {number} until" in held["because"]
    assert "kept aside for till 7 by hold" in served.client.get("/items/TEE-RED").text
    end(served, number, "release")
    assert sells(served)["units"] == before


def test_the_same_key_is_answered_with_the_same_hold(served: Served) -> None:
    first, again = hold(served, key="basket 1"), hold(served, key="basket 1")
    assert again.status_code == 201
    assert again.json() == first.json()
    other = hold(served, key="basket 1", units=2)
    assert other.status_code == 422
    assert "new key" in other.json()["detail"]


def test_confirming_and_releasing_again_is_answered_and_not_done(served: Served) -> None:
    sold = hold(served).json()["id"]
    first, again = end(served, sold, "confirm"), end(served, sold, "confirm", key="another")
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    assert first.json()["status"] == "confirmed"
    assert end(served, sold, "release").status_code == 409
    freed = hold(served, key="2", location="Warehouse").json()["id"]
    assert end(served, freed, "release").json()["status"] == "released"
    assert end(served, freed, "release").status_code == 200
    assert end(served, freed, "confirm").status_code == 409


def test_holds_are_listed_in_pages(served: Served) -> None:
    numbers = [hold(served, key=str(key), sku="CAP").json()["id"] for key in range(5)]
    end(served, numbers[0], "confirm")
    listed, address = [], "/api/v1/holds?limit=2&sku=CAP"
    while address:
        page = served.client.get(address)
        listed += [row["id"] for row in page.json()]
        address = page.links.get("next", {}).get("url", "")
    assert listed == numbers[1:]
    assert [row["id"] for row in served.client.get("/api/v1/holds?status=confirmed").json()] == numbers[:1]
    assert len(served.client.get("/api/v1/holds?status=all").json()) == 5


@pytest.mark.parametrize(
    ("asked", "status", "word"),
    [
        ({"units": 0}, 400, "units"),
        ({"units": "1"}, 400, "units"),
        ({"for_s": 86_401}, 400, "for_s"),
        ({"colour": "red"}, 400, "colour"),
        ({"channel": "online_store"}, 400, "location"),
        ({"location": None}, 400, "channel"),
        ({"sku": None}, 400, "sku"),
        ({"sku": "TWIN"}, 400, "18, 19"),
        ({"sku": "TEE-GREEN"}, 404, "TEE-RED"),
        ({"location": "Bostn"}, 404, "Boston"),
        ({"location": None, "channel": "ebay"}, 404, "tiktok_shop"),
        ({"reference": "x" * LONGEST_BODY}, 413, str(LONGEST_BODY)),
        ({"units": 2}, 409, "2 of TEE-RED are asked for, 1 may be held at New York"),
    ],
)
def test_what_cannot_be_held_is_refused_with_the_reason(
    still: Served, asked: dict[str, Any], status: int, word: str
) -> None:
    answer = hold(still, key=str(asked)[:50], **asked)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    assert word in answer.json()["detail"]


def test_only_json_with_a_key_is_taken(still: Served) -> None:
    assert still.client.post("/api/v1/holds", json=ONE).status_code == 400
    form = still.client.post("/api/v1/holds", data=ONE, headers={"idempotency-key": "1"})
    assert form.status_code == 415
    assert end(still, 999, "confirm").status_code == 404
    assert still.client.get("/api/v1/holds/999").status_code == 404
    assert still.client.post("/api/v1/holds/1/confirm").status_code == 400


def test_a_process_that_only_shows_grants_nothing(served: Served) -> None:
    shop = served.shop
    app = build_web(shop.store, shop.log, [shop.name], shop.clock)
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 1))

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.post("/api/v1/holds", json=ONE, headers={"idempotency-key": "1"})

    assert run_apart(ask).status_code == 409


def test_the_dashboard_says_what_further_tills_keep(served: Served) -> None:
    assert "Further tills" not in served.client.get("/").text
    number = hold(served).json()["id"]
    assert "Further tills: 1 hold of 1 unit now, 1 granted so far." in served.client.get("/").text
    end(served, number, "confirm")
    assert "Further tills: 0 holds of 0 units now, 1 granted so far." in served.client.get("/").text
