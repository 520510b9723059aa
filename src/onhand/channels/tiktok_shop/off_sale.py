"""Products that are taken off sale, because a shop takes no 0: learned by a refusal, and kept.

Sources: Partner API, POST /product/202309/products/deactivate and /activate (20 product ids a call; failures stand in
`data.errors` of a success; an activated product is audited before it is on sale again).
"""

import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace

import msgspec

from onhand.channels.entry import Keeper
from onhand.ports.channel import Problem

DEACTIVATE = "/product/202309/products/deactivate"
ACTIVATE = "/product/202309/products/activate"
DEACTIVATED = "SELLER_DEACTIVATED"
LEAST_UNITS = 1
"""What a SKU is told in the place of 0 where 0 is refused: the range that the current page of the endpoint names."""

NO_ZERO = "zero is not taken"
"""The kind of problem: it is worked around, and a person should know how."""

_ALONE_WITHIN_S = 30.0


class ProductError(msgspec.Struct):
    """Why one product was not (de)activated."""

    code: int = 0
    message: str = ""


class Switched(msgspec.Struct):
    """The answer of a (de)activation. Any entry in `errors` is a failure."""

    errors: list[ProductError] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Learned:
    """What a shop has shown of itself.

    `off_sale` are products that we took off sale, and nobody else's; `empty` are SKUs that were told the least in the
    place of 0.
    """

    zero_refused: bool = False
    off_sale: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()


class OffSale:
    """What was learned of one shop, for every process of this installation; in memory where nothing keeps it."""

    def __init__(self, keeper: Keeper | None, follows: str) -> None:
        self._keeper, self._follows = keeper, follows
        self._lock = threading.Lock()
        self._held = Learned()

    def learned(self) -> Learned:
        """Return what is known by now. Raises DataDamaged."""
        if self._keeper is None:
            return self._held
        return self._keeper.restore(self._follows, Learned) or Learned()

    def learn_zero_refused(self) -> None:
        """Keep that the shop takes no 0. Raises OSError."""
        self._change(lambda known: replace(known, zero_refused=True))

    def add(self, product_id: str) -> None:
        """Keep that we take a product off sale, before it is done. Raises OSError."""
        self._change(lambda known: replace(known, off_sale=tuple(sorted({*known.off_sale, product_id}))))

    def told(self, empty: Collection[str], others: Collection[str]) -> None:
        """Keep which SKUs are told the least in the place of 0, before they are, and which are not. Raises OSError."""
        before = set(self.learned().empty)
        after = (before | set(empty)) - set(others)
        if after != before:
            self._change(lambda known: replace(known, empty=tuple(sorted({*known.empty, *empty} - set(others)))))

    def forget(self, product_ids: Collection[str]) -> None:
        """Keep that products are on sale again. Raises OSError."""
        if product_ids:
            gone = set(product_ids)
            self._change(lambda known: replace(known, off_sale=tuple(one for one in known.off_sale if one not in gone)))

    def problems(self) -> tuple[Problem, ...]:
        """Return what a person should know of the way around a refused 0."""
        known = self.learned()
        if not known.zero_refused:
            return ()
        message = (
            "this shop takes no 0: a product of which nothing is left is taken off sale (deactivated), and put on sale "
            f"again when units return, which TikTok Shop audits first; {len(known.off_sale)} are off sale now"
        )
        return (Problem(NO_ZERO, "tiktok_shop", message, "nothing to do; a product that you activate is left alone"),)

    def _change(self, how: Callable[[Learned], Learned]) -> None:
        with self._lock, self._alone():
            self._held = how(self.learned())
            if self._keeper is not None:
                self._keeper.keep(self._follows, self._held)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with nullcontext(True) if self._keeper is None else self._keeper.alone(_ALONE_WITHIN_S) as alone:
            if not alone:
                raise TimeoutError(f"another process has kept what was learned of TikTok Shop for {_ALONE_WITHIN_S} s")
            yield
