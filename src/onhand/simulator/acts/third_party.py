"""What a third party does that keeps the goods of one place: receives, loses, counts, and tells of it when it likes."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, Literal

from onhand.channels.threepl.door import FileForm, Wire
from onhand.sandbox.third_party import AdviseShipment, MakeChange, SendNotice, TakeCount, ThirdParty
from onhand.sandbox.world.catalog import Refused
from onhand.simulator.acts.chance import Act, named, one_of

NAME: Final = "acme"
"""What onhand calls it."""

BY_EDI: Final = 0.6
"""Of so many changes EDI tells, the rest come as webhooks."""

TakeFile = Callable[[Wire, bytes], None]
"""Brings a file of a form, or what it answers when it is asked for its stock, to onhand."""


class ThirdPartyActs:
    """Acts of `party` at a place. Notices go to an `address` over the network, or as files of some `forms` that `take`
    lays down. A change goes one way only, however often: told in two forms it would be two changes.

    `documents` counts the EDI documents that were laid down, by what they say.
    """

    def __init__(
        self,
        party: ThirdParty,
        rng: random.Random,
        place: str,
        *,
        address: str,
        forms: Sequence[FileForm],
        take: TakeFile,
    ) -> None:
        self._party = party
        self._rng = rng
        self._place = place
        self._address = address
        self._forms = forms
        self._take = take
        self._by_edi: set[str] = set()
        self.documents: Counter[str] = Counter()

    def acts(self) -> Sequence[Act]:
        """Return what may happen."""
        return named(
            self._count, self._count, self._receive, self._lose, self._damage, self._tell, self._tell, self._tell,
            self._lay_file, self._lay_file, self._lay_file, self._advise, self._shrink, self._be_asked,
        )  # fmt: skip

    def count_now(self, now: datetime) -> None:
        """Count everything and have it read at once; who has nothing says nothing: an empty count is no count."""
        if self._party.stock_map(self._place):
            self._lay(self._counted(now, None), self._forms[0])

    def _count(self, now: datetime) -> str:
        some = self._some_skus()
        skus = None if self._rng.random() < 0.5 else some
        return f"the third party counts {skus or 'everything'}: {self._counted(now, skus)}"

    def _counted(self, now: datetime, skus: list[str] | None) -> str:
        return str(self._party.count(TakeCount(location=self._place, skus=skus), now)["notice"])

    def _receive(self, now: datetime) -> str:
        return self._change(now, self._rng.randint(1, 5), "receipt")

    def _lose(self, now: datetime) -> str:
        return self._change(now, -1, "adjustment")

    def _damage(self, now: datetime) -> str:
        return self._change(now, -1, "damage")

    def _change(self, now: datetime, units: int, reason: Literal["receipt", "adjustment", "damage"]) -> str:
        sku = self._some_skus()[0]
        ask = MakeChange(location=self._place, sku=sku, units=units, reason=reason)
        notice = str(self._party.change(ask, now)["notice"])
        if "edi" in self._forms and self._rng.random() < BY_EDI:
            self._by_edi.add(notice)
        return f"the third party: {units} of {sku} by {reason}: {notice}"

    def _advise(self, now: datetime) -> str:
        """Say that some order was shipped."""
        if "edi" not in self._forms:
            raise Refused("no_form", "only EDI says that an order was shipped")
        shipped = [order.name for order in self._party.sandbox.world.orders if order.fulfillments]
        order = one_of(self._rng, shipped, "nothing was shipped yet")
        notice = str(self._party.advise(AdviseShipment(location=self._place, order=order), now)["notice"])
        self._by_edi.add(notice)
        return f"the third party has shipped {order}: {notice}"

    def _tell(self, now: datetime) -> str:
        notice = self._any()
        if notice in self._by_edi:
            raise Refused("another_way", f"{notice} comes as a file")
        self._party.send(SendNotice(notice=notice, address=self._address), now)
        return f"the third party tells of {notice}"

    def _lay_file(self, _: datetime) -> str:
        notice = self._any()
        form: FileForm = "edi" if notice in self._by_edi else self._rng.choice(self._forms)
        if notice not in self._by_edi and not self._party.notices[notice].complete:  # what is not in it is gone
            raise Refused("another_way", f"{notice} is no whole count, and goes by webhook")
        self._lay(notice, form)
        return f"the third party lays down {notice} as {form}"

    def _shrink(self, now: datetime) -> str:
        """Count, and lose most of the rows on the way."""
        self._known()
        notice = self._counted(now, None)
        whole = self._party.notices[notice]
        left = dict(list(whole.units.items())[:1])
        self._party.notices[notice] = replace(whole, units=left)
        self._lay(notice, self._rng.choice(self._forms))
        return f"the third party lays down {notice} with {len(left)} of {len(whole.units)} rows"

    def _lay(self, notice: str, form: FileForm) -> None:
        self._take(form, self._party.file(notice, form))
        told = self._party.notices[notice]
        if form == "edi":
            self.documents[told.reason or told.kind] += 1

    def _be_asked(self, _: datetime) -> str:
        self._known()
        self._take("map", self._party.stock_answer(self._place))
        return "the third party is asked for its stock"

    def _any(self) -> str:
        """Return a notice, the newest as often as any other."""
        names = list(self._party.notices)
        return one_of(self._rng, names if self._rng.random() < 0.5 else names[-1:], "it has nothing to tell yet")

    def _some_skus(self) -> list[str]:
        """Return one SKU that it knows, or two."""
        known = self._known()
        return self._rng.sample(known, min(len(known), self._rng.randint(1, 2)))

    def _known(self) -> list[str]:
        """Return the SKUs that it knows. Raises Refused where it has nothing: an empty count is no count."""
        known = sorted(self._party.stock_map(self._place))
        if not known:
            raise Refused("nothing_there", "the third party has nothing")
        return known
