"""Reading `[[threepl]]`: who keeps goods for a shop, where, and in which form it tells of them."""

import re
from pathlib import Path
from typing import Final, Literal, cast
from urllib.parse import unquote, urlsplit

from onhand.channels.fields import zone_of
from onhand.channels.threepl.csv_file import FIELDS, CsvForm
from onhand.channels.threepl.door import FileForm, JsonForm
from onhand.channels.threepl.edi import QUANTITIES, EdiForm
from onhand.config.reader import Section, hide_password
from onhand.config.threepl import SftpConfig, ThreeplConfig
from onhand.domain.notices import Measure

A_DAY_S: Final = 86_400.0


def read_threepl(section: Section, shop: str, name: str, folder: Path) -> ThreeplConfig:
    """Return one third party; `folder` is where relative paths begin. Raises ConfigError."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,31}", name) or name in ("shopify", "onhand"):
        section.refuse("name", f'must be a short word of your own such as "acme", in small letters, got {name!r}')
    places = section.table_of_words("places")
    if not places:
        section.missing("places", 'name its places and your locations, places = { "EAST" = "Boston" }')
    secret, old_secret = section.secret("secret"), section.secret("old_secret")
    drop = section.text("folder")
    config = ThreeplConfig(
        shop=shop,
        name=name,
        places=places,
        secret=secret,
        old_secret=old_secret,
        form=cast(JsonForm, section.choice("form", ("standard", "shiphero", "shipbob"), "standard")),
        measure=cast(Measure, section.choice("measure", ("on_hand", "available"), "on_hand")),
        zone=zone_of(section.text("timezone", "UTC") or "UTC", f"threepl[{name}].timezone"),
        grace_s=section.number("grace_s", ThreeplConfig.grace_s, least=0, most=A_DAY_S),
        booked_receipts=section.flag("booked_receipts", default=ThreeplConfig.booked_receipts),
        damage_reasons=_words(section, "damage_reasons", ThreeplConfig.damage_reasons),
        receipt_reasons=_words(section, "receipt_reasons", ThreeplConfig.receipt_reasons),
        folder=folder / Path(drop).expanduser() if drop else None,
        sftp=_read_sftp(section, folder),
        files=cast(FileForm, section.choice("files", ("csv", "edi"), "csv")),
        csv=_read_csv_form(section),
        edi=_read_edi_form(section),
        acknowledge=section.flag("acknowledge", default=ThreeplConfig.acknowledge),
        stock_url=section.url("stock_url"),
        stock_token=section.secret("stock_token"),
        stock_every_s=section.number("stock_every_s", ThreeplConfig.stock_every_s, least=1, most=A_DAY_S),
    )
    if config.secret is None and config.folder is None and config.sftp is None and config.stock_url is None:
        ways = "or give a folder for its files, its sftp server, or a stock_url to ask: else nothing can come"
        section.missing("secret", ways)
    if config.stock_url is not None and len(places) > 1:
        section.refuse("stock_url", f"answers for one place, places names {len(places)}: make a [[threepl]] of each")
    return config


def _read_sftp(section: Section, folder: Path) -> SftpConfig | None:
    address = section.text("sftp")
    known_hosts = section.text("sftp_known_hosts")
    key, passphrase = section.secret("sftp_key"), section.secret("sftp_passphrase")
    password = section.secret("sftp_password")
    taken = section.choice("sftp_taken", ("move", "leave"), SftpConfig.taken)
    every_s = section.number("sftp_every_s", SftpConfig.every_s, least=1, most=A_DAY_S)
    if address is None:
        for name in section.has("sftp_known_hosts", "sftp_key", "sftp_passphrase", "sftp_password"):
            section.refuse(name, 'belongs to an sftp server: give its address, sftp = "sftp://USER@HOST/FOLDER"')
        return None
    right = f'must be an address such as "sftp://acme@files.acme.example/outbound", got {hide_password(address)!r}'
    try:
        parts = urlsplit(address)
        port = parts.port or 22
    except ValueError:
        section.refuse("sftp", right)
    if parts.scheme != "sftp" or not parts.hostname or not parts.username or parts.query or parts.fragment:
        section.refuse("sftp", right)
    if parts.password is not None:
        section.refuse("sftp", "carries a password: take it out of the address and give sftp_password")
    if known_hosts is None:
        section.missing(
            "sftp_known_hosts", "name the file that pins the host's key; `ssh-keyscan HOST` prints its lines"
        )
    if key is None and password is None:
        section.missing("sftp_key", 'give "file:PATH" of a private key, or sftp_password')
    return SftpConfig(
        host=parts.hostname,
        port=port,
        user=unquote(parts.username),
        folder=unquote(parts.path) if parts.path.strip("/") else ".",
        known_hosts=folder / Path(known_hosts).expanduser(),
        key=key,
        passphrase=passphrase,
        password=password,
        taken=cast(Literal["move", "leave"], taken),
        every_s=every_s,
    )


def _words(section: Section, key: str, default: frozenset[str]) -> frozenset[str]:
    words = section.words(key)
    return default if words is None else frozenset(word.casefold() for word in words)


def _read_csv_form(section: Section) -> CsvForm:
    columns = section.table_of_words("columns")
    for name in columns:
        if name not in FIELDS:
            section.refuse("columns", f"names {name!r}, which is none of {', '.join(FIELDS)}")
    delimiter = section.choice("delimiter", (",", ";", "\\t", "|"), ",")
    return CsvForm(
        columns=columns,
        delimiter="\t" if delimiter == "\\t" else delimiter,
        encoding=section.encoding("encoding"),
        decimal=section.choice("decimal", (".", ","), "."),
        complete=section.flag("complete", default=True),
    )


def _read_edi_form(section: Section) -> EdiForm:
    quantities = section.table_of_words("quantities")
    for meaning in quantities.values():
        if meaning not in ("on_hand", "available", "damaged", "inbound"):
            section.refuse("quantities", f"means {meaning!r}, which is none of on_hand, available, damaged, inbound")
    codes = section.words("damage_codes") or ()
    return EdiForm(quantities=quantities or QUANTITIES, damage_codes=frozenset(codes))
