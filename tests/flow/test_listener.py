"""Somebody else's system is told what a channel may sell, as `onhand serve` tells it."""

import json
from dataclasses import replace
from time import monotonic

from onhand.app.listening import listeners_of
from onhand.channels.announcer import Announcer
from onhand.config import WebhookConfig
from onhand.config.secret import Secret
from onhand.serve.announcing import Announcing
from tests.channels.test_announcer import Ear, listening
from tests.flow.merchant import Merchant

SECRET = "whsec_" + "Y2FuYXJ5LWtleS1vZi0yNC1ieXRlcy1vci1tb3Jl"


def work(merchant: Merchant, url: str, name: str = "erp") -> Announcing:
    """Return the work of one listener, made from a configuration."""
    secret = Secret.of(SECRET)
    webhook = WebhookConfig(
        shop=merchant.shop, name=name, url=url, secret=secret, channels=("tiktok_shop",), on_this_machine=True
    )
    config = replace(merchant.app.config, webhooks=(webhook,))
    ((made, listener),) = listeners_of(config, merchant.shop, monotonic)
    assert isinstance(listener, Announcer)
    return Announcing(made, listener, merchant.app.store, merchant.app.clock)


def told(ear: Ear, sku: str) -> list[tuple[int, int]]:
    """Return the units and sequences that a listener was told of a SKU, in the order they came."""
    rows = [json.loads(post.body)["data"] for post in ear.posts]
    return [(row["units"], row["sequence"]) for row in rows if row["sku"] == sku]


def test_a_listener_is_told_every_number_once_and_then_what_changes(merchant: Merchant) -> None:
    sku = merchant.sku()
    units = merchant.ats(sku, "tiktok_shop")
    with listening() as ear:
        announcing = work(merchant, ear.url)
        while announcing.turn():
            pass
        assert told(ear, sku) == [(units, 1)]
        merchant.order("online_store", sku, 2)

        def newest() -> int:
            announcing.turn()
            return told(ear, sku)[-1][0]

        merchant.until_equal(newest, units - 2)
        sequences = [sequence for _, sequence in told(ear, sku)]
        assert sequences == sorted(set(sequences))
        ids = [post.headers["webhook-id"] for post in ear.posts]
        assert len(ids) == len(set(ids))


def test_e09_a_process_that_ended_before_it_wrote_down_tells_again_under_the_same_id(merchant: Merchant) -> None:
    with listening() as ear:
        ear.status = 503
        assert not work(merchant, ear.url, "flaky").turn()
        (first,) = ear.posts
        with merchant.app.store.writing() as session:
            session.of(merchant.shop).announcements.replay("flaky", everything=False, now=merchant.app.clock.now())
        ear.status = 200
        again = work(merchant, ear.url, "flaky")
        while again.turn():
            pass
        posts = [post for post in ear.posts[1:] if post.headers["webhook-id"] == first.headers["webhook-id"]]
        assert [post.body for post in posts] == [first.body]
