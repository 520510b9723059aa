"""One running sandbox: the world, how its platforms are set, their secrets, faults, and the log of what happened."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from onhand.sandbox.account.plans import PLANS
from onhand.sandbox.account.scopes import SCOPES
from onhand.sandbox.account.tokens import Lives, Tokens
from onhand.sandbox.clouds import CloudRoute
from onhand.sandbox.faults import Faults
from onhand.sandbox.log import Log
from onhand.sandbox.marked import drawn
from onhand.sandbox.sheets import start as sheets_start
from onhand.sandbox.sheets.quota import USER_PER_MINUTE
from onhand.sandbox.sheets.service import SheetsService
from onhand.sandbox.world.world import World


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How the platforms behave; None for a rate or a bucket means that it is not limited.

    Shopify's bucket is that of a standard shop (`PLANS` has the others); TikTok Shop publishes no fixed quota, and
    advises to begin with 1 to 3 writes and 3 to 10 reads a second. `scopes` is what the merchant grants the app, and
    `webhook_headers` which of Shopify's two families of header names its webhooks carry.
    """

    shop: str = "tees.myshopify.com"
    api_version: str = "2026-10"
    bucket_points: float | None = PLANS["standard"].bucket_points
    restore_points_per_s: float = PLANS["standard"].restore_points_per_s
    bucket_starts_empty: bool = False
    linear_cost: bool = False
    tiktok_writes_per_s: float | None = 2.0
    tiktok_reads_per_s: float | None = 5.0
    sheets_per_minute: int | None = USER_PER_MINUTE
    api_latency_s: float = 0.0
    bulk_run_s: float = 0.3
    access_token_life_s: int = 86_399
    offline_token_life_s: int = 3_600
    refresh_token_life_s: int = 90 * 86_400
    scopes: tuple[str, ...] = SCOPES
    webhook_headers: Literal["classic", "events"] = "classic"
    tiktok_token_life_s: int = 7 * 86_400


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """Every secret of this shop, drawn from the seed; `shopify_access_token` is valid from the start.

    `new_client_secret` is there while the client secret is rotated. Until the old one is revoked, webhooks are signed
    with that (Shopify, "Rotate or revoke client credentials").
    """

    client_id: str
    client_secret: str
    shopify_access_token: str
    tiktok_app_key: str
    tiktok_app_secret: str
    tiktok_access_token: str
    tiktok_refresh_token: str
    tiktok_auth_code: str
    tiktok_shop_cipher: str
    woo_consumer_key: str
    woo_consumer_secret: str
    woo_webhook_secret: str
    new_client_secret: str | None = None

    @property
    def client_secrets(self) -> tuple[str, ...]:
        """Every client secret that is not revoked, the oldest first."""
        return (self.client_secret,) if self.new_client_secret is None else (self.client_secret, self.new_client_secret)


@dataclass(kw_only=True)
class Sandbox:
    """Everything the platforms' faces and the control share; it lives on one event loop and has no lock.

    `base_url` is where the server listens ("http://127.0.0.1:9000"), known once it does. What must be put away when
    the sandbox ends goes into `on_close`.
    """

    world: World
    settings: Settings
    secrets: Secrets
    clock: Callable[[], datetime]
    faults: Faults
    log: Log
    random: random.Random
    shopify_tokens: Tokens
    sheets: SheetsService | None = None
    base_url: str = ""
    cloud_routes: dict[str, CloudRoute] = field(default_factory=dict)
    on_close: ExitStack = field(default_factory=ExitStack)


def utc_now() -> datetime:
    """Return the time of this machine: the sandbox is an entry point and has a clock of its own."""
    return datetime.now(UTC)


def first_tokens(settings: Settings, secrets: Secrets, rng: random.Random, now: datetime) -> Tokens:
    """Return the tokens of a shop that begins: one access token is valid, as an existing custom app has it."""
    lives = Lives(
        credentials_s=settings.access_token_life_s,
        offline_s=settings.offline_token_life_s,
        refresh_s=settings.refresh_token_life_s,
    )
    first, secret = secrets.shopify_access_token, secrets.client_secret
    return Tokens(first=first, secret=secret, scopes=settings.scopes, lives=lives, rng=rng, now=now)


def draw_secrets(rng: random.Random) -> Secrets:
    """Return secrets in the form each platform uses, the same ones for the same seed."""

    def digits(bits: int) -> str:
        return f"{rng.getrandbits(bits):0{bits // 4}x}"

    return Secrets(
        client_id=digits(128),
        client_secret="shpss_" + drawn(rng, 128),
        shopify_access_token="shpat_" + drawn(rng, 128),
        tiktok_app_key=digits(28),
        tiktok_app_secret=drawn(rng, 160),
        tiktok_access_token="ROW_" + drawn(rng, 256),
        tiktok_refresh_token="ROW_" + drawn(rng, 192),
        tiktok_auth_code="ROW_" + drawn(rng, 160),
        tiktok_shop_cipher=f"ROW_{digits(96)}",
        woo_consumer_key="ck_" + digits(160),
        woo_consumer_secret="cs_" + drawn(rng, 160),
        woo_webhook_secret=drawn(rng, 128),
    )


def sandbox_around(world: World, *, settings: Settings, seed: int, clock: Callable[[], datetime]) -> Sandbox:
    """Return a sandbox with everything but its world and its clock drawn from a seed."""
    secrets = draw_secrets(random.Random(f"secrets {seed}"))
    platforms = random.Random(f"platforms {seed}")
    sandbox = Sandbox(
        world=world,
        settings=settings,
        secrets=secrets,
        clock=clock,
        faults=Faults(random.Random(f"faults {seed}"), clock),
        log=Log(),
        random=platforms,
        shopify_tokens=first_tokens(settings, secrets, platforms, clock()),
    )
    sandbox.sheets = sheets_start.start(
        clock,
        sandbox.faults,
        random.Random(f"sheets {seed}"),
        lambda: sandbox.base_url,
        per_minute=settings.sheets_per_minute,
    )
    return sandbox
