"""drift show and undo about what a third party has counted, to people and to programs."""

from onhand.audit.counts import compare_counts
from onhand.domain.stock import LevelKey
from onhand.heal.counts import adopt_count
from onhand.store import Store
from onhand.store.counted import NewCount, Version
from tests.answers.shop import SHOP, later
from tests.cli.conftest import Ask


def adopted(store: Store, units: int) -> int:
    """Let acme count a TEE in Boston, take that over, and return its drift."""
    with store.writing() as session:
        books = session.of(SHOP)
        boston = next(row.location for row in books.catalog.locations() if row.name == "Boston")
        key = LevelKey(books.catalog.item_by_sku("TEE")[0].item, boston)
        books.counts.put("acme", "on_hand", [NewCount(key, units, Version(later(60), None), "acme/m-1")], 0)
        (count,) = compare_counts(books, [key], later(90))
        return adopt_count(books, count, [], later(90)).drift


def in_boston(ask: Ask) -> list[int]:
    rows = ask("levels", "TEE", "--location", "Boston", "--json").document
    return [row["units"] for row in rows if row["state"] == "available"]


def test_a_count_that_was_taken_over_is_taken_back_by_its_number(ask: Ask, store: Store) -> None:
    before = in_boston(ask)
    drift = adopted(store, before[0] - 2)
    assert in_boston(ask) == [before[0] - 2]
    shown = ask("drift", "undo", str(drift), "--because", "recounted", "--by", "anna")
    assert "Nothing was changed" in shown.out
    assert in_boston(ask) == [before[0] - 2]
    answer = ask("drift", "undo", str(drift), "--because", "recounted", "--by", "anna", "--yes", "--json")
    assert answer.code == 0
    told = answer.document
    assert (told["changes"], told["status"], told["actor"]) == ("books", "done", "anna")
    assert (told["before"], told["after"]) == ({"available": before[0] - 2}, {"available": before[0]})
    assert in_boston(ask) == before
    (again,) = ask("drift", "ls", "--json").document
    assert (again["source"], again["units"], again["status"]) == ("acme", -2, "open")
    assert "taken back by anna" in ask("drift", "show", str(drift)).out
    twice = ask("drift", "undo", str(drift), "--because", "again", "--yes")
    assert twice.code != 0
    assert "anna took it back" in " ".join(twice.err.replace("│", " ").split())
