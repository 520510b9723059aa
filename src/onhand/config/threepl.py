"""A third party that keeps goods for a shop, as it is configured."""

from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path
from typing import Literal

from onhand.channels.threepl.csv_file import CsvForm
from onhand.channels.threepl.door import FileForm, JsonForm
from onhand.channels.threepl.edi import EdiForm
from onhand.config.secret import Secret
from onhand.domain.notices import Measure


@dataclass(frozen=True, kw_only=True)
class SftpConfig:
    """A third party's SFTP server: `known_hosts` pins its key; `key` or `password` lets us in.

    It is looked at every `every_s` seconds. `taken` says what becomes of a file there that is kept here.
    """

    host: str
    port: int
    user: str
    folder: str
    known_hosts: Path
    key: Secret | None = None
    passphrase: Secret | None = None
    password: Secret | None = None
    taken: Literal["move", "leave"] = "move"
    every_s: float = 60.0


@dataclass(frozen=True, kw_only=True)
class ThreeplConfig:
    """One third party. `places` leads from its names of places to locations of the shop.

    It sends webhooks signed with `secret` (`old_secret` while that is replaced), or files of a form into a `folder`
    or onto a server (`sftp`), or is asked for its stock at `stock_url` every so often. `acknowledge`: EDI is answered
    with a 997. `grace_s` is how long a gap may stand before it counts.
    """

    shop: str
    name: str
    places: dict[str, str]
    secret: Secret | None = None
    old_secret: Secret | None = None
    form: JsonForm = "standard"
    measure: Measure = "on_hand"
    zone: tzinfo
    grace_s: float = 900.0
    booked_receipts: bool = True
    damage_reasons: frozenset[str] = frozenset({"damage", "damaged"})
    receipt_reasons: frozenset[str] = frozenset({"receipt", "received"})
    folder: Path | None = None
    sftp: SftpConfig | None = None
    files: FileForm = "csv"
    csv: CsvForm = field(default_factory=CsvForm)
    edi: EdiForm = field(default_factory=EdiForm)
    acknowledge: bool = True
    stock_url: str | None = None
    stock_token: Secret | None = None
    stock_every_s: float = 3600.0
