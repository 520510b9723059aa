"""Names that are markup, everywhere a name is shown, in a real browser: they are read and never run."""

from dataclasses import replace

import pytest
from playwright.sync_api import Browser, expect

from onhand.domain.catalog import Item
from onhand.domain.drift import Drift, Observation
from onhand.domain.stock import State
from onhand.ports.channel import Problem
from tests.web_pages.conftest import Served
from tests.web_pages.shop import LOCATIONS

EVIL = (
    "<img src=x onerror=\"globalThis.owned='{}'\"><script>globalThis.owned='{}'</script>'\"`--></title></script>"
    "{{{{7919*7907}}}}"
)
HOSTILE = "img:not([src^='/static/']), body script:not([src^='/static/'])"
BREAKS_JSON = "</script><script>globalThis.owned='json'</script>\u2028\u2029<!--"


def evil(where: str) -> str:
    """Return a name that says, when it is run, where it stood."""
    return EVIL.format(where, where)


@pytest.mark.parametrize("path", ["/", "/items/-?item=13"])
def test_e16_markup_in_any_name_is_text_on_every_page(served: Served, chromium: Browser, path: str) -> None:
    now = served.shop.clock.now()
    seen = Observation(source="shopify", item="13", location="1", units={State.AVAILABLE: 4}, observed_at=now)
    with served.shop.writing() as books:
        books.catalog.put_items([Item(item="13", sku=evil("sku") + BREAKS_JSON, title=evil("title"))], now)
        books.catalog.put_locations([replace(LOCATIONS[0], name=evil("location"))], now)
        books.problems.raise_(Problem("unmatched listing", evil("key"), evil("message"), evil("next step")), now)
        books.drifts.open(Drift(observation=seen, books_units={State.AVAILABLE: 5}), evil("cause"), 0.2, [], now)
    served.shop.sell("13", "1", 1)
    context = chromium.new_context()
    try:
        page = context.new_page()
        heard: list[str] = []
        page.on("dialog", lambda dialog: heard.append(dialog.message))
        page.on("console", lambda message: heard.append(message.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.goto(f"{served.url}{path}")
        expect(page.locator("[data-line]")).to_have_text("Live")
        expect(page.locator("body")).to_contain_text("<img src=x onerror=")
        served.shop.sell("13", "1", 1)  # and it comes over the stream too
        expect(page.locator("main")).to_contain_text("location")
        assert page.evaluate("() => globalThis.owned") is None
        assert page.locator(HOSTILE).count() == 0
        assert "62615533" not in page.content()
        assert heard == []  # no dialog, and nothing that the policy had to stop
    finally:
        context.close()
