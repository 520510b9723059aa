"""The points at which onhand is killed: one row each."""

from collections.abc import Sequence
from random import Random
from typing import Final, Literal, NamedTuple

Scene = Literal["sync", "serve", "stop", "rotate"]
"""What runs: the first reading of a shop, serving it, ending on SIGTERM, sealing everything with a new key."""


class Point(NamedTuple):
    """`pattern` finds the name of a passage in a scene, and the process dies at the `nth` of those; see passages.py."""

    scene: Scene
    part: str
    name: str
    pattern: str
    nth: int = 1


POINTS: Final = (
    Point("sync", "schema", "in the middle of the store's tables", r"store run: CREATE TRIGGER", 7),
    Point(
        "sync",
        "schema",
        "tables and triggers there, not committed",
        r"store commit: .*TRIGGER|store commit: SELECT COAL",
    ),
    Point("sync", "schema", "the log's tables there, their version not", r'log run: pragma "user_version"\('),
    Point("sync", "schema", "the log's tables written, not flushed", r"log wal flush: before"),
    Point("sync", "sync", "the bulk operation is asked for", r"call BulkRun: after"),
    Point("sync", "sync", "before the file is fetched", r"call bulk/.*: before"),
    Point("sync", "sync", "the file's head is here", r"call bulk/.*: after"),
    Point("sync", "sync", "locations are kept, items are not", r"store committed: .*put_location"),
    Point("sync", "sync", "items are kept, listings are not", r"store committed: .*put_item"),
    Point("sync", "sync", "levels are opened, not committed", r"store commit: .*open_census_levels"),
    Point("sync", "sync", "levels are opened, nothing looked at again", r"store committed: .*open_census_levels"),
    Point("sync", "sync", "before the cursor says that all was read", r"store run: move_cursor"),
    Point("sync", "sync", "Shopify is read, TikTok Shop is not", r"call products/search: before"),
    Point("sync", "sync", "before offers are computed", r"store run: compute_offer"),
    Point("serve", "start", "the work was taken over, nothing has begun", r"store committed: .*raise_fence"),
    Point("serve", "receive", "a connection is accepted", r"ingress accept: after", 2),
    Point("serve", "receive", "a webhook is read whole", r"ingress received", 9),
    Point("serve", "receive", "before it is written", r"log run: append", 8),
    Point("serve", "receive", "inside its commit, before the first page", r"log commit: append", 9),
    Point("serve", "receive", "some of its pages are written", r"log-commit log wal write: after", 24),
    Point("serve", "receive", "it is written, not flushed", r"log-commit log wal flush: before", 10),
    Point("serve", "receive", "it is flushed, nobody was told", r"log-commit log wal flush: after", 11),
    Point("serve", "receive", "200 is ready, not sent", r"ingress answer 200: before", 12),
    Point("serve", "receive", "200 was handed to the connection", r"ingress answer body: after", 13),
    Point("serve", "worker", "before movements", r"worker store run: stage_append_movement", 3),
    Point("serve", "worker", "movements are there, the delivery is not done", r"worker store run: finish_delivery", 4),
    Point("serve", "worker", "between movements and position", r"worker store run: move_position", 5),
    Point("serve", "worker", "inside the commit of both", r"worker store commit: .*move_position", 6),
    Point("serve", "worker", "both are written, not flushed", r"worker store wal flush: before", 30),
    Point("serve", "worker", "both are kept, offers are as before", r"worker store committed: .*move_position", 7),
    Point("serve", "worker", "offers are computed, not committed", r"worker store commit: .*compute_offer", 4),
    Point("serve", "worker", "offers are kept, nobody was told", r"worker store committed: .*compute_offer", 5),
    Point("serve", "reader", "before an order is read", r"reader call Orders: before", 2),
    Point("serve", "reader", "an order was read and is not booked", r"reader call Orders: after", 3),
    Point("serve", "reader", "an order is booked, not committed", r"reader store commit: .*append_movement", 3),
    Point("serve", "publisher", "before the intent", r"publisher store run: plan_intent", 2),
    Point("serve", "publisher", "inside the intent's commit", r"publisher store commit: .*plan_intent", 3),
    Point("serve", "publisher", "after the intent", r"publisher store committed: .*plan_intent", 3),
    Point("serve", "publisher", "before the call", r"publisher call inventory/update: before", 4),
    Point("serve", "publisher", "after the call, before its outcome", r"publisher call inventory/update: after", 4),
    Point("serve", "publisher", "inside the outcome's commit", r"publisher store commit: .*conclude_intent", 4),
    Point("serve", "publisher", "after the outcome", r"publisher store committed: .*conclude_intent", 5),
    Point("serve", "teller", "before the intent", r"teller store run: plan_intent", 2),
    Point("serve", "teller", "inside the intent's commit", r"teller store commit: .*plan_intent", 3),
    Point("serve", "teller", "after the intent", r"teller store committed: .*plan_intent", 2),
    Point("serve", "teller", "before the call", r"teller call (Move|Adjust)Quantities: before", 2),
    Point("serve", "teller", "after the call, before its outcome", r"teller call (Move|Adjust)Quantities: after", 2),
    Point("serve", "teller", "what was owed is paid, the intent is open", r"teller store run: conclude_intent", 2),
    Point("serve", "teller", "inside the outcome's commit", r"teller store commit: .*conclude_intent", 2),
    Point("serve", "teller", "after the outcome", r"teller store committed: .*conclude_intent", 3),
    Point("serve", "audit", "orders were swept, what changed is not asked for", r"auditor call Changes: after", 2),
    Point("serve", "audit", "inside the commit that moves the cursor", r"auditor store commit: .*move_cursor", 2),
    Point("serve", "audit", "everything is being read", r"auditor call BulkStatus: after", 2),
    Point("serve", "audit", "levels are compared, the audit is not recorded", r"auditor store run: record_audit"),
    Point("serve", "adoption", "an adoption is booked, not committed", r"auditor store commit: .*record_adoption"),
    Point("serve", "adoption", "an adoption is kept", r"auditor store committed: .*record_adoption"),
    Point("serve", "heal", "a level is to be written back, not committed", r"auditor store commit: .*plan_intent"),
    Point("serve", "heal", "a level is to be written back", r"auditor store committed: .*plan_intent"),
    Point("serve", "heal", "a level was written back, nobody knows", r"teller call SetQuantities: after"),
    Point("serve", "subscribe", "half of the topics are subscribed to", r"call SubscriptionCreate: after", 2),
    Point("serve", "tokens", "new tokens came, they are not kept", r"call oauth/access_token: after"),
    Point("serve", "tokens", "new tokens are written beside the old ones", r"rename .tokens: before", 2),
    Point("serve", "tokens", "new tokens are in their place, not used", r"rename .tokens: after"),
    Point("serve", "upkeep", "the store's write-ahead log is carried over", r"housekeeper store file write: after", 5),
    Point("serve", "upkeep", "a ledger's head is being anchored", r"housekeeper log commit: .*anchor"),
    Point("stop", "stop", "SIGTERM was heard", r"serve stop: before"),
    Point("stop", "stop", "all parts have ended", r"serve stop: after"),
    Point("stop", "stop", "the log is closed, the store is not", r"store close: before"),
    Point("stop", "stop", "the last pages are carried over", r"MainThread store file write: after", 3),
    Point("rotate", "keys", "bodies are sealed anew, not committed", r"log commit: .*replace_body"),
    Point("rotate", "keys", "some bodies are sealed anew", r"log committed: .*replace_body"),
    Point("rotate", "keys", "tokens are sealed anew beside the old ones", r"rename .tokens: before"),
    Point("rotate", "keys", "all is sealed anew, nobody was told", r"rename .tokens: after"),
)

REPRESENTATIVE: Final = tuple(
    point
    for point in POINTS
    if (point.part, point.name)
    in {
        ("schema", "tables and triggers there, not committed"),
        ("sync", "the file's head is here"),
        ("sync", "levels are opened, nothing looked at again"),
        ("receive", "it is flushed, nobody was told"),
        ("receive", "200 is ready, not sent"),
        ("worker", "between movements and position"),
        ("reader", "an order was read and is not booked"),
        ("publisher", "after the call, before its outcome"),
        ("teller", "after the call, before its outcome"),
        ("adoption", "an adoption is booked, not committed"),
        ("heal", "a level was written back, nobody knows"),
        ("tokens", "new tokens came, they are not kept"),
        ("stop", "SIGTERM was heard"),
        ("keys", "some bodies are sealed anew"),
    }
)
"""What every run of the tests goes through; `make kills` goes through all of them."""


def anywhere(points: int, seed: int) -> Sequence[Point]:
    """Return points at passages of serving that chance has chosen, of commits, flushes, calls and answers."""
    chance = Random(seed)
    what = r" (commit|committed|flush|call|answer|rename)\b"
    return [
        Point("serve", "anywhere", f"passage {nth}", what, nth)
        for nth in (chance.randint(1, 3_000) for _ in range(points))
    ]
