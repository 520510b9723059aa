"""What a further till does that no platform knows: it has units held, sells them, gives them back, or forgets them."""

import random
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from onhand.app.hold_wishes import HoldAsked
from onhand.app.holding import Holding
from onhand.domain.holds import Hold
from onhand.publish.holds import Granted, Short
from onhand.sandbox.world.world import World
from onhand.simulator.acts.chance import Act, named, one_of

Answer = Granted | Short | Hold
Counter = Callable[[Callable[[Holding, str], Answer]], Answer | None]
"""Asks onhand for one shop; None where no answer comes, or a refusal."""

LASTS_S: Final = (5, 60, 600, 3600)


class HoldActs:
    """Requests of one till for a unit or two, each under a key of its own, some of them sent again."""

    def __init__(self, world: World, rng: random.Random, counter: Counter) -> None:
        self._world = world
        self._rng = rng
        self._counter = counter
        self._asked: list[tuple[str, HoldAsked]] = []
        self.granted: dict[int, Hold] = {}

    def acts(self) -> Sequence[Act]:
        """Return what may happen."""
        return named(self._hold, self._hold, self._hold, self._ask_again, self._confirm, self._release)

    def _hold(self, _: datetime) -> str:
        item = self._rng.choice([item for item in self._world.catalog if item.tracked and not item.bundle])
        place = self._rng.choice(list(self._world.catalog.locations.values()))
        units, for_s = self._rng.choice((1, 1, 2)), self._rng.choice(LASTS_S)
        asked = HoldAsked(item=str(item.inventory_item_id), location=place.name, units=units, for_s=for_s)
        self._asked.append((f"basket {len(self._asked)}", asked))
        return self._request(*self._asked[-1])

    def _ask_again(self, _: datetime) -> str:
        return self._request(*one_of(self._rng, self._asked, "nothing was asked for yet"))

    def _request(self, key: str, asked: HoldAsked) -> str:
        answer = self._counter(lambda holding, shop: holding.hold(shop, key, asked))
        if isinstance(answer, Granted):
            self.granted[answer.hold.id] = answer.hold
        return f"the further till asks for {asked.units} of {asked.item} at {asked.location}: {_word(answer)}"

    def _confirm(self, _: datetime) -> str:
        id_ = one_of(self._rng, sorted(self.granted), "nothing is held")
        answer = self._counter(lambda holding, shop: holding.confirm(shop, id_))
        return f"the further till confirms {id_}: {_word(answer)}"

    def _release(self, _: datetime) -> str:
        id_ = one_of(self._rng, sorted(self.granted), "nothing is held")
        answer = self._counter(lambda holding, shop: holding.release(shop, id_))
        return f"the further till releases {id_}: {_word(answer)}"


def _word(answer: Answer | None) -> str:
    match answer:
        case Granted(hold):
            return f"granted as {hold.id}"
        case Short():
            return "there is not so much"
        case Hold():
            return str(answer.status)
        case None:
            return "no answer"
