"""How one spreadsheet is connected."""

import json
from dataclasses import dataclass, field
from typing import Any

from onhand.ports.errors import ConfigError

API_URL = "https://sheets.googleapis.com"
NEEDED = ("client_email", "private_key", "token_uri")


@dataclass(frozen=True, kw_only=True)
class SheetsSettings:
    """One spreadsheet and the service account that may edit it; `service_account` is its JSON key."""

    spreadsheet: str
    service_account: dict[str, Any] = field(repr=False)
    api_url: str = API_URL

    @property
    def email(self) -> str:
        """Whom people share the spreadsheet with."""
        return str(self.service_account["client_email"])


def service_account_of(text: str) -> dict[str, Any]:
    """Return the JSON key of a service account. Raises ConfigError for anything else, without showing it."""
    try:
        key = json.loads(text)
    except ValueError:
        key = None
    if not isinstance(key, dict) or key.get("type") != "service_account" or not all(key.get(name) for name in NEEDED):
        raise ConfigError(
            "google_sheets.credentials: must be the JSON key of a service account, with "
            f"{', '.join(NEEDED)}; the Cloud console gives one out under Service accounts, Keys"
        )
    return key
