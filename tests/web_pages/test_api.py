"""The JSON API answers what the books say, and says clearly what it cannot read."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from onhand.domain.drift import Drift, Observation
from onhand.domain.stock import State
from onhand.ports.channel import Problem
from onhand.web.server import build_web
from tests.web_pages.conftest import ITEMS, Served
from tests.web_pages.shop import NAME


def get(served: Served, path: str, **query: object) -> Any:
    answer = served.client.get(path, params={name: str(value) for name, value in query.items()})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_ats_shows_what_a_channel_may_sell_and_was_told(still: Served) -> None:
    (row,) = get(still, "/api/v1/ats", sku="TEE-BLUE", channel="tiktok_shop")
    assert (row["shop"], row["item"], row["units"], row["published_units"], row["stale"]) == (NAME, "11", 8, 8, False)
    assert datetime.fromisoformat(row["published_at"]).tzinfo is not None


@pytest.mark.parametrize("path", ["/api/v1/ats", "/api/v1/levels"])
def test_a_long_list_comes_in_pages_that_lead_to_each_other(still: Served, path: str) -> None:
    whole = get(still, path)
    paged: list[Any] = []
    at: str | None = f"{path}?limit=2"
    pages = 0
    while at is not None:
        answer = still.client.get(at)
        rows = answer.json()
        assert len({row["item"] for row in rows}) <= 2
        paged += rows
        pages += 1
        at = answer.links["next"]["url"] if "next" in answer.links else None
    assert pages == (len(ITEMS) + 1) // 2
    assert sorted(map(repr, paged)) == sorted(map(repr, whole))
    assert "next" not in still.client.get(path).links
    assert {row["item"] for row in get(still, path, after="17")} == {"18", "19"}
    assert {row["item"] for row in get(still, path, sku="TWIN", limit=1)} == {"18"}


def test_levels_stand_by_bin_now_and_as_of_a_time(served: Served) -> None:
    before = datetime.now(UTC)
    served.shop.sell("11", "1", 2)
    now = get(served, "/api/v1/levels", sku="TEE-BLUE", location="Boston")
    then = get(served, "/api/v1/levels", sku="TEE-BLUE", location="Boston", at=before.isoformat())
    assert [(row["state"], row["units"]) for row in now] == [("available", 10)]
    assert [row["units"] for row in then] == [12]


def test_the_terms_of_an_explanation_sum_to_its_number(still: Served) -> None:
    explained = get(still, "/api/v1/explain", sku="TEE-BLUE", channel="tiktok_shop")
    assert explained["units"] == sum(term["units"] for term in explained["terms"]) == 8
    assert [term["what"] for term in explained["terms"]] == ["available", "buffer"]


def test_two_items_with_one_sku_are_both_explained(still: Served) -> None:
    explained = get(still, "/api/v1/explain", sku="TWIN", channel="online_store")
    assert [(one["item"], one["units"]) for one in explained] == [("18", 3), ("19", 6)]


def test_the_timeline_has_movements_and_observations_newest_first(served: Served) -> None:
    cause = served.shop.sell("13", "2", 1)
    rows = get(served, "/api/v1/timeline", sku="CAP", limit=6)
    assert len(rows) == 6
    assert (rows[0]["kind"], rows[0]["cause"], rows[0]["units"]) == ("movement", cause, 1)
    assert {row["kind"] for row in rows} == {"movement", "observation"}


def test_the_inbox_counts_deliveries(served: Served) -> None:
    served.shop.deliver(3)
    inbox = get(served, "/api/v1/inbox", limit=2)
    assert (inbox["accepted"], inbox["done"], inbox["waiting"], inbox["parked"]) == (3, 3, 0, 0)
    assert len(inbox["deliveries"]) == 2


def test_what_is_oversold_on_its_way_back_or_between_locations_is_answered(served: Served) -> None:
    cause = served.shop.sell("12", "2", 3)
    (row,) = get(served, "/api/v1/oversells", sku="TEE-RED")
    assert (row["location"], row["units"], row["taken_by"][0]["cause"]) == ("New York", 2, cause)
    assert get(served, "/api/v1/oversells", sku="CAP") == []
    assert get(served, "/api/v1/returns", show="all", closed_days=30) == []
    assert get(served, "/api/v1/transfers", stuck_after_days=0) == []
    status = get(served, "/api/v1/status")
    assert (status["oversold"], status["needs_you"]) == (1, 1)
    assert [(need["kind"], need["message"]) for need in status["needs"]] == [
        ("oversold", "TEE-RED: 2 sold that are not there, at New York")
    ]
    answer = served.client.get("/api/v1/returns", params={"show": "some"})
    assert (answer.status_code, answer.json()["status"]) == (400, 400)


def test_drifts_and_problems_are_listed_with_what_to_do(served: Served) -> None:
    now = datetime.now(UTC)
    seen = Observation(source="shopify", item="11", location="1", units={State.AVAILABLE: 9}, observed_at=now)
    with served.shop.writing() as books:
        books.drifts.open(Drift(observation=seen, books_units={State.AVAILABLE: 12}), "unexplained", 0.2, [], now)
        books.problems.raise_(Problem("unmatched listing", "x", "listing 7 has no SKU", "give it one"), now)
    (drift,) = get(served, "/api/v1/drifts")
    assert (drift["sku"], drift["location"], drift["units"], drift["status"]) == ("TEE-BLUE", "Boston", -3, "open")
    assert get(served, "/api/v1/drifts", status="closed") == []
    (problem,) = get(served, "/api/v1/problems")
    assert (problem["message"], problem["next_step"]) == ("listing 7 has no SKU", "give it one")
    status = get(served, "/api/v1/status")
    assert status["needs_you"] == 2
    assert [need["kind"] for need in status["needs"]] == ["unmatched listing", "drift"]


def test_offers_show_what_waits_first(served: Served) -> None:
    served.shop.sell("12", "3", 1)
    rows = get(served, "/api/v1/offers", channel="tiktok_shop")
    assert (rows[0]["sku"], rows[0]["status"]) != (None, None)
    assert [row["sku"] for row in get(served, "/api/v1/offers", status="waiting")] == []  # 2 - 2 and 1 - 2: both 0
    served.shop.sell("11", "3", 4)
    (waiting,) = get(served, "/api/v1/offers", status="waiting")
    assert (waiting["sku"], waiting["units"], waiting["told_units"]) == ("TEE-BLUE", 4, 8)


def test_the_grid_comes_in_pages_that_together_are_every_item_once(still: Served) -> None:
    items: list[str] = []
    after = ""
    while True:
        page = get(still, "/api/v1/grid", limit=4, **({"after": after} if after else {}))
        items += [row["item"] for row in page["rows"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert items == sorted(item.item for item in ITEMS)
    assert page["items"] == len(ITEMS)


def test_a_row_of_the_grid_has_levels_and_offers_in_the_order_of_the_columns(served: Served) -> None:
    served.shop.sell("11", "3", 2, channel="tiktok_shop")
    page = get(served, "/api/v1/grid")
    assert [place["name"] for place in page["locations"]] == ["Boston", "New York", "Warehouse"]
    assert [(one["channel"], one["is_told"]) for one in page["channels"]] == [
        ("online_store", False),
        ("shopify_pos", False),
        ("tiktok_shop", True),
    ]
    row = next(row for row in page["rows"] if row["item"] == "11")
    assert row["levels"] == [[12, 0, 0, 0], [3, 0, 0, 0], [8, 0, 2, 0]]
    assert [offer[:2] for offer in row["offers"]] == [[23, None], [15, None], [6, 8]]
    assert row["owed"] is True
    empty = next(row for row in page["rows"] if row["item"] == "12")
    assert empty["levels"][0] == [0, 0, 0, 0]  # stocked there, and nothing left


def test_what_a_channel_shows_when_looked_at_is_as_old_as_the_look(served: Served) -> None:
    at = datetime.now(UTC) + timedelta(minutes=1)
    with served.shop.writing() as books:
        books.offers.shown("tiktok_shop", "tt-13", 3, 0, at)
    row = next(row for row in get(served, "/api/v1/grid")["rows"] if row["item"] == "13")
    assert row["offers"][2] == [3, 3, round(at.timestamp() * 1000), False]


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/api/v1/ats?chanel=x", 400, "'chanel'"),
        ("/api/v1/ats?sku=A&sku=B", 400, "twice"),
        ("/api/v1/explain?sku=CAP", 400, "'channel' is missing"),
        ("/api/v1/timeline?sku=CAP&limit=0", 400, "from 1 to 5000"),
        ("/api/v1/timeline?sku=CAP&limit=-1", 400, "whole number"),
        ("/api/v1/timeline?sku=CAP&limit=9999999999999999999999", 400, "whole number"),
        ("/api/v1/timeline?sku=CAP&limit=٣", 400, "whole number"),
        ("/api/v1/levels?at=yesterday", 400, "2026-11-23T14:00:00Z"),
        ("/api/v1/inbox?status=lost", 400, "waiting, done, parked"),
        ("/api/v1/ats?sku=TEE-BLU", 404, "TEE-BLUE"),
        ("/api/v1/ats?channel=tiktok", 404, "tiktok_shop"),
        ("/api/v1/explain?sku=CAP&channel=nowhere", 404, "nowhere"),
        ("/api/v1/ats?shop=other.myshopify.com", 404, NAME),
        ("/api/v2/ats", 404, "/openapi.json"),
    ],
)
def test_what_cannot_be_read_or_found_says_what_would_be_right(
    still: Served, path: str, status: int, words: str
) -> None:
    answer = still.client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert words in answer.json()["detail"]


def test_a_misspelt_parameter_shows_the_one_that_was_meant(still: Served) -> None:
    assert still.client.get("/api/v1/ats?chanel=x").json()["near"] == ["channel"]


def test_an_address_that_only_answers_questions_takes_nothing(still: Served) -> None:
    answer = still.client.post("/api/v1/ats")
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}


def test_every_address_stands_in_the_openapi_document_and_every_entry_is_an_address(still: Served) -> None:
    app: Starlette = build_web(still.shop.store, still.shop.log, [still.shop.name], still.shop.clock)
    answered = {
        (route.path.replace(":path}", "}"), method.lower())
        for route in app.routes
        if isinstance(route, Route) and not route.path.startswith("/static/")
        for method in route.methods or ()
        if method != "HEAD"
    }
    document = get(still, "/openapi.json")
    described = {(path, method) for path, methods in document["paths"].items() for method in methods}
    assert described == answered
    assert document["openapi"] == "3.1.0"


def test_every_reference_in_the_openapi_document_leads_somewhere(still: Served) -> None:
    document = get(still, "/openapi.json")
    schemas = document["components"]["schemas"]
    names = list(_references(document))
    assert names
    assert [name for name in names if name.removeprefix("#/components/schemas/") not in schemas] == []


def _references(part: Any) -> Any:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from _references(value)
    elif isinstance(part, list):
        for value in part:
            yield from _references(value)


@pytest.mark.parametrize(
    ("path", "schema"),
    [("/api/v1/ats", "Sellable"), ("/api/v1/levels", "Level"), ("/api/v1/timeline?sku=CAP", "Happened")],
)
def test_answers_have_the_fields_that_the_document_promises(still: Served, path: str, schema: str) -> None:
    promised = get(still, "/openapi.json")["components"]["schemas"][schema]["properties"]
    rows = still.client.get(path).json()
    assert rows
    assert all(set(row) == set(promised) for row in rows)


def test_what_is_settling_is_neither_agreeing_nor_drifting(served: Served) -> None:
    assert get(served, "/api/v1/status")["agreeing"] == 27
    now = datetime.now(UTC) + timedelta(seconds=1)
    seen = Observation(source="shopify", item="13", location="1", units={State.AVAILABLE: 4}, observed_at=now)
    with served.shop.writing() as books:
        books.observations.put(seen, now)
        books.observations.gap([seen.key], now)
    status = get(served, "/api/v1/status")
    assert (status["stock_points"], status["agreeing"], status["settling"], status["drifting"]) == (27, 26, 1, 0)
    assert status["figures"]["sentence"] == "26 of 27 stock points agree; 0 need you."
