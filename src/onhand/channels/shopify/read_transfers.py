"""Reading transfers back with their shipments: many at once in the cheap form, long ones page by page."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from onhand.channels.shopify.answers import transfers as answers
from onhand.channels.shopify.answers.pages import Page
from onhand.channels.shopify.answers.transfers import Transfer
from onhand.channels.shopify.batches import BatchSize, ask_in_batches, by_ids
from onhand.channels.shopify.bucket import Lane
from onhand.channels.shopify.client import GraphqlClient
from onhand.channels.shopify.documents import Document, load
from onhand.channels.shopify.gids import gid, is_number, number_of
from onhand.channels.shopify.transfer_picture import STATUSES, cause_of, picture_of, vanished
from onhand.channels.shopify.words import unknown_in_transfer
from onhand.domain.transfers import TransferPicture
from onhand.ports.channel import Ask, Catalog, Problem, Reading, Report, Wanted
from onhand.ports.errors import ChannelUnavailable

BY_SHIPMENT = "shipment:"
"""The key of an ask for the transfer that a shipment belongs to."""

# Where a shipment does not name its transfer it is looked for among so many, newest first. Since 2026-10 they all do.
_NEWEST = 50

_log = logging.getLogger(__name__)
_Data = TypeVar("_Data")
_Row = TypeVar("_Row")


class TransferReader:
    """Reads transfers of one shop."""

    def __init__(self, client: GraphqlClient, most: int) -> None:
        self._client = client
        self._transfers = BatchSize(load("transfers"), most)

    def read(self, keys: Sequence[str], reading: int, catalog: Catalog) -> Reading:
        """Return pictures of transfers, by transfer id or by `shipment:` and the id of a shipment."""
        transfer_of_key = self._resolve(keys)
        pictures: dict[str, TransferPicture] = {}
        strange: dict[str, Problem] = {}
        gone: dict[str, TransferPicture] = {}
        problems: list[Problem] = []
        ids = [gid("InventoryTransfer", number) for number in dict.fromkeys(transfer_of_key.values())]
        for asked, answer in ask_in_batches(self._client, self._transfers, ids, by_ids, answers.TransferNodes):
            if answer.read_at is None:
                raise ChannelUnavailable("transfers: the answer says no date, so it cannot be placed in time")
            for asked_id, node in zip(asked, answer.data.nodes, strict=True):
                number = number_of(asked_id)
                if number is None:
                    continue
                if node is None:
                    gone[number] = vanished(number, reading, answer.read_at)
                    continue
                status = STATUSES.get(node.status)
                if status is None:
                    strange[number] = _unknown_status(node)
                else:
                    self._fill_in(node)
                    problems += unknown_in_transfer(node)
                    pictures[number] = picture_of(node, status, reading, answer.read_at)
        return Reading(
            report=Report(
                pictures=(*pictures.values(), *gone.values()), asks=tuple(_unknown_items(pictures.values(), catalog))
            ),
            missing=tuple(key for key in keys if transfer_of_key.get(key) not in {*pictures, *strange}),
            problems=(*strange.values(), *problems),
        )

    def _resolve(self, keys: Sequence[str]) -> dict[str, str]:
        """Return the transfer id behind each key; keys that name none are left out."""
        transfers = {key: key for key in keys if is_number(key)}
        shipments = {
            gid("InventoryShipment", key.removeprefix(BY_SHIPMENT)): key for key in keys if key.startswith(BY_SHIPMENT)
        }
        if shipments:
            answer = self._client.ask(
                load("transfers_of_shipments"), {"first": _NEWEST}, answers.TransfersOfShipments, Lane.READ
            )
            for transfer in answer.data.inventory_transfers.nodes:
                number = number_of(transfer.id, "InventoryTransfer")
                for shipment in transfer.shipments.nodes:
                    if number is not None and shipment.id in shipments:
                        transfers[shipments[shipment.id]] = number
        return transfers

    def _fill_in(self, transfer: Transfer) -> None:
        """Read what did not fit into the cheap form."""
        self._read_on(
            load("transfer_lines"),
            transfer.id,
            transfer.line_items,
            answers.TransferLines,
            lambda data: data.node.line_items if data.node is not None else None,
        )
        self._read_on(
            load("transfer_shipments"),
            transfer.id,
            transfer.shipments,
            answers.TransferShipments,
            lambda data: data.node.shipments if data.node is not None else None,
        )
        for shipment in transfer.shipments.nodes:
            if shipment.line_items is not None:
                self._read_on(
                    load("shipment_lines"),
                    shipment.id,
                    shipment.line_items,
                    answers.ShipmentLines,
                    lambda data: data.node.line_items if data.node is not None else None,
                )

    def _read_on(
        self,
        document: Document,
        owner: str,
        page: Page[_Row],
        shape: type[_Data],
        page_of: Callable[[_Data], Page[_Row] | None],
    ) -> None:
        """Add the further pages of a list to its first. Raises ChannelUnavailable where it vanished meanwhile."""
        more = page.page_info
        while more.has_next_page and more.end_cursor is not None:
            variables = {"id": owner, "after": more.end_cursor}
            found = page_of(self._client.ask(document, variables, shape, Lane.READ).data)
            if found is None:
                raise ChannelUnavailable(f"{owner} vanished while it was read")
            page.nodes += found.nodes
            more = found.page_info


def _unknown_items(pictures: Iterable[TransferPicture], catalog: Catalog) -> Iterator[Ask]:
    """Yield an ask for every item with a level that is not known yet: its units are booked all the same."""
    levels = {
        (line.item, place)
        for picture in pictures
        if picture.is_open
        for line in picture.lines
        for place in (picture.from_location, picture.to_location if picture.sent else None)
        if place is not None
    }
    for item in sorted({item for item, place in levels if catalog.level_id_of(item, place) is None}):
        yield Ask(Wanted.ITEM, item, "a transfer lists it, and its level is not known yet")


def _unknown_status(transfer: Transfer) -> Problem:
    return Problem(
        kind="shopify_transfer_status_unknown",
        key=cause_of(number_of(transfer.id) or transfer.id),
        message=f"transfer {transfer.name} is {transfer.status}, which onhand does not know: it is not booked",
        next_step="update onhand; until then the audit adopts what the transfer moves",
    )
