"""The whole flow with its books in PostgreSQL: the same sales, the same numbers, parity in the end."""

from pathlib import Path

from tests.flow.merchant import BOSTON, WAREHOUSE, Choices, open_shop


def test_sales_on_three_channels_and_a_receipt_end_in_parity_with_the_books_in_postgresql(
    tmp_path: Path, fresh_postgres_dsn: str
) -> None:
    with open_shop(tmp_path, Choices(database=fresh_postgres_dsn)) as merchant:
        sku = merchant.sku()
        online, tills, tiktok = merchant.ats_everywhere(sku)
        merchant.sale(sku, 1, at=BOSTON)
        merchant.order("online_store", sku, 2)
        merchant.order("tiktok_shop", sku, 3)
        merchant.until_equal(lambda: merchant.ats_everywhere(sku), (online - 6, tills - 6, tiktok - 5))
        merchant.do("receive", location=WAREHOUSE, sku=sku, units=10)
        merchant.until_equal(lambda: merchant.ats_everywhere(sku), (online + 4, tills + 4, tiktok + 5))
        merchant.quiet()
        checked, differing = merchant.parity()
        assert checked > 0
        assert differing == 0
