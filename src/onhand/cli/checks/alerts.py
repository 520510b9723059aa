"""Alerts: is anybody told of problems, and do they hear it?"""

from collections.abc import Iterator

from onhand.cli.checks.check import Check, fail, ok, warn
from onhand.config import Config
from onhand.publish.alerting import UNDELIVERED
from onhand.store import Books


def check_alerts(books: Books, config: Config, shop: str) -> Iterator[Check]:
    """Look at the listeners of a shop that are told of problems. Tells them nothing."""
    listeners = [row for row in config.webhooks if row.shop == shop and "problems" in row.tells]
    name = f"alerts of {shop}"
    if not listeners:
        mend = 'write a [[webhook]] with tells = ["problems"]; docs/channels.md shows one'
        yield ok(name, f"nobody is told of problems: who looks after the shop must look at the dashboard; {mend}")
    unheard = {row.key: row for row in books.problems.open() if row.kind == UNDELIVERED}
    waiting = {row.webhook: row for row in books.alerts.underway()}
    for listener in listeners:
        problem, digest = unheard.get(listener.name), waiting.get(listener.name)
        if problem is not None:
            yield fail(name, problem.message, problem.next_step)
        elif digest is not None and digest.attempts:
            mend = "it is tried again by itself; `onhand webhooks ls` shows it"
            yield warn(name, f"{listener.name} has not taken {len(digest.tells)} problems: {digest.trouble}", mend)
        else:
            yield ok(name, f"{listener.name} is told of problems, and takes them")
