"""The command line beside a shop at work: transfers, returns and oversells as people ask for them."""

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from onhand.cli import app
from tests.flow.merchant import BOSTON, WAREHOUSE, Merchant


def ask(merchant: Merchant, *words: str) -> list[dict[str, Any]]:
    """Ask the command line, with the configuration that the shop's own process was started with."""
    config = Path(merchant.app.config.database).parent / "onhand.toml"
    result = CliRunner().invoke(app, ["--config", str(config), *words, "--json"])
    assert result.exit_code == 0, result.output
    rows: list[dict[str, Any]] = json.loads(result.stdout)
    return rows


def test_a_transfer_is_shown_by_its_name_while_goods_are_under_way(merchant: Merchant) -> None:
    tees = [{"sku": merchant.tee, "units": 4}]
    name = merchant.do("transfer", **{"from": WAREHOUSE, "to": BOSTON, "lines": tees, "until": "ready"})["transfer"]
    merchant.until_equal(lambda: merchant.level(merchant.tee, WAREHOUSE, "reserved"), 4)
    merchant.do("ship_transfer", transfer=name, lines=[{"sku": merchant.tee, "units": 3}])
    merchant.until_equal(lambda: merchant.level(merchant.tee, BOSTON, "incoming"), 3)
    (row,) = [row for row in ask(merchant, "transfers") if row["name"] == name]
    assert (row["reserved_units"], row["under_way_units"], row["stuck"]) == (1, 3, False)
    assert {(one["sku"], one["location"], one["state"], one["units"]) for one in row["held"]} == {
        (merchant.tee, WAREHOUSE, "reserved", 1),
        (merchant.tee, BOSTON, "incoming", 3),
    }
    (row,) = [row for row in ask(merchant, "transfers", "--stuck-after-days", "0") if row["name"] == name]
    assert (row["stuck"], row["next_step"]) == (True, "receive it in Shopify, or reject what is lost")
    merchant.do("receive_transfer", transfer=name, accepted=[{"sku": merchant.tee, "units": 3}])
    merchant.do("cancel_transfer", transfer=name)
    merchant.until(lambda: name not in {row["name"] for row in ask(merchant, "transfers")}, "it is over")


def test_a_return_is_shown_with_its_order_until_its_goods_are_restocked(merchant: Merchant) -> None:
    sku = merchant.sku()
    order = merchant.order("online_store", sku, 2)
    merchant.do("fulfil", order=order)
    merchant.do("return", order=order, lines=[{"sku": sku, "units": 2}])
    merchant.booked()
    name = f"{order}-R1"
    merchant.until(lambda: name in {row["name"] for row in ask(merchant, "returns")}, "the return is read")
    (row,) = [row for row in ask(merchant, "returns") if row["name"] == name]
    assert (row["order"], row["sku"], row["units"], row["awaited_units"]) == (order, sku, 2, 2)
    merchant.do("dispose", **{"return": name, "type": "RESTOCKED", "location": BOSTON, "units": 2})
    merchant.until(lambda: name not in {row["name"] for row in ask(merchant, "returns")}, "it is restocked")


def test_a_history_calls_orders_and_drafts_as_people_do(merchant: Merchant) -> None:
    sku = merchant.sku()
    order = merchant.order("online_store", sku, 1)
    draft = merchant.do("draft", lines=[{"sku": sku, "units": 2}], reserve_for_s=3600.0)["draft"]
    merchant.until_equal(lambda: merchant.level(sku, WAREHOUSE, "reserved"), 2)
    merchant.until_equal(lambda: merchant.level(sku, WAREHOUSE, "committed"), 1)
    assert {order, draft} <= {row["name"] for row in ask(merchant, "timeline", sku)}
    merchant.do("delete_draft", draft=draft)


def test_what_a_refund_put_back_nowhere_is_shown_by_its_order(merchant: Merchant) -> None:
    sku = merchant.sku()
    sent, kept = merchant.order("online_store", sku, 2), merchant.order("online_store", sku, 3)
    merchant.do("fulfil", order=sent)
    for order, units in ((sent, 1), (kept, 3)):
        merchant.do("refund", order=order, lines=[{"sku": sku, "units": units}], restock=False)
    merchant.booked()

    def shown() -> set[tuple[str, str, int, int]]:
        rows = [row for row in ask(merchant, "returns") if row["sku"] == sku]
        return {(row["name"], row["status"], row["awaited_units"], row["processing_units"]) for row in rows}

    merchant.until_equal(shown, {(sent, "refunded", 1, 0), (kept, "written off", 0, 3)})
    merchant.quiet()
    assert merchant.adopted(sku) == []


def test_d08_goods_that_were_promised_and_went_missing_are_oversold_until_more_come(merchant: Merchant) -> None:
    sku = merchant.sku()
    waits = merchant.do("pickup", lines=[{"sku": sku, "units": 2}], location=BOSTON)["order"]
    merchant.until_equal(lambda: merchant.level(sku, BOSTON, "committed"), 2)
    merchant.do("adjust", location=BOSTON, sku=sku, units=-merchant.at_shopify(sku, BOSTON) - 1)
    merchant.until_equal(lambda: merchant.level(sku, BOSTON), -1)
    (row,) = ask(merchant, "oversells", sku)
    assert (row["location"], row["units"], row["gone_units"]) == (BOSTON, 1, 0)
    assert [(claim["name"], claim["units"]) for claim in row["taken_by"]] == [("a difference that was adopted", 1)]
    assert [(claim["name"], claim["units"]) for claim in row["waiting"]] == [(waits, 1)]
    assert row["next_step"].startswith(f"ship {waits} from ")
    merchant.do("adjust", location=BOSTON, sku=sku, units=1)
    merchant.until_equal(lambda: merchant.level(sku, BOSTON), 0)
    assert ask(merchant, "oversells", sku) == []
