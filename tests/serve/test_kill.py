"""kill -9 at any moment under load: what was answered 200 is in the books once, and what was sent is resolved."""

from pathlib import Path
from random import Random
from time import sleep

import httpx

from onhand.app import App
from onhand.demo.quiet import wait_for_quiet
from onhand.sandbox.server import Options, SandboxThread
from onhand.sandbox.state import Settings
from tests.serve.platforms import DAY_S, ORDERS_PER_S, Platforms, opened
from tests.serve.process import OnhandProcess
from tests.support.parity import differences
from tests.support.waiting import WITHIN_S

KILLS = 5
# Platforms take a moment to answer, so that a kill finds calls under way.
BUSY = Settings(bucket_points=None, tiktok_writes_per_s=None, tiktok_reads_per_s=None, api_latency_s=0.03)


def kill_at_some_moment(onhand: OnhandProcess, platforms: Platforms, chance: Random) -> None:
    """Kill it somewhere among the next deliveries."""
    before = len(platforms.answered_200())
    while len(platforms.answered_200()) < before + 30:
        platforms.keep_selling()
        sleep(0.05)
    sleep(chance.uniform(0.0, 0.8))
    onhand.kill()


def kill_while_a_write_has_no_answer(onhand: OnhandProcess, platforms: Platforms, marks: int) -> None:
    """Kill it after a platform has carried out a write, and before it could know.

    `marks` were left before it was started: it writes nothing until it has left its own, and a write that lost its
    comparison has it look at that again, so some answers must arrive.
    """
    while platforms.marks() == marks:
        sleep(0.05)
    platforms.do("fault", kind="timeout_after_apply", share=0.5)
    before = platforms.unanswered_writes()
    while platforms.unanswered_writes() == before:
        platforms.keep_selling()
        sleep(0.05)
    onhand.kill()
    platforms.do("fault", kind="timeout_after_apply", share=0.0)


def test_c01_killed_again_and_again_under_load_it_books_every_answered_delivery_once(tmp_path: Path) -> None:
    chance = Random(7)
    with (
        SandboxThread(Options(items=25, settings=BUSY, retry_speed=400.0)) as running,
        httpx.Client(base_url=str(running.addresses["control"]), timeout=60) as control,
    ):
        platforms, shop = Platforms(control), running.sandbox.settings.shop
        onhand = OnhandProcess(tmp_path, running.addresses, poll_every_s=2, every_s=6, grace_s=1)
        onhand.sync()
        onhand.start()
        try:
            platforms.do("play", for_s=DAY_S, orders_per_s=ORDERS_PER_S, baseline=False, seed=3)
            marks = 0
            for number in range(KILLS):
                if number % 2:
                    kill_while_a_write_has_no_answer(onhand, platforms, marks)
                else:
                    kill_at_some_moment(onhand, platforms, chance)
                marks = platforms.marks()
                onhand.start()
            platforms.until("play", done=True)
            platforms.do("heal")
            platforms.until("log", backlog=0, held=0)
            with opened(onhand) as app:
                going_on = wait_for_quiet(app, shop, WITHIN_S)
                assert not going_on, going_on
                assert onhand.is_running()
                assert onhand.stop() == 0
                check_books(app, shop, platforms)
        finally:
            if onhand.is_running():
                onhand.kill()


def check_books(app: App, shop: str, platforms: Platforms) -> None:
    """Everything answered is booked once, everything sent is resolved, and books and platforms agree."""
    answered = platforms.answered_200()
    with app.store.reading() as session:
        books = session.of(shop)
        booked = [row.delivery_id for row in books.deliveries.rows(limit=1_000_000)]
        assert len(answered) > 300
        assert len(booked) == len(set(booked))
        assert answered <= set(booked)
        assert books.deliveries.counts()["parked"] == 0
        assert books.intents.unsettled() == []
        intents = books.intents.recent(100_000)
        assert books.ledger.unexplained_units() == (0, 0)
        assert books.ledger.verify(app.log.anchors(shop)).problems == []
    sent_again = [intent for intent in intents if intent.kind == "telling" and intent.attempts > 1]
    read_back = [intent for intent in intents if intent.note == "outcome taken from reading back"]
    assert sent_again or read_back
    found = differences(app, shop, platforms.see("truth"))
    assert not found, "\n".join(found)
