"""The stream carries every change, and goes on where it broke off."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest

from onhand.domain.catalog import Item, Location
from onhand.web.feed import MOST_FOLLOWERS, read_cursor
from tests.web_pages.conftest import Served


@contextmanager
def following(served: Served, last: str | None = None) -> Iterator[Iterator[tuple[str | None, str, Any]]]:
    """Give the events of a stream as (id, name, data)."""
    headers = {"last-event-id": last} if last is not None else {}
    with served.client.stream("GET", "/api/v1/stream", headers=headers, timeout=60) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield _events(answer)


def _events(answer: httpx.Response) -> Iterator[tuple[str | None, str, Any]]:
    event: dict[str, str] = {}
    for line in answer.iter_lines():
        if line:
            name, _, value = line.partition(": ")
            event[name] = value
        else:
            yield event.get("id"), event["event"], json.loads(event["data"])
            event = {}


def wait_for_item(events: Iterator[tuple[str | None, str, Any]], item: str) -> tuple[str, Any]:
    """Return the event's id and the row of an item, once it comes."""
    for id_, name, data in events:
        for row in data.get("rows", ()) if name == "rows" else ():
            if row["item"] == item:
                assert id_ is not None
                return id_, row
    pytest.fail("the stream ended")


def wait_for_units(events: Iterator[tuple[str | None, str, Any]], item: str, units: int) -> None:
    """Read on until the item's units in Boston are as wanted."""
    while True:
        _, row = wait_for_item(events, item)
        if row["levels"][0][0] == units:
            return


def test_a_sale_reaches_the_page_with_levels_and_offers(served: Served) -> None:
    with following(served) as events:
        assert next(events)[1] == "status"
        served.shop.sell("11", "1", 2)
        while True:
            _, row = wait_for_item(events, "11")
            if row["levels"][0][0] == 10:
                break
        assert [offer[0] for offer in row["offers"]] == [23, 13, 8]


def test_what_a_channel_was_told_reaches_the_page(served: Served) -> None:
    served.shop.sell("11", "3", 1)
    with following(served) as events:
        served.shop.tell_all()
        while True:
            _, row = wait_for_item(events, "11")
            if row["offers"][2][1] == 7:
                break


def test_e15_a_page_that_was_away_gets_what_changed_meanwhile(served: Served) -> None:
    last = served.client.get("/api/v1/grid").json()["event"]
    served.shop.sell("13", "1", 4)
    with following(served, last) as events:
        id_, row = wait_for_item(events, "13")
        assert row["levels"][0] == [1, 0, 0, 0]
    served.shop.sell("13", "1", 1)
    with following(served, id_) as events:
        wait_for_units(events, "13", 0)


@pytest.mark.parametrize("last", ["nonsense", "1.2", "-1.0.x", "9" * 40 + ".1.x"])
def test_an_id_that_is_none_of_ours_means_reading_everything_anew(still: Served, last: str) -> None:
    with following(still, last) as events:
        assert next(events)[1] == "reset"


def test_an_id_from_a_longer_ledger_means_reading_everything_anew(still: Served) -> None:
    sequence, rest = still.client.get("/api/v1/grid").json()["event"].split(".", 1)
    with following(still, f"{int(sequence) + 50}.{rest}") as events:
        assert [next(events)[1], next(events)[1]] == ["status", "reset"]


def test_a_new_location_means_reading_everything_anew(served: Served) -> None:
    with following(served) as events:
        next(events)
        new = Location(location="9", name="Pop-up", active=True, fulfils_online=False)
        with served.shop.writing() as books:
            books.catalog.put_locations([new], served.shop.clock.now())
        assert "reset" in (name for _, name, _ in events)


def test_the_status_comes_about_every_second(served: Served) -> None:
    with following(served) as events:
        statuses: list[Any] = []
        for _, name, data in events:
            if name == "status":
                statuses.append(data)
            if len(statuses) == 4:
                break
    assert statuses[-1]["as_of"] > statuses[0]["as_of"]
    assert statuses[-1]["deliveries"]["per_s"] == 0.0


def test_two_pages_follow_at_once(served: Served) -> None:
    other = httpx.Client(base_url=served.url, timeout=60)
    with following(served) as events, other, following(Served(served.shop, served.url, other)) as theirs:
        next(events)
        next(theirs)
        served.shop.sell("11", "1", 1)
        wait_for_units(events, "11", 11)
        wait_for_units(theirs, "11", 11)


def test_a_cursor_is_read_back_as_it_was_written(still: Served) -> None:
    text = still.client.get("/api/v1/grid").json()["event"]
    cursor = read_cursor(text)
    assert cursor is not None
    assert str(cursor) == text


def test_c14_more_pages_than_one_process_serves_are_told_to_come_back(served: Served) -> None:
    limits = httpx.Limits(max_connections=MOST_FOLLOWERS + 2)
    with httpx.Client(base_url=served.url, limits=limits, timeout=60) as client, ExitStack() as streams:
        followed = [
            streams.enter_context(client.stream("GET", "/api/v1/stream")).iter_lines() for _ in range(MOST_FOLLOWERS)
        ]
        assert {next(lines) for lines in followed} == {"event: status"}
        answer = client.get("/api/v1/stream")
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "5"


def test_a_change_of_the_label_reaches_the_page_with_the_next_movement(served: Served) -> None:
    with following(served) as events:
        next(events)
        with served.shop.writing() as books:
            books.catalog.put_items([Item(item="13", sku="CAP-2", title="Cap")], served.shop.clock.now())
        served.shop.sell("13", "1", 1)
        while True:
            _, row = wait_for_item(events, "13")
            if row["sku"] == "CAP-2":
                break
