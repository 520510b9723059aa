"""The acts of the demo: set the stage, play the day, heal, wait for quiet, judge."""

import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from onhand.app import App, build
from onhand.config import Config
from onhand.demo.house import load, write_config
from onhand.demo.kiosk import judge_kiosk, open_kiosk, wait_for_late_holds
from onhand.demo.latency import latency_s
from onhand.demo.options import (
    DUPLICATES,
    ITEMS,
    KEPT_AT,
    LOCATIONS,
    LOST,
    REORDERED,
    WEB_ITEMS,
    DemoOptions,
    DemoResult,
    Others,
)
from onhand.demo.own_site import OwnSite, open_site, wait_for_site
from onhand.demo.quiet import wait_for_quiet
from onhand.demo.sandbox import SandboxProcess
from onhand.demo.sheet import wait_for_sheet
from onhand.demo.third_party import NAME, ThirdParty
from onhand.demo.verdict import broken_promises, compare_platforms, count_drifts, together
from onhand.demo.visitors import Doors, wait_for_visitors
from onhand.serve import Serving
from onhand.serve.ending import Ended

MINUTE_S = 60.0
FOREVER_S = 86_400.0
LOOK_EVERY_S = 1.0
UNTHROTTLED = ("--bucket-points", "none", "--tiktok-writes-per-s", "none", "--tiktok-reads-per-s", "none")
SUBSCRIBED_WITHIN_S = 60.0
QUIET_WITHIN_S = 180.0
"""TikTok Shop takes two writes a second: a backlog of a hundred listings needs most of a minute by itself."""


def run(options: DemoOptions) -> DemoResult:
    """Play the demo and return its verdict."""
    with _folder(options) as folder, _sandbox(options) as sandbox, open_site() as site:
        path = write_config(
            folder,
            sandbox.addresses,
            port=options.port,
            throttled=options.throttled,
            sheet=True,
            kept_at=_kept_at(options),
            own_site=site.url,
        )
        if options.replay is not None:
            sandbox.post("replay", {"path": options.replay, "limit": options.limit, "start": False})
        app = build(_with_port(load(path), options))
        try:
            return _play(options, sandbox, app, path, site)
        finally:
            app.close()


def _play(options: DemoOptions, sandbox: SandboxProcess, app: App, path: Path, site: OwnSite) -> DemoResult:
    shop = sandbox.addresses["shopify"]["shop"]
    synced = app.sync(shop)
    _say(options, f"onhand has read {synced.items} items at {synced.locations} locations in {synced.seconds:.1f} s")
    serving = Serving(app)
    serving.start()
    try:
        serving.subscribe(serving.addresses["webhooks"])
        if not serving.subscribed.wait(SUBSCRIBED_WITHIN_S):
            raise RuntimeError(f"the sandbox did not take our webhook subscriptions within {SUBSCRIBED_WITHIN_S:.0f} s")
        _say(options, f"The page: {serving.addresses['dashboard']}")
        if (google := sandbox.addresses["google_sheets"]) is not None:
            _say(options, f"The sheet: {google['page']}")
        _say(options, f"Beside it: onhand --config {path} ats")
        third_party = _third_party(app, shop, sandbox, serving.addresses["webhooks"])
        doors = Doors(sandbox, f"{serving.addresses['webhooks']}/feeds/foot-traffic/{shop}")
        kiosk = None
        if not options.replay:
            doors.open()
            kiosk = open_kiosk(app, shop, sandbox, serving.addresses["dashboard"], options.seed)
        played = _play_file(options, sandbox) if options.replay else _play_day(options, sandbox, third_party)
        if kiosk is not None:
            kiosk.close()
            wait_for_late_holds(app, shop)
        _say(options, "The day is over. Faults are off; onhand heals.")
        began = monotonic()
        sandbox.post("heal", {})
        if not options.replay:
            third_party.tell_late()
        came = doors.close()
        going_on = _settle(app, shop)
        healed_in_s = monotonic() - began
        others = Others(
            sheet=wait_for_sheet(app, shop, sandbox),
            visitors=wait_for_visitors(app, shop, came),
            own_site=wait_for_site(app, shop, site),
            kiosk=judge_kiosk(app, shop, kiosk),
        )
    finally:
        serving.stop()
    return _judge(options, app, shop, sandbox, played, going_on=going_on, healed_in_s=healed_in_s, others=others)


def _kept_at(options: DemoOptions) -> str | None:
    """Return where a third party keeps the goods: nowhere in a shop that is grown from a file of sales."""
    return None if options.replay else KEPT_AT


def _third_party(app: App, shop: str, sandbox: SandboxProcess, webhooks: str) -> ThirdParty:
    with app.store.reading() as session:
        skus = sorted(item.sku for item in session.of(shop).catalog.items() if item.sku)
    return ThirdParty(sandbox, KEPT_AT, f"{webhooks}/webhooks/3pl/{shop}", skus)


def _play_day(options: DemoOptions, sandbox: SandboxProcess, third_party: ThirdParty) -> dict[str, Any]:
    """Play a day with faults; headless it ends by itself, with a page it goes on until somebody stops it."""
    faults = (("duplicate", DUPLICATES), ("reorder", REORDERED), ("lose", LOST)) if options.faults else ()
    for kind, share in faults:
        sandbox.post("fault", {"kind": kind, "share": share})
    for_s = options.for_s or (MINUTE_S if options.headless else FOREVER_S)
    sandbox.post(
        "play",
        {"for_s": for_s, "seed": options.seed, "orders_per_s": options.orders_per_s, "speed": options.speed},
    )
    third_party.work()
    return _watch(options, sandbox, "play")


def _play_file(options: DemoOptions, sandbox: SandboxProcess) -> dict[str, Any]:
    """Play a transactions file through the tills, as fast as its webhooks are answered."""
    assert options.replay is not None
    sandbox.post("replay", {"path": options.replay, "limit": options.limit})
    return _watch(options, sandbox, "replay")


def _watch(options: DemoOptions, sandbox: SandboxProcess, what: str) -> dict[str, Any]:
    """Return how it ended, once it is done or somebody presses Ctrl-C."""
    stopped = Ended()
    before = signal.signal(signal.SIGINT, lambda _number, _frame: stopped.set())
    try:
        while True:
            state = sandbox.get(what)
            if state["done"] or stopped.is_set():
                return state
            _progress(options, state)
            sleep(LOOK_EVERY_S)
    finally:
        signal.signal(signal.SIGINT, before)


def _settle(app: App, shop: str) -> list[str]:
    """Heal: sweep what the webhooks lost, audit everything, wait for quiet, and audit once more."""
    steps = app.steps(shop)
    wait_for_quiet(app, shop, QUIET_WITHIN_S / 3)
    for channel in steps.parts.observers:
        steps.sweep(channel)
    wait_for_quiet(app, shop, QUIET_WITHIN_S / 3)
    app.audit(shop, fix=True)
    return wait_for_quiet(app, shop, QUIET_WITHIN_S)


def _judge(
    options: DemoOptions,
    app: App,
    shop: str,
    sandbox: SandboxProcess,
    played: dict[str, Any],
    *,
    going_on: list[str],
    healed_in_s: float,
    others: Others,
) -> DemoResult:
    truth, log = sandbox.get("truth"), sandbox.get("log")
    polling = played.get("polling") or {}
    by_platform = compare_platforms(app, shop, truth, {} if options.replay else {KEPT_AT: NAME})
    parity = together(by_platform)
    drifts = count_drifts(app, shop)
    counts = app.log.counts()
    with app.store.reading() as session:
        books = session.of(shop)
        unexplained_units, _ = books.ledger.unexplained_units()
        verified = books.ledger.verify(app.log.anchors(shop))
        booked = books.deliveries.counts()
    after_zero_units = int(truth["sold_after_confirmed_zero_units"])
    broken = broken_promises(
        {
            "numbers that differ from the platforms": parity.differing,
            "rows of the sheet that differ from the books": others.sheet.differing,
            "visitors that the bins do not hold, or hold too much": others.visitors.counted - others.visitors.booked,
            "numbers that the own site sells by and the books do not say": others.own_site.differing,
            "answers that the kiosk did not expect": others.kiosk.unexpected,
            "holds of which the books say otherwise than the kiosk": others.kiosk.differing,
            "units that the kiosk sold and did not hand over, or the reverse": others.kiosk.differing_units,
            "holds of more than there was": others.kiosk.overheld,
            "units booked against unexplained": unexplained_units,
            "units sold after a confirmed zero": after_zero_units,
            "drifts left open": drifts.open,
            "faults in the ledger": len(verified.problems),
            "deliveries parked": booked.get("parked", 0),
            "accepted deliveries not in the books": counts.accepted - sum(booked.values()),
        },
        going_on,
    )
    return DemoResult(
        deliveries=counts.accepted,
        duplicates=counts.duplicates,
        lost_deliveries=int(log["faults"]["done"].get("lose", 0)),
        orders=int(played.get("orders", played.get("baskets", 0))),
        orders_per_s=float(played.get("orders_per_s", 0.0)),
        orders_by_channel=dict(played.get("orders_by_channel", {})),
        oversold_units=int(truth["oversold_units"]),
        oversold_units_polling=int(polling.get("oversold_units", 0)),
        sold_after_confirmed_zero_units=after_zero_units,
        lost_sales_units=int(truth["lost_sales_units"]),
        lost_sales_units_polling=int(polling.get("lost_sales_units", 0)),
        unexplained_units=unexplained_units,
        parity=parity,
        latency_s=latency_s(log, truth, sandbox.addresses["tiktok_location"]),
        drifts=drifts,
        sheet=others.sheet,
        parity_by_platform=by_platform,
        visitors=others.visitors,
        own_site=others.own_site,
        kiosk=others.kiosk,
        healed_in_s=round(healed_in_s, 1),
        replay=played if "baskets" in played else None,
        broken=broken,
        holds=not broken,
    )


def _progress(options: DemoOptions, state: dict[str, Any]) -> None:
    if options.quiet or not sys.stderr.isatty():
        return
    done = state.get("orders", state.get("sold_lines", 0))
    sys.stderr.write(f"\r{state.get('elapsed_s', 0):7.1f} s  {done} sold  ")
    sys.stderr.flush()


def _say(options: DemoOptions, line: str) -> None:
    """Say something to people; programs asked for quiet."""
    if not options.quiet:
        print(line, flush=True)


def _sandbox(options: DemoOptions) -> SandboxProcess:
    web_items = 0 if options.replay else WEB_ITEMS
    words = ("--woocommerce-items", str(web_items), *(() if options.throttled else UNTHROTTLED))
    return SandboxProcess(seed=options.seed, items=ITEMS, locations=LOCATIONS, options=words)


def _with_port(config: Config, options: DemoOptions) -> Config:
    listen = config.server.listen._replace(port=0 if options.headless else options.port)
    return replace(config, server=replace(config.server, listen=listen))


@contextmanager
def _folder(options: DemoOptions) -> Iterator[Path]:
    """Give the folder that was asked for, or one that goes again afterwards."""
    if options.folder is not None:
        options.folder.mkdir(parents=True, exist_ok=True)
        yield options.folder
        return
    folder = Path(tempfile.mkdtemp(prefix="onhand-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
