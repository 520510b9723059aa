"""The marketplaces that a merchant of this world sells on, and what the merchant writes down to connect each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, Protocol

from starlette.routing import BaseRoute

from onhand.sandbox.reply import Reply
from onhand.sandbox.signing import tiktok_headers
from onhand.sandbox.state import Sandbox
from onhand.sandbox.tiktok import app as tiktok_app
from onhand.sandbox.tiktok.desk import TikTokDesk
from onhand.sandbox.woocommerce import app as woocommerce_app
from onhand.sandbox.woocommerce import desk as woocommerce_desk
from onhand.sandbox.world.outbox import Delivery


class Connection(NamedTuple):
    """The keys of one channel's section: plain values, secrets, and those that take all limits of pace away."""

    locations: tuple[str, ...]
    plain: dict[str, str]
    secret: dict[str, str]
    unthrottled: dict[str, float]


class MarketDesk(Protocol):
    """A marketplace without a socket: calls are answered in the caller's own thread, at once."""

    def answer(
        self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
    ) -> Reply:
        """Answer a request; `query` is decoded, `headers` are by name in lower case."""


class Manners(NamedTuple):
    """How a platform sends webhooks: how long it waits for an answer, and before each further try.

    `also_takes` are statuses beside 2xx that it takes for an answer.
    """

    timeout_s: float
    retries_s: tuple[float, ...]
    also_takes: tuple[int, ...] = ()

    def takes(self, status: int | None) -> bool:
        """Tell whether an answer (None: there was none) is the end of a delivery."""
        return status is not None and (200 <= status < 300 or status in self.also_takes)


class Market(NamedTuple):
    """One marketplace: where it is mounted, its routes and its desk, and how one connects (None: nothing is sold).

    `headers` signs a webhook's body.
    """

    mount: str
    routes: Callable[[Sandbox], list[BaseRoute]]
    desk: Callable[[Sandbox], MarketDesk]
    connection: Callable[[Sandbox], Connection | None]
    headers: Callable[[Sandbox, Delivery, bytes], dict[str, str]]
    manners: Manners


def _tiktok_shop(sandbox: Sandbox) -> Connection | None:
    base, secrets, shop = sandbox.base_url, sandbox.secrets, sandbox.world.tiktok
    if shop.warehouse is None:
        return None
    return Connection(
        locations=(shop.warehouse.name,),
        plain={
            "shop_id": shop.shop_id,
            "api_url": f"{base}{tiktok_app.MOUNT}",
            "auth_url": f"{base}{tiktok_app.AUTH_MOUNT}",
        },
        secret={
            "app_key": secrets.tiktok_app_key,
            "app_secret": secrets.tiktok_app_secret,
            "access_token": secrets.tiktok_access_token,
            "refresh_token": secrets.tiktok_refresh_token,
            "shop_cipher": secrets.tiktok_shop_cipher,
        },
        unthrottled={"writes_per_s": 1_000.0, "reads_per_s": 1_000.0},
    )


def _tiktok_headers(sandbox: Sandbox, _: Delivery, body: bytes) -> dict[str, str]:
    return tiktok_headers(
        app_key=sandbox.secrets.tiktok_app_key, app_secret=sandbox.secrets.tiktok_app_secret, body=body
    )


# TikTok Shop gives 3 s and retries after 2 minutes, 30 minutes, 3 hours and 12 hours; it takes 401 for an answer, too.
_TIKTOK_MANNERS = Manners(timeout_s=3.0, retries_s=(120.0, 1800.0, 10_800.0, 43_200.0), also_takes=(401,))


def _woocommerce(sandbox: Sandbox) -> Connection | None:
    shop, secrets = sandbox.world.woocommerce, sandbox.secrets
    if shop.location_id is None:
        return None
    return Connection(
        locations=(sandbox.world.catalog.locations[shop.location_id].name,),
        plain={"url": f"{sandbox.base_url}{woocommerce_desk.MOUNT}"},
        secret={
            "consumer_key": secrets.woo_consumer_key,
            "consumer_secret": secrets.woo_consumer_secret,
            "webhook_secret": secrets.woo_webhook_secret,
        },
        unthrottled={},
    )


MARKETS: Final[Mapping[str, Market]] = {
    "tiktok_shop": Market(
        mount=tiktok_app.MOUNT,
        routes=tiktok_app.routes,
        desk=TikTokDesk,
        connection=_tiktok_shop,
        headers=_tiktok_headers,
        manners=_TIKTOK_MANNERS,
    ),
    "woocommerce": Market(
        mount=woocommerce_desk.MOUNT,
        routes=woocommerce_app.routes,
        desk=woocommerce_desk.WooCommerceDesk,
        connection=_woocommerce,
        headers=woocommerce_app.headers,
        manners=Manners(timeout_s=5.0, retries_s=()),  # it never tries again (WC_Webhook::deliver)
    ),
}


def connections(sandbox: Sandbox) -> dict[str, Connection]:
    """Return how to connect every marketplace that the merchant sells on."""
    found = {name: market.connection(sandbox) for name, market in MARKETS.items()}
    return {name: connection for name, connection in found.items() if connection is not None}


def desks(sandbox: Sandbox) -> dict[str, MarketDesk]:
    """Return every marketplace's desk by the beginning of its paths."""
    return {market.mount: market.desk(sandbox) for market in MARKETS.values()}
