"""What holds for any movements at all."""

from collections import Counter
from collections.abc import Iterator
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onhand.domain.stock import KEPT_STATES, Bin, LevelKey, Movement, State, fold
from onhand.store import Store, open_store
from tests.store.goods import BOSTON, CAP, TEE, WAREHOUSE, at
from tests.support.postgres import PostgresServer

bins = st.builds(Bin, st.sampled_from([BOSTON, WAREHOUSE]), st.sampled_from(State))
ORIGINS = ("shopify", "tiktok_shop", "threepl")


@st.composite
def ledgers(draw: st.DrawFn) -> list[list[Movement]]:
    """Draw batches of movements between any bins, from any origin."""
    batches = draw(st.lists(st.integers(1, 4), max_size=5))
    number, drawn = 0, []
    for size in batches:
        batch = []
        for _ in range(size):
            number += 1
            source, target = draw(st.tuples(bins, bins).filter(lambda pair: pair[0] != pair[1]))
            batch.append(
                Movement(
                    id=f"cause/{number}",
                    item=draw(st.sampled_from([TEE, CAP])),
                    source=source,
                    target=target,
                    units=draw(st.integers(1, 2**40)),
                    cause=f"cause/{number % 3}",
                    origin=draw(st.sampled_from(ORIGINS)),
                    reason=draw(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5)),
                    occurred_at=at(number),
                )
            )
        drawn.append(batch)
    return drawn


def check_laws(store: Store, shop: str, batches: list[list[Movement]]) -> None:
    """Book everything and compare what the database keeps with what the movements say."""
    with store.writing() as session:
        books = session.of(shop)
        for number, batch in enumerate(batches):
            books.ledger.append(batch, at(number))
        movements = [movement for batch in batches for movement in batch]
        kept = books.ledger.all_levels()
        assert kept == fold(movements)
        sums: Counter[str] = Counter()
        for (item, _), units in kept.items():
            sums[item] += units
        assert not any(sums.values())
        assert books.ledger.verify([books.ledger.head()]).problems == []
        keys = [LevelKey(item, place) for item in (TEE, CAP) for place in (BOSTON, WAREHOUSE)]
        foreign = fold(movement for movement in movements if movement.origin != "shopify")
        owed = books.owed.units(keys)
        assert owed == _by_level(foreign)
        expected = books.expected(keys)
        own = fold(movement for movement in movements if movement.origin == "shopify")
        assert {key: states for key, states in expected.items() if states} == _by_level(own)
        for origin in ORIGINS:
            reserved: Counter[str] = Counter()
            for (item, bin_), units in fold(m for m in movements if m.origin == origin).items():
                if bin_.state is State.RESERVED:
                    reserved[item] += units
            assert books.pictures.held_units(origin, [TEE, CAP]) == {i: units for i, units in reserved.items() if units}
        assert sorted(books.observations.to_compare(99)) == sorted(
            {
                LevelKey(movement.item, bin_.location)
                for movement in movements
                for bin_ in (movement.source, movement.target)
                if bin_.state in KEPT_STATES
            }
        )


def _by_level(levels: dict[tuple[str, Bin], int]) -> dict[LevelKey, dict[State, int]]:
    grouped: dict[LevelKey, dict[State, int]] = {}
    for (item, bin_), units in levels.items():
        if bin_.state in KEPT_STATES:
            grouped.setdefault(LevelKey(item, bin_.location), {})[bin_.state] = units
    return grouped


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def law_store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One store for all examples: each plays in a shop of its own."""
    if request.param == "sqlite":
        address = str(tmp_path_factory.mktemp("laws") / "onhand.db")
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        address = server.fresh_database()
    store = open_store(address)
    yield store
    store.close()


shops = count(1)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(batches=ledgers())
def test_the_database_keeps_what_any_movements_say(law_store: Store, batches: list[list[Movement]]) -> None:
    check_laws(law_store, f"shop-{next(shops)}.myshopify.com", batches)
