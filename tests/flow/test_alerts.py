"""Problems that a person must see reach whom they are told to; that they do not is shown where people look."""

import json
from dataclasses import replace
from datetime import timedelta
from time import monotonic

import httpx

from onhand.app.listening import listeners_of
from onhand.cli.checks.alerts import check_alerts
from onhand.config import Config, WebhookConfig
from onhand.config.secret import Secret
from onhand.ports.channel import Problem
from onhand.publish.alerting import UNDELIVERED
from onhand.serve.announcing import Alerting
from tests.channels.test_announcer import listening
from tests.flow.merchant import Merchant
from tests.flow.test_listener import SECRET
from tests.support.waiting import until

KIND = "queue refused"


def listener(merchant: Merchant, url: str, name: str) -> tuple[Config, Alerting]:
    """Return the work of one listener that is told of problems of one kind, made from a configuration."""
    webhook = WebhookConfig(
        shop=merchant.shop,
        name=name,
        url=url,
        secret=Secret.of(SECRET),
        tells=("problems",),
        kinds=(KIND,),
        owner="Dana",
        on_this_machine=True,
    )
    config = replace(merchant.app.config, webhooks=(webhook,))
    ((made, announcer),) = listeners_of(config, merchant.shop, monotonic)
    return config, Alerting(made, announcer, merchant.app.store, merchant.app.clock)


def raise_(merchant: Merchant, key: str) -> None:
    problem = Problem(KIND, key, f"the queue {key} is gone", "make it again")
    with merchant.app.store.writing() as session:  # it has stood for a while: nobody has to wait for that
        session.of(merchant.shop).problems.raise_(problem, merchant.app.clock.now() - timedelta(minutes=1))


def page(merchant: Merchant) -> str:
    return httpx.get(str(merchant.serving.addresses["dashboard"])).raise_for_status().text


def test_e08_alerts_that_nobody_takes_are_shown_on_the_page_and_by_doctor_and_do_not_stop_the_shop(
    merchant: Merchant,
) -> None:
    with listening() as ear:
        ear.status = 503
        config, alerting = listener(merchant, ear.url, "pager")
        raise_(merchant, "q-1")
        until(lambda: alerting.turn() or ear.posts, "the alert is told")
        assert "Alerts are not delivered." in page(merchant)
        assert "webhook pager does not take its alerts" in page(merchant)
        with merchant.app.store.reading() as session:
            (check,) = check_alerts(session.of(merchant.shop), config, merchant.shop)
        assert (check.status, "onhand webhooks replay pager" in (check.mend or "")) == ("fail", True)
        assert httpx.get(f"{merchant.serving.addresses['dashboard']}/readyz").status_code == 200
        ear.status = 200
        with merchant.app.store.writing() as session:
            session.of(merchant.shop).alerts.hurry("pager", merchant.app.clock.now())
        assert alerting.turn()
        first, again = ear.posts[0], ear.posts[-1]
        assert (first.body, first.headers["webhook-id"]) == (again.body, again.headers["webhook-id"])
        (told,) = json.loads(again.body)["data"]["opened"]
        assert (told["where"], told["owner"], told["next_step"]) == ("q-1", "Dana", "make it again")
        assert "Alerts are not delivered." not in page(merchant)
        with merchant.app.store.writing() as session:
            books = session.of(merchant.shop)
            assert not books.problems.keys(UNDELIVERED)
            books.problems.settle(KIND, "q-1", merchant.app.clock.now())
            (check,) = check_alerts(books, config, merchant.shop)
        assert check.status == "ok"
