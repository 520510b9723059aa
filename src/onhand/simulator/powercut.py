"""Power cuts: a shop at work on a drive that loses what was not flushed, and what a fresh look finds on what it left.

What must be there is known outside of the files that are judged: which deliveries were answered 200, and what the store
held after each of its commits. A setting weaker than the product's own shows that the judge can find damage at all.
"""

import hashlib
import random
import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import apsw

from onhand.log import Seal, SqliteLog
from onhand.simulator.business import Business
from onhand.simulator.drive import FATES, Drive, Fate, memory_folder, nothing
from onhand.simulator.stage import Stage
from onhand.store import open_store

Setting = Literal["FULL", "NORMAL", "OFF"]
"""SQLite's `synchronous`. The product uses FULL; the others are there to be caught."""

STORE: Final = "onhand.db"
LOG: Final = "onhand-log.db"
_GAPS_S: Final = (0.0, 0.1, 1.0, 30.0, 300.0)
_CHECKPOINT_ONE_IN: Final = 12
_LIVES: Final = 10_000
IMAGES_A_SHOP: Final = 500
_DELIVERY_ID: Final = "X-Shopify-Webhook-Id"


@dataclass(frozen=True, kw_only=True, slots=True)
class Image:
    """What one power cut left, and what must be in it: so many deliveries answered, so many commits of the store."""

    folder: Path
    fate: Fate
    answered: int
    committed: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What one image shows: files that are damaged, what was promised and is gone, half of a transaction."""

    image: Image
    corrupt: str | None = None
    lost_deliveries: int = 0
    lost_commits: int = 0
    half: bool = False

    @property
    def is_well(self) -> bool:
        """Whether everything that was promised is there."""
        return self.corrupt is None and not (self.lost_deliveries or self.lost_commits or self.half)


class _Shop(Stage):
    """A stage that remembers what it answered."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.answered: list[str] = []
        super().__init__(seed, folder)

    def _receive(self, path: str, headers: Mapping[str, str], body: bytes) -> int:
        status = super()._receive(path, headers, body)
        if status == 200:
            self.answered.append(headers[_DELIVERY_ID])
        return status


class PowerCuts:
    """A shop of which an image is taken before about one write in `one_in`. `folder` holds its files and the images."""

    def __init__(self, seed: int, folder: Path, *, setting: Setting = "FULL", one_in: int = 40) -> None:
        self._chance = random.Random(f"power {seed}")
        self._setting, self._one_in = setting, one_in
        self._files, self._images_folder = folder / "files", folder / "images"
        self._files.mkdir()
        self._images_folder.mkdir()
        self._drive = Drive(self._files)
        self._connections: list[apsw.Connection] = []
        self._marks: list[str] = []
        self._images: list[Image] = []
        with self._drive.turning(), self._meeting():
            self._shop = _Shop(seed, self._files)
            self._shop.open()
        self._business = Business(self._shop.world, self._shop.clock, self._chance, _LIVES)

    def play(self, images: int) -> list[Finding]:
        """Let the shop work until at least so many images were taken, end it, and return what is found on each."""
        with self._drive.turning(), self._meeting():
            self._marks.append(mark(self._shop.disk.folder / STORE))
            findings: list[Finding] = []
            while len(self._images) < images:
                self._weaken()
                self._drive.before_write = self._perhaps_cut
                self._go_on()
                self._drive.before_write = nothing
                findings += self._judge_fresh(len(findings))
            self._shop.close()
        return findings

    def _go_on(self) -> None:
        shop, chance = self._shop, self._chance
        self._business.act()
        for _ in shop.pass_time(chance.choice(_GAPS_S)):
            pass
        for work in chance.sample(shop.house.works, 2):
            shop.house.turn(work)
        if not chance.randrange(_CHECKPOINT_ONE_IN):
            shop.house.app.log.checkpoint()
            shop.house.app.store.checkpoint()

    def _perhaps_cut(self) -> None:
        if self._chance.randrange(self._one_in) or not self._drive.unflushed_writes:
            return
        for fate in FATES:
            folder = self._images_folder / str(len(self._images))
            folder.mkdir()
            self._drive.image(folder, fate, self._chance)
            self._images.append(
                Image(folder=folder, fate=fate, answered=len(self._shop.answered), committed=len(self._marks))
            )

    def _judge_fresh(self, judged: int) -> list[Finding]:
        """Judge the images that were taken since so many were judged, and remove their files."""
        fresh = self._images[judged:]
        findings = [self._judge(image) for image in fresh]
        for image in fresh:
            shutil.rmtree(image.folder)
        return findings

    def _judge(self, image: Image) -> Finding:
        for name in (STORE, LOG):
            if (corrupt := damage_of(image.folder / name)) is not None:
                return Finding(image=image, corrupt=f"{name}: {corrupt}")
        kept, found = deliveries_in(image.folder / LOG), mark(image.folder / STORE)
        lost = sum(delivery not in kept for delivery in self._shop.answered[: image.answered])
        # The commit under way may be there already: whole, or not at all.
        if found in self._marks[image.committed - 1 : image.committed + 1]:
            return Finding(
                image=image, corrupt=ledger_problem(image.folder, self._shop.house.shop), lost_deliveries=lost
            )
        if found in self._marks:
            gone = image.committed - 1 - self._marks.index(found)
            return Finding(image=image, lost_deliveries=lost, lost_commits=gone)
        return Finding(image=image, lost_deliveries=lost, half=True)

    def _weaken(self) -> None:
        if self._setting == "FULL":
            return
        for connection in self._connections:
            with suppress(apsw.ConnectionClosedError):
                connection.pragma("synchronous", self._setting)

    @contextmanager
    def _meeting(self) -> Iterator[None]:
        """Meet every connection that is opened on the drive: it tells when the store has committed."""

        def meet(connection: apsw.Connection) -> None:
            path = Path(connection.filename)
            if path.is_relative_to(self._files):
                self._connections.append(connection)
                if path.name == STORE:
                    connection.trace_v2(apsw.SQLITE_TRACE_PROFILE, self._ended)

        apsw.connection_hooks.append(meet)
        try:
            yield
        finally:
            apsw.connection_hooks.remove(meet)

    def _ended(self, statement: dict[str, Any]) -> None:
        if statement["sql"] == "COMMIT" and self._drive.before_write is not nothing:
            self._marks.append(mark(self._shop.disk.folder / STORE))


@dataclass(frozen=True, kw_only=True)
class Tally:
    """What was found at one setting: how many images are not as they must be, and in which way."""

    setting: Setting
    images: int
    damaged: int
    without_a_delivery: int
    without_a_commit: int
    half: int

    @property
    def holds(self) -> bool:
        """Whether every image has what was promised; at a weaker setting, whether the judge found one that has not."""
        bad = self.damaged + self.without_a_delivery + self.without_a_commit + self.half
        return not bad if self.setting == "FULL" else bad > 0


def survey(setting: Setting, images: int, seed: int) -> Tally:
    """Cut the power of shops, each from a seed of its own, until so many images were judged."""
    findings: list[Finding] = []
    while len(findings) < images:
        with memory_folder() as folder:
            findings += PowerCuts(seed, folder, setting=setting).play(min(IMAGES_A_SHOP, images - len(findings)))
        seed += 1
    return Tally(
        setting=setting,
        images=len(findings),
        damaged=sum(finding.corrupt is not None for finding in findings),
        without_a_delivery=sum(finding.lost_deliveries > 0 for finding in findings),
        without_a_commit=sum(finding.lost_commits > 0 for finding in findings),
        half=sum(finding.half for finding in findings),
    )


def damage_of(database: Path) -> str | None:
    """Return what SQLite finds wrong with a file, None where all is well."""
    try:
        with closing(apsw.Connection(str(database))) as db:
            found: str = db.pragma("integrity_check")
    except apsw.Error as error:
        return str(error)
    return None if found == "ok" else found


def ledger_problem(folder: Path, shop: str) -> str | None:
    """Return what the product itself finds wrong with a shop's ledger, opened on an image: chain, fold or anchors."""
    with (
        closing(SqliteLog(folder / LOG, Seal([Seal.generate_key()]))) as log,
        closing(open_store(str(folder / STORE))) as store,
        store.reading() as session,
    ):
        problems = session.of(shop).ledger.verify(log.anchors(shop)).problems
    return problems[0] if problems else None


def deliveries_in(log: Path) -> set[str]:
    """Return the ids of the deliveries in a log."""
    with closing(apsw.Connection(str(log))) as db:
        return {delivery for (delivery,) in db.execute("SELECT delivery_id FROM deliveries")}


def mark(store: Path) -> str:
    """Return what tells the whole content of a store from any other: a hash over every row of every table."""
    content = hashlib.sha256()
    with closing(apsw.Connection(str(store))) as db:
        tables = db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").fetchall()
        for (table,) in tables:
            rows = db.execute(f'SELECT * FROM "{table}"').fetchall()  # noqa: S608 - the schema names its own tables
            content.update(repr((table, sorted(map(repr, rows)))).encode())
    return content.hexdigest()
