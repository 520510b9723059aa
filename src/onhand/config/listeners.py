"""Reading [[webhook]]: who is told by us what each channel may sell, and of problems."""

from collections.abc import Callable
from typing import Final

from onhand.config.model import CHANNEL_NAMES, SHOPIFY, WebhookConfig
from onhand.config.reader import Section, Source, Table, suggest

TELLS: Final = ("numbers", "problems")


def read_listener(source: Source, row: Table, shop_of: Callable[[Section], str]) -> WebhookConfig:
    """Return one listener. Raises ConfigError."""
    right = 'give it a name of your own, name = "erp"'
    name = Section(source, "webhook", row).identity("name", right)
    section = Section(source, f"webhook[{name}]", row)
    section.identity("name", right)
    url, secret = section.called_url("url"), section.secret("secret")
    if url is None:
        section.missing("url", 'write where changes are told, url = "https://erp.example.com/onhand"')
    if secret is None:
        section.missing("secret", "messages are signed with it: whsec_ and base64 of 24 bytes or more")
    channels = section.words("channels")
    sold_by = [channel for channel in CHANNEL_NAMES if channel != SHOPIFY]
    for channel in channels or ():
        if channel not in sold_by:
            section.refuse("channels", f"names {channel!r}, which onhand does not know{suggest(channel, sold_by)}")
    webhook = WebhookConfig(
        shop=shop_of(section),
        name=name,
        url=url,
        secret=secret,
        old_secret=section.secret("old_secret"),
        channels=channels,
        skus=section.words("skus"),
        tells=_read_tells(section),
        kinds=section.words("kinds"),
        owner=section.text("owner"),
        on_this_machine=section.flag("on_this_machine", default=WebhookConfig.on_this_machine),
    )
    for key in section.has("kinds", "owner") if "problems" not in webhook.tells else ():
        section.refuse(key, 'belongs to one that is told of problems: tells = ["problems"]')
    for key in section.has("channels", "skus") if "numbers" not in webhook.tells else ():
        section.refuse(key, 'belongs to one that is told of numbers: tells = ["numbers"]')
    if url.startswith("http:") and not webhook.on_this_machine:
        section.refuse("url", f"must begin with https://, got {url!r}; to try it out here: on_this_machine = true")
    section.finish()
    return webhook


def _read_tells(section: Section) -> tuple[str, ...]:
    tells = section.words("tells")
    if tells is None:
        return WebhookConfig.tells
    for word in tells:
        if word not in TELLS:
            section.refuse("tells", f"names {word!r}, which is none of {', '.join(TELLS)}{suggest(word, TELLS)}")
    if not tells:
        section.refuse("tells", f"is empty: name what it is told of, {' or '.join(TELLS)}")
    return tells
