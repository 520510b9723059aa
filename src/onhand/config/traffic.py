"""Sensors at doors, as they are configured."""

from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path
from typing import Final

from onhand.channels.foot_traffic.framed import Hours, JsonForm
from onhand.config.secret import Secret

TOPIC: Final = "retail/{location}/{sensor}/count"


@dataclass(frozen=True, kw_only=True)
class BrokerConfig:
    """An MQTT broker that sensors publish to."""

    host: str
    port: int
    tls: bool
    topic: str = TOPIC
    client_id: str
    user: str | None = None
    password: Secret | None = None
    authority: Path | None = None


@dataclass(frozen=True, kw_only=True)
class TrafficConfig:
    """One sender of counts. `places` leads from its names of places to locations of the shop.

    It sends webhooks signed with `secret` (`old_secret` while that is replaced), or publishes to a `broker`, or its
    files come into a `folder`. A sensor that says nothing for `silent_after_s` is told to a person.
    """

    shop: str
    name: str
    places: dict[str, str]
    secret: Secret | None = None
    old_secret: Secret | None = None
    form: JsonForm = "standard"
    zone: tzinfo
    zones: dict[str, tzinfo] = field(default_factory=dict)
    staff: frozenset[str] = frozenset()
    silent_after_s: float = 86_400.0
    broker: BrokerConfig | None = None
    folder: Path | None = None
    hours: Hours = field(default_factory=Hours)
