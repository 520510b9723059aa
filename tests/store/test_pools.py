"""What selling needs to know of items at their locations."""

from onhand.domain.selling import PoolLevel
from onhand.domain.stock import LevelKey, State
from onhand.store import Store
from tests.store.goods import BOSTON, CAP, OTHER, SHOP, TEE, WAREHOUSE, at, move, seen


def test_a_pool_shows_books_observation_and_what_was_not_told(store: Store) -> None:
    with store.writing() as session:
        books = session.of(SHOP)
        books.ledger.append(
            [
                move("in/1", State.SUPPLIER, State.AVAILABLE, 9),
                move("tt/1", State.AVAILABLE, State.RESERVED, 2, origin="tiktok_shop"),
            ],
            at(1),
        )
        books.observations.put(seen(8, 1), at(1))
        books.observations.put(seen(1, 1, source="threepl"), at(1))
        books.observations.put(seen(4, 1, key=LevelKey(TEE, WAREHOUSE)), at(1))
        pools = books.pools.of([TEE, CAP])
        assert sorted(pools[TEE]) == [
            PoolLevel(BOSTON, BOSTON, 7, 8, -2),
            PoolLevel(WAREHOUSE, WAREHOUSE, 0, 4, 0),
        ]
        assert pools[CAP] == []
        assert session.of(OTHER).pools.of([TEE]) == {TEE: []}
