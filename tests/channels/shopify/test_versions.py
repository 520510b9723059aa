"""How long a version of the API is there, and what the doctor says of it in time."""

from datetime import UTC, datetime, timedelta

import pytest

from onhand.channels.shopify.versions import supported_until
from onhand.cli.checks.platforms import check_version
from onhand.config import ShopConfig
from onhand.config.secret import Secret

ENDS_AT = datetime(2027, 10, 1, 17, tzinfo=UTC)


def shop(version: str) -> ShopConfig:
    secret = Secret.of("nothing that counts")
    return ShopConfig(domain="tees.myshopify.com", client_id=secret, client_secret=secret, api_version=version)


def test_a_version_is_supported_for_a_year_from_its_quarter_on() -> None:
    assert supported_until("2026-10") == ENDS_AT
    assert supported_until("unstable") is None


@pytest.mark.parametrize(
    ("before", "status"), [(timedelta(days=90), "ok"), (timedelta(days=59), "warn"), (timedelta(0), "fail")]
)
def test_b22_the_doctor_says_in_time_that_a_version_ends_and_until_when(before: timedelta, status: str) -> None:
    check = check_version(shop("2026-10"), ENDS_AT - before)
    assert check.status == status
    assert "2027-10-01" in check.why
    assert bool(check.mend) == (status != "ok")


def test_b22_a_version_that_promises_nothing_is_warned_of() -> None:
    assert check_version(shop("unstable"), ENDS_AT).status == "warn"
