"""What machines ask: is the process alive, may traffic come, and the figures for Prometheus."""

import re
from collections.abc import Iterator, Mapping, Sequence

import apsw
import psycopg
from starlette.requests import Request
from starlette.responses import Response

from onhand import answers
from onhand.ports.errors import OnhandError
from onhand.web.desk import Desk
from onhand.web.problem import STATUS_TITLES, Trouble, as_response
from onhand.web.routes import Route, as_answer

LAG_S = 60.0
"""How old the oldest delivery that is not booked may be before the process counts as not ready."""


async def _alive(_desk: Desk, _request: Request) -> Response:
    return as_answer({"alive": True})


async def _ready(desk: Desk, _request: Request) -> Response:
    troubles = await desk.run(lambda: find_troubles(desk))
    if troubles:
        return as_response(Trouble(status=503, title=STATUS_TITLES[503], detail="; ".join(troubles)))
    return as_answer({"ready": True})


def find_troubles(desk: Desk) -> list[str]:
    """Return why the process should not get work now: the database cannot be written, or work lies too long."""
    troubles: list[str] = []
    try:
        desk.store.touch()
    except (OnhandError, apsw.Error, psycopg.Error, OSError) as error:
        troubles.append(f"the database cannot be written: {error}")
    health = desk.health()
    lag_s = health.get("lag_s")
    if isinstance(lag_s, int | float) and lag_s > LAG_S:
        troubles.append(f"the oldest delivery that is not booked came {lag_s:.0f} s ago, the bound is {LAG_S:.0f} s")
    known = health.get("troubles")
    if isinstance(known, list | tuple):
        troubles.extend(str(trouble) for trouble in known)
    return troubles


async def _metrics(desk: Desk, _request: Request) -> Response:
    text = await desk.run(lambda: "\n".join(read_metrics(desk)) + "\n")
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")


_COUNTERS = (
    ("accepted", "onhand_deliveries_accepted_total", "Webhooks kept since the log began"),
    ("duplicates", "onhand_deliveries_duplicate_total", "Repeats of kept webhooks"),
    ("rejected", "onhand_deliveries_rejected_total", "Webhooks refused at the door"),
)
_SHOP_GAUGES = (
    ("stock_points", "onhand_stock_points", "Levels that were observed"),
    ("agreeing", "onhand_stock_points_agreeing", "Levels on which books and platform agree"),
    ("needs_you", "onhand_needs_you", "What waits for a person"),
    ("unknowns", "onhand_writes_unknown", "Writes whose outcome is not known yet"),
    ("drifts", "onhand_drifts_open", "Drifts that are open"),
    ("problems", "onhand_problems_open", "Problems that are open"),
    ("asks", "onhand_asks_waiting", "Pictures that are asked for and not read yet"),
)
_LANE_GAUGES = (
    ("open", "onhand_lane_open", "Whether onhand writes to this channel now"),
    ("untold", "onhand_lane_untold", "Listings or levels that the channel was not told of yet"),
    ("stale", "onhand_lane_stale", "Listings that wait to be computed"),
    ("parked", "onhand_lane_parked", "Listings that the channel refused"),
)


def read_metrics(desk: Desk) -> Iterator[str]:
    """Yield the lines of the Prometheus text format (version 0.0.4)."""
    now = desk.clock.now()
    with desk.store.reading() as session:
        found = [answers.health(session, desk.log, shop, now) for shop in desk.shops]
    for field, name, about in _COUNTERS:
        yield from _family(name, "counter", about, [({}, getattr(health, field)) for health in found[:1]])
    for field, name, about in (("waiting", "onhand_deliveries_waiting", "Webhooks that are not booked yet"),):
        yield from _family(name, "gauge", about, [({}, max(0, getattr(health, field))) for health in found[:1]])
    for field, name, about in _SHOP_GAUGES:
        yield from _family(name, "gauge", about, [({"shop": one.shop}, getattr(one, field)) for one in found])
    silent = [({"shop": one.shop}, float(len(one.silent_topics))) for one in found]
    yield from _family("onhand_topics_silent", "gauge", "Topics that have not come for longer than usual", silent)
    for field, name, about in _LANE_GAUGES:
        samples = [
            ({"shop": one.shop, "channel": lane.name}, int(getattr(lane, field)))
            for one in found
            for lane in one.channels
        ]
        yield from _family(name, "gauge", about, samples)
    for name, value in sorted(_flatten(desk.health())):
        yield from _family(f"onhand_process_{name}", "gauge", f"The process's own {name}", [({}, value)])


def _family(name: str, kind: str, about: str, samples: Sequence[tuple[Mapping[str, str], float]]) -> Iterator[str]:
    yield f"# HELP {name} {about}."
    yield f"# TYPE {name} {kind}"
    for labels, value in samples:
        inside = ",".join(f'{key}="{_escape(text)}"' for key, text in labels.items())
        yield f"{name}{{{inside}}} {value}" if inside else f"{name} {value}"


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _flatten(values: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, float]]:
    for key, value in values.items():
        name = prefix + re.sub(r"[^a-zA-Z0-9_]", "_", str(key))
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{name}_")
        elif isinstance(value, bool | int | float):
            yield name, float(value)


PROBES: tuple[Route, ...] = (
    Route(method="GET", path="/healthz", summary="The process is alive", endpoint=_alive, schema="Alive"),
    Route(
        method="GET",
        path="/readyz",
        summary="The database can be written and work does not lie around",
        endpoint=_ready,
        schema="Ready",
        troubles=(503,),
    ),
    Route(
        method="GET",
        path="/metrics",
        summary="Figures for Prometheus",
        endpoint=_metrics,
        media_type="text/plain",
    ),
)
