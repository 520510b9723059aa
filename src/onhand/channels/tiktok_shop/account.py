"""The entry of TikTok Shop: its keys in a configuration, and how it is connected."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from onhand.channels.entry import Entry, Keeper, Setup, refuse_half
from onhand.channels.tiktok_shop.channel import TikTokShopChannel
from onhand.channels.tiktok_shop.client import Timing
from onhand.channels.tiktok_shop.settings import NAME, TikTokSettings
from onhand.channels.tiktok_shop.tokens import Tokens
from onhand.ports.options import Options, Secret

NEEDS = ("shop_id", "app_key", "app_secret")
KEYS = (
    *NEEDS,
    "old_app_secret",
    "access_token",
    "refresh_token",
    "shop_cipher",
    "service_id",
    "api_url",
    "auth_url",
    "warehouses",
    "writes_per_s",
    "reads_per_s",
)

EXAMPLE = """\
shop_id = "7494049642642441621"
app_key = "env:TIKTOK_APP_KEY"
app_secret = "env:TIKTOK_APP_SECRET"
access_token = "env:TIKTOK_ACCESS_TOKEN"
refresh_token = "env:TIKTOK_REFRESH_TOKEN"
shop_cipher = "env:TIKTOK_SHOP_CIPHER"
warehouses = { "7068517275539719942" = "Warehouse" }  # where TikTok Shop knows several
writes_per_s = 2.0
reads_per_s = 5.0
"""


@dataclass(frozen=True, slots=True)
class Vault:
    """The kept pair of one shop: it counts for the refresh token that was configured first."""

    keeper: Keeper
    follows: str

    def read(self) -> Tokens | None:
        """Return what is kept. Raises DataDamaged."""
        return self.keeper.restore(self.follows, Tokens)

    def keep(self, tokens: Tokens) -> None:
        """Keep a pair durably. Raises OSError."""
        self.keeper.keep(self.follows, tokens)

    def alone(self, wait_s: float) -> AbstractContextManager[bool]:
        """Let one thread of one process in at a time; False when nobody left within `wait_s`."""
        return self.keeper.alone(wait_s)


@dataclass(frozen=True, kw_only=True)
class TikTokAccount:
    """How one TikTok Shop is reached. `warehouses` names the location behind a warehouse id.

    `api_url` and `auth_url` None mean TikTok Shop itself.
    """

    shop_id: str
    app_key: Secret
    app_secret: Secret
    old_app_secret: Secret | None = None
    access_token: Secret | None = None
    refresh_token: Secret | None = None
    shop_cipher: Secret | None = None
    service_id: str | None = None
    api_url: str | None = None
    auth_url: str | None = None
    warehouses: Mapping[str, str] = field(default_factory=dict)
    writes_per_s: float = 2.0
    reads_per_s: float = 5.0

    def connect(self, setup: Setup) -> TikTokShopChannel:
        """Return the adapter with its warehouses resolved to locations. Raises ConfigError.

        Its tokens are the configured ones, or the pair that a refresh has put in their place.
        """
        configured = self.refresh_token.reveal() if self.refresh_token else ""
        settings = TikTokSettings(
            shop=setup.shop,
            shop_id=self.shop_id,
            app_key=self.app_key.reveal(),
            app_secrets=tuple(secret.reveal() for secret in (self.app_secret, self.old_app_secret) if secret),
            access_token=self.access_token.reveal() if self.access_token else None,
            refresh_token=configured or None,
            service_id=self.service_id,
            shop_cipher=self.shop_cipher.reveal() if self.shop_cipher else None,
            warehouses=setup.ids_of(self.warehouses, f"{NAME} warehouses"),
            default_location=setup.default_location,
            api_url=self.api_url,
            auth_url=self.auth_url,
            writes_per_s=self.writes_per_s,
            reads_per_s=self.reads_per_s,
        )
        return TikTokShopChannel(
            settings,
            setup.http,
            Vault(setup.tokens, configured),
            learned=setup.learned,
            paces=setup.paces,
            timing=Timing(wall_s=lambda: setup.now().timestamp(), monotonic_s=setup.monotonic_s, sleep=setup.sleep),
        )


def read(options: Options) -> TikTokAccount | None:
    """Return the account that a section describes, None where it gives nothing of one. Raises ConfigError."""
    shop_id, app_key, app_secret = options.text("shop_id"), options.identifier("app_key"), options.secret("app_secret")
    access_token, refresh_token = options.secret("access_token"), options.secret("refresh_token")
    old_app_secret, shop_cipher = options.secret("old_app_secret"), options.identifier("shop_cipher")
    service_id = options.text("service_id")
    api_url, auth_url = options.called_url("api_url"), options.called_url("auth_url")
    warehouses = options.table_of_words("warehouses")
    writes_per_s = options.number("writes_per_s", TikTokAccount.writes_per_s, least=0.01, most=1000)
    reads_per_s = options.number("reads_per_s", TikTokAccount.reads_per_s, least=0.01, most=1000)
    refuse_half(options, KEYS, NEEDS, ENTRY.label)
    if shop_id is None or app_key is None or app_secret is None:
        return None
    return TikTokAccount(
        shop_id=shop_id,
        app_key=app_key,
        app_secret=app_secret,
        old_app_secret=old_app_secret,
        access_token=access_token,
        refresh_token=refresh_token,
        shop_cipher=shop_cipher,
        service_id=service_id,
        api_url=api_url,
        auth_url=auth_url,
        warehouses=warehouses,
        writes_per_s=writes_per_s,
        reads_per_s=reads_per_s,
    )


ENTRY = Entry(label="TikTok Shop", keys=KEYS, needs=NEEDS, example=EXAMPLE, read=read)
