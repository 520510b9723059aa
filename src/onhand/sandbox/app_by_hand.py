"""What the owner of the app and the merchant do to its credentials: rotate a secret, revoke it, uninstall."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import msgspec

from onhand.sandbox.clouds import CloudRoute, is_cloud
from onhand.sandbox.control_asks import Comply, RouteCloud
from onhand.sandbox.marked import drawn
from onhand.sandbox.orders_by_hand import Row, shopify_order
from onhand.sandbox.shopify import id_tokens
from onhand.sandbox.state import Sandbox
from onhand.sandbox.world import people
from onhand.sandbox.world.catalog import Refused

SHOP_ID = 954_889
UNINSTALLED = "app/uninstalled"


def rotate_secret(sandbox: Sandbox) -> Row:
    """Give the app a second client secret; raises Refused while the last rotation is not ended."""
    secrets = sandbox.secrets
    if secrets.new_client_secret is not None:
        raise Refused("secret_rotates", "the old client secret is not revoked yet; POST /control/revoke_secret does it")
    fresh = "shpss_" + drawn(sandbox.random, 128)
    sandbox.secrets = replace(secrets, new_client_secret=fresh)
    return {"client_secret": fresh, "old_client_secret": secrets.client_secret}


def revoke_secret(sandbox: Sandbox) -> Row:
    """Revoke the old client secret, and with it every token it asked for; raises Refused where there is one only."""
    fresh = sandbox.secrets.new_client_secret
    if fresh is None:
        raise Refused("one_secret", "the app has one client secret only; POST /control/rotate_secret gives a new one")
    sandbox.secrets = replace(sandbox.secrets, client_secret=fresh, new_client_secret=None)
    return {"client_secret": fresh}


def void_tokens(sandbox: Sandbox, now: datetime) -> Row:
    """Let every token of the app be void from now on."""
    sandbox.shopify_tokens.void(now)
    return {}


def uninstall(sandbox: Sandbox, now: datetime) -> Row:
    """Let the merchant remove the app: its tokens and subscriptions go, `app/uninstalled` is sent where it was wanted.

    Raises Refused where it is not installed.
    """
    if not sandbox.shopify_tokens.installed:
        raise Refused("not_installed", "the app is not installed; POST /control/install installs it")
    outbox = sandbox.world.outbox
    held = list(outbox.subscriptions.values())
    act = outbox.act(now)
    for subscription in held:
        outbox.unsubscribe(subscription.id)
    sandbox.shopify_tokens.uninstall(now)
    for subscription in held:
        if subscription.topic == UNINSTALLED:
            outbox.queue_to(subscription.uri, UNINSTALLED, removal(sandbox), act)
    return {"subscriptions": len(held)}


def removal(sandbox: Sandbox) -> bytes:
    """Return the body of `app/uninstalled`: the shop, and nothing that tells one installation from another."""
    shop = sandbox.settings.shop
    return msgspec.json.encode({"id": SHOP_ID, "domain": shop, "myshopify_domain": shop})


def install(sandbox: Sandbox, now: datetime) -> Row:
    """Let the merchant install the app again; raises Refused where it is installed."""
    if sandbox.shopify_tokens.installed:
        raise Refused("installed", "the app is installed; POST /control/uninstall removes it")
    sandbox.shopify_tokens.install(now)
    return {}


def give_id_token(sandbox: Sandbox, now: datetime) -> Row:
    """Return an ID token of this app and shop, good for a minute."""
    token = id_tokens.issue(
        shop=sandbox.settings.shop,
        client_id=sandbox.secrets.client_id,
        secret=sandbox.secrets.client_secret,
        number=sandbox.random.getrandbits(32),
        now=now,
    )
    return {"id_token": token}


def route_cloud(sandbox: Sandbox, ask: RouteCloud) -> Row:
    """Let what goes to an event source or a Pub/Sub topic arrive on this machine; raises Refused for others."""
    if not is_cloud(ask.uri):
        raise Refused("no_cloud", f"{ask.uri!r} is neither an event source's ARN nor pubsub://project:topic")
    sandbox.cloud_routes[ask.uri] = CloudRoute(address=ask.address, account=ask.account, token=ask.token)
    return {"uri": ask.uri, "address": ask.address}


def comply(sandbox: Sandbox, ask: Comply, now: datetime) -> Row:
    """Send a topic that the law demands (Shopify, "Privacy law compliance"); raises Refused for an unknown order."""
    world = sandbox.world
    orders = []
    for name in ask.orders:
        order = shopify_order(world, name)
        if order is None:
            raise Refused("unknown_order", f"no order of Shopify's is called {name!r}")
        orders.append(order)
    body: Row = {"shop_id": SHOP_ID, "shop_domain": sandbox.settings.shop}
    number = orders[0].number if orders else 1
    about = {key: people.customer(number, now.isoformat())[key] for key in ("id", "email", "phone")}
    ids = [order.id for order in orders]
    if ask.topic == "customers/data_request":
        body |= {"orders_requested": ids, "customer": about, "data_request": {"id": 9_000 + number}}
    elif ask.topic == "customers/redact":
        body |= {"customer": about, "orders_to_redact": ids}
    world.outbox.queue_to(ask.address, ask.topic, msgspec.json.encode(body), world.outbox.act(now))
    return {"sent": body}
