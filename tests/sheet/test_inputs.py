"""The tab that people write in: every row gets a verdict, and what it asks for is done or said no to."""

import pytest

from onhand.publish.recalculate import explain
from tests.sheet.shop import BOSTON, SHOP, SheetShop


def fill(shop: SheetShop, row: int, **cells: object) -> None:
    for name, value in cells.items():
        shop.person("type", tab="Inputs", at=f"{'ABCDE'[NAMES.index(name)]}{row}", value=value)


NAMES = ("sku", "channel", "location", "buffer", "counted")


def verdicts(shop: SheetShop) -> list[str]:
    return [str(row["Verdict"]) for row in shop.table("Inputs")]


def kept(shop: SheetShop) -> dict[tuple[str, str], int]:
    with shop.store.reading() as session:
        return {key: buffer.buffer_units for key, buffer in session.of(SHOP).item_buffers.all().items()}


def test_an_accepted_buffer_is_kept_back_from_its_channel(shop: SheetShop) -> None:
    fill(shop, 2, sku="TEE", channel="tiktok_shop", buffer=4)
    shop.run(6)
    shop.compute()
    shop.run(6)
    assert verdicts(shop) == ["accepted: 4 are kept back from tiktok_shop"]
    assert shop.row_of("ATS by channel", "TEE", "tiktok_shop")[1]["Available to sell"] == 6
    assert shop.row_of("ATS by channel", "CAP", "tiktok_shop")[1]["Available to sell"] == 10
    assert shop.differences() == []
    with shop.store.reading() as session:
        terms = explain(session.of(SHOP), shop.items["TEE"], "tiktok_shop").terms
    assert [term.because for term in terms if term.what == "buffer"] == [
        "kept back from tiktok_shop by the Inputs tab of the workbook"
    ]


def test_a_buffer_stays_when_its_row_goes_and_ends_with_default(shop: SheetShop) -> None:
    fill(shop, 2, sku="TEE", channel="tiktok_shop", buffer=4)
    shop.run(6)
    shop.person("delete_rows", tab="Inputs", at="2")
    shop.run(6)
    shop.person("delete_tab", tab="Inputs")
    shop.run(16)
    assert kept(shop) == {("tiktok_shop", shop.items["TEE"]): 4}
    fill(shop, 2, sku="TEE", channel="tiktok_shop", buffer="default")
    shop.run(6)
    assert kept(shop) == {}
    assert verdicts(shop) == ["accepted: the channel's own buffer is kept back from tiktok_shop"]


def test_rows_that_contradict_each_other_are_conflicts_and_change_nothing(shop: SheetShop) -> None:
    fill(shop, 2, sku="TEE", channel="tiktok_shop", buffer=4)
    shop.run(6)
    fill(shop, 4, sku="TEE", channel="tiktok_shop", buffer=9)
    shop.run(6)
    assert [verdict.partition(":")[0] for verdict in verdicts(shop)] == ["conflict", "conflict"]
    assert "row 4 says 9" in verdicts(shop)[0]
    assert kept(shop) == {("tiktok_shop", shop.items["TEE"]): 4}


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ({"sku": "TEEE", "channel": "tiktok_shop", "buffer": 1}, "refused: no item carries SKU 'TEEE'"),
        ({"sku": "TEE", "channel": "tiktok_shop", "buffer": -1}, "refused: Buffer units must be a whole number"),
        ({"sku": "TEE", "channel": "tiktok_shop", "buffer": 1.5}, "refused: Buffer units must be a whole number"),
        ({"sku": "TEE", "channel": "tiktok_shop", "buffer": "many"}, "refused: Buffer units must be a whole number"),
        ({"sku": "TEE", "channel": "tiktok_shop", "buffer": "=1+1"}, "refused: Buffer units must be a whole number"),
        ({"sku": "TEE", "channel": "tiktok_shop", "buffer": True}, "refused: Buffer units must be a whole number"),
        ({"sku": "TEE", "channel": "amazon", "buffer": 1}, "refused: onhand tells no number to 'amazon'"),
        ({"sku": "TEE", "buffer": 1}, "refused: fill in Channel"),
        ({"channel": "tiktok_shop", "buffer": 1}, "refused: fill in SKU"),
        ({"sku": "TEE"}, "refused: fill in Buffer units"),
        ({"sku": "TEE", "counted": 4}, "refused: fill in Location"),
        ({"location": "Boston", "counted": 4}, "refused: fill in SKU"),
        ({"sku": "TEEE", "location": "Boston", "counted": 4}, "refused: no item carries SKU 'TEEE'"),
        ({"sku": "TEE", "location": "Bostn", "counted": 4}, "refused: there is no location 'Bostn'; near it"),
        ({"sku": "TEE", "location": "Boston", "counted": -4}, "refused: Counted units must be a whole number"),
        ({"sku": "TEE", "location": "Boston", "counted": "a lot!"}, "refused: Counted units must be a whole number"),
        ({"sku": "TEE", "location": "Boston", "channel": "tiktok_shop", "counted": 4}, "refused: a count is of a"),
        ({"sku": "TEE", "location": "Boston", "counted": 400}, "refused: the books hold 10, and 400 were counted"),
        ({"sku": "TEE", "buffer": 4, "counted": 4}, "refused: a row is either a buffer or a count"),
    ],
)
def test_what_cannot_be_is_refused_and_says_why(shop: SheetShop, cells: dict[str, object], says: str) -> None:
    fill(shop, 2, **cells)
    shop.run(6)
    (verdict,) = verdicts(shop)
    assert verdict.startswith(says)
    assert kept(shop) == {}


def test_i17_what_people_write_is_never_written_over_and_a_forged_verdict_is(shop: SheetShop) -> None:
    fill(shop, 3, sku="TEE", channel="tiktok_shop", buffer=2)
    shop.person("type", tab="Inputs", at="F3", value="accepted: everything")
    shop.person("sort", tab="Inputs", at="A")
    shop.move([("TEE", BOSTON, -1)])
    shop.run(12)
    (row,) = shop.table("Inputs")
    assert (row["SKU"], row["Channel"], row["Buffer units"]) == ("TEE", "tiktok_shop", 2)
    assert row["Verdict"] == "accepted: 2 are kept back from tiktok_shop"


def test_a_verdict_goes_with_what_it_judged(shop: SheetShop) -> None:
    fill(shop, 2, sku="TEE")
    shop.run(6)
    assert len(verdicts(shop)) == 1
    shop.person("clear", tab="Inputs", at="A2")
    shop.run(6)
    assert verdicts(shop) == []
