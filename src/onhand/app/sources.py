"""Queues that webhooks are fetched from: one for every queue that is configured, however many shops share it."""

from typing import NamedTuple

from onhand.channels.shopify.eventbridge import EventBridgeDoor, EventSource
from onhand.channels.shopify.queue import QueueSettings, SqsQueue
from onhand.config import Config, EventBridgeConfig
from onhand.ports.channel import Verifies
from onhand.ports.errors import ConfigError


class Intake(NamedTuple):
    """A queue, who opens what lies in it, and the shops whose webhooks come through it."""

    queue: SqsQueue
    door: Verifies
    shops: tuple[str, ...]


def build_intakes(config: Config) -> list[Intake]:
    """Return the queues of all shops. Raises ConfigError where boto3 is missing, or shops disagree about a queue."""
    by_queue: dict[str, tuple[EventBridgeConfig, list[str]]] = {}
    for shop in config.shops:
        if shop.eventbridge is None:
            continue
        settings, shops = by_queue.setdefault(shop.eventbridge.queue, (shop.eventbridge, []))
        if (settings.source, settings.account) != (shop.eventbridge.source, shop.eventbridge.account):
            raise ConfigError(
                f"shop[{shop.domain}] shares its queue with {shops[0]}, and names another event_source or aws_account: "
                "shops of one app have one event source; give another app a queue of its own"
            )
        shops.append(shop.domain)
    return [_build(settings, shops) for settings, shops in by_queue.values()]


def _build(settings: EventBridgeConfig, shops: list[str]) -> Intake:
    queue = SqsQueue(
        QueueSettings(
            url=settings.queue,
            region=settings.region,
            access_key_id=settings.access_key_id.reveal() if settings.access_key_id else None,
            secret_access_key=settings.secret_access_key.reveal() if settings.secret_access_key else None,
        )
    )
    door = EventBridgeDoor(EventSource(source=settings.source, account=settings.account))
    return Intake(queue, door, tuple(shops))
