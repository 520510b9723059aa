"""The listeners of a shop, as they are configured."""

from collections.abc import Callable

from onhand.channels.announcer import Announcer, key_of
from onhand.config import Config, WebhookConfig


def listeners_of(config: Config, shop: str, monotonic_s: Callable[[], float]) -> list[tuple[WebhookConfig, Announcer]]:
    """Return who is told of a shop's changes. Raises ConfigError for a secret that is not there or no secret."""
    return [
        (
            webhook,
            Announcer(
                webhook.name,
                webhook.url,
                [key_of(secret.reveal()) for secret in (webhook.secret, webhook.old_secret) if secret is not None],
                monotonic_s=monotonic_s,
                on_this_machine=webhook.on_this_machine,
            ),
        )
        for webhook in config.webhooks
        if webhook.shop == shop
    ]
