"""The parts of one shop: its channels, and what their adapters look up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import httpx

from onhand.app.clock import MACHINE_PACE, Pace
from onhand.app.tokens import Pair, ShopifyVault, TokenFolder
from onhand.channels.shopify import Kept, ShopifyChannel, ShopifySettings
from onhand.channels.shopify.google_keys import GoogleKeys
from onhand.channels.shopify.pubsub import DOOR as PUBSUB
from onhand.channels.shopify.pubsub import PubSubDoor, PushSettings
from onhand.channels.shopify.topics import exists, suggest
from onhand.channels.tiktok_shop import TikTokSettings, TikTokShopChannel
from onhand.channels.tiktok_shop.client import Timing
from onhand.config import (
    ONLINE_STORE,
    SHOPIFY,
    SHOPIFY_POS,
    TIKTOK_SHOP,
    ChannelConfig,
    Config,
    ShopConfig,
    TikTokConfig,
)
from onhand.domain.catalog import Location
from onhand.domain.selling import SellingRule
from onhand.intake.lookup import Lookup
from onhand.ports.channel import Observes, Reports, Sells, Verifies
from onhand.ports.clock import Clock
from onhand.ports.errors import ConfigError


@dataclass(kw_only=True)
class ShopParts:
    """One shop at work. `tiktok` is None where that channel is not configured."""

    shop: str
    config: Config
    shopify: ShopifyChannel
    tiktok: TikTokShopChannel | None
    pubsub: PubSubDoor | None = None
    lookup: Lookup

    @property
    def reporters(self) -> Mapping[str, Reports]:
        """The channels that send webhooks, by name."""
        return {SHOPIFY: self.shopify} | ({TIKTOK_SHOP: self.tiktok} if self.tiktok else {})

    @property
    def doors(self) -> Mapping[str, Verifies]:
        """Who verifies what comes to an address of ours, by the name in the address."""
        return {**self.reporters, **({PUBSUB: self.pubsub} if self.pubsub else {})}

    @property
    def observers(self) -> Sequence[Observes]:
        """The channels that can be read."""
        return [self.shopify, *([self.tiktok] if self.tiktok else [])]

    @property
    def sellers(self) -> Sequence[Sells]:
        """The channels that take a number."""
        return [self.tiktok] if self.tiktok else []

    @property
    def channel_configs(self) -> Mapping[str, ChannelConfig]:
        """How each channel of this shop is configured, by name."""
        return {channel.name: channel for channel in self.config.channels_of(self.shop)}


def build_parts(
    config: Config,
    shop: ShopConfig,
    http: httpx.Client,
    locations: Sequence[Location],
    tokens: TokenFolder,
    *,
    lookup: Lookup,
    clock: Clock,
    pace: Pace = MACHINE_PACE,
) -> ShopParts:
    """Return one shop's parts. `locations` is what the catalog knows; before the first sync it is empty."""
    settings = shopify_settings(shop)
    kept = Kept(ShopifyVault(tokens, shop.domain, settings.client_id or ""), clock.now)
    channels = {channel.name: channel for channel in config.channels_of(shop.domain)}
    tiktok = channels.get(TIKTOK_SHOP)
    return ShopParts(
        shop=shop.domain,
        config=config,
        shopify=ShopifyChannel(settings, http, pace.monotonic_s, pace.sleep, pace.wait, kept=kept),
        tiktok=build_tiktok(tiktok, locations, http, tokens, clock=clock, pace=pace)
        if tiktok and tiktok.tiktok
        else None,
        pubsub=_pubsub_door(shop, http),
        lookup=lookup,
    )


def shopify_settings(shop: ShopConfig) -> ShopifySettings:
    """Return what the Shopify channel must be told of a shop. Raises ConfigError for a secret that is not there."""
    return ShopifySettings(
        shop=shop.domain,
        client_id=shop.client_id.reveal() if shop.client_id else None,
        client_secrets=tuple(secret.reveal() for secret in (shop.client_secret, shop.old_client_secret) if secret),
        access_token=shop.access_token.reveal() if shop.access_token else None,
        api_version=shop.api_version,
        api_url=shop.api_url,
        webhook_uri=shop.webhook_uri,
        app_config_topics=_known_topics(shop),
    )


def build_tiktok(
    channel: ChannelConfig,
    locations: Sequence[Location],
    http: httpx.Client,
    tokens: TokenFolder,
    *,
    clock: Clock,
    pace: Pace,
) -> TikTokShopChannel:
    """Return the TikTok Shop adapter with its warehouses resolved to the locations that the catalog knows.

    Its tokens are the configured ones, or the pair that a refresh has put in their place.
    """
    tiktok = channel.tiktok
    assert tiktok is not None, "only called where TikTok Shop is configured"
    pool = resolve_locations(channel, locations)
    configured = tiktok.refresh_token.reveal() if tiktok.refresh_token else ""
    kept = tokens.restore(channel.shop, channel.name, configured, Pair)
    settings = TikTokSettings(
        shop=channel.shop,
        shop_id=tiktok.shop_id,
        app_key=tiktok.app_key.reveal(),
        app_secrets=tuple(secret.reveal() for secret in (tiktok.app_secret, tiktok.old_app_secret) if secret),
        access_token=kept.access_token if kept else tiktok.access_token.reveal() if tiktok.access_token else None,
        refresh_token=kept.refresh_token if kept else configured or None,
        shop_cipher=tiktok.shop_cipher.reveal() if tiktok.shop_cipher else None,
        warehouses=_warehouses(tiktok, locations),
        default_location=pool[0] if pool else "",
        api_url=tiktok.api_url,
        auth_url=tiktok.auth_url,
        writes_per_s=tiktok.writes_per_s,
        reads_per_s=tiktok.reads_per_s,
    )
    return TikTokShopChannel(
        settings,
        http,
        lambda pair: tokens.keep(channel.shop, channel.name, configured, Pair(pair.access_token, pair.refresh_token)),
        timing=Timing(wall_s=lambda: clock.now().timestamp(), monotonic_s=pace.monotonic_s, sleep=pace.sleep),
    )


def resolve_locations(channel: ChannelConfig, locations: Sequence[Location]) -> tuple[str, ...]:
    """Return the pool of a channel as location ids, in the order configured.

    Where none are configured, the platform's own rule says which: those that the Online Store counts, all active ones
    for the tills. Raises ConfigError for a name that the shop does not have, once
    the shop's locations are known.
    """
    if channel.locations is None:
        if channel.name == TIKTOK_SHOP and locations:
            raise ConfigError(f"channel {channel.name}: name the locations its orders ship from, `locations = [...]`")
        return tuple(
            location.location
            for location in locations
            if (location.active if channel.name == SHOPIFY_POS else location.why_not_online() is None)
        )
    if not locations:
        return ()
    ids = {location.name: location.location for location in locations}
    unknown = [name for name in channel.locations if name not in ids]
    if unknown:
        raise ConfigError(f"channel {channel.name}: no location {unknown[0]!r}; there are {', '.join(sorted(ids))}")
    return tuple(ids[name] for name in channel.locations)


def selling_rules(parts: ShopParts, locations: Sequence[Location]) -> list[SellingRule]:
    """Return the rule of every channel that sells: Shopify's own two always, others where they are configured."""
    configs = dict(parts.channel_configs)
    for name in (ONLINE_STORE, SHOPIFY_POS):
        configs.setdefault(name, ChannelConfig(shop=parts.shop, name=name))
    if parts.tiktok is None:
        configs.pop(TIKTOK_SHOP, None)
    configs.pop(SHOPIFY, None)
    pools = {name: resolve_locations(channel, locations) for name, channel in configs.items()}
    without_till = tuple(place for place in pools[ONLINE_STORE] if place not in pools[SHOPIFY_POS])
    enforced_in = {ONLINE_STORE: without_till if configs[ONLINE_STORE].enforce_buffer else (), SHOPIFY_POS: ()}
    return [
        SellingRule(
            channel=name,
            locations=pools[name],
            buffer_units=channel.buffer_units,
            enforced_in=enforced_in.get(name),
        )
        for name, channel in sorted(configs.items())
    ]


def _pubsub_door(shop: ShopConfig, http: httpx.Client) -> PubSubDoor | None:
    pushed = shop.pubsub
    if pushed is None:
        return None
    settings = PushSettings(audience=pushed.audience, service_account=pushed.service_account)
    return PubSubDoor(settings, GoogleKeys(pushed.keys_url, http))


def _known_topics(shop: ShopConfig) -> tuple[str, ...]:
    """Return the topics that the app's configuration file subscribes to. Raises ConfigError for one there is not."""
    for topic in shop.app_config_topics:
        if not exists(topic):
            raise ConfigError(f"shop[{shop.domain}].app_config_topics: shopify has no topic {topic!r}{suggest(topic)}")
    return shop.app_config_topics


def _warehouses(tiktok: TikTokConfig, locations: Sequence[Location]) -> dict[str, str]:
    ids = {location.name: location.location for location in locations}
    unknown = [name for name in tiktok.warehouses.values() if locations and name not in ids]
    if unknown:
        raise ConfigError(f"tiktok_shop warehouses: no location {unknown[0]!r}; there are {', '.join(sorted(ids))}")
    return {warehouse: ids[name] for warehouse, name in tiktok.warehouses.items() if name in ids}
