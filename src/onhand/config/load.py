"""From a file and the environment to a Config, or to one message that says what would be right."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from onhand.channels import CHANNELS
from onhand.config.environment import override
from onhand.config.listeners import read_listener
from onhand.config.log_place import read_log_place
from onhand.config.model import (
    AUTHORITIES,
    CHANNEL_NAMES,
    ONLINE_STORE,
    SHOPIFY,
    AuditConfig,
    ChannelConfig,
    Config,
    GoogleSheetsConfig,
    GuardConfig,
    ImportedOrders,
    IngressConfig,
    LocationConfig,
    ServerConfig,
    ShopConfig,
)
from onhand.config.reader import Section, Source, Table, suggest
from onhand.config.secret import is_reference, resolve
from onhand.config.threepl import ThreeplConfig
from onhand.config.threepl_reader import read_threepl
from onhand.config.traffic import TrafficConfig
from onhand.config.traffic_reader import read_traffic
from onhand.config.webhooks import read_webhooks
from onhand.ports.errors import ConfigError

TABLES = ("ingress", "server", "jetstream", "audit", "guard", "google_sheets")
A_YEAR_S = 366 * 86_400.0


def load_config(path: Path | None, environ: Mapping[str, str]) -> Config:
    """Return the configuration of a file with the overrides of `environ`; `path` None: defaults and overrides only.

    Relative paths begin at the file's folder (without a file: at the working directory). Raises ConfigError: file,
    key, and what would be right. Names of locations are checked later, against the catalog.
    """
    tables = override(_read_file(path) if path is not None else {}, environ)
    folder = path.parent if path is not None else Path()
    source = Source(label=str(path) if path is not None else "environment", folder=folder, environ=environ)
    top = Section(source, "", tables)
    database = _read_database(top, source)
    sections = {name: Section(source, name, _table(top, name)) for name in TABLES}
    log, jetstream = read_log_place(top, sections["jetstream"], database, source)
    encryption_key, old_encryption_keys = top.secret("encryption_key"), top.secrets("old_encryption_keys")
    retention_days = top.number("retention_days", Config.retention_days, least=0.01, most=3650)
    ingress, server = sections["ingress"], sections["server"]
    ingress_config = IngressConfig(
        listen=ingress.listen("listen", IngressConfig.listen),
        public_url=ingress.url("public_url"),
        unsigned_stock=ingress.flag("unsigned_stock", default=IngressConfig.unsigned_stock),
    )
    server_config = ServerConfig(listen=server.listen("listen", ServerConfig.listen), hosts=server.host_names("hosts"))
    shops = tuple(_read_shop(source, row) for row in _rows(top, "shop"))
    domains = _refuse_doubles(source, "shop", [shop.domain for shop in shops])
    threepls = tuple(_read_threepl(source, row, domains) for row in _rows(top, "threepl"))
    traffics = tuple(_read_traffic(source, row, domains) for row in _rows(top, "traffic"))
    believed = (*AUTHORITIES, *(threepl.name for threepl in threepls))
    locations = tuple(_read_location(source, row, domains, believed) for row in _rows(top, "location"))
    channels = tuple(_read_channel(source, row, domains) for row in _rows(top, "channel"))
    webhooks = tuple(
        read_listener(source, row, lambda section: _shop_of(section, domains)) for row in _rows(top, "webhook")
    )
    _refuse_doubles(source, "webhook", [f"{row.name} of {row.shop}" for row in webhooks])
    _refuse_doubles(source, "location", [f"{row.name} of {row.shop}" for row in locations])
    _refuse_doubles(source, "threepl", [f"{row.name} of {row.shop}" for row in threepls])
    _refuse_doubles(source, "traffic", [f"{row.name} of {row.shop}" for row in traffics])
    _refuse_doubles(source, "channel", [f"{row.name} of {row.shop}" for row in channels])
    folders = (*(row.folder for row in threepls), *(row.folder for row in traffics))
    _refuse_doubles(source, "threepl or traffic", [f"with folder {folder}" for folder in folders if folder])
    sessions = [row.broker for row in traffics if row.broker is not None]
    _refuse_doubles(source, "traffic", [f"with client_id {row.client_id} at {row.host}:{row.port}" for row in sessions])
    config = Config(
        database=database,
        log=log,
        jetstream=jetstream,
        encryption_key=encryption_key,
        old_encryption_keys=old_encryption_keys,
        retention_days=retention_days,
        ingress=ingress_config,
        server=server_config,
        shops=shops,
        locations=locations,
        channels=channels,
        threepls=threepls,
        traffics=traffics,
        webhooks=webhooks,
        audit=_read_audit(sections["audit"]),
        guard=GuardConfig(zero_share=sections["guard"].number("zero_share", GuardConfig.zero_share, least=0, most=1)),
        google_sheets=_read_sheets(sections["google_sheets"], domains, given="google_sheets" in tables),
        path=path,
        settings=tuple(source.settings),
        secrets=tuple(source.secrets),
    )
    for section in sections.values():
        section.finish()
    top.finish()
    return config


def _read_file(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file; `onhand init` writes one") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 text (byte {error.start}): save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f'{path}: is not TOML: {error}. Texts need quotes: key = "value"') from error


def _table(top: Section, name: str) -> Table:
    table = top.claim(name)
    if table is None:
        return {}
    if not isinstance(table, dict):
        top.refuse(name, f"must be a section: write [{name}] on a line of its own and its keys below")
    return cast(Table, table)


def _rows(top: Section, name: str) -> list[Table]:
    rows = top.claim(name)
    if rows is None:
        return []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        top.refuse(name, f"must be a list of sections: write [[{name}]], in two brackets, above each")
    return cast(list[Table], rows)


def _read_database(top: Section, source: Source) -> str:
    text = top.text("database", "onhand.db") or "onhand.db"
    if is_reference(text):
        secret = resolve(text, key="database", where=source.label, folder=source.folder, environ=source.environ)
        text = secret.reveal()
    if text.startswith(("postgresql://", "postgres://")):
        return text
    if "://" in text:
        scheme = text.partition("://")[0]
        top.refuse("database", f'must be a path or "postgresql://…", got an address that begins with {scheme}://')
    return str(source.folder / Path(text).expanduser())


def _read_shop(source: Source, row: Table) -> ShopConfig:
    right = 'name the shop by its Shopify address, domain = "tees.myshopify.com"'
    domain = Section(source, "shop", row).identity("domain", right).lower()
    section = Section(source, f"shop[{domain}]", row)
    section.identity("domain", right)
    api_url = section.called_url("api_url")
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]*", domain):
        section.refuse("domain", f"must be a host name without https:// or a path, got {domain!r}")
    if api_url is None and not domain.endswith(".myshopify.com"):
        section.refuse("domain", f"must be the address that ends in .myshopify.com, got {domain!r}")
    client_secret = section.secret("client_secret")
    if client_secret is None:
        section.missing("client_secret", "webhooks are signed with it; it stands beside the app's client id")
    client_id, access_token = section.identifier("client_id"), section.secret("access_token")
    if client_id is None and access_token is None:
        section.missing("client_id", "give client_id, or access_token where a custom app has one")
    eventbridge, pubsub = read_webhooks(section)
    shop = ShopConfig(
        domain=domain,
        client_id=client_id,
        client_secret=client_secret,
        old_client_secret=section.secret("old_client_secret"),
        access_token=access_token,
        api_url=api_url,
        api_version=section.text("api_version", ShopConfig.api_version) or ShopConfig.api_version,
        app_config_topics=section.words("app_config_topics") or (),
        page_rows=section.units("page_rows", 0) or None,
        eventbridge=eventbridge,
        pubsub=pubsub,
    )
    if not re.fullmatch(r"\d{4}-(01|04|07|10)|unstable", shop.api_version):
        section.refuse("api_version", f'must be a quarter such as "2026-10", got {shop.api_version!r}')
    section.finish()
    return shop


def _read_threepl(source: Source, row: Table, domains: tuple[str, ...]) -> ThreeplConfig:
    right = 'give it a short name of your own, name = "acme"'
    name = Section(source, "threepl", row).identity("name", right)
    section = Section(source, f"threepl[{name}]", row)
    section.identity("name", right)
    threepl = read_threepl(section, _shop_of(section, domains), name, source.folder)
    section.finish()
    return threepl


def _read_traffic(source: Source, row: Table, domains: tuple[str, ...]) -> TrafficConfig:
    right = 'give it a short name of your own, name = "axis"'
    name = Section(source, "traffic", row).identity("name", right)
    section = Section(source, f"traffic[{name}]", row)
    section.identity("name", right)
    traffic = read_traffic(section, _shop_of(section, domains), name, source.folder)
    section.finish()
    return traffic


def _read_location(source: Source, row: Table, domains: tuple[str, ...], believed: tuple[str, ...]) -> LocationConfig:
    name = Section(source, "location", row).identity("name", 'name it as Shopify does, name = "Boston"')
    section = Section(source, f"location[{name}]", row)
    section.identity("name", "")
    shop = _shop_of(section, domains)
    authority = section.text("authority", LocationConfig.authority) or LocationConfig.authority
    if authority not in believed:
        section.refuse(
            "authority",
            f'must be "shopify" or "onhand" (our own books are believed), or a [[threepl]]; got {authority!r}',
        )
    online = section.flag("online", default=LocationConfig.online)
    section.finish()
    return LocationConfig(shop=shop, name=name, authority=authority, online=online)


def _read_channel(source: Source, row: Table, domains: tuple[str, ...]) -> ChannelConfig:
    right = f"write one of {', '.join(CHANNEL_NAMES)}"
    unnamed = Section(source, "channel", row)
    name = unnamed.identity("name", right)
    if name not in CHANNEL_NAMES:
        unnamed.refuse("name", f"is {name!r}, which onhand does not know{suggest(name, CHANNEL_NAMES)}")
    section = Section(source, f"channel[{name}]", row)
    section.identity("name", right)
    shop = _shop_of(section, domains)
    locations = section.words("locations")
    if name in CHANNELS and locations is None:
        section.missing("locations", 'name the Shopify locations it sells from, locations = ["Warehouse"]')
    channel = ChannelConfig(
        shop=shop,
        name=name,
        locations=locations,
        buffer_units=section.units("buffer_units", ChannelConfig.buffer_units),
        enforce_buffer=section.flag("enforce_buffer", default=ChannelConfig.enforce_buffer),
        armed=section.flag("armed", default=ChannelConfig.armed),
        orders_imported_to_shopify=cast(
            ImportedOrders, section.choice("orders_imported_to_shopify", ("yes", "no", "auto"), "auto")
        ),
        account=CHANNELS[name].read(section) if name in CHANNELS else None,
    )
    for key in section.has("locations", "buffer_units") if name == SHOPIFY else ():
        section.refuse(key, f"belongs to a channel that sells: {SHOPIFY} is told of movements at every location")
    if channel.enforce_buffer and name != ONLINE_STORE:
        section.refuse("enforce_buffer", f"belongs to {ONLINE_STORE}: another channel is told its number, or is a till")
    mine = CHANNELS[name].keys if name in CHANNELS else ()
    for other, entry in CHANNELS.items():
        for key in section.has(*(key for key in entry.keys if key not in mine)):
            section.refuse(key, f"belongs to {other}: {_how_reached(name)}")
    section.finish()
    return channel


def _how_reached(name: str) -> str:
    return f"{name} has keys of its own" if name in CHANNELS else f"{name} is reached through its shop"


def _read_audit(section: Section) -> AuditConfig:
    return AuditConfig(
        every_s=section.number("every_s", AuditConfig.every_s, least=0.001, most=A_YEAR_S),
        poll_every_s=section.number("poll_every_s", AuditConfig.poll_every_s, least=0.001, most=A_YEAR_S),
        grace_s=section.number("grace_s", AuditConfig.grace_s, least=0, most=A_YEAR_S),
    )


def _read_sheets(section: Section, domains: tuple[str, ...], *, given: bool) -> GoogleSheetsConfig | None:
    if not given:
        return None
    spreadsheet = section.needed_text("spreadsheet", "it is the long part of the sheet's address")
    credentials = section.secret("credentials")
    if credentials is None:
        section.missing("credentials", 'write credentials = "file:service-account.json"')
    return GoogleSheetsConfig(
        spreadsheet=spreadsheet,
        credentials=credentials,
        shop=_shop_of(section, domains) if domains else None,
        api_url=section.called_url("api_url"),
        flush_every_s=section.number("flush_every_s", GoogleSheetsConfig.flush_every_s, least=1, most=3600),
    )


def _shop_of(section: Section, domains: tuple[str, ...]) -> str:
    shop = section.text("shop", domains[0] if len(domains) == 1 else None)
    if shop is None:
        return section.missing("shop", f"{len(domains)} shops are configured, so say which")
    if shop.lower() not in domains:
        section.refuse("shop", f"is {shop!r}, which is no [[shop]]{suggest(shop, domains)}")
    return shop.lower()


def _refuse_doubles(source: Source, kind: str, names: list[str]) -> tuple[str, ...]:
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"{source.label}: [[{kind}]] {name} stands there {names.count(name)} times: keep one")
    return tuple(names)
