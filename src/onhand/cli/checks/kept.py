"""What is kept: the database with its ledger, and the log of deliveries."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from onhand.app.sealing import Sealed
from onhand.cli.checks.check import Check, fail, ok, warn
from onhand.config import JetStreamConfig
from onhand.intake.process import POSITION
from onhand.intake.receive import KEEP_BYTES
from onhand.log import KeptLog
from onhand.ports.errors import LogUnavailable, StoreUnavailable
from onhand.store import Session, Store

if TYPE_CHECKING:
    from onhand.log.jetstream import JetStreamLog

# What an answered webhook rests on. SQLite: sqlite.org/pragma.html, synchronous; PostgreSQL 16: 20.5 Write Ahead Log.
DURABLE = {
    "sqlite": {"journal_mode": ("wal",), "synchronous": ("FULL", "EXTRA")},
    "postgresql": {
        "synchronous_commit": ("on", "local", "remote_write", "remote_apply"),
        "fsync": ("on",),
        "full_page_writes": ("on",),
    },
}
LARGEST_BYTES = KEEP_BYTES + 8192
BACKLOG = 1_000
"""Deliveries that wait; a worker that keeps up has far fewer."""


def check_database(store: Store) -> Iterator[Check]:
    """Look at the database: does it open, which tables has it, does a commit survive a power cut?"""
    settings = store.pragmas()
    version = settings.get("sqlite_version") or settings.get("server_version")
    yield ok("database", f"{store.engine} {version}, tables of version {store.schema_version}")
    wrong = {
        name: settings.get(name, "not told")
        for name, right in DURABLE[store.engine].items()
        if settings.get(name) not in right
    }
    for name, value in wrong.items():
        right = DURABLE[store.engine][name][0]
        yield fail("durability", f"{name} is {value}: a power cut can lose what was answered", f"set it to {right}")
    if not wrong:
        yield ok("durability", ", ".join(f"{name}={settings[name]}" for name in DURABLE[store.engine]))


def check_writing(name: str, touch: Callable[[], None], until_then: str) -> Check:
    """Look whether a write reaches the disk; nothing is changed by it."""
    try:
        touch()
    except (StoreUnavailable, LogUnavailable) as error:
        return fail(name, str(error), f"mend that: until then {until_then}")
    return ok(name, "can be written to")


def check_ledger(session: Session, shop: str, anchors: Sequence[tuple[int, bytes]]) -> Check:
    """Look at the head of a shop's ledger beside the newest anchor of the log, which was read before."""
    name = f"ledger of {shop}"
    sequence, head = session.of(shop).ledger.head()
    if anchors and anchors[-1][0] > sequence:
        return fail(
            name,
            f"ends at movement {sequence}, and movement {anchors[-1][0]} was anchored: movements are missing",
            "restore a backup that has them; `onhand ledger verify` says more",
        )
    if anchors and anchors[-1][0] == sequence and anchors[-1][1] != head:
        return fail(name, f"movement {sequence} is not the one that was anchored", "see `onhand ledger verify`")
    return ok(name, f"{sequence} movements, head {head.hex()[:12]}, {len(anchors)} anchors in the log")


def check_sealed(sealed: Sealed, old_keys: int) -> Check:
    """Look whether anything still needs an old encryption key."""
    name = "what is sealed"
    if sealed.unknown:
        return fail(
            name,
            f"{sealed.unknown} webhook bodies or token files are sealed with a key that is not configured",
            "name the key they were sealed with in old_encryption_keys, then run `onhand keys rotate`",
        )
    if sealed.old_bodies or sealed.old_tokens:
        why = f"{sealed.old_bodies} webhook bodies and {sealed.old_tokens} token files need old_encryption_keys yet"
        return warn(name, why, "run `onhand keys rotate`; it can be stopped and run again")
    why = f"{sealed.bodies} webhook bodies and {sealed.tokens} token files, all with encryption_key"
    if old_keys:
        return warn(name, f"{why}: no old key is needed any more", "take old_encryption_keys out of the configuration")
    return ok(name, why)


def check_log(session: Session, log: KeptLog) -> Check:
    """Look at the log: does it open, and how much of it is not booked yet?"""
    last, booked = log.last_position(), session.position(POSITION)
    if booked > last:
        return fail(
            "log",
            f"ends at position {last}, and the books are at {booked}: these books come from another log",
            "put the log's file back; the path stands under `log` in the configuration",
        )
    finished = sum(sum(session.of(shop).deliveries.counts().values()) for shop in session.shops())
    accepted = log.counts().accepted
    waiting = max(0, accepted - finished - session.erased_deliveries())
    why = f"{accepted} deliveries, {waiting} of them not booked yet"
    if waiting > BACKLOG:
        return warn("log", why, "let `onhand serve` run, and see what it says")
    return ok("log", why)


def check_stream(config: JetStreamConfig, log: "JetStreamLog") -> Iterator[Check]:
    """Look at the stream: who keeps it, how, and what waits on this machine for its quorum."""
    name = f"log stream {config.stream}"
    try:
        state, most_bytes = log.state(), log.wire.most_bytes
    except LogUnavailable as error:
        yield fail(name, str(error), "start the servers: webhooks are answered and kept on this machine meanwhile")
        return
    why = f"{state.messages} messages, leader {state.leader}, {state.in_sync} of {state.replicas} replicas in step"
    if state.replicas < min(3, config.replicas) or state.in_sync < state.replicas:
        yield warn(name, why, "the log lives as long as a majority does: start the servers that are missing")
    elif not (state.file_storage and state.one_a_subject):
        yield fail(
            name, f"{why}; it lies in memory, or keeps repeats", "delete the stream: onhand makes it as it must be"
        )
    else:
        # What a client cannot ask for: whether they flush before they answer.
        yield ok(name, f"{why}; see that every server has sync_interval: always")
    if most_bytes < LARGEST_BYTES:
        why = f"the servers take messages of {most_bytes} bytes, a webhook may have {KEEP_BYTES}"
        yield warn("message size", why, "set max_payload: 8MB at every server, or large webhooks are parked unread")
    if waiting := log.waiting():
        yield warn("spool", f"{waiting} deliveries wait on this machine for a quorum", "`onhand serve` forwards them")
