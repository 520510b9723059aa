"""The pages in a real browser: live, inert to what is typed into a SKU, and usable from the keyboard."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from onhand.domain.catalog import Item
from onhand.domain.drift import Drift, Observation
from onhand.domain.stock import State
from onhand.ports.channel import Problem
from onhand.web.server import WebServer, build_web
from tests.support.browser import SHOWN_WITHIN_S
from tests.support.ports import free_port
from tests.web_pages.conftest import EVIL_SKU, Served
from tests.web_pages.shop import Shop


@dataclass
class Looking:
    """A page in a browser, with everything it complained about."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def row(self, words: str) -> "Row":
        """Return the grid's row that shows some words."""
        return Row(self.page, words)


@dataclass
class Row:
    """One row of the grid."""

    page: Page
    words: str

    @property
    def place(self):  # type: ignore[no-untyped-def]
        """Where the row is, now."""
        return self.page.locator(".row:not([hidden])", has_text=self.words)

    def figures(self, *numbers: int) -> None:
        """Expect the numbers of the row, from left to right."""
        wanted = [str(number) for number in numbers]
        expect(self.place.locator(".figure")).to_have_text(wanted)


@pytest.fixture(params=["light"])
def looking(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Looking]:
    """A page that must not complain."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, color_scheme=request.param)
    context.set_default_timeout(SHOWN_WITHIN_S * 1000)
    looking = Looking(context.new_page())

    def hear(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            looking.complaints.append(message.text)

    looking.page.on("console", hear)
    looking.page.on("pageerror", lambda error: looking.complaints.append(str(error)))
    yield looking
    context.close()
    assert looking.complaints == []


def open_dashboard(looking: Looking, served: Served, query: str = "") -> None:
    looking.page.goto(f"{served.url}/{query}")
    expect(looking.page.locator("[data-line]")).to_have_text("Live")


def test_a_sale_shows_without_loading_the_page_again(served: Served, looking: Looking) -> None:
    open_dashboard(looking, served)
    looking.row("TEE-BLUE").figures(12, 3, 10, 25, 15, 8)
    looking.page.evaluate("() => { globalThis.sameDocument = true }")
    served.shop.sell("11", "1", 2)
    looking.row("TEE-BLUE").figures(10, 3, 10, 23, 13, 8)
    served.shop.sell("11", "3", 4, channel="tiktok_shop")
    looking.row("TEE-BLUE").figures(10, 3, 6, 19, 13, 4)
    row = looking.row("TEE-BLUE").place
    expect(row).to_contain_text("4 reserved")
    expect(row).to_contain_text("told 8")
    served.shop.tell_all()
    expect(row).not_to_contain_text("told 8")
    assert looking.page.evaluate("() => globalThis.sameDocument") is True


def test_a_changed_cell_is_marked_and_others_are_not(served: Served, looking: Looking) -> None:
    open_dashboard(looking, served)
    looking.row("CAP").figures(5, 5, 5, 15, 10, 3)
    served.shop.sell("13", "1", 1)
    cells = looking.row("CAP").place.locator(".cell")
    expect(cells.nth(1)).to_have_class(re.compile("down-[ab]"))
    expect(cells.nth(2)).not_to_have_class(re.compile("(up|down)-[ab]"))


def test_without_motion_a_change_does_not_fade(served: Served, chromium: Browser) -> None:
    context = chromium.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(served.url)
    expect(page.locator("[data-line]")).to_have_text("Live")
    served.shop.sell("13", "1", 1)
    cell = page.locator(".row:not([hidden])", has_text="CAP").locator(".cell").nth(1)
    expect(cell).to_have_class(re.compile("down-[ab]"))
    assert cell.evaluate("cell => getComputedStyle(cell).animationTimingFunction") == "steps(1)"
    context.close()


def test_markup_in_a_sku_stays_text_in_the_grid_and_on_its_page(served: Served, looking: Looking) -> None:
    open_dashboard(looking, served)
    row = looking.row("onerror").place
    expect(row.locator(".sku")).to_have_text(EVIL_SKU)
    expect(row.locator("img, script")).to_have_count(0)
    row.locator("a").click()
    expect(looking.page.locator("h1")).to_have_text(EVIL_SKU)
    served.shop.sell("14", "3", 1)
    expect(looking.page.locator(".history")).to_contain_text("sold: available to customer at Warehouse")
    assert looking.page.title() not in ("1", "owned")
    expect(looking.page.locator("main img, main script")).to_have_count(0)


@pytest.mark.parametrize(("words", "heading"), [("Two dots", ".."), ("Awkward", "A/B 50%?#"), ("Unlabelled", "No SKU")])
def test_every_row_leads_to_its_own_item(served: Served, looking: Looking, words: str, heading: str) -> None:
    open_dashboard(looking, served)
    looking.row(words).place.locator(".cell").nth(2).click()
    expect(looking.page.locator("h1")).to_have_text(heading)
    expect(looking.page.locator(".item-name p")).to_contain_text(words)


def test_the_keyboard_reaches_a_row_and_its_page(served: Served, looking: Looking) -> None:
    open_dashboard(looking, served, "?q=tee")
    page = looking.page
    expect(page.locator(".row:not([hidden])")).to_have_count(2)
    page.locator(".head button").last.focus()
    page.keyboard.press("Tab")
    expect(page.locator(".row:focus")).to_contain_text("TEE-BLUE")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".row:focus")).to_contain_text("TEE-RED")
    page.keyboard.press("End")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowUp")
    expect(page.locator(".row:focus")).to_contain_text("TEE-BLUE")
    expect(page.locator(".row:focus")).to_have_attribute("aria-rowindex", "2")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("TEE-BLUE")


def test_search_filter_and_order_stand_in_the_address(served: Served, looking: Looking) -> None:
    open_dashboard(looking, served)
    page = looking.page
    page.get_by_label("Search SKU or title").fill("tee")
    page.get_by_label("Show").select_option("out")
    page.get_by_role("columnheader", name="Boston").get_by_role("button").click()
    expect(page).to_have_url(f"{served.url}/?q=tee&show=out&sort=at.1")
    expect(page.locator("[data-count]")).to_have_text("1 of 9 items")
    page.reload()
    expect(page.locator(".row:not([hidden]) .sku")).to_have_text(["TEE-RED"])
    expect(page.get_by_role("columnheader", name="Boston")).to_have_attribute("aria-sort", "ascending")
    page.get_by_label("Search SKU or title").fill("nothing like it")
    expect(page.get_by_text("No item matches")).to_be_visible()


def test_the_rows_are_ordered_by_a_column_that_is_clicked(served: Served, looking: Looking) -> None:
    open_dashboard(looking, served)
    page = looking.page
    head = page.get_by_role("columnheader", name="Warehouse").get_by_role("button")
    head.click()
    expect(page.locator(".row[aria-rowindex='2'] .sku")).to_have_text("no SKU")
    head.click()
    expect(page.locator(".row[aria-rowindex='2'] .sku")).to_have_text("TEE-BLUE")
    served.shop.sell("11", "3", 9)
    expect(page.locator(".row[aria-rowindex='2'] .sku")).to_have_text(EVIL_SKU)


def test_the_page_goes_on_after_the_server_was_away(served: Served, looking: Looking, shop: Shop) -> None:
    server = WebServer(f"127.0.0.1:{free_port()}", build_web(shop.store, shop.log, [shop.name], shop.clock))
    server.start()
    looking.page.goto(server.url)
    expect(looking.page.locator("[data-line]")).to_have_text("Live")
    server.stop()
    expect(looking.page.locator("[data-line]")).to_contain_text("No answer")
    served.shop.sell("13", "1", 4)
    again = WebServer(server.url.removeprefix("http://"), build_web(shop.store, shop.log, [shop.name], shop.clock))
    again.start()
    try:
        looking.row("CAP").figures(1, 5, 5, 11, 6, 3)
        expect(looking.page.locator("[data-line]")).to_have_text("Live")
    finally:
        looking.page.close()
        again.stop()
    # That the line broke is what the browser reports; nothing else may be wrong.
    looking.complaints[:] = [text for text in looking.complaints if "net::ERR_" not in text]


def test_the_sentence_and_what_needs_a_person_are_live(served: Served, looking: Looking) -> None:
    open_dashboard(looking, served)
    sentence = looking.page.locator("h1")
    expect(sentence).to_have_text(re.compile(r"27\s+of 27 stock points agree;\s+0\s+need you\."))
    now = served.shop.clock.now()
    seen = Observation(source="shopify", item="11", location="1", units={State.AVAILABLE: 9}, observed_at=now)
    with served.shop.writing() as books:
        books.drifts.open(Drift(observation=seen, books_units={State.AVAILABLE: 12}), "unexplained", 0.2, [], now)
        books.observations.gap([seen.key], now)
        books.problems.raise_(Problem("unmatched listing", "x", "listing 7 has no SKU", "give it one"), now)
    expect(sentence).to_have_text(re.compile(r"26\s+of 27 stock points agree;\s+2\s+need you\."))
    needs = looking.page.locator(".needs")
    expect(needs).to_contain_text("TEE-BLUE at Boston: books expect 12 available, shopify shows 9 (3 too few)")
    expect(needs).to_contain_text("give it one")


def test_a_lane_is_paused_and_resumed_by_its_button(served: Served, looking: Looking) -> None:
    open_dashboard(looking, served)
    lane = looking.page.locator("[data-lane='tiktok_shop']")
    lane.get_by_role("button", name="Pause TikTok Shop").click()
    expect(lane).to_have_attribute("data-state", "paused")
    expect(lane).to_contain_text("paused")
    lane.get_by_role("button", name="Resume TikTok Shop").click()
    expect(lane).to_have_attribute("data-state", "shadow")
    pressed = [(what, channel, on) for what, _, channel, on in served.shop.switches.pressed]
    assert pressed == [("pause", "tiktok_shop", True), ("pause", "tiktok_shop", False)]


def test_the_item_page_follows_its_item_without_loading_again(served: Served, looking: Looking) -> None:
    page = looking.page
    page.goto(f"{served.url}/items/CAP")
    expect(page.locator("[data-line]")).to_have_text("Live")
    page.evaluate("() => { globalThis.sameDocument = true }")
    cause = served.shop.sell("13", "2", 2)
    expect(page.locator(".history li").first).to_contain_text(f"order {cause.rpartition(chr(47))[2]}")
    expect(page.locator(".sum", has_text="Shopify POS").locator(".answer b")).to_have_text("8")
    expect(page.locator("tbody tr", has_text="New York").locator("td.total")).to_have_text("3")
    assert page.evaluate("() => globalThis.sameDocument") is True


def test_ten_thousand_items_are_a_few_hundred_nodes(served_empty: Served, looking: Looking) -> None:
    items = [Item(item=f"{number:05}", sku=f"SKU-{number:05}", title=f"Item {number}") for number in range(10_000)]
    served_empty.shop.open(items, {item.item: (5, 0, 7) for item in items})
    open_dashboard(looking, served_empty)
    page = looking.page
    expect(page.locator("[data-count]")).to_have_text("10,000 items")
    assert page.evaluate("() => document.querySelectorAll('*').length") < 1500
    page.locator(".board").evaluate("board => board.scrollTo(0, board.scrollHeight)")
    expect(page.locator(".row", has_text="SKU-09999")).to_be_visible()
    expect(page.locator(".head")).to_be_in_viewport()
    served_empty.shop.sell("09999", "1", 1)
    looking.row("SKU-09999").figures(4, 0, 7, 11, 4, 5)
    assert page.locator(".board").get_attribute("aria-rowcount") == "10001"


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("path", ["/", "/items/TEE-BLUE"])
def test_no_page_is_wider_than_the_screen(served: Served, chromium: Browser, width: int, path: str) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    page.goto(f"{served.url}{path}")
    expect(page.locator("[data-line]")).to_have_text("Live")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    context.close()
