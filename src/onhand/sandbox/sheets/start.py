"""A sandbox's Google: one service account, and one spreadsheet that the merchant has shared with it."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime

from onhand.sandbox.faults import Faults
from onhand.sandbox.sheets import document
from onhand.sandbox.sheets.service import MOUNT, TOKEN_PATH, SheetsService
from onhand.sandbox.sheets.tokens import ServiceAccount

EMAIL = "onhand@onhand-sandbox.iam.gserviceaccount.com"


def start(
    clock: Callable[[], datetime], faults: Faults, rng: random.Random, url: Callable[[], str], *, per_minute: int | None
) -> SheetsService | None:
    """Return the service with a blank spreadsheet; None where Google's client is not installed.

    `per_minute` is the quota of a user, None: no limit.
    """
    if not document.is_there():
        return None
    account = ServiceAccount(EMAIL, rng, lambda: datetime.now(UTC))
    service = SheetsService(
        document=document.load(), account=account, clock=clock, faults=faults, url=url, user_per_minute=per_minute
    )
    book = service.new_book(f"1{rng.getrandbits(215):043x}"[:44], "Stock")
    book.editors.add(account.email)
    return service


def address(service: SheetsService | None) -> dict[str, object] | None:
    """Return what to connect with: where, which spreadsheet, and the key of the service account."""
    if service is None:
        return None
    base = service.url()
    return {
        "url": f"{base}{MOUNT}",
        "spreadsheet": (book := next(iter(service.books))),
        "page": f"{base}{MOUNT}/spreadsheets/d/{book}/edit",
        "credentials": service.account.key_file(f"{base}{TOKEN_PATH}"),
    }
