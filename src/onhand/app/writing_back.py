"""Writing back: a level of the platform is made to show what the books hold, compared first, by the one planner."""

from datetime import datetime
from typing import Final

from onhand.heal.fix import By, CannotHeal, Plan, plan_ours, record
from onhand.ports.channel import KeepsLevels, Setting
from onhand.publish import levels
from onhand.publish.guard import gate
from onhand.store import Books

BELIEVED: Final = By("onhand", "its count is believed at this location")


def write_back(books: Books, platform: KeepsLevels, plan: Plan, by: By, now: datetime) -> str | None:
    """Keep the writes of a plan durably and return the name of their run, None where a write there is under way.

    Nothing is written that the platform does not confirm by comparing. Needs a transaction.
    """
    run = f"fix-{books.count('fixes')}-{now:%Y%m%dT%H%M%S%f}"  # keys must never have been used in this shop
    setting = Setting(plan.key.item, plan.key.location, plan.after, plan.before)
    if not levels.want(books, platform, [setting], run, now):
        return None
    record(books, plan, by, run, now)
    return run


def correct(books: Books, platform: KeepsLevels, drift_id: int, now: datetime) -> str:
    """Write our numbers back where onhand is believed, and return a line for the log. Needs a transaction.

    What no app can write, and everything while nothing may be written, stays an open drift for a person.
    """
    way = gate(books, platform.name)
    drift = books.drifts.find(drift_id)
    if not way.open or drift is None:
        return f"not written back: {way.reason}"
    try:
        plan = plan_ours(drift)
    except CannotHeal as why:
        return str(why)
    run = write_back(books, platform, plan, BELIEVED, now)
    return "a write there is under way" if run is None else f"written back as {run}"
