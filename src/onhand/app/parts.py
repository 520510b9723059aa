"""The parts of one shop: its channels, and what their adapters look up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import httpx

from onhand.app.clock import MACHINE_PACE, Pace
from onhand.app.threepl import build_threepl_door
from onhand.app.tokens import ShopifyVault, TokenFolder
from onhand.app.traffic import build_traffic_door
from onhand.channels import CHANNELS
from onhand.channels.entry import Setup
from onhand.channels.foot_traffic.door import NAME as FOOT_TRAFFIC
from onhand.channels.foot_traffic.door import TrafficDoor
from onhand.channels.shopify import Kept, ShopifyChannel, ShopifySettings
from onhand.channels.shopify.google_keys import GoogleKeys
from onhand.channels.shopify.pubsub import DOOR as PUBSUB
from onhand.channels.shopify.pubsub import PubSubDoor, PushSettings
from onhand.channels.shopify.topics import exists, suggest
from onhand.channels.threepl.door import NAME as THREEPL
from onhand.channels.threepl.door import ThreeplDoor
from onhand.config import (
    ONLINE_STORE,
    SHOPIFY,
    SHOPIFY_POS,
    ChannelConfig,
    Config,
    ShopConfig,
)
from onhand.domain.catalog import Location
from onhand.domain.selling import SellingRule
from onhand.intake.lookup import Lookup
from onhand.ports.channel import Marketplace, Observes, Reports, Sells, Verifies
from onhand.ports.clock import Clock
from onhand.ports.errors import ConfigError


@dataclass(kw_only=True)
class ShopParts:
    """One shop at work. `markets` are the marketplaces that are connected, by name."""

    shop: str
    config: Config
    shopify: ShopifyChannel
    markets: Mapping[str, Marketplace]
    pubsub: PubSubDoor | None = None
    threepl: ThreeplDoor | None = None
    traffic: TrafficDoor | None = None
    lookup: Lookup

    @property
    def reporters(self) -> Mapping[str, Reports]:
        """The channels that send webhooks, by name."""
        third = {THREEPL: self.threepl} if self.threepl else {}
        doors = {FOOT_TRAFFIC: self.traffic} if self.traffic else {}
        return {SHOPIFY: self.shopify, **self.markets, **third, **doors}

    @property
    def doors(self) -> Mapping[str, Verifies]:
        """Who verifies what comes to an address of ours, by the name in the address."""
        return {**self.reporters, **({PUBSUB: self.pubsub} if self.pubsub else {})}

    @property
    def observers(self) -> Sequence[Observes]:
        """The channels that can be read."""
        return [self.shopify, *self.markets.values()]

    @property
    def sellers(self) -> Sequence[Sells]:
        """The channels that take a number."""
        return list(self.markets.values())

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
    return ShopParts(
        shop=shop.domain,
        config=config,
        shopify=ShopifyChannel(settings, http, pace.monotonic_s, pace.sleep, pace.wait, kept=kept),
        markets=connect_markets(config, shop.domain, http, locations, tokens, clock=clock, pace=pace),
        pubsub=_pubsub_door(shop, http),
        threepl=build_threepl_door(config, shop.domain),
        traffic=build_traffic_door(config, shop.domain),
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
        page_rows=shop.page_rows,
    )


def connect_markets(
    config: Config,
    shop: str,
    http: httpx.Client,
    locations: Sequence[Location],
    tokens: TokenFolder,
    *,
    clock: Clock,
    pace: Pace,
) -> dict[str, Marketplace]:
    """Return the marketplaces of a shop, by name, with what they name resolved to locations that the catalog knows."""
    ids = {location.name: location.location for location in locations}
    return {
        channel.name: channel.account.connect(
            Setup(
                shop=shop,
                locations=ids,
                pool=resolve_locations(channel, locations),
                http=http,
                now=clock.now,
                monotonic_s=pace.monotonic_s,
                sleep=pace.sleep,
                tokens=tokens.place(shop, channel.name),
                learned=tokens.place(shop, f"{channel.name}-learned"),
                paces=tokens.place(shop, f"{channel.name}-paces"),
            )
        )
        for channel in config.channels_of(shop)
        if channel.account is not None
    }


def resolve_locations(channel: ChannelConfig, locations: Sequence[Location]) -> tuple[str, ...]:
    """Return the pool of a channel as location ids, in the order configured.

    Where none are configured, the platform's own rule says which: those that the Online Store counts, all active ones
    for the tills. Raises ConfigError for a name that the shop does not have, once
    the shop's locations are known.
    """
    if channel.locations is None:
        if channel.name in CHANNELS and locations:
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
    for name in CHANNELS:
        if name not in parts.markets:
            configs.pop(name, None)
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
