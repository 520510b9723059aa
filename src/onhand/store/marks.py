"""Marks: what these books have left at a shop, by which one copy of them is told from another."""

from typing import NamedTuple

from onhand.store.engine import Sql


class Mark(NamedTuple):
    """`held` was seen at the shop as ours, `wanted` was sent and may stand there; None: none was.

    `takes_any`: a person has said that this copy is the right one, whatever stands there.
    """

    held: str | None = None
    wanted: str | None = None
    takes_any: bool = False


class Marks:
    """The mark of one shop."""

    def __init__(self, sql: Sql, shop_id: int) -> None:
        self._sql, self._shop = sql, shop_id

    def get(self) -> Mark:
        """Return the mark; before the first there is nothing in it."""
        row = self._sql.row("mark", (self._shop,))
        return Mark() if row is None else Mark(row[0], row[1], bool(row[2]))

    def put(self, mark: Mark) -> None:
        """Keep the mark."""
        self._sql.run("put_mark", (self._shop, mark.held, mark.wanted, int(mark.takes_any)))
