"""The first step of a delivery: is it from whom it claims to be? Nothing is parsed before that is known."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from onhand.ports.channel import Verifies
from onhand.ports.delivery import Delivery, Request
from onhand.ports.errors import BadSignature

# An order with hundreds of lines stays below this. What is larger is proven genuine and noted, and its order is read
# back like any other that changed; its bytes are not worth the room.
KEEP_BYTES = 2 * 1024 * 1024


def receive(request: Request, reporter: Verifies, now: datetime, keep_bytes: int = KEEP_BYTES) -> Delivery:
    """Return the genuine delivery that a request carries. Raises BadSignature.

    A body of more than `keep_bytes` is replaced by a sentence that says so: no channel can read it, so it is parked.
    """
    delivery = reporter.verify(request, now)
    if len(delivery.body) > keep_bytes:
        return replace(delivery, body=_dropped(len(delivery.body), keep_bytes))
    return delivery


def receive_for_unknown_shop(request: Request, reporters: Iterable[Verifies], now: datetime) -> Delivery:
    """Return a delivery for a shop that is not configured, if an app of ours signed it. Raises BadSignature.

    A shop that uninstalled the app, or was taken out of the configuration, goes on sending for a while. Answering
    401 would tell its platform to try for hours.
    """
    for reporter in reporters:
        try:
            return receive(request, reporter, now)
        except BadSignature:
            continue
    raise BadSignature(f"{request.shop}: this shop is not configured, and no configured app signed the delivery")


def _dropped(body_bytes: int, keep_bytes: int) -> bytes:
    return f"body dropped: {body_bytes} bytes came, {keep_bytes} are kept at most".encode()
