"""A shop that goes on selling while onhand is killed beside it, and the verdict on what onhand has left."""

import json
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count, cycle
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from time import monotonic, sleep

import httpx

from onhand.app import App
from onhand.app.connecting import Connecting
from onhand.demo.house import load
from onhand.demo.quiet import wait_for_quiet
from onhand.log import Seal
from onhand.sandbox.build import is_scarce, sku_name
from onhand.sandbox.server import Options, Running, SandboxThread
from onhand.sandbox.state import Settings
from tests.kills.launched import Death, launch
from tests.kills.points import Point
from tests.serve.platforms import Platforms, opened
from tests.serve.process import OnhandProcess
from tests.support.parity import differences
from tests.support.waiting import WITHIN_S, until

DEED_EVERY_S = 0.05

DEEDS_OF_A_DAY = 80
"""After so many the shop is closed where an audit must find a level twice as it was: in an open one it may never."""

BOSTON, PORTLAND = "Boston", "Portland"
"""Shopify is believed about Boston, onhand's own books about Portland."""

PLATFORMS = Settings(
    bucket_points=None, tiktok_writes_per_s=None, tiktok_reads_per_s=None, offline_token_life_s=8, bulk_run_s=0.05
)
"""Nothing is throttled, and Shopify's tokens must be refreshed every four seconds."""


class Stage:
    """One shop on the sandbox, and one folder of onhand's that is worked on until it is killed."""

    def __init__(self, folder: Path, running: Running, control: httpx.Client) -> None:
        self.folder = folder
        self.shop = running.sandbox.settings.shop
        self.platforms = Platforms(control)
        self._control = control
        self._outbox = running.sandbox.world.outbox
        self.onhand = OnhandProcess(folder, running.addresses, poll_every_s=1, every_s=2, grace_s=0.3)
        self.adjusted_units = 0
        self._key = folder / "secrets" / "encryption_key"
        self._launched: ForkServerProcess | None = None
        self._launches = count(1)
        self._orders: list[str] = []
        self._miscounted = Counter[str]()
        self._miscounts = False
        items = range(len(running.sandbox.world.catalog.items))
        self._skus = cycle([sku_name(index) for index in items if not is_scarce(index)])
        self._deeds = cycle(
            (
                self._sell,
                self._order_on_tiktok,
                self._adjust,
                self._order_online,
                self._miscount,
                self._order_on_tiktok,
                self._cancel,
            )
        )
        self._connect_by_code()

    # What happens to the process

    def list_passages(self, scene: str, deeds: int) -> list[str]:
        """Run a scene to its end and return what was passed on the way, with the names of threads."""
        told = self.folder / f"passages-{next(self._launches)}.txt"
        process, out = self._launch(scene, Death("", 0, told))
        while process.is_alive() and not out.with_suffix(".out").exists():
            sleep(DEED_EVERY_S)
        for _ in range(deeds):
            self.do_something()
            sleep(DEED_EVERY_S)
        if scene in ("serve", "stop"):
            process.terminate()
        process.join(WITHIN_S)
        return told.read_text(encoding="utf-8").splitlines()

    def die_at(self, point: Point) -> str:
        """Run a scene until it dies at a point while the shop goes on; return the passage at which it did."""
        told = self.folder / f"died-{next(self._launches)}.txt"
        process, out = self._launch(point.scene, Death(point.pattern, point.nth, told))
        self._miscounts = point.part == "heal"
        gives_up_at = monotonic() + WITHIN_S
        most_deeds = DEEDS_OF_A_DAY if point.part in ("adoption", "heal") else None
        deeds = 0
        stopped = False
        while process.is_alive():
            assert monotonic() < gives_up_at, f"{point.name}: not reached in {WITHIN_S} s: {self._said(out)}"
            if point.scene == "stop" and not stopped and out.exists() and out.stat().st_size:
                for _ in range(20):
                    self.do_something()
                process.terminate()
                stopped = True
            if point.scene in ("serve", "stop") and deeds != most_deeds:
                self.do_something()
                deeds += 1
            sleep(DEED_EVERY_S)
        process.join()
        assert process.exitcode == -signal.SIGKILL, f"{point.name}: ended with {process.exitcode}: {self._said(out)}"
        return told.read_text(encoding="utf-8")

    def end(self, scene: str) -> None:
        """Run a scene that ends by itself, as a command of its own."""
        ended = self.onhand.run(*_WORDS[scene])
        assert ended.returncode == 0, ended.stderr

    def _launch(self, scene: str, death: Death) -> tuple[ForkServerProcess, Path]:
        out = death.told.with_suffix(".out")
        words = ["--config", str(self.onhand.path), *_WORDS[scene]]
        self._launched = launch(words, self.onhand.environ, death, out, out.with_suffix(".err"))
        return self._launched, out

    def close(self) -> None:
        """End what still runs."""
        if self.onhand.is_running():
            self.onhand.kill()
        if self._launched is not None and self._launched.is_alive():
            self._launched.kill()
            self._launched.join()

    @staticmethod
    def _said(out: Path) -> str:
        return out.with_suffix(".err").read_text(encoding="utf-8")[-2000:]

    # What happens in the shop

    def do_something(self) -> None:
        """Let the next thing happen: a sale, an order, a hand in the admin."""
        next(self._deeds)()

    def after_the_cut(self) -> None:
        """Wait for the second after the first sync: a sale within its second may be in the opening balance."""
        with opened(self.onhand) as app, app.store.reading() as session:
            books = session.of(self.shop)
            opened_at = max(books.ledger.cuts([item.item for item in books.catalog.items()]).values())
            while app.clock.now() < opened_at + timedelta(seconds=1):
                sleep(0.05)

    def unsubscribe(self) -> None:
        """Take every subscription to webhooks away at the platform, as a person at its admin can."""
        for subscription in list(self._outbox.subscriptions):
            self._outbox.unsubscribe(subscription)

    def _sell(self) -> None:
        self._do("sale", location=BOSTON, sku=next(self._skus), units=1)

    def _order_on_tiktok(self) -> None:
        self._do("order", channel="tiktok_shop", lines=[{"sku": next(self._skus), "units": 1}])

    def _order_online(self) -> None:
        if (order := self._do("order", channel="online_store", lines=[{"sku": next(self._skus), "units": 1}])) is None:
            return
        self._orders.append(str(order["order"]))

    def _cancel(self) -> None:
        if self._orders:
            self._do("cancel", order=self._orders.pop(0), restock=True)

    def _adjust(self) -> None:
        if self._do("adjust", location=BOSTON, sku=next(self._skus), units=2) is not None:
            self.adjusted_units += 2

    def _miscount(self) -> None:
        """Change a level about which onhand is believed; a few times an hour, or it would leave it to a person."""
        sku = next(self._skus)
        if self._miscounts and self._miscounted[sku] < 2:
            self._miscounted[sku] += 1
            self._do("adjust", location=PORTLAND, sku=sku, units=-1)

    def _do(self, what: str, **ask: object) -> dict[str, object] | None:
        response = self._control.post(f"/{what}", json=ask)
        if response.status_code == 409:  # sold out, or cancelled already
            return None
        assert response.status_code == 200, f"{what} {ask}: {response.status_code} {response.text}"
        answer: dict[str, object] = response.json()
        return answer

    # What is left

    def rest(self, deeds: int = 0) -> list[str]:
        """Start the real `onhand serve`, wait until all is quiet, end it; return what is wrong then.

        So many `deeds` happen in the shop before that.
        """
        self.onhand.start()
        try:
            for _ in range(deeds):
                self.do_something()
            began_at = datetime.now(UTC)
            self.platforms.do("heal")  # what waits for another try is sent now
            self.platforms.until("log", backlog=0, held=0)
            with opened(self.onhand) as app:
                self._wait_for_audit(app, began_at)
                going_on = wait_for_quiet(app, self.shop, WITHIN_S)
                if not self.onhand.is_running():
                    return [f"onhand serve has ended: {self.onhand.errors()[-2000:]}"]
                code = self.onhand.stop()
                return [*going_on, *([f"serve ended with {code}"] if code else []), *self._faults(app)]
        finally:
            if self.onhand.is_running():
                self.onhand.kill()

    def checked_by_commands(self) -> list[str]:
        """Return what `onhand ledger verify` and `onhand doctor` find wrong."""
        verified, doctor = self.onhand.run("ledger", "verify"), self.onhand.run("doctor", "--json")
        wrong = [f"ledger verify ended with {verified.returncode}: {verified.stdout}"] if verified.returncode else []
        return wrong + [f"doctor: {row}" for row in json.loads(doctor.stdout) if row["status"] == "fail"]

    def _wait_for_audit(self, app: App, began_at: datetime) -> None:
        """Wait for an audit that began later: before webhooks are subscribed to, nobody knows what has happened."""

        def audited() -> bool:
            with app.store.reading() as session:
                audit = session.of(self.shop).audits.latest()
            return (audit is not None and audit.started_at > began_at) or not self.onhand.is_running()

        until(audited, "everything is compared")

    def _faults(self, app: App) -> list[str]:
        answered = self.platforms.answered_200()
        with app.store.reading() as session:
            books = session.of(self.shop)
            booked = [row.delivery_id for row in books.deliveries.rows(limit=1_000_000)]
            left_units = books.ledger.unexplained_units()[1]
            facts = {
                "deliveries are booked more than once": len(booked) - len(set(booked)),
                "deliveries were answered 200 and are not booked": len(answered - set(booked)),
                "deliveries are parked": books.deliveries.counts()["parked"],
                "writes have no outcome": len(books.intents.unsettled()),
                "units unexplained that nobody counted": left_units + self.adjusted_units,
            }
            problems = books.ledger.verify(app.log.anchors(self.shop)).problems
        wrong = [f"{number} {what}" for what, number in facts.items() if number]
        truth = self.platforms.see("truth")
        return [*wrong, *(f"ledger: {problem}" for problem in problems), *differences(app, self.shop, truth)]

    # How it is set up

    def replace_key(self) -> None:
        """Name a new key in the configuration, and the one in use as an old one."""
        fresh = self._key.with_name(f"{self._key.name}-again")
        fresh.touch(mode=0o600)
        fresh.write_text(Seal.generate_key(), encoding="utf-8")
        old = f'encryption_key = "{_file(self._key)}"'
        self._edit(old, f'encryption_key = "{_file(fresh)}"\nold_encryption_keys = ["{_file(self._key)}"]')
        self._key = fresh

    def forget_old_key(self) -> None:
        """Take the old key out of the configuration, as `onhand keys rotate` says when it has ended."""
        old = self._key.with_name(self._key.name.removesuffix("-again"))
        self._edit(f'old_encryption_keys = ["{_file(old)}"]', "")

    def _connect_by_code(self) -> None:
        self._edit('access_token = "file:secrets/access_token"\n', "")
        self._edit(
            "[[channel]]", f'[[location]]\nname = "{PORTLAND}"\nauthority = "onhand"\nonline = false\n\n[[channel]]'
        )
        config = load(self.onhand.path)
        attempt = Connecting(config, config.shops[0], "http://127.0.0.1:8002/connected", writes=True)
        attempt.finish(httpx.get(attempt.page, timeout=60).headers["location"])

    def _edit(self, old: str, new: str) -> None:
        text = self.onhand.path.read_text(encoding="utf-8")
        assert old in text
        self.onhand.path.write_text(text.replace(old, new, 1), encoding="utf-8")


def _file(secret: Path) -> str:
    return f"file:secrets/{secret.name}"


_WORDS = {
    "sync": ("sync",),
    "serve": ("serve", "--json"),
    "stop": ("serve", "--json"),
    "rotate": ("keys", "rotate"),
}


@contextmanager
def staged(folder: Path, items: int = 30) -> Iterator[Stage]:
    """Open a shop that nobody has read yet."""
    with (
        SandboxThread(Options(items=items, settings=PLATFORMS, retry_speed=400.0)) as running,
        httpx.Client(base_url=str(running.addresses["control"]), timeout=60) as control,
    ):
        stage = Stage(folder, running, control)
        try:
            yield stage
        finally:
            stage.close()
