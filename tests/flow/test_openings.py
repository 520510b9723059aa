"""What is older than the first reading and goes on after it is booked as what it is; nothing of it is adopted."""

from collections.abc import Iterator

import pytest

from tests.flow.merchant import BOSTON, PORTLAND, WAREHOUSE, Choices, Merchant, open_shop

STATES = ("available", "committed", "reserved", "incoming")


class Older:
    """Orders and transfers that are there when onhand comes, each of an item of its own."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.skus: dict[str, str] = {}

    def begin(self, merchant: Merchant) -> None:
        for what in ("to be edited", "to be moved", "to be exchanged", "sent instead", "added", "transfer"):
            self.skus[what] = merchant.sku()
        for what in ("tiktok", "tiktok shipped", "drafted"):
            self.skus[what] = merchant.sku()
        drafted = [{"sku": self.skus["drafted"], "units": 3}]
        self.names["drafted"] = str(merchant.do("draft", lines=drafted, reserve_for_s=86_400)["draft"])
        for what in ("to be edited", "to be moved"):
            self.names[what] = merchant.order("online_store", self.skus[what], 3)
        self.names["to be exchanged"] = merchant.order("online_store", self.skus["to be exchanged"], 2)
        merchant.do("fulfil", order=self.names["to be exchanged"])
        lines = [{"sku": self.skus["transfer"], "units": 4}]
        ask = {"from": WAREHOUSE, "to": BOSTON, "lines": lines, "until": "ready"}
        self.names["transfer"] = str(merchant.do("transfer", **ask)["transfer"])
        for what in ("tiktok", "tiktok shipped"):
            self.names[what] = merchant.order("tiktok_shop", self.skus[what], 2)
        merchant.do("fulfil", order=self.names["tiktok shipped"])
        merchant.next_second()
        merchant.next_second()


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Merchant, Older]]:
    older = Older()
    with open_shop(tmp_path_factory.mktemp("older"), Choices(items=20, before=older.begin)) as merchant:
        yield merchant, older


def equal(merchant: Merchant, *skus: str, at: tuple[str, ...] = (WAREHOUSE, BOSTON, PORTLAND)) -> None:
    """Wait until books and Shopify agree in every state, and see that nothing of it was adopted."""

    def differences() -> list[str]:
        return [
            f"{sku} at {place}: {state}"
            for sku in skus
            for place in at
            for state in STATES
            if merchant.level(sku, place, state) != merchant.at_shopify(sku, place, state)
        ]

    merchant.until(lambda: not differences(), "books and Shopify agree")
    merchant.quiet()
    assert differences() == []
    assert merchant.unexplained(*skus) == (0, 0)
    assert merchant.adopted(*skus) == []


def test_an_older_order_that_is_edited_takes_what_was_added_and_gives_back_what_was_removed(
    opened: tuple[Merchant, Older],
) -> None:
    merchant, older = opened
    edited, added = older.skus["to be edited"], older.skus["added"]
    before = merchant.level(added, WAREHOUSE)
    ask = {"add": [{"sku": added, "units": 2}], "remove": [{"sku": edited, "units": 1}]}
    merchant.do("edit", order=older.names["to be edited"], **ask)
    equal(merchant, edited, added)
    assert merchant.level(added, WAREHOUSE) == before - 2
    merchant.do("fulfil", order=older.names["to be edited"])
    equal(merchant, edited, added)


def test_an_older_order_that_is_to_be_shipped_from_elsewhere_moves_what_it_holds(
    opened: tuple[Merchant, Older],
) -> None:
    merchant, older = opened
    sku = older.skus["to be moved"]
    assert merchant.level(sku, WAREHOUSE, "committed") == 3
    merchant.do("move", order=older.names["to be moved"], to=BOSTON)
    equal(merchant, sku)
    assert merchant.level(sku, BOSTON, "committed") == 3
    merchant.do("cancel", order=older.names["to be moved"], restock=True)
    equal(merchant, sku)


def test_what_is_sent_in_exchange_for_older_goods_leaves_its_shelf(opened: tuple[Merchant, Older]) -> None:
    merchant, older = opened
    back, sent = older.skus["to be exchanged"], older.skus["sent instead"]
    lines, exchange = [{"sku": back, "units": 1}], [{"sku": sent, "units": 1}]
    merchant.do("return", order=older.names["to be exchanged"], lines=lines, exchange=exchange)
    equal(merchant, back, sent)
    assert merchant.level(sent, WAREHOUSE, "committed") == 1


def test_an_older_transfer_arrives(opened: tuple[Merchant, Older]) -> None:
    merchant, older = opened
    sku = older.skus["transfer"]
    assert merchant.level(sku, WAREHOUSE, "reserved") == 4
    merchant.do("ship_transfer", transfer=older.names["transfer"], lines=[{"sku": sku, "units": 3}])
    equal(merchant, sku)
    merchant.do("receive_transfer", transfer=older.names["transfer"])
    equal(merchant, sku)
    merchant.do("cancel_transfer", transfer=older.names["transfer"])
    equal(merchant, sku)


def test_what_an_older_draft_reserves_is_free_again_when_it_is_deleted(opened: tuple[Merchant, Older]) -> None:
    merchant, older = opened
    sku = older.skus["drafted"]
    assert sum(merchant.level(sku, at, "reserved") for at in (WAREHOUSE, BOSTON, PORTLAND)) == 3
    merchant.do("delete_draft", draft=older.names["drafted"])
    equal(merchant, sku)
    assert sum(merchant.level(sku, at, "reserved") for at in (WAREHOUSE, BOSTON, PORTLAND)) == 0


def test_an_older_order_of_tiktok_shop_is_reserved_and_never_takes_more_than_that(
    opened: tuple[Merchant, Older],
) -> None:
    merchant, older = opened
    sku = older.skus["tiktok"]
    merchant.until_equal(lambda: merchant.level(sku, WAREHOUSE, "reserved"), 2)
    equal(merchant, sku)
    assert merchant.at_shopify(sku, WAREHOUSE, "reserved") == 2
    merchant.do("fulfil", order=older.names["tiktok"])
    merchant.until_equal(lambda: merchant.at_shopify(sku, WAREHOUSE, "reserved"), 0)
    equal(merchant, sku)
    assert merchant.level(sku, WAREHOUSE, "reserved") == 0


def test_what_had_left_for_tiktok_shop_before_is_in_the_opening(opened: tuple[Merchant, Older]) -> None:
    merchant, older = opened
    sku = older.skus["tiktok shipped"]
    merchant.quiet()
    before = merchant.at_shopify(sku, WAREHOUSE)
    steps = merchant.app.steps(merchant.shop)
    steps.sweep(next(one for one in steps.parts.observers if one.name == "tiktok_shop"))
    equal(merchant, sku)
    assert merchant.at_shopify(sku, WAREHOUSE) == before
    assert merchant.level(sku, WAREHOUSE, "reserved") == 0


def test_orders_go_by_the_opening_of_an_item_and_of_a_location_that_came_later(opened: tuple[Merchant, Older]) -> None:
    merchant, _ = opened
    sku, late = merchant.sku(), "LATE-TEE"
    order = merchant.order("online_store", sku, 2)
    merchant.do("add_location", name="Salem")
    merchant.do("stock_item", sku=sku, location="Salem")
    merchant.do("receive", location="Salem", sku=sku, units=5)
    merchant.do("add_item", sku=late, location=WAREHOUSE, units=9)
    merchant.until(lambda: merchant.has(late), "the item is known")
    merchant.until_equal(lambda: merchant.level(late, WAREHOUSE), 9)
    merchant.app.audit(merchant.shop, fix=True)
    merchant.quiet()
    adopted = merchant.adopted(sku, late)
    merchant.next_second()  # what happens in the second of an opening counts as in it
    later = merchant.order("online_store", late, 4)
    merchant.do("move", order=order, to="Salem")
    merchant.do("edit", order=order, add=[{"sku": late, "units": 1}])
    merchant.do("fulfil", order=later, lines=[{"sku": late, "units": 1}])
    places = (WAREHOUSE, BOSTON, "Salem")

    def differences() -> list[str]:
        return [
            f"{one} at {place}: {state}"
            for one, at in ((sku, places), (late, places[:1]))
            for place in at
            for state in STATES
            if merchant.level(one, place, state) != merchant.at_shopify(one, place, state)
        ]

    merchant.until(lambda: not differences(), "books and Shopify agree")
    merchant.quiet()
    assert differences() == []
    assert merchant.adopted(sku, late) == adopted
    assert merchant.level(sku, "Salem", "committed") == 2
