"""A whole reading of a shop: everything or nothing, with the proof.

By a bulk operation, which costs almost no points; page by page where Shopify refuses one. Sources: Admin API 2026-10,
`bulkOperationRunQuery` (five at a time), `BulkOperation` (objectCount, rootObjectCount, fileSize).
"""

import logging
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import BinaryIO

import httpx
import msgspec

from onhand.channels.shopify.answers import acts, stock
from onhand.channels.shopify.batches import BatchSize
from onhand.channels.shopify.bucket import Lane
from onhand.channels.shopify.client import GraphqlClient
from onhand.channels.shopify.documents import load
from onhand.channels.shopify.download import download
from onhand.channels.shopify.gids import number_of
from onhand.channels.shopify.read_items import ItemReader, ItemRows, read_locations
from onhand.channels.shopify.settings import ShopifySettings
from onhand.channels.shopify.trouble import TooDear
from onhand.domain.catalog import Location
from onhand.ports.channel import Census
from onhand.ports.errors import ChannelRefused, IncompleteReading

_log = logging.getLogger(__name__)

_RUNNING = frozenset({"CREATED", "RUNNING", "CANCELING"})
_FIRST_POLL_S = 0.1
_LONGEST_POLL_S = 5.0
# Items a page at most: more would be one slow query.
_PAGE_ITEMS = 50

_read_line = msgspec.json.Decoder(stock.BulkLine).decode
_read_level = msgspec.json.Decoder(stock.BulkLevel).decode


class CensusTaker:
    """Reads everything of one shop."""

    def __init__(
        self,
        settings: ShopifySettings,
        client: GraphqlClient,
        http: httpx.Client,
        items: ItemReader,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings = settings
        self._client = client
        self._http = http
        self._items = items
        self._clock = clock
        self._sleep = sleep
        self._page = BatchSize(load("census_page"), _PAGE_ITEMS)

    def take(self, reading: int) -> Census:
        """Return everything. Raises IncompleteReading, ChannelUnavailable, ChannelRefused."""
        try:
            started = self._start()
        except ChannelRefused as refusal:
            _log.warning("no bulk operation at %s, reading page by page: %s", self._settings.shop, refusal)
            rows, read_at = self._take_by_pages(reading)
        else:
            read_at = started.created_at.astimezone(UTC).replace(microsecond=0)
            rows = self._take_by_bulk(started.id, reading, read_at)
        self._items.add_bundles(rows, Lane.SWEEP)
        return self._census(rows, read_locations(self._client, Lane.SWEEP), read_at)

    def _census(self, rows: ItemRows, locations: tuple[Location, ...], read_at: datetime) -> Census:
        return Census(
            items=tuple(rows.items),
            listings=tuple(rows.listings),
            locations=locations,
            observations=tuple(rows.observations),
            level_ids=rows.level_ids,
            inactive_levels=frozenset(rows.inactive_levels),
            bundles=tuple(rows.bundles),
            read_at=read_at,
            complete=True,
            problems=(*rows.problems, *self._client.problems()),
        )

    def _start(self) -> acts.BulkStarted:
        variables = {"query": load("census_bulk").text}
        payload = self._client.ask(load("bulk_run"), variables, acts.BulkRun, Lane.SWEEP).data
        started = payload.bulk_operation_run_query
        if started.bulk_operation is None or started.user_errors:
            said = "; ".join(f"{error.code} {error.message}" for error in started.user_errors)
            raise ChannelRefused(f"{self._settings.shop} starts no bulk operation: {said or 'it does not say why'}")
        return started.bulk_operation

    def _take_by_bulk(self, operation_id: str, reading: int, read_at: datetime) -> ItemRows:
        operation = self._wait_for(operation_id)
        currency = self._client.ask(load("currency"), {}, stock.Currency, Lane.SWEEP).data.shop.currency_code
        lines, roots = int(operation.object_count), int(operation.root_object_count)
        with tempfile.TemporaryFile(prefix="onhand-census-") as file:
            if operation.url is not None:
                size = int(operation.file_size) if operation.file_size is not None else None
                download(self._http, operation.url, file, size, self._sleep)
            _log.info("census of %s: %d objects", self._settings.shop, lines)
            return _Bulk(file, self._settings.shop, currency).rows(lines, roots, reading, read_at)

    def _wait_for(self, operation_id: str) -> acts.BulkOperation:
        give_up_at = self._clock() + self._settings.bulk_timeout_s
        poll_s = _FIRST_POLL_S
        while True:
            variables = {"id": operation_id}
            operation = self._client.ask(
                load("bulk_status"), variables, acts.BulkStatus, Lane.SWEEP
            ).data.bulk_operation
            status = operation.status if operation is not None else "gone"
            if operation is not None and status == "COMPLETED":
                return operation
            if operation is None or status not in _RUNNING:
                error = operation.error_code if operation is not None else None
                raise IncompleteReading(
                    f"bulk operation {operation_id} of {self._settings.shop} is {status} ({error or 'no error code'}): "
                    "nothing of it is used; try again"
                )
            if self._clock() > give_up_at:
                raise IncompleteReading(
                    f"bulk operation {operation_id} of {self._settings.shop} is still {status} after "
                    f"{self._settings.bulk_timeout_s:.0f} s"
                )
            self._sleep(poll_s)
            poll_s = min(_LONGEST_POLL_S, poll_s * 1.5)

    def _take_by_pages(self, reading: int) -> tuple[ItemRows, datetime]:
        rows = ItemRows(currency="")
        began_at: datetime | None = None
        after: str | None = None
        while True:
            first = self._page.rows
            variables = {"first": first, "after": after}
            try:
                answer = self._client.ask(self._page.document, variables, stock.CensusPage, Lane.SWEEP)
            except TooDear:
                if first == 1:
                    raise
                self._page.too_dear(first)
                continue
            self._page.fitted(first, answer.requested_points)
            if began_at is None:
                began_at = answer.read_at
            rows.currency = answer.data.shop.currency_code
            page = answer.data.inventory_items
            for node in page.nodes:
                self._items.add_item(rows, node, reading, answer.read_at, Lane.SWEEP)
            after = page.page_info.end_cursor
            if not page.page_info.has_next_page or after is None:
                break
        if began_at is None:
            raise IncompleteReading(f"answers of {self._settings.shop} carry no date: nobody can tell when it was read")
        return rows, began_at


class _Bulk:
    """The file of a bulk operation. Children may come anywhere, so items are read first and levels after."""

    def __init__(self, file: BinaryIO, shop: str, currency: str) -> None:
        self._file = file
        self._shop = shop
        self._currency = currency
        self._counted: dict[str, bool] = {}
        self._items: dict[str, stock.BulkLine] = {}
        self._variants: dict[str, list[stock.Variant]] = defaultdict(list)

    def rows(self, lines: int, roots: int, reading: int, read_at: datetime) -> ItemRows:
        """Return what the file holds. Raises IncompleteReading unless it holds exactly what Shopify counted."""
        try:
            read = self._read_items()
            self._prove("lines", read, lines)
            self._prove("items", len(self._items), roots)
            rows = ItemRows(currency=self._currency)
            for gid, item in self._items.items():
                number = number_of(gid)
                if number is not None:
                    self._counted[gid] = rows.add(number, item, self._variants[gid]).counted
            self._read_levels(rows, reading, read_at)
        except ValueError as error:
            raise IncompleteReading(f"the bulk file of {self._shop} cannot be read: {error}") from error
        return rows

    def _prove(self, what: str, found: int, counted: int) -> None:
        if found != counted:
            raise IncompleteReading(
                f"the bulk file of {self._shop} holds {found} {what}, shopify counted {counted}: nothing of it is used"
            )

    def _read_items(self) -> int:
        self._file.seek(0)
        read = 0
        for line in self._file:
            if line.isspace():
                continue
            read += 1
            row = _read_line(line)
            if row.parent_id is None:
                self._items[row.id] = row
            elif number_of(row.id, "ProductVariant") is not None:
                self._variants[row.parent_id].append(_variant(row))
        orphans = self._variants.keys() - self._items.keys()
        if orphans:
            raise IncompleteReading(f"the bulk file of {self._shop} lacks {len(orphans)} items that its variants name")
        return read

    def _read_levels(self, rows: ItemRows, reading: int, read_at: datetime) -> None:
        self._file.seek(0)
        for line in self._file:
            if line.isspace():
                continue
            if number_of(_read_line(line).id, "InventoryLevel") is None:
                continue
            level = _read_level(line)
            counted = self._counted.get(level.parent_id)
            number = number_of(level.parent_id)
            if counted is None or number is None:
                raise IncompleteReading(f"the bulk file of {self._shop} lacks {level.parent_id}, which a level names")
            rows.add_level(number, level, counted, reading, read_at)


def _variant(row: stock.BulkLine) -> stock.Variant:
    return stock.Variant(
        id=row.id,
        display_name=row.display_name,
        price=row.price,
        inventory_policy=row.inventory_policy,
        requires_components=row.requires_components,
    )
