"""The sensors of one shop, made from its configuration, and what must be told of them to a person."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from onhand.channels.foot_traffic.door import TrafficDoor
from onhand.channels.foot_traffic.framed import Sensors
from onhand.channels.foot_traffic.mqtt import Broker, BrokerSettings
from onhand.channels.standard_webhooks import key_of
from onhand.config import Config
from onhand.config.traffic import BrokerConfig, TrafficConfig
from onhand.domain.traffic import BIN, midnight
from onhand.domain.visitors import imbalance
from onhand.ports.channel import Problem
from onhand.store import Books
from onhand.store.traffic import KnownDoor

SILENT: Final = "sensor silent"
UNBALANCED: Final = "door counts do not balance"
"""Kinds of problems: the first is one a door, the second one a location."""

TAKEN_DOWN: Final = timedelta(days=14)


def build_traffic_door(config: Config, shop: str) -> TrafficDoor | None:
    """Return the door of a shop's sensors, None where it has none. Raises ConfigError for a missing secret."""
    configs = config.traffics_of(shop)
    return TrafficDoor(shop, [_sensors(one) for one in configs]) if configs else None


def build_broker(config: BrokerConfig) -> Broker:
    """Return the session at a broker. Raises ConfigError for a missing secret, or without paho-mqtt."""
    return Broker(
        BrokerSettings(
            host=config.host,
            port=config.port,
            tls=config.tls,
            client_id=config.client_id,
            topic=config.topic,
            user=config.user,
            password=config.password.reveal() if config.password else None,
            authority=config.authority,
        )
    )


def agree_on_staff(books: Books, configs: Sequence[TrafficConfig]) -> None:
    """Let the doors that are known be those of customers or of staff, as the configuration says now."""
    staff = {config.name: _sensors_without_keys(config) for config in configs}
    for door in books.traffic.doors():
        sensors = staff.get(door.key.source)
        if sensors is not None and sensors.is_staff(door.key.door) != door.staff:
            books.traffic.set_staff(door.key, staff=not door.staff)


def silent_doors(books: Books, configs: Sequence[TrafficConfig], now: datetime) -> list[KnownDoor]:
    """Return the doors that have counted nothing for longer than their sender may be silent.

    Those of two weeks and more are left out: they were taken down.
    """
    patience = {config.name: timedelta(seconds=config.silent_after_s) for config in configs}
    return [
        door
        for door in books.traffic.doors()
        if door.key.source in patience
        and patience[door.key.source] < now - (door.last_at + BIN) <= patience[door.key.source] + TAKEN_DOWN
    ]


def watch_traffic(books: Books, configs: Sequence[TrafficConfig], now: datetime) -> None:
    """File sensors that fell silent and days that do not balance; settle what is well again. Needs a transaction."""
    names = {row.location: row.name for row in books.catalog.locations()}
    silent = {
        "/".join(door.key): Problem(
            SILENT,
            "/".join(door.key),
            f"sensor {door.key.door} of {door.key.source} at {names.get(door.key.location, door.key.location)} has "
            f"told nothing since {door.last_at + BIN:%Y-%m-%d %H:%M} UTC: its quarters are missing, not 0",
            "look at the sensor, its power and its network; one that was taken down is forgotten after two weeks",
        )
        for door in silent_doors(books, configs, now)
    }
    _agree(books, SILENT, silent, now)
    _agree(books, UNBALANCED, _unbalanced(books, configs, names, now), now)


def _unbalanced(
    books: Books, configs: Sequence[TrafficConfig], names: dict[str, str], now: datetime
) -> dict[str, Problem]:
    """Return a problem for each location whose last whole day does not balance, by location."""
    ids = {name: location for location, name in names.items()}
    found = {}
    for config in configs:
        for place, name in config.places.items():
            zone = config.zones.get(place, config.zone)
            today = now.astimezone(zone).date()
            day = today - timedelta(days=1)
            if name not in ids or ids[name] in found:
                continue
            apart = imbalance(books.traffic.at(ids[name], midnight(day, zone), midnight(today, zone)))
            if apart is not None:
                found[ids[name]] = Problem(
                    UNBALANCED,
                    ids[name],
                    f"on {day:%Y-%m-%d} the doors of {name} counted {apart.in_people} people in and "
                    f"{apart.out_people} out: {abs(apart.in_people - apart.out_people)} apart",
                    "see whether a sensor hangs crooked, a door has none, or in and out are swapped; staff doors are "
                    "named in `staff`",
                )
    return found


def _agree(books: Books, kind: str, wanted: dict[str, Problem], now: datetime) -> None:
    known = books.problems.keys(kind)
    for key in known - wanted.keys():
        books.problems.settle(kind, key, now)
    for key, problem in wanted.items():
        if key not in known or kind == UNBALANCED:
            books.problems.raise_(problem, now)


def _sensors(config: TrafficConfig) -> Sensors:
    secrets = [secret for secret in (config.secret, config.old_secret) if secret is not None]
    keys = tuple(key_of(secret.reveal(), f"traffic[{config.name}].secret") for secret in secrets)
    return _sensors_without_keys(config, keys)


def _sensors_without_keys(config: TrafficConfig, keys: tuple[bytes, ...] = ()) -> Sensors:
    return Sensors(
        name=config.name,
        places=config.places,
        keys=keys,
        form=config.form,
        zone=config.zone,
        zones=config.zones,
        staff=config.staff,
        hours=config.hours,
    )
