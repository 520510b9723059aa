"""Reading `[[traffic]]`: who counts people at which location, and how that comes to us."""

import re
from pathlib import Path
from typing import Final, NoReturn, cast
from urllib.parse import urlsplit

from onhand.channels.fields import zone_of
from onhand.channels.foot_traffic.csv_file import HEADINGS
from onhand.channels.foot_traffic.framed import Hours, JsonForm
from onhand.config.model import Listen
from onhand.config.reader import Section
from onhand.config.traffic import TOPIC, BrokerConfig, TrafficConfig

_SHORTEST_SILENCE_S: Final = 60.0
_LONGEST_SILENCE_S: Final = 31 * 86_400.0


def read_traffic(section: Section, shop: str, name: str, folder: Path) -> TrafficConfig:
    """Return one sender; `folder` is where relative paths begin. Raises ConfigError."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,31}", name):
        section.refuse("name", f'must be a short word of your own such as "axis", in small letters, got {name!r}')
    places = section.table_of_words("places")
    if not places:
        section.missing("places", 'name its places and your locations, places = { "store-1" = "Boston" }')
    for place in places:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", place):
            section.refuse(
                "places", f"names {place!r}: a place stands in addresses and topics, so letters, digits, _.-"
            )
    zones = section.table_of_words("timezones")
    for place in zones:
        if place not in places:
            section.refuse("timezones", f"names {place!r}, which `places` does not; it has {', '.join(sorted(places))}")
    drop = section.text("folder")
    config = TrafficConfig(
        shop=shop,
        name=name,
        places=places,
        secret=section.secret("secret"),
        old_secret=section.secret("old_secret"),
        form=cast(JsonForm, section.choice("form", ("standard", "axis", "butlr"), "standard")),
        zone=zone_of(
            section.needed_text("timezone", 'its midnights, timezone = "America/New_York"'), f"traffic[{name}].timezone"
        ),
        zones={place: zone_of(word, f"traffic[{name}].timezones") for place, word in zones.items()},
        staff=frozenset(section.words("staff") or ()),
        silent_after_s=section.number(
            "silent_after_s", TrafficConfig.silent_after_s, least=_SHORTEST_SILENCE_S, most=_LONGEST_SILENCE_S
        ),
        broker=_read_broker(section, shop, name, folder),
        folder=folder / Path(drop).expanduser() if drop else None,
        hours=_read_hours(section),
    )
    if config.secret is None and config.folder is None and config.broker is None:
        section.missing("secret", "or give a broker, or a folder for its files: else nothing can come")
    return config


def _read_broker(section: Section, shop: str, name: str, folder: Path) -> BrokerConfig | None:
    address, topic = section.text("broker"), section.text("topic", TOPIC) or TOPIC
    user, password = section.text("user"), section.secret("password")
    client_id = section.text("client_id", f"onhand-{name}-{shop}") or ""
    ca = section.text("ca")
    for key in section.has("topic", "user", "password", "client_id", "ca") if address is None else ():
        section.refuse(key, 'belongs to a broker: say where it is, broker = "mqtts://broker.example:8883"')
    if address is None:
        return None
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        _refuse_address(section, address)
    if parts.scheme not in ("mqtt", "mqtts") or not host or parts.path.strip("/") or parts.query or parts.username:
        _refuse_address(section, address)
    tls = parts.scheme == "mqtts"
    if password is not None and not tls and not Listen(host, 0).is_loopback:
        section.refuse("broker", f"must begin with mqtts://, for the password is sent there; got {address!r}")
    words = topic.split("/")
    if words.count("{location}") != 1 or words.count("{sensor}") != 1 or re.search(r"[+#\0]", topic):
        section.refuse("topic", f'must have {{location}} and {{sensor}} once each, as in "{TOPIC}", got {topic!r}')
    if re.search(r"[{}]", topic.replace("{location}", "").replace("{sensor}", "")):
        section.refuse("topic", f"knows {{location}} and {{sensor}} only, got {topic!r}")
    return BrokerConfig(
        host=host,
        port=port or (8883 if tls else 1883),
        tls=tls,
        topic=topic,
        client_id=client_id,
        user=user,
        password=password,
        authority=folder / Path(ca).expanduser() if ca else None,
    )


def _refuse_address(section: Section, address: str) -> NoReturn:
    section.refuse("broker", f'must be an address such as "mqtts://broker.example:8883", got {address!r}')


def _read_hours(section: Section) -> Hours:
    columns = section.table_of_words("columns")
    for name in columns:
        if name not in HEADINGS:
            section.refuse("columns", f"names {name!r}, which is none of {', '.join(HEADINGS)}")
    delimiter = section.choice("delimiter", (",", ";", "\\t", "|"), ",")
    return Hours(
        minutes=round(section.number("row_minutes", 60, least=1, most=1440)),
        delimiter="\t" if delimiter == "\\t" else delimiter,
        encoding=section.encoding("encoding"),
        columns=columns,
    )
