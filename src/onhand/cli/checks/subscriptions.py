"""Webhook subscriptions, topic by topic: how Shopify has them, when each came last, and which have fallen silent."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from onhand.cli.checks.check import Check, fail, ok, warn
from onhand.cli.paint import age
from onhand.config import SHOPIFY, Config, ShopConfig
from onhand.intake.subscribing import silent
from onhand.ports.errors import ChannelRefused, ChannelUnavailable
from onhand.ports.subscriptions import TopicState
from onhand.store import Books

if TYPE_CHECKING:
    from onhand.app.parts import ShopParts

SERVE = "`onhand serve` mends it within the hour, at once when it is started, and reads what was missed"
FOREIGN = "harmless: repeats are known by their id, and both tell one picture; delete the one that you do not need"


def check_subscriptions(
    parts: "ShopParts", config: Config, shop: ShopConfig, books: Books, now: datetime
) -> Iterator[Check]:
    """Look at every topic that onhand lives on. Only reads."""
    last = books.arrivals.newest(SHOPIFY)
    if config.ingress.public_url is None and shop.webhook_uri is None:
        return  # the configuration's own check says so
    try:
        found = parts.shopify.survey_subscriptions(config.ingress.public_url)
    except (ChannelUnavailable, ChannelRefused) as error:
        yield fail(f"webhooks of {shop.domain}", str(error), "see what is said of shopify itself")
        return
    for state in found.states:
        yield _check_topic(state, shop, last, now)
    for topic in shop.app_config_topics:
        why = f"said to stand in the app's configuration file, which no API shows; {_came(topic, last, now)}"
        yield ok(f"webhook {topic}", why)
    yield from _check_silence(books, shop, now)


def _check_topic(state: TopicState, shop: ShopConfig, last: Mapping[str, datetime], now: datetime) -> Check:
    name, came = f"webhook {state.topic}", _came(state.topic, last, now)
    if state.api_version not in (None, shop.api_version):
        mend = "update onhand, or set the webhooks' API version of the app to the one that is asked for"
        return warn(name, f"is written as API {state.api_version}, {shop.api_version} was asked for; {came}", mend)
    match state.state:
        case "held":
            return ok(name, f"held: {came}")
        case "duplicated":
            return warn(name, f"duplicated: {len(state.places)} subscriptions, {_shown(state)}; {came}", FOREIGN)
        case "missing":
            return warn(name, f"missing; {came}", SERVE)
        case "elsewhere":
            return warn(name, f"elsewhere: it goes to {_shown(state)}; {came}", SERVE)
        case "bent":
            return warn(name, f"bent: somebody has changed its fields, its filter or its format; {came}", SERVE)


def _check_silence(books: Books, shop: ShopConfig, now: datetime) -> Iterator[Check]:
    rhythms = books.arrivals.rhythms(SHOPIFY, now)
    quiet = silent(rhythms, now)
    for rhythm in quiet:
        hours = rhythm.silence.total_seconds() / 3600
        yield warn(
            f"silence of {rhythm.topic}",
            f"last came {age(rhythm.last_at, now)}; in two weeks it was never away for more than {hours:.1f} h",
            "see whether the shop rests; otherwise whether public_url still leads here: send it a request of your own",
        )
    if rhythms and not quiet:
        yield ok(f"rhythm of {shop.domain}", f"{len(rhythms)} topics came in two weeks, none is silent for too long")


def _came(topic: str, last: Mapping[str, datetime], now: datetime) -> str:
    return f"last came {age(last[topic], now)}" if topic in last else "has not come yet"


def _shown(state: TopicState) -> str:
    return ", ".join(sorted(set(state.places)))
