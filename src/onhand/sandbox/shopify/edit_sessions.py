"""An order edit in progress, as Shopify keeps it between orderEditBegin and orderEditCommit."""

from dataclasses import dataclass, field

from onhand.sandbox.world.wishes import Wish


@dataclass(kw_only=True, slots=True)
class EditSession:
    """What an edit has staged and not committed: units of each line afterwards, and variants to be added."""

    id: int
    order_id: int
    quantities: dict[int, int] = field(default_factory=dict)
    restocked: dict[int, bool] = field(default_factory=dict)
    additions: list[Wish] = field(default_factory=list)
