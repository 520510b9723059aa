"""A whole reading is whole, or it is none: nothing that a file lacks ever counts as absent."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from onhand.domain.stock import KEPT_STATES, LevelKey
from onhand.intake.lookup import Lookup
from onhand.ports.channel import Census, Contradiction, Wanted
from onhand.ports.errors import ChannelRefused, ChannelUnavailable, IncompleteReading
from onhand.sandbox.server import Options, SandboxThread
from onhand.sandbox.state import Settings
from tests.channels.shopify.platform import Shop, connect, level_ids_of, levels_of
from tests.channels.shopify.scripted import Asked, Reply, channel_at, graphql, platform


def take(shop: Shop) -> Census:
    return shop.channel.take_census(shop.reading(), shop.lookup)


def assert_whole(census: Census, shop: Shop) -> None:
    world = shop.running.sandbox.world
    assert census.complete
    assert {item.item: item.sku for item in census.items} == {
        str(item.inventory_item_id): item.sku for item in world.catalog.items.values()
    }
    assert {row.listing: row.item for row in census.listings} == {
        str(item.variant_id): str(item.inventory_item_id) for item in world.catalog.items.values()
    }
    levels = levels_of(census)
    assert {LevelKey(seen.item, seen.location): (seen.units or ())[0] for seen in levels} == {
        LevelKey(str(level.item_id), str(level.location_id)): level.available for level in world.levels
    }
    assert {place.name for place in census.locations} == {place.name for place in world.catalog.locations.values()}
    assert len(levels) == len(level_ids_of(census)) == len(census.levels)
    assert all(seen.observed_at >= census.read_at for seen in levels)
    assert census.problems == ()


def test_a_census_holds_every_item_listing_level_and_location(shop: Shop) -> None:
    shop.order((0, 2))
    assert_whole(take(shop), shop)
    assert "bulkOperationRunQuery" in {call.operation for call in shop.calls()}


def test_level_ids_of_a_census_lead_back_to_their_levels(shop: Shop) -> None:
    census = take(shop)
    lookup = Lookup()
    lookup.learn(census.listings, level_ids_of(census))
    keys = [f"{level.item}@{level.location}" for level in levels_of(census)]
    reading = shop.channel.read(Wanted.LEVEL, keys, shop.reading(), lookup)
    assert [tuple(seen.units[state] for state in KEPT_STATES) for seen in reading.report.observations] == [
        seen.units for seen in levels_of(census)
    ]


def test_an_untracked_item_is_kept_without_its_meaningless_levels(shop: Shop) -> None:
    item = shop.item(3)
    shop.do("change_item", sku=shop.sku(3), tracked=False)
    census = take(shop)
    assert {row.item: row.tracked for row in census.items}[item] is False
    assert item not in {seen.item for seen in levels_of(census)}
    assert item in {key.item for key in level_ids_of(census)}


def test_a_shop_that_runs_no_bulk_operation_is_read_page_by_page(http: httpx.Client) -> None:
    with SandboxThread(Options(items=30, settings=Settings(bulk_run_s=30.0, bucket_points=None))) as running:
        shop = Shop(running=running, http=http, channel=connect(running, http, bulk_room_wait_s=0.0))
        _occupy(shop)
        assert_whole(take(shop), shop)
        pages = [call for call in shop.calls() if "inventoryItems" in call.operation]
        assert 2 <= len(pages) <= 6


def test_d14_paging_reads_on_where_an_item_is_stocked_in_many_places(http: httpx.Client) -> None:
    with SandboxThread(Options(items=3, locations=23, settings=Settings(bulk_run_s=30.0))) as running:
        shop = Shop(running=running, http=http, channel=connect(running, http, bulk_room_wait_s=0.0))
        _occupy(shop)
        assert_whole(take(shop), shop)


@pytest.mark.parametrize("rows", [1, 4])
def test_pages_of_few_rows_hold_the_same_shop(http: httpx.Client, rows: int) -> None:
    with SandboxThread(Options(items=7, settings=Settings(bulk_run_s=30.0, bucket_points=None))) as running:
        channel = connect(running, http, bulk_room_wait_s=0.0, page_rows=rows)
        shop = Shop(running=running, http=http, channel=channel)
        _occupy(shop)
        assert_whole(take(shop), shop)
        assert len([call for call in shop.calls() if "inventoryItems" in call.operation]) >= 7 / rows


def test_paging_keeps_within_a_bucket_that_counts_the_dear_way(http: httpx.Client) -> None:
    with SandboxThread(Options(items=25, settings=Settings(bulk_run_s=30.0, linear_cost=True))) as running:
        shop = Shop(running=running, http=http, channel=connect(running, http, bulk_room_wait_s=0.0))
        _occupy(shop)
        assert_whole(take(shop), shop)
        assert {call.outcome for call in shop.calls() if "inventoryItems" in call.operation} == {"done"}


def test_others_bulk_operations_are_waited_for(http: httpx.Client) -> None:
    with SandboxThread(Options(items=5, settings=Settings(bulk_run_s=0.3, bucket_points=None))) as running:
        shop = Shop(running=running, http=http, channel=connect(running, http))
        _occupy(shop)
        assert_whole(take(shop), shop)
        started = [call for call in shop.calls() if call.operation == "bulkOperationRunQuery"]
        assert len(started) > 6
        assert not [call for call in shop.calls() if call.operation == "inventoryItems"]


def _occupy(shop: Shop) -> None:
    """Start as many bulk operations as Shopify allows at once: the next one is refused."""
    address = shop.running.addresses["shopify"]
    assert isinstance(address, dict)
    locations = "{ locations { edges { node { id } } } }"
    query = f'mutation {{ bulkOperationRunQuery(query: "{locations}") {{ userErrors {{ message }} }} }}'
    for _ in range(5):
        shop.http.post(
            f"{address['url']}/admin/api/2026-10/graphql.json",
            json={"query": query},
            headers={"X-Shopify-Access-Token": str(address["access_token"])},
        )


ITEM = {"id": "gid://shopify/InventoryItem/1", "sku": "TEE", "tracked": True}
VARIANT = {"id": "gid://shopify/ProductVariant/2", "displayName": "Tee", "__parentId": ITEM["id"]}
STATES = ("available", "committed", "reserved", "damaged", "quality_control", "safety_stock", "incoming")
LEVEL = {
    "id": "gid://shopify/InventoryLevel/3?inventory_item_id=1",
    "isActive": True,
    "updatedAt": "2026-11-23T06:00:00Z",
    "location": {"id": "gid://shopify/Location/4"},
    "quantities": [{"name": name, "quantity": 5} for name in STATES] + [{"name": "on_hand", "quantity": 30}],
    "__parentId": ITEM["id"],
}


def file_of(*rows: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def bulk_shop(file: Callable[[Asked], Reply], address: Callable[[], str], **status: Any) -> Callable[[Asked], Reply]:
    """Return a script of a shop whose bulk operation is done at once, with what `status` says of it."""

    def script(asked: Asked) -> Reply:
        if asked.path.startswith("/file"):
            assert "x-shopify-access-token" not in asked.headers
            return file(asked)
        if b"bulkOperationRunQuery" in asked.body:
            started = {"id": "gid://shopify/BulkOperation/1"}
            return graphql({"bulkOperationRunQuery": {"bulkOperation": started, "userErrors": []}})
        if b"bulkOperation(" in asked.body:
            done = {
                "status": "COMPLETED",
                "errorCode": None,
                "objectCount": "3",
                "rootObjectCount": "1",
                "fileSize": str(len(WHOLE)),
                "url": address(),
                "partialDataUrl": None,
                "createdAt": "2026-11-23T06:00:01Z",
            }
            return graphql({"bulkOperation": done | status})
        if b"currencyCode" in asked.body:
            return graphql({"shop": {"currencyCode": "USD"}})
        nothing = {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}
        return graphql({"locations": nothing, "deliveryProfiles": nothing})

    return script


WHOLE = file_of(ITEM, VARIANT, LEVEL)


def census_of(http: httpx.Client, file: Callable[[Asked], Reply], **status: Any) -> Census:
    with platform(lambda _: Reply()) as running:
        running.script = bulk_shop(file, lambda: f"{running.url}/file?signature=secret", **status)
        return channel_at(running, http, sleep=lambda _: None).take_census(1, Lookup())


def whole(_: Asked) -> Reply:
    return Reply(body=WHOLE)


def test_a_whole_file_is_a_census(http: httpx.Client) -> None:
    census = census_of(http, whole)
    assert [item.sku for item in census.items] == ["TEE"]
    assert [(seen.item, seen.location) for seen in levels_of(census)] == [("1", "4")]


def test_children_may_stand_before_their_parents(http: httpx.Client) -> None:
    mixed = file_of(LEVEL, VARIANT, ITEM)
    census = census_of(http, lambda _: Reply(body=mixed))
    assert [item.title for item in census.items] == ["Tee"]
    assert len(levels_of(census)) == 1


def test_an_empty_shop_is_a_whole_census_too(http: httpx.Client) -> None:
    census = census_of(http, whole, url=None, objectCount="0", rootObjectCount="0", fileSize=None)
    assert census.complete
    assert census.items == ()


def test_b23_a_file_that_breaks_off_is_resumed_where_it_broke(http: httpx.Client) -> None:
    ranges: list[str] = []

    def flaky(asked: Asked) -> Reply:
        wanted = asked.headers.get("range", "bytes=0-")
        ranges.append(wanted)
        start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        return part(WHOLE, start, 150)

    assert len(levels_of(census_of(http, flaky))) == 1
    assert ranges[:3] == ["bytes=0-", "bytes=150-", "bytes=300-"]


def part(file: bytes, start: int, size: int, version: str = '"1"') -> Reply:
    """Return what a host with ranges sends before the way breaks."""
    headers = {"ETag": version}
    if start:
        headers["Content-Range"] = f"bytes {start}-{len(file) - 1}/{len(file)}"
    return Reply(
        status=206 if start else 200, body=file[start : start + size], headers=headers, cut=start + size < len(file)
    )


def test_pieces_of_two_files_never_make_one(http: httpx.Client) -> None:
    other = WHOLE.replace(b"TEE", b"CAP")
    asked_if: list[str | None] = []

    def replaced(asked: Asked) -> Reply:
        """Answer from another file after the first piece, as a host does that ignores If-Range."""
        asked_if.append(asked.headers.get("if-range"))
        start = int(asked.headers.get("range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))
        return part(WHOLE, 0, 300) if len(asked_if) == 1 else part(other, start, len(other), '"2"')

    assert [item.sku for item in census_of(http, replaced).items] == ["CAP"]
    assert asked_if == [None, '"1"', None]


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Content-Range": f"bytes 200-{len(WHOLE) - 1}/{len(WHOLE)}"}, id="another place"),
        pytest.param({"Content-Range": f"bytes 300-{len(WHOLE) - 1}/9999"}, id="a longer file"),
        pytest.param({}, id="no place at all"),
    ],
)
def test_a_piece_that_does_not_say_where_it_belongs_is_not_taken(headers: dict[str, str], http: httpx.Client) -> None:
    tries = iter(
        [Reply(body=WHOLE[:300], cut=True), Reply(status=206, body=WHOLE[300:], headers=headers), Reply(body=WHOLE)]
    )
    assert len(levels_of(census_of(http, lambda _: next(tries)))) == 1


def test_a_host_that_names_no_version_must_at_least_agree_on_the_length(http: httpx.Client) -> None:
    place = {"Content-Range": f"bytes 300-{len(WHOLE) - 1}/{len(WHOLE)}"}
    tries = iter([Reply(body=WHOLE[:300], cut=True), Reply(status=206, body=WHOLE[300:], headers=place)])
    assert len(levels_of(census_of(http, lambda _: next(tries)))) == 1


def test_a_host_without_ranges_is_asked_from_the_beginning_again(http: httpx.Client) -> None:
    tries = iter([Reply(body=WHOLE[:100], cut=True), Reply(body=WHOLE)])
    assert len(levels_of(census_of(http, lambda _: next(tries)))) == 1


def test_a_file_that_never_gets_further_is_given_up(http: httpx.Client) -> None:
    with pytest.raises(ChannelUnavailable, match="broke off"):
        census_of(http, lambda _: Reply(status=503))


@pytest.mark.parametrize(
    ("file", "status", "says"),
    [
        (WHOLE, {"objectCount": "4"}, "holds 3 lines, shopify counted 4"),
        (file_of(ITEM, VARIANT), {"fileSize": None}, "holds 2 lines, shopify counted 3"),
        (file_of(ITEM, VARIANT, LEVEL, LEVEL), {"fileSize": None}, "line 4 repeats the level"),
        (file_of(ITEM, VARIANT, VARIANT), {"fileSize": None}, "line 3 repeats gid://shopify/ProductVariant/2"),
        (file_of(ITEM, ITEM, VARIANT), {"fileSize": None}, "line 2 repeats gid://shopify/InventoryItem/1"),
        (WHOLE, {"rootObjectCount": "2"}, "holds 1 items, shopify counted 2"),
        (file_of(VARIANT, LEVEL), {"fileSize": None, "objectCount": "2", "rootObjectCount": "0"}, "lacks 1 items"),
        (file_of(LEVEL), {"fileSize": None, "objectCount": "1", "rootObjectCount": "0"}, "lacks 1 items"),
        (file_of(ITEM, VARIANT | {"__parentId": "1"}), {"fileSize": None}, "line 2 names '1' as an item"),
        (file_of(ITEM | {"tracked": "yes"}), {"fileSize": None}, "line 1 cannot be read"),
        (WHOLE.replace(b'"quantity": 5', b'"quantity": "5"'), {"fileSize": None}, "cannot be read"),
        (WHOLE[:-40], {"fileSize": None}, "cannot be read"),
        (WHOLE, {"fileSize": "10"}, "announced 10"),
        (WHOLE, {"status": "FAILED", "errorCode": "INTERNAL_SERVER_ERROR"}, "FAILED"),
        (WHOLE, {"status": "FAILED", "errorCode": "TIMEOUT"}, "TIMEOUT.*after 3 objects.*at night"),
        (WHOLE, {"url": None, "partialDataUrl": "https://example.com/part"}, "only a part of them"),
        (WHOLE, {"partialDataUrl": "https://example.com/part"}, "only a part of them"),
        (WHOLE, {"url": None}, "only a part of them"),
        (WHOLE, {"status": "CANCELED"}, "CANCELED"),
        (WHOLE, {"status": "EXPIRED"}, "EXPIRED"),
    ],
)
def test_what_cannot_be_proven_whole_is_no_census(
    file: bytes, status: dict[str, Any], says: str, http: httpx.Client
) -> None:
    with pytest.raises(IncompleteReading, match=says):
        census_of(http, lambda _: Reply(body=file), **status)


@pytest.mark.parametrize("status", [403, 404, 410])
def test_an_address_that_has_expired_twice_is_said_to_be_one(status: int, http: httpx.Client) -> None:
    with pytest.raises(IncompleteReading, match="expired"):
        census_of(http, lambda _: Reply(status=status))


def test_b23_a_file_whose_address_has_expired_is_made_again(http: httpx.Client) -> None:
    tries = iter([Reply(status=404), Reply(body=WHOLE)])
    assert len(levels_of(census_of(http, lambda _: next(tries)))) == 1


def test_every_refusal_says_what_to_do_next(http: httpx.Client) -> None:
    with pytest.raises(IncompleteReading, match="nothing of it is used; run `onhand sync` or `onhand audit` again"):
        census_of(http, lambda _: Reply(body=file_of(ITEM)), fileSize=None)


def test_a_census_that_may_not_read_something_names_the_scope(http: httpx.Client) -> None:
    granted = {"accessScopes": [{"handle": "read_inventory"}, {"handle": "read_products"}]}
    with platform(lambda _: Reply()) as running:
        script = bulk_shop(whole, lambda: "", status="FAILED", errorCode="ACCESS_DENIED", url=None)

        def scopes(asked: Asked) -> Reply:
            if b"currentAppInstallation" not in asked.body:
                return script(asked)
            shop = {"name": "Tees", "myshopifyDomain": "tees.myshopify.com"}
            return graphql({"shop": shop, "currentAppInstallation": granted})

        running.script = scopes
        with pytest.raises(ChannelRefused, match=r"ACCESS_DENIED.*lacks read_locations: grant it"):
            channel_at(running, http, sleep=lambda _: None).take_census(1, Lookup())


def test_a_bulk_operation_that_failed_in_passing_is_run_again(http: httpx.Client) -> None:
    failed = {"status": "FAILED", "errorCode": "INTERNAL_SERVER_ERROR"}
    with platform(lambda _: Reply()) as running:
        address = f"{running.url}/file"
        scripts = [bulk_shop(whole, lambda: address, **failed), bulk_shop(whole, lambda: address)]
        runs: list[bytes] = []

        def twice(asked: Asked) -> Reply:
            if b"bulkOperationRunQuery" in asked.body:
                runs.append(asked.body)
            return scripts[max(0, len(runs) - 1)](asked)

        running.script = twice
        census = channel_at(running, http, sleep=lambda _: None).take_census(1, Lookup())
    assert len(levels_of(census)) == 1


def test_pages_that_end_without_saying_where_are_not_the_whole_shop(http: httpx.Client) -> None:
    pages = {"nodes": [], "pageInfo": {"hasNextPage": True, "endCursor": None}}
    page = {"shop": {"currencyCode": "USD"}, "inventoryItems": pages}
    refused = {"bulkOperationRunQuery": {"bulkOperation": None, "userErrors": [{"message": "no", "code": "INVALID"}]}}

    def paged(asked: Asked) -> Reply:
        return graphql(refused if b"bulkOperationRunQuery" in asked.body else page)

    with platform(paged) as running, pytest.raises(IncompleteReading, match="more items behind 0 and not where"):
        channel_at(running, http).take_census(1, Lookup())


def test_a_level_that_does_not_add_up_shows_no_units_and_is_named_with_both_sums(http: httpx.Client) -> None:
    odd = json.loads(json.dumps(LEVEL))
    odd["quantities"][-1]["quantity"] = 31
    odd["quantities"].append({"name": "in_a_new_state", "quantity": 1})
    file = file_of(ITEM, VARIANT, odd)
    census = census_of(http, lambda _: Reply(body=file), fileSize=str(len(file)))
    assert census.contradictions == (Contradiction(LevelKey("1", "4"), 31, 30),)
    assert levels_of(census) == []
    assert list(level_ids_of(census)) == [LevelKey("1", "4")]


@pytest.mark.parametrize("by_pages", [False, True], ids=["in bulk", "page by page"])
def test_a_torn_level_is_left_out_however_the_shop_is_read(http: httpx.Client, by_pages: bool) -> None:
    settings = Settings(bulk_run_s=30.0 if by_pages else 0.0, bucket_points=None)
    with SandboxThread(Options(items=5, settings=settings)) as running:
        shop = Shop(running=running, http=http, channel=connect(running, http, bulk_room_wait_s=0.0))
        if by_pages:
            _occupy(shop)
        shop.do("tear_level", sku=shop.sku(0), location="Boston", units=3, readings=1)
        first, second = take(shop), take(shop)
    (odd,) = first.contradictions
    assert odd.told_units == odd.summed_units + 3
    assert odd.key in level_ids_of(first)
    assert len(levels_of(first)) + 1 == len(levels_of(second)) == len(first.levels)
    assert second.contradictions == ()


def test_a_bulk_operation_that_never_ends_is_given_up(http: httpx.Client) -> None:
    with platform(lambda _: Reply()) as running:
        running.script = bulk_shop(whole, lambda: "", status="RUNNING")
        with pytest.raises(IncompleteReading, match="still RUNNING"):
            channel_at(running, http, bulk_timeout_s=0.3).take_census(1, Lookup())
