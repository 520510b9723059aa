"""Small shops with everything at work. Most tests share one, each with items that no other test has touched."""

from collections.abc import Iterator

import pytest

from tests.flow.merchant import NEVER_BY_ITSELF, Choices, Merchant, open_shop

ITEMS = 110
"""Enough for all tests that share a shop; four in five of them are plentiful."""


@pytest.fixture(scope="session")
def shared_merchant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Merchant]:
    with open_shop(tmp_path_factory.mktemp("merchant"), Choices(items=ITEMS)) as merchant:
        yield merchant


@pytest.fixture(scope="session")
def shared_patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Merchant]:
    with open_shop(tmp_path_factory.mktemp("patient"), Choices(items=ITEMS, audit=NEVER_BY_ITSELF)) as merchant:
        yield merchant


@pytest.fixture
def merchant(shared_merchant: Merchant) -> Merchant:
    """A shop at three locations, every channel armed, no rate limits; gaps are judged soon."""
    shared_merchant.rested()
    shared_merchant.begin()
    return shared_merchant


@pytest.fixture
def patient(shared_patient: Merchant) -> Merchant:
    """The same, but its gaps wait until a test judges them. What an earlier test has left open is judged before."""
    steps = shared_patient.app.steps(shared_patient.shop)
    shared_patient.rested(lambda: steps.judge(grace_s=0.0, adopt=True))
    shared_patient.begin()
    return shared_patient
