"""One GraphQL call in progress: what its resolvers may look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from graphql.execution.values import VariableValues

from onhand.sandbox.shopify.face import Face
from onhand.sandbox.world.world import World


@dataclass(kw_only=True, slots=True)
class BulkWindow:
    """The rows of the outermost list that a bulk operation reads in one go."""

    start: int
    stop: int
    taken: bool = False

    def take(self) -> slice | None:
        """Return the window to the first list that asks, which is the outermost; None to those inside it."""
        if self.taken:
            return None
        self.taken = True
        return slice(self.start, self.stop)


@dataclass(kw_only=True, slots=True)
class Call:
    """A call at `now`; `base_url` is where this shop's bulk files are fetched.

    `confirmation_ids` collects the world's writes that the app learns of once the answer was really sent. `bulk` is
    set while a bulk operation reads: lists then have no pages. `busy_keys` were held by another call when this came,
    `scopes` are those of the token it came with. `service_down` lets no write through that can say so. `arguments` are
    those that hang on `variables`, by their number in the plan, once they were worked out.
    """

    world: World
    face: Face
    now: datetime
    base_url: str
    call_id: int
    scopes: tuple[str, ...]
    bulk: BulkWindow | None = None
    busy_keys: frozenset[str] = frozenset()
    service_down: bool = False
    confirmation_ids: list[int] = field(default_factory=list)
    variables: VariableValues | None = None
    arguments: dict[int, dict[str, Any]] = field(default_factory=dict)
