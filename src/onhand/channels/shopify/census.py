"""A whole reading of a shop: everything or nothing, with the proof.

By a bulk operation, which costs almost no points; page by page where Shopify refuses one.
"""

import logging
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime

import httpx

from onhand.channels.shopify.addresses import check_file_address
from onhand.channels.shopify.answers import stock
from onhand.channels.shopify.batches import BatchSize
from onhand.channels.shopify.bucket import Lane
from onhand.channels.shopify.bulk_file import AGAIN, BulkFile
from onhand.channels.shopify.bulk_run import BulkRunner, Finished
from onhand.channels.shopify.client import GraphqlClient
from onhand.channels.shopify.documents import load
from onhand.channels.shopify.download import AddressExpired, download
from onhand.channels.shopify.level_spool import LevelSpool
from onhand.channels.shopify.read_items import ItemReader, ItemRows
from onhand.channels.shopify.read_locations import read_locations
from onhand.channels.shopify.settings import ShopifySettings
from onhand.channels.shopify.trouble import TooDear
from onhand.domain.catalog import Location
from onhand.domain.stock import KEPT_STATES
from onhand.ports.channel import Census, SeenLevel
from onhand.ports.errors import ChannelRefused, IncompleteReading

_log = logging.getLogger(__name__)

# Items a page at most: more would be one slow query.
_PAGE_ITEMS = 50


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
        self._sleep = sleep
        self._runner = BulkRunner(settings, client, clock=clock, sleep=sleep)
        self._page = BatchSize(load("census_page"), _PAGE_ITEMS)

    def take(self, reading: int) -> Census:
        """Return everything. Raises IncompleteReading, ChannelUnavailable, ChannelRefused."""
        with ExitStack() as trouble:
            spool = LevelSpool()
            trouble.callback(spool.close)
            try:
                started = self._runner.start()
            except ChannelRefused as refusal:
                _log.warning("no bulk operation at %s, reading page by page: %s", self._settings.shop, refusal)
                rows, read_at = self._take_by_pages(spool, reading)
            else:
                rows, read_at = self._take_by_bulk(started, spool)
            self._items.add_bundles(rows, Lane.SWEEP)
            census = self._census(rows, spool, read_locations(self._client, Lane.SWEEP), reading, read_at)
            trouble.pop_all()
        return census

    def _census(
        self, rows: ItemRows, spool: LevelSpool, locations: tuple[Location, ...], reading: int, read_at: datetime
    ) -> Census:
        return Census(
            items=tuple(rows.items),
            listings=tuple(rows.listings),
            locations=locations,
            bundles=tuple(rows.bundles),
            levels=spool,
            contradictions=tuple(rows.contradictions),
            reading=reading,
            read_at=read_at,
            complete=True,
            problems=self._client.problems(),
        )

    def _take_by_bulk(self, started: str, spool: LevelSpool) -> tuple[ItemRows, datetime]:
        """Return what the file of a bulk operation holds; one whose address has expired is made again, once."""
        try:
            return self._read_file(self._runner.wait_for(started), spool)
        except AddressExpired as expired:
            _log.warning("%s: %s; asking for a new file", self._settings.shop, expired)
        return self._read_file(self._runner.wait_for(self._runner.start()), spool)

    def _read_file(self, operation: Finished, spool: LevelSpool) -> tuple[ItemRows, datetime]:
        read_at = operation.created_at.astimezone(UTC).replace(microsecond=0)
        currency = self._client.ask(load("currency"), {}, stock.Currency, Lane.SWEEP).data.shop.currency_code
        file = BulkFile(self._settings.shop, read_at, spool)
        with tempfile.TemporaryFile(prefix="onhand-census-") as lines:
            if operation.url is not None:
                check_file_address(operation.url, self._settings)
                download(self._http, operation.url, lines, operation.file_bytes, self._sleep)
                lines.seek(0)
            _log.info("census of %s: %d objects", self._settings.shop, operation.objects)
            file.read(lines)
        file.prove(operation.objects, operation.roots)
        return file.rows(currency), read_at

    def _take_by_pages(self, spool: LevelSpool, reading: int) -> tuple[ItemRows, datetime]:
        rows = ItemRows(currency="")
        began_at: datetime | None = None
        after: str | None = None
        seen: set[str] = set()
        while True:
            first = self._client.page_rows(self._page.rows)
            variables = {"first": first, "after": after}
            try:
                answer = self._client.ask(self._page.document, variables, stock.CensusPage, Lane.SWEEP)
            except TooDear:
                if first == 1:
                    raise
                self._page.too_dear(first)
                continue
            self._page.fitted(first, answer.requested_points)
            if answer.read_at is None:
                raise IncompleteReading(
                    f"answers of {self._settings.shop} carry no date: nobody can tell when it was read"
                )
            began_at = began_at or answer.read_at
            rows.currency = answer.data.shop.currency_code
            page = answer.data.inventory_items
            for node in page.nodes:
                if node.id not in seen:  # an item that was added meanwhile moves the others from page to page
                    seen.add(node.id)
                    self._items.add_item(rows, node, reading, answer.read_at, Lane.SWEEP)
                    spool_levels(rows, spool, answer.read_at)
            after = page.page_info.end_cursor
            if not page.page_info.has_next_page:
                break
            if after is None:
                raise IncompleteReading(
                    f"{self._settings.shop} says that there are more items behind {len(seen)} and not where: {AGAIN}"
                )
        spool.finish()
        return rows, began_at


def spool_levels(rows: ItemRows, spool: LevelSpool, read_at: datetime) -> None:
    """Hand the levels of one item on: the rows are left without."""
    shown = {seen.key: seen for seen in rows.observations}
    for key, level_id in rows.level_ids.items():
        seen = shown.get(key)
        units = None if seen is None else tuple([seen.units.get(state) for state in KEPT_STATES])
        active = key not in rows.inactive_levels
        spool.add(SeenLevel(*key, level_id, active, units, read_at if seen is None else seen.observed_at))
    rows.observations.clear()
    rows.level_ids.clear()
    rows.inactive_levels.clear()
