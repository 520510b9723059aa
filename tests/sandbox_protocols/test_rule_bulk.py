"""Bulk operations: the order of the lines, what breaks off, what expires."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from onhand.sandbox.faults import BulkFault
from onhand.sandbox.shopify.bulk_store import URL_LIFE
from onhand.sandbox.state import Sandbox
from tests.sandbox_protocols.clients import Json, Shop
from tests.sandbox_protocols.conftest import UNLIMITED, opened
from tests.sandbox_protocols.test_bulk import finished, rows_of, started

STATUS = """query B($id: ID!) { bulkOperation(id: $id) {
  status errorCode objectCount rootObjectCount url partialDataUrl } }"""


@pytest.fixture
def bulk_shop() -> Iterator[Shop]:
    """A shop that starts to read at once."""
    with opened(replace(UNLIMITED, bulk_run_s=0.0), items=120) as one:
        yield one


def shown(shop: Shop, operation: str) -> Json:
    held: Json = shop.admin.data(STATUS, {"id": operation})["bulkOperation"]
    return held


def test_lines_are_grouped_only_where_that_is_asked_for(bulk_shop: Shop) -> None:
    grouped = rows_of(bulk_shop, finished(bulk_shop, started(bulk_shop, grouped=True))["url"])
    torn = rows_of(bulk_shop, finished(bulk_shop, started(bulk_shop))["url"])
    assert sorted(map(str, grouped)) == sorted(map(str, torn))
    above = ""
    for row in grouped:
        above = above if "__parentId" in row else row["id"]
        assert row.get("__parentId", above) == above
    first_owner = next(place for place, row in enumerate(torn) if "__parentId" not in row)
    assert all("__parentId" in row for row in torn[:first_owner])
    assert first_owner > 0
    owners = {row["id"] for row in torn if "__parentId" not in row}
    assert {row["__parentId"] for row in torn if "__parentId" in row} <= owners


@pytest.mark.parametrize(("kind", "code"), [("bulk_error", "INTERNAL_SERVER_ERROR"), ("bulk_timeout", "TIMEOUT")])
def test_what_breaks_off_leaves_only_a_part_and_says_why(bulk_shop: Shop, kind: BulkFault, code: str) -> None:
    bulk_shop.do("fault", kind=kind, share=1.0)
    operation = started(bulk_shop)
    finished(bulk_shop, operation)
    held = shown(bulk_shop, operation)
    assert (held["status"], held["errorCode"], held["url"]) == ("FAILED", code, None)
    rows = rows_of(bulk_shop, held["partialDataUrl"])
    assert 0 < len(rows) == int(held["objectCount"]) < 120 * 4
    bulk_shop.do("heal")
    operation = started(bulk_shop)
    finished(bulk_shop, operation)
    held = shown(bulk_shop, operation)
    assert (held["status"], held["partialDataUrl"], held["objectCount"]) == ("COMPLETED", None, str(120 * 4))
    assert held["rootObjectCount"] == "120"


def later(sandbox: Sandbox, by: timedelta) -> None:
    clock = sandbox.clock
    sandbox.clock = lambda: clock() + by


def test_an_address_is_good_for_seven_days(bulk_shop: Shop) -> None:
    assert timedelta(days=7) == URL_LIFE
    operation = started(bulk_shop)
    url = finished(bulk_shop, operation)["url"]
    assert bulk_shop.admin.http.get(url).status_code == 200
    later(bulk_shop.running.sandbox, timedelta(days=6, hours=23))
    refreshed(bulk_shop)
    assert (shown(bulk_shop, operation)["url"], bulk_shop.admin.http.get(url).status_code) == (url, 200)
    later(bulk_shop.running.sandbox, timedelta(hours=1, minutes=1))
    refreshed(bulk_shop)
    held = shown(bulk_shop, operation)
    assert (held["status"], held["url"]) == ("EXPIRED", None)
    assert bulk_shop.admin.http.get(url).status_code == 404


def refreshed(shop: Shop) -> None:
    """Take a new token: the old one lives for a day."""
    secrets = shop.running.sandbox.secrets
    asked = {"client_id": secrets.client_id, "client_secret": secrets.client_secret, "grant_type": "client_credentials"}
    shop.admin.token = shop.admin.http.post(f"{shop.admin.url}/admin/oauth/access_token", json=asked).json()[
        "access_token"
    ]


def test_a_result_is_told_in_text_that_no_reader_rounds(bulk_shop: Shop) -> None:
    held = finished(bulk_shop, started(bulk_shop))
    assert all(isinstance(held[name], str) for name in ("objectCount", "rootObjectCount", "fileSize"))
