"""Locations change while the shop is open: who may sell from them follows, and what is trapped there is shown."""

from pathlib import Path

from tests.flow.merchant import BOSTON, PORTLAND, Choices, Merchant, open_shop


def trapped_at(merchant: Merchant, name: str) -> list[str]:
    return [message for message in merchant.problems() if message.startswith(f"{name}: ") and "Online Store" in message]


def test_the_online_store_gains_and_loses_what_a_location_holds(tmp_path: Path) -> None:
    with open_shop(tmp_path, Choices(locations=())) as merchant:
        sku = merchant.tee
        before = merchant.ats(sku, "online_store")
        portland = merchant.level(sku, PORTLAND)
        assert (
            "does not fulfil online orders" in merchant.until(lambda: trapped_at(merchant, PORTLAND), "it is said")[0]
        )

        merchant.do("change_location", location=PORTLAND, fulfils_online_orders=True)
        merchant.until_equal(lambda: merchant.ats(sku, "online_store"), before + portland)
        merchant.until(lambda: not trapped_at(merchant, PORTLAND), "nothing is trapped there any more")

        merchant.do("change_location", location=BOSTON, active=False)
        boston = merchant.level(sku, BOSTON)
        merchant.until_equal(lambda: merchant.ats(sku, "online_store"), before + portland - boston)
        assert "it is deactivated" in merchant.until(lambda: trapped_at(merchant, BOSTON), "Boston is closed")[0]

        merchant.do("change_location", location=BOSTON, active=True)
        merchant.until_equal(lambda: merchant.ats(sku, "online_store"), before + portland)

        merchant.do("change_location", location=BOSTON, ships=False)  # no webhook tells of it: the next audit sees it
        merchant.app.audit(merchant.shop)
        merchant.until_equal(lambda: merchant.ats(sku, "online_store"), before + portland - boston)
        assert "no shipping rate" in merchant.until(lambda: trapped_at(merchant, BOSTON), "nobody ships it")[0]
