"""What the platforms have to tell their subscribers: subscriptions, and the deliveries that wait to be sent."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

import msgspec

from onhand.sandbox.world.catalog import Ids

Platform = Literal["shopify", "third_party", "tiktok_shop", "woocommerce"]
Payload = dict[str, object]

# TikTok Shop's webhook types by the event_type of PUT /event/202309/webhooks. 71 is switched on in Partner Center
# and not by that call; here it goes wherever type 1 goes.
TIKTOK_EVENT_TYPES = {
    1: "ORDER_STATUS_CHANGE",
    5: "PRODUCT_STATUS_CHANGE",
    11: "CANCELLATION_STATUS_CHANGE",
    12: "RETURN_STATUS_CHANGE",
    50: "PRODUCT_STATUS_CHANGE",
    71: "ORDER_STATUS_CHANGE",
}

# Shopify Admin API 2026-10: a subscription made through the API is deleted after eight failures in a row.
FAILURES_BEFORE_DELETION = 8
APP_CONFIG_VERSION = "2026-10"


class Act(NamedTuple):
    """One thing a merchant, a shopper or an app did: what correlates its deliveries (event id), and when."""

    event_id: str
    at: datetime


@dataclass(kw_only=True, slots=True)
class Subscription:
    """A Shopify webhook subscription made through the API; `topic` as in the header, "orders/create".

    `include_fields` empty means the whole payload. `filter` is the search as it was given, `passes` tells which
    payloads it finds; None finds all.
    """

    id: int
    topic: str
    uri: str
    include_fields: tuple[str, ...]
    filter: str | None
    name: str | None
    api_version: str
    created_at: datetime
    updated_at: datetime
    passes: Callable[[Payload], bool] | None = None
    last_body: bytes = b""
    last_delivery: str = ""
    failures_in_a_row: int = 0
    last_ok_at: datetime | None = None


@dataclass(kw_only=True, slots=True)
class TikTokSubscription:
    """Where TikTok Shop sends one event_type."""

    event_type: str
    address: str
    updated_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """One webhook to one address, not yet sent.

    `body` None means that the payload is the state of `level` (item id, location id) at the moment of sending,
    as Shopify assembles inventory_levels/update and /connect. `topic` is TikTok's type number as text there.
    """

    platform: Platform
    topic: str
    address: str
    subscription_id: int | None
    delivery_id: str
    event_id: str
    triggered_at: datetime
    api_version: str
    body: bytes | None
    level: tuple[int, int] | None
    include_fields: tuple[str, ...]
    subscription_name: str | None


def trimmed(payload: Payload, include_fields: tuple[str, ...]) -> Payload:
    """Return the payload with only the fields a subscription asked for; none asked for means all."""
    if not include_fields:
        return payload
    roots = {name.split(".")[0] for name in include_fields}
    return {name: value for name, value in payload.items() if name in roots}


def finds(subscription: Subscription | None, payload: Payload) -> bool:
    """Tell whether a subscription wants a payload; what is sent without one always goes."""
    return subscription is None or subscription.passes is None or subscription.passes(payload)


class Outbox:
    """Subscriptions of the app and the deliveries that the platforms owe it.

    `on_queued` is called after something was queued, so that a sender can wake up; a simulator leaves it unset
    and takes what waits with `take`. `drops_repeats` leaves out what equals the last body of its subscription.
    """

    def __init__(self, ids: Ids, rng: random.Random, *, drops_repeats: bool = False) -> None:
        self._ids = ids
        self._rng = rng
        self.subscriptions: dict[int, Subscription] = {}
        self.tiktok_subscriptions: dict[str, TikTokSubscription] = {}
        self.waiting: deque[Delivery] = deque()
        self.deleted_subscriptions = 0
        self.drops_repeats = drops_repeats
        self.on_queued: Callable[[], None] | None = None
        self.on_hook_answered: Callable[[int, bool], None] = lambda *_: None
        self._of_topic: dict[str, list[Subscription]] = {}

    def new_id(self) -> str:
        """Return an id in the form of a UUID, drawn from the world's own chance."""
        digits = f"{self._rng.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"

    def act(self, now: datetime) -> Act:
        """Return a new act, from which every delivery that it causes takes its event id and its time."""
        return Act(self.new_id(), now)

    def subscribe(
        self,
        *,
        topic: str,
        uri: str,
        api_version: str,
        now: datetime,
        include_fields: tuple[str, ...] = (),
        filter: str | None = None,  # noqa: A002 - Shopify's own word
        passes: Callable[[Payload], bool] | None = None,
        name: str | None = None,
    ) -> Subscription:
        """Add a Shopify subscription for `topic`, written as in the header ("orders/create")."""
        subscription = Subscription(
            id=self._ids.next("subscription"),
            topic=topic,
            uri=uri,
            include_fields=include_fields,
            filter=filter,
            passes=passes,
            name=name,
            api_version=api_version,
            created_at=now,
            updated_at=now,
        )
        self.subscriptions[subscription.id] = subscription
        self._of_topic.setdefault(topic, []).append(subscription)
        return subscription

    def unsubscribe(self, subscription_id: int) -> bool:
        """Remove a Shopify subscription; False when there is none with that id."""
        gone = self.subscriptions.pop(subscription_id, None)
        if gone is None:
            return False
        self._of_topic[gone.topic].remove(gone)
        return True

    def subscribe_tiktok(self, *, event_type: str, address: str, now: datetime) -> TikTokSubscription:
        """Set where TikTok Shop sends `event_type`; there is one address an event type."""
        subscription = TikTokSubscription(event_type=event_type, address=address, updated_at=now)
        self.tiktok_subscriptions[event_type] = subscription
        return subscription

    def unsubscribe_tiktok(self, event_type: str) -> bool:
        """Remove TikTok Shop's address for an event type; False when there was none."""
        return self.tiktok_subscriptions.pop(event_type, None) is not None

    def unsubscribe_all(self) -> None:
        """Forget every subscription on both platforms, and what waits to be sent."""
        self.subscriptions.clear()
        self.tiktok_subscriptions.clear()
        self._of_topic.clear()
        self.waiting.clear()

    def wants(self, topic: str) -> bool:
        """Tell whether anybody subscribes to a Shopify topic: payloads nobody wants are not built."""
        return bool(self._of_topic.get(topic))

    def queue(self, topic: str, build: Callable[[], Payload], act: Act) -> None:
        """Queue a Shopify delivery for every subscription of `topic`, with the payload as it is now."""
        matching = self._of_topic.get(topic)
        if not matching:
            return
        payload = build()
        for subscription in matching:
            if not finds(subscription, payload):
                continue
            body = msgspec.json.encode(trimmed(payload, subscription.include_fields))
            if not self.is_repeat(subscription, body):
                self._append(subscription, act, body=body, level=None)

    def queue_body(self, topic: str, body: Callable[[], bytes], act: Act) -> None:
        """Queue a delivery whose whole body may be shared by several topics of one action."""
        for subscription in self._of_topic.get(topic, ()):
            raw = body()
            if subscription.passes is not None and not subscription.passes(msgspec.json.decode(raw)):
                continue
            if subscription.include_fields:
                raw = msgspec.json.encode(trimmed(msgspec.json.decode(raw), subscription.include_fields))
            if not self.is_repeat(subscription, raw):
                self._append(subscription, act, body=raw, level=None)

    def queue_level(self, topic: str, level: tuple[int, int], act: Act) -> None:
        """Queue a level delivery (item id, location id) whose payload is built when it is sent."""
        for subscription in self._of_topic.get(topic, ()):
            self._append(subscription, act, body=None, level=level)

    def queue_to(self, address: str, topic: str, body: bytes, act: Act) -> None:
        """Queue a delivery that the app's configuration file asks for: no subscription stands behind it."""
        self.waiting.append(
            Delivery(
                platform="shopify",
                topic=topic,
                address=address,
                subscription_id=None,
                delivery_id=self.new_id(),
                event_id=act.event_id,
                triggered_at=act.at,
                api_version=APP_CONFIG_VERSION,
                body=body,
                level=None,
                include_fields=(),
                subscription_name=None,
            )
        )
        if self.on_queued is not None:
            self.on_queued()

    def queue_tiktok(self, kind: int, shop_id: str, data: Payload, *, now: datetime) -> None:
        """Queue a TikTok Shop webhook of one of the types above."""
        subscription = self.tiktok_subscriptions.get(TIKTOK_EVENT_TYPES[kind])
        if subscription is None:
            return
        notification_id = str(self._rng.getrandbits(62))
        envelope = {
            "type": kind,
            "tts_notification_id": notification_id,
            "shop_id": shop_id,
            "timestamp": int(now.timestamp()),
            "data": data,
        }
        self.waiting.append(
            Delivery(
                platform="tiktok_shop",
                topic=str(kind),
                address=subscription.address,
                subscription_id=None,
                delivery_id=notification_id,
                event_id=notification_id,
                triggered_at=now,
                api_version="",
                body=msgspec.json.encode(envelope),
                level=None,
                include_fields=(),
                subscription_name=None,
            )
        )
        if self.on_queued is not None:
            self.on_queued()

    def queue_made(self, delivery: Delivery) -> None:
        """Queue a delivery that a marketplace has made whole."""
        self.waiting.append(delivery)
        if self.on_queued is not None:
            self.on_queued()

    def _append(
        self,
        subscription: Subscription,
        act: Act,
        *,
        body: bytes | None,
        level: tuple[int, int] | None,
    ) -> None:
        self.waiting.append(
            Delivery(
                platform="shopify",
                topic=subscription.topic,
                address=subscription.uri,
                subscription_id=subscription.id,
                delivery_id=self.new_id(),
                event_id=act.event_id,
                triggered_at=act.at,
                api_version=subscription.api_version,
                body=body,
                level=level,
                include_fields=subscription.include_fields,
                subscription_name=subscription.name,
            )
        )
        if self.on_queued is not None:
            self.on_queued()

    def is_repeat(self, subscription: Subscription, body: bytes, delivery_id: str = "") -> bool:
        """Tell whether a body is dropped because the last one of its subscription was the same.

        A delivery that is sent again does not repeat itself; "" is one that has no id yet.
        """
        again = delivery_id != "" and subscription.last_delivery == delivery_id
        repeated = self.drops_repeats and subscription.last_body == body and not again
        subscription.last_body, subscription.last_delivery = body, delivery_id
        return repeated

    def take(self, limit: int | None = None) -> Iterator[Delivery]:
        """Take waiting deliveries away, oldest first; None takes all that wait now."""
        for _ in range(len(self.waiting) if limit is None else min(limit, len(self.waiting))):
            yield self.waiting.popleft()

    def answered(self, delivery: Delivery, *, ok: bool, attempt: int, now: datetime) -> None:
        """Note how attempt number `attempt` (from 1) of a delivery ended.

        Eight failures of one delivery, with no success of its subscription since it was triggered, delete a Shopify
        subscription that was made through the API (2026-10, webhook delivery rules).
        """
        if delivery.platform == "woocommerce":
            self.on_hook_answered(delivery.subscription_id or 0, ok)
            return
        subscription = self.subscriptions.get(delivery.subscription_id or 0)
        if subscription is None:
            return
        if ok:
            subscription.failures_in_a_row = 0
            subscription.last_ok_at = now
            return
        subscription.failures_in_a_row = max(subscription.failures_in_a_row, attempt)
        quiet = subscription.last_ok_at is None or subscription.last_ok_at < delivery.triggered_at
        if attempt >= FAILURES_BEFORE_DELETION and quiet:
            self.unsubscribe(subscription.id)
            self.deleted_subscriptions += 1
