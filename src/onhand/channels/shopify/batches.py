"""Reading many rows with as few calls as the points allow."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from onhand.channels.shopify.bucket import Lane
from onhand.channels.shopify.client import Answer, GraphqlClient
from onhand.channels.shopify.documents import MAX_QUERY_POINTS, Document
from onhand.channels.shopify.trouble import TooDear

# Shopify API limits, 2026-10: an array argument holds at most 250 rows.
MAX_IDS = 250

_Data = TypeVar("_Data")


class BatchSize:
    """How many rows one document asks for at once.

    How much a row costs is Shopify's secret (documented costs are linear, measured ones grow with the logarithm), so
    it begins with what surely fits, doubles while twice as much would fit too, and halves when that is too dear.
    """

    def __init__(self, document: Document, most: int = MAX_IDS) -> None:
        self.document = document
        self._most = most
        self._lock = threading.Lock()
        self._rows = min(most, document.rows_that_fit())

    @property
    def rows(self) -> int:
        """Rows to ask for next time."""
        return self._rows

    def fitted(self, rows: int, points: float | None) -> None:
        """Learn that `rows` were asked for `points`."""
        with self._lock:
            if points is not None and rows == self._rows and 2 * points <= MAX_QUERY_POINTS:
                self._rows = min(self._most, 2 * rows)

    def too_dear(self, rows: int) -> None:
        """Learn that `rows` were too many."""
        with self._lock:
            self._rows = max(1, min(self._rows, rows // 2))


def by_ids(ids: Sequence[str]) -> Mapping[str, Any]:
    """Return the variables of a document that takes nothing but ids."""
    return {"ids": list(ids)}


def ask_in_batches(  # noqa: PLR0917 - one call of a document, spread over many
    client: GraphqlClient,
    size: BatchSize,
    ids: Sequence[str],
    variables: Callable[[Sequence[str]], Mapping[str, Any]],
    shape: type[_Data],
    lane: Lane = Lane.READ,
) -> Iterator[tuple[Sequence[str], Answer[_Data]]]:
    """Yield (ids, answer) until every id was asked for. Raises as `GraphqlClient.ask` does."""
    begin = 0
    while begin < len(ids):
        batch = ids[begin : begin + client.page_rows(size.rows)]
        try:
            answer = client.ask(size.document, variables(batch), shape, lane)
        except TooDear:
            if len(batch) == 1:
                raise
            size.too_dear(len(batch))
            continue
        size.fitted(len(batch), answer.requested_points)
        begin += len(batch)
        yield batch, answer
