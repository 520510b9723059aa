"""What happens to onhand and its platforms in a storm, beside what the ways do: one event at a time."""

import hashlib
import random
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from onhand.sandbox.app_by_hand import UNINSTALLED, install, removal, uninstall
from onhand.sandbox.door_sensors import TOPIC as COUNTED_PEOPLE
from onhand.sandbox.letters import headers_of
from onhand.sandbox.world.outbox import Delivery
from onhand.simulator.acts.sensors import NAME as SENSORS
from onhand.simulator.acts.third_party import NAME as THIRD_PARTY
from onhand.simulator.crash import POINTS, TROUBLES
from onhand.simulator.house import PUBLIC_URL
from onhand.simulator.network import Captured
from onhand.simulator.stage import Stage

JUMPS_S = (-14_400.0, -900.0, -30.0, -5.0, 5.0, 30.0, 900.0, 14_400.0)
"""How far a clock jumps that somebody or something has set wrong."""

RIGHT_WITHIN_S = 10.0
"""Whoever looks after a machine's clock does nothing about less."""

REMOVAL_TOLD_AGAIN = 0.6
"""How often the removal of the app is one of long ago."""

LASTS_S = (1.0, 20.0, 120.0, 900.0)
"""How long a closed door, a cut way or an outage lasts."""

POISONS = (b"", b"{", b"[1,2,3]", b'{"id": "seven"}', b'{"id": 1e400}', b"\xff\xfe", b"[" * 5000)
"""Bodies that a platform has signed and nobody can read."""


class Storm:
    """Draws events and lets them happen. What ends by itself ends when `pass_time` finds that its time has come."""

    def __init__(self, stage: Stage, rng: random.Random) -> None:
        self._stage = stage
        self._rng = rng
        self._ends: list[tuple[datetime, Callable[[], None]]] = []
        self.poisoned: set[str] = set()
        self._events: Mapping[str, Callable[[], str]] = {
            "crash": self._crash,
            "crash_inside": self._crash_inside,
            "power_cut": self._cut_power,
            "disk_trouble": self._trouble_disk,
            "clock_jump": self._jump,
            "lapse": self._lapse,
            "void_tokens": self._void_tokens,
            "uninstalled": self._uninstall,
            "outage": self._outage,
            "cut_off": self._cut_off,
            "door_closed": self._close_door,
            "stale_replay": self._replay,
            "forged": self._forge,
            "poison": self._poison,
        }

    @property
    def events(self) -> Collection[str]:
        """The names of what may happen."""
        return self._events.keys()

    def happen(self, event: str) -> str:
        """Let one event happen now; return a line for the journal."""
        return self._events[event]()

    def look(self) -> None:
        """End what has lasted its time."""
        now = self._stage.clock.now()
        due = [end for at, end in self._ends if at <= now]
        self._ends = [(at, end) for at, end in self._ends if at > now]
        for end in due:
            end()

    def end(self) -> None:
        """End everything: calm."""
        for _, end in self._ends:
            end()
        self._ends.clear()
        self._stage.points.calm()
        self._stage.sandbox.faults.heal()
        self._stage.house_clock.ahead_s = 0.0
        sheets = self._stage.sandbox.sheets
        if sheets is not None:
            for book in sheets.books.values():
                book.editors.add(sheets.account.email)

    def _crash(self) -> str:
        self._stage.crash()
        return "onhand crashes between two steps"

    def _crash_inside(self) -> str:
        point = self._rng.choice(POINTS)
        nth = self._rng.choice((1, 2, 3, 5, 10, 30) if point == "statement" else (1, 1, 2, 3))
        self._stage.points.arm(point, nth)
        return f"onhand will crash at {point} {nth}"

    def _cut_power(self) -> str:
        if self._rng.random() < 0.3:
            self._stage.crash(power_cut=True)
            return "the power is cut between two steps"
        nth = self._rng.randint(1, 30)
        self._stage.points.arm("write", nth, power_cut=True)
        return f"the power will be cut before write {nth}"

    def _trouble_disk(self) -> str:
        trouble, after = self._rng.choice(list(TROUBLES)), self._rng.randrange(40)
        statements = self._rng.choice((1, 1, 2, 10))
        self._stage.points.disturb(trouble, after, statements)
        return f"after {after} statements the database is {trouble} for {statements}"

    def _jump(self) -> str:
        clock = self._stage.house_clock
        if abs(clock.ahead_s) > RIGHT_WITHIN_S and self._rng.random() < 0.5:
            clock.ahead_s, was_s = 0.0, clock.ahead_s
            self._stage.met["clock set back"] += was_s > 0
            self._stage.met["clock set forward"] += was_s < 0
            return f"onhand's clock is set right, it was {was_s} s ahead"
        by_s = self._rng.choice(JUMPS_S)
        clock.ahead_s += by_s
        return f"onhand's clock jumps by {by_s} s"

    def _lapse(self) -> str:
        held = list(self._stage.world.outbox.subscriptions.values())
        lapsing = held if self._rng.random() < 0.2 else self._rng.sample(held, min(len(held), self._rng.randint(1, 4)))
        for subscription in lapsing:
            if self._rng.random() < 0.7:
                self._stage.world.outbox.unsubscribe(subscription.id)
            else:
                subscription.uri = "https://somebody.else.invalid/hooks"
        hooks = list(self._stage.world.woocommerce.hooks.values())
        for hook in self._rng.sample(hooks, self._rng.randint(0, 1)) if hooks else ():
            hook.status = "disabled"
        return f"{len(lapsing)} subscriptions are gone or lead elsewhere"

    def _void_tokens(self) -> str:
        self._stage.sandbox.shopify_tokens.void(self._stage.clock.now())
        return "every token is void"

    def _uninstall(self) -> str:
        """Remove the app and install it again after a while, or let an older removal be told of again."""
        sandbox, now = self._stage.sandbox, self._stage.clock.now()
        if not sandbox.shopify_tokens.installed or self._rng.random() < REMOVAL_TOLD_AGAIN:
            return f"a removal of the app is told of again: {self._tell_removed()}"
        uninstall(sandbox, now)

        def end() -> None:
            install(sandbox, self._stage.clock.now())
            self._stage.met["installed again"] += 1

        return f"the app is removed, and installed again after {self._last(end)} s"

    def _tell_removed(self) -> int:
        """Bring a genuine removal of an older installation to the door under an id of its own."""
        sandbox = self._stage.sandbox
        outbox = sandbox.world.outbox
        act = outbox.act(self._stage.clock.now())
        outbox.queue_to(
            f"{PUBLIC_URL}/webhooks/shopify/{sandbox.settings.shop}/{UNINSTALLED}", UNINSTALLED, removal(sandbox), act
        )
        told = outbox.waiting.pop()
        assert told.body is not None
        status = self._hand_over(told, told.body, headers_of(sandbox, told, told.body))
        self._stage.met["removal told too late"] += status == 200 and sandbox.shopify_tokens.installed
        return status

    def _outage(self) -> str:
        for_s = self._rng.choice(LASTS_S)
        self._stage.sandbox.faults.set("outage", share=1.0, for_s=for_s)
        return f"the platforms answer 503 for {for_s} s"

    def _cut_off(self) -> str:
        def end() -> None:
            self._stage.platforms.cut_off = self._stage.network.cut_off = False

        self._stage.platforms.cut_off = self._stage.network.cut_off = True
        return f"onhand is cut off for {self._last(end)} s"

    def _close_door(self) -> str:
        def end() -> None:
            self._stage.network.cut_off = False

        self._stage.network.cut_off = True
        return f"nobody takes webhooks for {self._last(end)} s"

    def _replay(self) -> str:
        """Send a genuine old body again under an id of its own: ids are not signed."""
        captured = self._captured()
        if captured is None:
            return "nothing was sent yet that could be replayed"
        again = replace(captured.delivery, delivery_id=self._stage.world.outbox.new_id())
        status = self._hand_over(again, captured.body, headers_of(self._stage.sandbox, again, captured.body))
        return f"somebody sends an old {again.topic} again: {status}"

    def _forge(self) -> str:
        captured = self._captured()
        if captured is None:
            return "nothing was sent yet that could be forged"
        forged = replace(captured.delivery, delivery_id=self._stage.world.outbox.new_id())
        body = captured.body.replace(b"1", b"2", 1) + b" "
        status = self._hand_over(forged, body, headers_of(self._stage.sandbox, forged, captured.body))
        if status not in (0, 401, 503):
            raise AssertionError(f"a forged {forged.topic} was answered with {status}, 401 is right")
        return f"somebody forges a {forged.topic}: {status}"

    def _poison(self) -> str:
        captured = self._captured()
        if captured is None:
            return "nothing was sent yet that could be poisoned"
        poison = replace(captured.delivery, delivery_id=self._stage.world.outbox.new_id())
        body = self._rng.choice(POISONS)
        self.poisoned.add(_id_of(poison, body))
        status = self._hand_over(poison, body, headers_of(self._stage.sandbox, poison, body))
        return f"a {poison.topic} that nobody can read: {status}"

    def _captured(self) -> Captured | None:
        sent = self._stage.network.captured
        return self._rng.choice(sent) if sent else None

    def _hand_over(self, delivery: Delivery, body: bytes, headers: Mapping[str, str]) -> int:
        return self._stage.hand_over(delivery.address, headers, body)

    def _last(self, end: Callable[[], None]) -> float:
        for_s = self._rng.choice(LASTS_S)
        self._ends.append((self._stage.clock.now() + timedelta(seconds=for_s), end))
        return for_s


def _id_of(delivery: Delivery, body: bytes) -> str:
    """Return the id under which a delivery is kept: where ids stand inside or are not signed, the bytes are the id."""
    match delivery.platform:
        case "tiktok_shop":
            return hashlib.sha256(body).hexdigest()
        case "third_party":
            sender = SENSORS if delivery.topic == COUNTED_PEOPLE else THIRD_PARTY
            return f"{sender}/{delivery.delivery_id}"
        case "woocommerce":
            return hashlib.sha256(delivery.topic.encode() + b"\n" + body).hexdigest()
    return delivery.delivery_id
