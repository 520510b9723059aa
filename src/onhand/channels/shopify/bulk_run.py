"""Running a bulk operation: started when there is room, waited for, and believed only when it says that it is whole.

Sources: Admin API 2026-10, `bulkOperationRunQuery`, `BulkOperation`, `BulkOperationErrorCode`; Shopify, "Faster bulk
operations": five at a time for each app and shop from 2026-01 on.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from onhand.channels.shopify.answers import acts
from onhand.channels.shopify.bucket import Lane
from onhand.channels.shopify.bulk_file import AGAIN
from onhand.channels.shopify.client import GraphqlClient
from onhand.channels.shopify.documents import load
from onhand.channels.shopify.settings import ShopifySettings
from onhand.ports.errors import ChannelRefused, IncompleteReading

_log = logging.getLogger(__name__)

CENSUS_SCOPES: Final = ("read_inventory", "read_locations", "read_products")
"""Scopes of the fields in documents/census_bulk.graphql (Admin API 2026-10, `requiredAccess` in the schema)."""

_NO_ROOM = frozenset({"LIMIT_REACHED", "OPERATION_IN_PROGRESS"})
_RUNNING = frozenset({"CREATED", "RUNNING", "CANCELING"})
_FIRST_POLL_S = 0.1
_LONGEST_POLL_S = 5.0
# Shopify: "might be intermittent, so you can try performing the same query again".
_PASSING = "INTERNAL_SERVER_ERROR"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finished:
    """A bulk operation that is done. `url` is None where it found nothing, `file_bytes` where Shopify does not say."""

    objects: int
    roots: int
    file_bytes: int | None
    url: str | None
    created_at: datetime


class BulkRunner:
    """Bulk operations of one shop."""

    def __init__(
        self,
        settings: ShopifySettings,
        client: GraphqlClient,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings = settings
        self._client = client
        self._clock = clock
        self._sleep = sleep

    def start(self) -> str:
        """Return the id of a census that was started, once others have made room for it.

        Raises ChannelRefused where Shopify starts none, or has no room within `bulk_room_wait_s`.
        """
        give_up_at = self._clock() + self._settings.bulk_room_wait_s
        poll_s = _FIRST_POLL_S
        while True:
            payload = self._client.ask(
                load("bulk_run"), {"query": load("census_bulk").text}, acts.BulkRun, Lane.SWEEP
            ).data.bulk_operation_run_query
            if payload.bulk_operation is not None and not payload.user_errors:
                return payload.bulk_operation.id
            said = "; ".join(f"{error.code} {error.message}" for error in payload.user_errors)
            no_room = {error.code for error in payload.user_errors} & _NO_ROOM
            if not no_room or self._clock() > give_up_at:
                raise ChannelRefused(f"{self._settings.shop} starts no bulk operation: {said or 'it does not say why'}")
            _log.info("%s: %s; waiting for room", self._settings.shop, said)
            self._sleep(poll_s)
            poll_s = min(_LONGEST_POLL_S, poll_s * 1.5)

    def wait_for(self, operation_id: str) -> Finished:
        """Return the operation once it is whole; what ended for a passing reason is started once more.

        Raises IncompleteReading where it does not become whole, ChannelRefused where a scope is missing.
        """
        operation = self._ended(operation_id)
        if operation.error_code == _PASSING:
            _log.warning("bulk operation %s of %s failed, trying once more", operation_id, self._settings.shop)
            operation_id = self.start()
            operation = self._ended(operation_id)
        if operation.status != "COMPLETED" or operation.error_code is not None:
            raise self._failure(operation_id, operation)
        objects = int(operation.object_count)
        if operation.partial_data_url is not None or (operation.url is None and objects):
            raise IncompleteReading(
                f"bulk operation {operation_id} of {self._settings.shop} counted {objects} objects and has only a part "
                f"of them: {AGAIN}"
            )
        return Finished(
            objects=objects,
            roots=int(operation.root_object_count),
            file_bytes=None if operation.file_size is None else int(operation.file_size),
            url=operation.url,
            created_at=operation.created_at,
        )

    def _ended(self, operation_id: str) -> acts.BulkOperation:
        give_up_at = self._clock() + self._settings.bulk_timeout_s
        poll_s = _FIRST_POLL_S
        while True:
            operation = self._client.ask(
                load("bulk_status"), {"id": operation_id}, acts.BulkStatus, Lane.SWEEP
            ).data.bulk_operation
            if operation is None:
                raise IncompleteReading(f"bulk operation {operation_id} of {self._settings.shop} is gone: {AGAIN}")
            if operation.status not in _RUNNING:
                return operation
            if self._clock() > give_up_at:
                raise IncompleteReading(
                    f"bulk operation {operation_id} of {self._settings.shop} is still {operation.status} after "
                    f"{self._settings.bulk_timeout_s:.0f} s: look at it in the shop's admin, then {AGAIN}"
                )
            self._sleep(poll_s)
            poll_s = min(_LONGEST_POLL_S, poll_s * 1.5)

    def _failure(self, operation_id: str, operation: acts.BulkOperation) -> IncompleteReading | ChannelRefused:
        said = f"bulk operation {operation_id} of {self._settings.shop} is {operation.status}"
        match operation.error_code:
            case "ACCESS_DENIED":
                return ChannelRefused(f"{said} (ACCESS_DENIED): {self._missing_scopes()}")
            case "TIMEOUT":
                return IncompleteReading(f"{said} (TIMEOUT), after {operation.object_count} objects: {AGAIN} at night")
            case code:
                return IncompleteReading(f"{said} ({code or 'no error code'}): {AGAIN} later")

    def _missing_scopes(self) -> str:
        granted = self._client.ask(load("ping"), {}, acts.Pinged, Lane.SWEEP).data.current_app_installation
        missing = sorted(set(CENSUS_SCOPES) - {scope.handle for scope in granted.access_scopes})
        if missing:
            return f"the app lacks {', '.join(missing)}: grant it to the app, then connect the shop again"
        return "the app has every scope of the census: its staff account may not see inventory or a location"
