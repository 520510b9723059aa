"""Bulk operations that break off at the platform: a part is never taken for the whole."""

import pytest

from onhand.ports.errors import IncompleteReading
from tests.channels.shopify.platform import Shop
from tests.channels.shopify.test_census import assert_whole, take


@pytest.mark.parametrize(
    ("kind", "tries", "word"), [("bulk_error", 2, "INTERNAL_SERVER_ERROR"), ("bulk_timeout", 1, "TIMEOUT")]
)
def test_a_bulk_operation_that_breaks_off_is_never_taken_for_the_whole(
    shop: Shop, kind: str, tries: int, word: str
) -> None:
    shop.do("fault", kind=kind, share=1.0)
    with pytest.raises(IncompleteReading, match=word):
        take(shop)
    assert shop.running.sandbox.faults.done[kind] == tries
    shop.do("heal")
    assert_whole(take(shop), shop)
