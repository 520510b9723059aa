"""Reading draft orders back."""

from collections.abc import Sequence
from datetime import UTC, datetime

from onhand.channels.shopify.answers import returns as answers
from onhand.channels.shopify.answers.returns import Draft
from onhand.channels.shopify.batches import BatchSize, ask_in_batches, by_ids
from onhand.channels.shopify.client import GraphqlClient
from onhand.channels.shopify.documents import load
from onhand.channels.shopify.gids import gid, is_number, number_of
from onhand.channels.shopify.read_large_orders import all_rows
from onhand.channels.shopify.settings import NAME
from onhand.domain.pictures import Version
from onhand.domain.reservations import DraftPicture, ReservedLine
from onhand.ports.channel import Reading, Report

# DraftOrderStatus, 2026-10: under this the draft has become an order, which commits by itself.
_DONE_STATUS = "COMPLETED"
# A deleted draft never comes back: nothing that was seen of it is newer.
_FOR_GOOD = datetime(9999, 12, 31, tzinfo=UTC)


def draft_cause_of(number: str) -> str:
    """Return the name of a Shopify draft order in the books."""
    return f"{NAME}/draft/{number}"


class DraftReader:
    """Reads draft orders of one shop."""

    def __init__(self, client: GraphqlClient, most: int) -> None:
        self._client = client
        self._drafts = BatchSize(load("drafts"), most)

    def read(self, keys: Sequence[str], reading: int) -> Reading:
        """Return pictures of drafts by id; one that is gone reserves nothing any more. Raises as `ask` does."""
        numbers = [key for key in keys if is_number(key)]
        pictures: dict[str, DraftPicture] = {}
        ids = [gid("DraftOrder", number) for number in numbers]
        for _, answer in ask_in_batches(self._client, self._drafts, ids, by_ids, answers.DraftNodes):
            for node in answer.data.nodes:
                number = number_of(node.id) if node is not None else None
                if node is not None and number is not None:
                    pictures[number] = self._picture(node, number, reading, answer.read_at)
        gone = [number for number in numbers if number not in pictures]
        found = (*pictures.values(), *(_deleted(number, reading) for number in gone))
        return Reading(report=Report(pictures=found), missing=tuple(gone))

    def _picture(self, draft: Draft, number: str, reading: int, read_at: datetime | None) -> DraftPicture:
        rows = draft.line_items
        if rows.page_info.has_next_page:
            rows = all_rows(
                self._client,
                load("draft_lines"),
                draft.id,
                answers.DraftLines,
                lambda data: data.node.line_items if data.node is not None else None,
            )
        until = draft.reserve_inventory_until
        lines = [
            ReservedLine(item, row.quantity)
            for row in rows.nodes
            if row.variant is not None and (item := number_of(row.variant.inventory_item.id)) is not None
        ]
        return DraftPicture(
            cause=draft_cause_of(number),
            origin=NAME,
            version=Version(at=draft.updated_at.astimezone(UTC), reading=reading),
            drafted_at=draft.created_at.astimezone(UTC),
            reserved_until=None if until is None else until.astimezone(UTC),
            open=draft.status != _DONE_STATUS,
            lines=tuple(lines),
            name=draft.name,
            read_at=read_at,
        )


def _deleted(number: str, reading: int) -> DraftPicture:
    return DraftPicture(
        cause=draft_cause_of(number),
        origin=NAME,
        version=Version(at=_FOR_GOOD, reading=reading),
        drafted_at=_FOR_GOOD,
        reserved_until=None,
        open=False,
    )
