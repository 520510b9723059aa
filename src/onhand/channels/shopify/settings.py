"""What the Shopify channel must be told to speak with one shop."""

from dataclasses import dataclass, field

API_VERSION = "2026-10"
NAME = "shopify"


@dataclass(frozen=True, kw_only=True, slots=True)
class ShopifySettings:
    """One shop and the app that reads and writes it.

    `client_secrets` holds the current secret first and, during a rotation, the old one: Shopify may sign with the old
    one for up to an hour (shopify.dev, "verify deliveries"); without any, no webhook is taken for genuine.
    `access_token` is that of an existing custom app; None asks for tokens with the client credentials grant, which
    needs `client_id` and a secret. `api_url` None means the shop's own address. `webhook_uri` is an event source or a
    Pub/Sub topic to which everything is sent; None means our own address, a path a topic. `app_config_topics` are those
    that the app's configuration file at Shopify subscribes to: no API shows them, and we make none of our own. A page
    or a batch of what is read has `page_rows` at most; None: as many as each question has room for.
    """

    shop: str
    client_id: str | None = None
    client_secrets: tuple[str, ...] = field(default=(), repr=False)
    access_token: str | None = field(default=None, repr=False)
    api_url: str | None = None
    api_version: str = API_VERSION
    webhook_uri: str | None = None
    app_config_topics: tuple[str, ...] = ()
    page_rows: int | None = None
    request_timeout_s: float = 20.0
    read_wait_s: float = 30.0  # how long a reading may queue for points before it is put off
    write_wait_s: float = 5.0  # a write is better replaced by a newer value than kept waiting
    sweep_wait_s: float = 300.0
    bulk_timeout_s: float = 3600.0
    bulk_room_wait_s: float = 600.0  # how long others' bulk operations may take before the shop is read page by page

    def __post_init__(self) -> None:
        if not all(self.client_secrets):  # an empty key would let everybody sign
            raise ValueError(f"shop {self.shop}: one of its {len(self.client_secrets)} client secrets is empty")
        if self.page_rows is not None and self.page_rows < 1:
            raise ValueError(f"shop {self.shop}: page_rows must be 1 or more, got {self.page_rows}")

    @property
    def admin_url(self) -> str:
        """The address under which the Admin API and its token endpoint lie, without a slash at its end."""
        return (self.api_url or f"https://{self.shop}/admin").rstrip("/")
