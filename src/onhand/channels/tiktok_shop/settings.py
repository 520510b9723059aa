"""What the TikTok Shop channel must be told to speak with one shop."""

from collections.abc import Mapping
from dataclasses import dataclass, field

NAME = "tiktok_shop"
API_URL = "https://open-api.tiktokglobalshop.com"
AUTH_URL = "https://auth.tiktok-shops.com"


@dataclass(frozen=True, kw_only=True, slots=True)
class TikTokSettings:
    """One shop and the app that reads and writes it.

    `shop` is its name in onhand, `shop_id` TikTok Shop's. `app_secrets` holds the current secret first and, during a
    rotation, the old one. `shop_cipher` None is asked for. `service_id` names the app on the page where a seller agrees
    to it; None: that page is opened from the Partner Center. `warehouses` says which location stands behind a warehouse
    id; what it does not name is `default_location`. Addresses of None mean TikTok Shop's own.

    TikTok Shop publishes no quota: it advises 1 to 3 writes and 3 to 10 reads a second to begin with. Both rates are
    the most that is tried; refusals lower them for a while.
    """

    shop: str
    shop_id: str
    app_key: str
    app_secrets: tuple[str, ...] = field(repr=False)
    access_token: str | None = field(default=None, repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    shop_cipher: str | None = field(default=None, repr=False)
    service_id: str | None = None
    api_url: str | None = None
    auth_url: str | None = None
    warehouses: Mapping[str, str] | None = None
    default_location: str
    writes_per_s: float = 2.0
    reads_per_s: float = 5.0
    request_timeout_s: float = 10.0
    read_wait_s: float = 15.0
    write_wait_s: float = 2.0

    def __post_init__(self) -> None:
        if not self.app_secrets or not all(self.app_secrets):
            raise ValueError(f"shop {self.shop}: app_secrets must hold at least one secret, none of them empty")
        for name, rate in (("writes_per_s", self.writes_per_s), ("reads_per_s", self.reads_per_s)):
            if not rate > 0:
                raise ValueError(f"shop {self.shop}: {name} must be above 0, got {rate}")

    def location_of(self, warehouse: str | None) -> str:
        """Return the location behind a warehouse id."""
        return (self.warehouses or {}).get(warehouse or "", self.default_location)
