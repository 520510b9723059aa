"""What a webhook topic is, what exists instead of one that there is not, and what onhand does with it."""

from typing import Final, NamedTuple

from onhand.channels.shopify import topics
from onhand.channels.shopify.parse import READERS
from onhand.channels.shopify.subscriptions import TOPICS


class TopicHelp(NamedTuple):
    """One topic of Shopify's; `enum` is None where no subscription can ask for it. `onhand` says what we do with it."""

    topic: str
    enum: str | None
    subscribed: bool
    onhand: str


class Explained(NamedTuple):
    """What somebody asked for by a name, and what there is. `because` says why there is no topic of that name."""

    asked: str
    exists: bool
    because: str
    topics: tuple[TopicHelp, ...]


_DOES: Final = {
    "orders": "books the order at once, and reads it back for the locations that a webhook does not say",
    "orders/delete": "reads the order back: what it held is free again",
    "orders/edited": "reads the order back: the webhook names neither location nor restock",
    "refunds": "reads the order back: a refund may restock without money, or move money without stock",
    "fulfillment_orders": "reads the order back: its units are placed, moved or held somewhere else",
    "fulfillments": "reads the order back: goods have left the shelf",
    "reverse_fulfillment_orders": "reads the order back: goods that came back were judged",
    "inventory_levels": "compares the level with the books and never books it: one sale would count twice",
    "inventory_levels/disconnect": "reads the level back: the item is no longer stocked there",
    "inventory_items": "reads the item back: its SKU, or whether it is counted, has changed",
    "products": "looks for variants that are not known yet; a stock change also causes it, so it counts nothing",
    "locations": "reads the locations: which are active, which fulfil online orders",
    "app/uninstalled": "holds writing to this shop until Shopify shows that onhand is still installed",
    "app/scopes_update": "looks whether the app may still do what it must",
    "customers/data_request": "answers that it keeps no customer data beyond raw bodies until their retention ends",
    "customers/redact": "drops the raw bodies of that customer's orders before their retention ends",
    "shop/redact": "erases the shop: bodies, tokens and books; other shops stay",
}


def explain(name: str) -> Explained:
    """Return what there is to say about a name of a topic, whatever way somebody writes it."""
    if topics.exists(name):
        return Explained(name, exists=True, because="", topics=(_help(name),))
    word = topics.same_word(name)
    if word is not None:
        because = "that is another spelling: Shopify writes it exactly so, in the header and in the enum"
        return Explained(name, exists=False, because=because, topics=(_help(word),))
    alias = topics.alias_of(name)
    if alias is not None:
        return Explained(name, exists=False, because=alias.because, topics=tuple(map(_help, alias.topics)))
    because = f"none of the {len(topics.HEADERS)} topics of API 2026-10 has this name"
    return Explained(name, exists=False, because=because, topics=tuple(map(_help, topics.near(name))))


def _help(topic: str) -> TopicHelp:
    subscribed = topic in TOPICS
    return TopicHelp(topic, topics.enum_of(topic), subscribed, _what_onhand_does(topic, subscribed=subscribed))


def _what_onhand_does(topic: str, *, subscribed: bool) -> str:
    does = _DOES.get(topic) or _DOES.get(topic.partition("/")[0])
    if topic not in READERS:
        return "nothing: it moves no stock; a delivery of it is parked, so that nobody overlooks it"
    if topic in topics.COMPLIANCE:
        return f"{does}; it stands in the app's configuration file, with this installation's address"
    if subscribed:
        return f"subscribes to it, and {does or 'notes it'}"
    if does is None:
        return "notes it where something else subscribes to it: it moves no stock that is not told elsewhere"
    return f"does without it, because another topic tells the same; where it comes all the same, {does}"
