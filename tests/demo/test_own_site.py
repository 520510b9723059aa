"""The demo's own site sells what our webhooks say: signed ones only, the newest of each item."""

from collections.abc import Iterator
from dataclasses import replace
from time import monotonic

import pytest

from onhand.app.listening import listeners_of
from onhand.channels.announcer import Announcer
from onhand.config import WebhookConfig
from onhand.config.secret import Secret
from onhand.demo.own_site import CHANNEL, KEY, NAME, REFUSED_EVERY, SECRET, OwnSite, open_site, wait_for_site
from onhand.serve.announcing import Announcing
from tests.flow.merchant import Merchant, open_shop


@pytest.fixture(scope="module")
def merchant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Merchant]:
    with open_shop(tmp_path_factory.mktemp("own-site")) as merchant:
        yield merchant


def telling(merchant: Merchant, site: OwnSite) -> Announcing:
    """Return the work that tells the site, made from a configuration like the demo's."""
    webhook = WebhookConfig(
        shop=merchant.shop,
        name=NAME,
        url=site.url,
        secret=Secret.of(SECRET),
        channels=(CHANNEL,),
        on_this_machine=True,
    )
    ((made, listener),) = listeners_of(replace(merchant.app.config, webhooks=(webhook,)), merchant.shop, monotonic)
    return Announcing(made, listener, merchant.app.store, merchant.app.clock)


def test_the_own_site_sells_what_the_books_say_and_a_number_that_was_changed_on_the_way_shows(
    merchant: Merchant,
) -> None:
    with open_site() as site:
        work = telling(merchant, site)

        def all_told() -> bool:
            work.turn()
            heard = site.units()
            return {item: merchant.ats(sku, CHANNEL) for item, sku in skus.items()} == {i: heard.get(i) for i in skus}

        skus = {merchant.item(sku): sku for sku in (merchant.tee, merchant.cap)}
        merchant.order("online_store", merchant.tee, 2)
        merchant.until_equal(all_told, True)
        heard = wait_for_site(merchant.app, merchant.shop, site)
        assert (heard.numbers > 0, heard.differing) == (True, 0)
        message = f'{{"data":{{"item":"{merchant.item(merchant.tee)}","sequence":9999,"units":77}}}}'.encode()
        headers = {"webhook-id": "msg_1", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"}
        assert site.hear(headers, message) == 401
        assert site.units() != {}
        assert wait_for_site(merchant.app, merchant.shop, site, within_s=0.0).differing == 1


def test_some_messages_are_refused_once_and_taken_when_they_come_again(merchant: Merchant) -> None:
    with open_site() as site:
        announcer = Announcer(NAME, site.url, [KEY], monotonic_s=monotonic, on_this_machine=True)
        body = b'{"data":{"item":"1","sequence":%d,"units":5}}'
        endings = [announcer.tell(f"msg_{n}", body % n, 1).ending for n in range(1, REFUSED_EVERY + 1)]
        assert endings == ["taken"] * (REFUSED_EVERY - 1) + ["again"]
        assert announcer.tell(f"msg_{REFUSED_EVERY}", body % REFUSED_EVERY, 2).ending == "taken"
        assert site.units() == {"1": 5}
