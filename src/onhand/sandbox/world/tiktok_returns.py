"""Returns on TikTok Shop: asked for, agreed to, sent back, looked at. None of it puts goods on sale again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from onhand.sandbox.world.catalog import Refused
from onhand.sandbox.world.levels import whole_second
from onhand.sandbox.world.outbox import Payload
from onhand.sandbox.world.tiktok import ReturnStatus, ReturnType, TikTokOrder, TikTokReturn
from onhand.sandbox.world.world import World

Step = Literal["approve", "decline", "send", "receive", "refuse", "complete", "call_off"]
"""What seller, buyer and TikTok Shop do: the seller agrees, the buyer sends, the seller takes or refuses the parcel,
money goes back, the buyer thinks better of it.
"""

_PENDING: ReturnStatus = "RETURN_OR_REFUND_REQUEST_PENDING"
_SUCCESS: ReturnStatus = "RETURN_OR_REFUND_REQUEST_SUCCESS"
# Partner API 202602, returns/search: what each status says. Which may follow which is [I].
_NEXT: dict[tuple[ReturnStatus, Step], ReturnStatus] = {
    (_PENDING, "approve"): "AWAITING_BUYER_SHIP",
    (_PENDING, "decline"): "REFUND_OR_RETURN_REQUEST_REJECT",
    (_PENDING, "call_off"): "RETURN_OR_REFUND_REQUEST_CANCEL",
    ("AWAITING_BUYER_SHIP", "send"): "BUYER_SHIPPED_ITEM",
    ("AWAITING_BUYER_SHIP", "call_off"): "RETURN_OR_REFUND_REQUEST_CANCEL",
    ("BUYER_SHIPPED_ITEM", "receive"): _SUCCESS,
    ("BUYER_SHIPPED_ITEM", "refuse"): "REJECT_RECEIVE_PACKAGE",
    (_SUCCESS, "complete"): "RETURN_OR_REFUND_REQUEST_COMPLETE",
}
_GONE = frozenset({"REFUND_OR_RETURN_REQUEST_REJECT", "RETURN_OR_REFUND_REQUEST_CANCEL"})


def ask_back(
    world: World, order: TikTokOrder, *, line_ids: Sequence[str], type_: ReturnType, now: datetime
) -> TikTokReturn:
    """Let the buyer ask for a return or a refund of line items that have left; none of them twice."""
    held = {line_id for one in of_order(world, order.id) if one.status not in _GONE for line_id in one.line_ids}
    left = {line.id for line in order.lines if line.shipped_at is not None}
    wrong = [line_id for line_id in line_ids if line_id not in left or line_id in held]
    if wrong or not line_ids:
        raise Refused(
            "not_returnable", f"TikTok order {order.id}: {len(wrong)} of {len(line_ids)} lines cannot go back"
        )
    opened = TikTokReturn(
        id=str(world.ids.next("tiktok_return")),
        order_id=order.id,
        type=type_,
        status=_PENDING,
        line_ids=tuple(line_ids),
        created_at=now,
        updated_at=now,
    )
    world.tiktok.returns[opened.id] = opened
    _tell(world, opened, now)
    return opened


def step(world: World, opened: TikTokReturn, what: Step, *, now: datetime) -> None:
    """Take a return one step further. Raises Refused for what does not follow, or within a second [I]."""
    becomes = _NEXT.get((opened.status, what))
    if becomes == "AWAITING_BUYER_SHIP" and opened.type == "REFUND":
        becomes = _SUCCESS
    if becomes is None:
        raise Refused("bad_status", f"TikTok return {opened.id} is {opened.status}: {what} does not follow")
    if whole_second(now) <= whole_second(opened.updated_at):
        raise Refused("too_soon", f"TikTok return {opened.id} has only just become {opened.status}")
    opened.status, opened.updated_at = becomes, now
    _tell(world, opened, now)


def of_order(world: World, order_id: str) -> list[TikTokReturn]:
    """Return the returns of an order, the first asked for first."""
    return [one for one in world.tiktok.returns.values() if one.order_id == order_id]


def _tell(world: World, opened: TikTokReturn, now: datetime) -> None:
    data: Payload = {
        "order_id": opened.order_id,
        "return_id": opened.id,
        "return_role": "BUYER",
        "return_type": opened.type,
        "return_status": opened.status,
        "create_time": int(opened.created_at.timestamp()),
        "update_time": int(opened.updated_at.timestamp()),
    }
    world.outbox.queue_tiktok(12, world.tiktok.shop_id, data, now=now)
