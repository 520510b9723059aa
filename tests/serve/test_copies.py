"""Two copies of one onhand, each with books of its own, at the same shop: one of them stops and says so."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import apsw
import httpx
import pytest

from onhand.app import App, build, copies
from onhand.app.copies import MarkKeeper
from onhand.config.model import AuditConfig
from onhand.demo.quiet import wait_for_quiet
from onhand.publish.copies import ANOTHER_COPY
from onhand.serve import Serving
from tests.flow.merchant import WAREHOUSE, Choices, Merchant, open_shop
from tests.support.waiting import WITHIN_S

SWEEPS = AuditConfig(every_s=3600.0, poll_every_s=0.3, grace_s=3600.0)


@contextmanager
def copied(merchant: Merchant, folder: Path) -> Iterator[App]:
    """Bring a copy of the machine to life, as a snapshot of its disk taken now would."""
    folder.mkdir()
    config = merchant.app.config
    config = replace(
        config,
        audit=SWEEPS,
        database=_snapshot(config.database, folder),
        log=_snapshot(config.log, folder),
    )
    app = build(config)
    try:
        yield app
    finally:
        app.close()


def _snapshot(database: str, folder: Path) -> str:
    path = str(folder / Path(database).name)
    with (
        apsw.Connection(path) as copy,
        apsw.Connection(database) as running,
        copy.backup("main", running, "main") as everything,
    ):
        everything.step()
    return path


@contextmanager
def served(app: App) -> Iterator[Serving]:
    """Serve it; webhooks go to the other one."""
    serving = Serving(app)
    serving.start()
    try:
        yield serving
    finally:
        serving.stop()


def is_stopped(app: App, shop: str) -> bool:
    """Tell whether this one has found another copy, and holds every channel."""
    with app.store.reading() as session:
        books = session.of(shop)
        held = all(books.channels.get(name).held_reason for name in app.writable(shop))
        return held and books.problems.keys(ANOTHER_COPY) == {shop}


def mark(app: App, shop: str) -> str | None:
    """Return the mark that these books know to be theirs."""
    with app.store.reading() as session:
        return session.of(shop).marks.get().held


def keeper(app: App, shop: str) -> MarkKeeper:
    return MarkKeeper(app.store, app.steps(shop), app.clock)


def test_c11_an_old_copy_beside_the_new_one_writes_nothing_until_a_person_says_which_is_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "EVERY_S", 0.2)
    with open_shop(tmp_path, Choices()) as merchant:
        shop, sku = merchant.shop, merchant.tee
        first = merchant.until(lambda: mark(merchant.app, shop), "a mark is left")
        with copied(merchant, tmp_path / "snapshot") as copy:
            merchant.until(lambda: mark(merchant.app, shop) not in (None, first), "the mark has been replaced")
            before = merchant.at_shopify(sku, WAREHOUSE)
            with served(copy):
                merchant.until(lambda: is_stopped(copy, shop), "the copy has stopped")
                merchant.order("tiktok_shop", sku, 2)
                merchant.until(lambda: owes(copy, shop), "the copy has found the order as well")
                merchant.quiet()
                assert merchant.at_shopify(sku, WAREHOUSE) == before - 2
                assert not is_stopped(merchant.app, shop)
                merchant.serving.stop()
                merchant.order("tiktok_shop", sku, 1)
                copy.pause(shop, None, paused=False)
                assert wait_for_quiet(copy, shop, WITHIN_S) == []
                assert merchant.at_shopify(sku, WAREHOUSE) == before - 3
            with served(merchant.app):
                merchant.until(lambda: is_stopped(merchant.app, shop), "now it is the other one that stops")


def owes(app: App, shop: str) -> int:
    """Return how many levels this one would tell, if it might."""
    with app.store.reading() as session:
        books = session.of(shop)
        assert [row for row in books.intents.recent(100) if row.planned_at > app.clock.now() - timedelta(days=1)] == []
        return books.owed.count()


def test_c11_of_two_clones_of_one_moment_one_stops_at_its_next_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "EVERY_S", 0.0)
    with open_shop(tmp_path, Choices()) as merchant:
        shop = merchant.shop
        merchant.until(lambda: mark(merchant.app, shop), "a mark is left")
        merchant.serving.stop()
        with copied(merchant, tmp_path / "clone") as clone:
            for each in (merchant.app, clone, merchant.app, clone):
                keeper(each, shop).check()
            assert [is_stopped(merchant.app, shop), is_stopped(clone, shop)] == [False, True]


class LosesAnswers(httpx.BaseTransport):
    """The network, which loses the answer to the next replacement of a mark."""

    def __init__(self) -> None:
        self._network = httpx.HTTPTransport()
        self.lost = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send it, and lose what came back."""
        response = self._network.handle_request(request)
        if b"ReplaceMark" in request.content and not self.lost:
            self.lost += 1
            response.close()
            raise httpx.ReadTimeout("the answer is lost", request=request)
        return response

    def close(self) -> None:
        """Release the network."""
        self._network.close()


def test_c11_a_look_whose_answer_is_lost_takes_its_own_mark_for_no_other(tmp_path: Path) -> None:
    with open_shop(tmp_path, Choices()) as merchant:
        shop, network = merchant.shop, LosesAnswers()
        before = merchant.until(lambda: mark(merchant.app, shop), "a mark is left")
        merchant.serving.stop()
        app = build(merchant.app.config, http=httpx.Client(transport=network))
        try:
            keeper(app, shop).check()
        finally:
            app.close()
        assert network.lost == 1
        assert not is_stopped(merchant.app, shop)
        assert mark(merchant.app, shop) != before


def test_who_writes_nothing_leaves_no_mark(tmp_path: Path) -> None:
    with open_shop(tmp_path, Choices(armed=())) as merchant:
        keeper(merchant.app, merchant.shop).check()
        assert merchant.calls("currentAppInstallation") == []
        assert merchant.calls("metafieldsSet") == []
        merchant.app.arm(merchant.shop, "shopify", armed=True)
        merchant.until(lambda: mark(merchant.app, merchant.shop), "a mark is left once something may be written")
