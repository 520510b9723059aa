"""The pages as they leave the server: escaped, cached where they may be, and of use without a script."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from onhand.domain.bundles import Bundle, Component
from onhand.domain.catalog import Item
from onhand.domain.stock import Bin, LevelKey, Movement, State
from onhand.intake.book import book
from onhand.ports.channel import Problem, Report
from onhand.publish.recalculate import recalculate
from onhand.web.assets import Assets
from onhand.web.server import WebServer, build_web
from tests.web_pages.conftest import EVIL_SKU, EVIL_TITLE, Served
from tests.web_pages.shop import NAME, Shop

WEB = Path(__file__).parents[2] / "src/onhand/web"


def read(served: Served, path: str) -> str:
    answer = served.client.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return answer.text


def words(html: str) -> str:
    """Return what a person reads."""
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", html)))


def test_the_dashboard_begins_with_one_sentence(still: Served) -> None:
    assert "27 of 27 stock points agree; 0 need you." in words(read(still, "/"))


def test_a_shop_without_items_is_taught_the_first_steps(served_empty: Served) -> None:
    page = words(read(served_empty, "/"))
    assert "Nothing is counted here yet." in page
    assert "onhand sync" in page
    assert "<live-grid" not in read(served_empty, "/")


def test_what_needs_a_person_stands_there_with_the_next_step(served: Served) -> None:
    with served.shop.writing() as books:
        trouble = Problem("unmatched listing", "x", "listing <7> has no SKU", "give it one & sync")
        books.problems.raise_(trouble, served.shop.clock.now())
    html = read(served, "/")
    assert "listing &lt;7&gt; has no SKU" in html
    assert "give it one &amp; sync" in html
    assert "1 needs you." in words(html)


def test_the_item_page_shows_levels_and_every_term(still: Served) -> None:
    page = words(read(still, "/items/TEE-BLUE"))
    assert "25 on hand at 3 locations" in page
    assert "buffer\u22122 kept back from tiktok_shop by its rule" in page
    assert "the smaller of books 10 and shopify's 10" in page
    assert "may sell8" in page
    assert "opening: supplier to available at Boston" in page
    assert "Shopify showed 12 available at Boston" in page


def test_what_was_sold_and_is_not_there_stands_on_the_dashboard_and_on_its_item(served: Served) -> None:
    served.shop.sell("12", "2", 2, channel="tiktok_shop")
    for path in ("/", "/items/TEE-RED"):
        page = words(read(served, path))
        assert "TEE-RED: 1 sold that are not there, at New York; order 1 waits" in page
        assert "ship order 1 from Warehouse (2 there), or receive 1 at New York" in page
    assert "1 needs you." in words(read(served, "/"))
    assert "Needs you" not in words(read(served, "/items/CAP"))


def test_a_shortage_is_shown_as_what_it_is(served: Served) -> None:
    served.shop.sell("12", "2", 3)
    page = words(read(served, "/items/TEE-RED"))
    assert "\u22122" in page
    assert "0 on hand" in page


def test_units_that_moved_between_locations_say_from_where_to_where(served: Served) -> None:
    with served.shop.writing() as books:
        moved = Movement(
            id="t/1",
            item="13",
            source=Bin("1", State.AVAILABLE),
            target=Bin("2", State.AVAILABLE),
            units=3,
            cause="transfer/1",
            origin="shopify",
            reason="moved",
            occurred_at=served.shop.clock.now(),
        )
        books.ledger.append([moved], served.shop.clock.now())
    assert "moved: available at Boston to available at New York" in words(read(served, "/items/CAP"))


@pytest.mark.parametrize("path", [f"/items/{quote(EVIL_SKU, safe='')}", "/items/x?item=14"])
def test_e16_a_sku_that_is_markup_stays_text(still: Served, path: str) -> None:
    html = read(still, path)
    assert "<img src=x" not in html
    assert "<script>document" not in html
    assert EVIL_SKU in unescape(html)
    assert EVIL_TITLE in unescape(html)
    assert "62615533" not in words(html)  # what 7919 times 7907 would be, had anybody worked it out


@pytest.mark.parametrize(
    ("path", "title"),
    [
        (f"/items/{quote('A/B 50%?#', safe='')}", "Awkward"),
        ("/items/-?item=15", "Unlabelled sample"),
        ("/items/-?item=16", "Two dots"),
        ("/items/TWIN", "First twin"),
        ("/items/TWIN?item=19", "Second twin"),
        ("/items/cap", "Cap"),
    ],
)
def test_every_item_has_a_page_whatever_its_sku(still: Served, path: str, title: str) -> None:
    if path == "/items/cap":
        assert still.client.get(path).status_code == 404  # SKUs that differ in case are two
    else:
        assert title in words(read(still, path))


def test_two_items_with_one_sku_lead_to_each_other(still: Served) -> None:
    assert "item=19" in read(still, "/items/TWIN")
    assert "item=18" in read(still, "/items/TWIN?item=19")


def test_an_unknown_sku_is_a_page_with_near_ones(still: Served) -> None:
    answer = still.client.get("/items/TEE-BLU")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "TEE-BLUE" in words(answer.text)
    evil = still.client.get("/items/<script>alert(1)</script>")
    assert evil.status_code == 404
    assert "<script>alert" not in evil.text


def test_scripts_and_styles_are_kept_for_ever_under_their_digest(still: Served) -> None:
    html = read(still, "/")
    addresses = re.findall(r'(?:src|href)="(/static/[^"]+)"', html)
    assert len(addresses) >= 3
    for address in addresses:
        answer = still.client.get(address)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert still.client.get("/static/000000000000/onhand.css").status_code == 404
    assert still.client.get("/static/000000000000/../../server.py").status_code == 404


def test_another_file_means_another_address(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("a")
    before = Assets(tmp_path).url("a.css")
    (tmp_path / "a.css").write_text("b")
    assert Assets(tmp_path).url("a.css") != before
    with pytest.raises(KeyError, match=r"missing\.css"):
        Assets(tmp_path).url("missing.css")


def test_nothing_is_fetched_from_elsewhere_and_nothing_is_inline() -> None:
    for path in [*WEB.glob("templates/*.html"), *WEB.glob("static/*")]:
        text = path.read_text().replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|//cdn", text), path
    for path in WEB.glob("templates/*.html"):
        text = path.read_text()
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|\|\s*safe", text), path
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text)), path


def test_scripts_turn_text_into_markup_in_one_place_only() -> None:
    dangerous = re.compile(
        r"\.(inner|outer)HTML\s*=|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser|createHTML"
    )
    assert [path.name for path in sorted(WEB.glob("static/*.js")) if dangerous.search(path.read_text())] == ["swap.js"]


def test_several_shops_are_kept_apart_and_named(shop: Shop) -> None:
    from tests.web_pages.conftest import ITEMS, UNITS

    shop.open(ITEMS, UNITS)
    with shop.store.writing() as session:
        session.add_shop("caps.myshopify.com", shop.clock.now())
    app = build_web(shop.store, shop.log, [NAME, "caps.myshopify.com"], shop.clock)
    server = WebServer("127.0.0.1:0", app)
    server.start()
    try:
        with httpx.Client(base_url=server.url, timeout=60) as client:
            assert "27 of 27 stock points agree" in words(client.get("/").text)
            assert "Nothing is counted here yet." in words(client.get("/?shop=caps.myshopify.com").text)
            assert client.get("/api/v1/ats?shop=caps.myshopify.com").json() == []
            unnamed = client.get("/api/v1/ats")
            assert unnamed.status_code == 400
            assert unnamed.json()["near"] == [NAME, "caps.myshopify.com"]
            assert client.get("/?shop=x").status_code == 404
            lost = client.get("/items/TEE?shop=caps.myshopify.com")
            assert lost.status_code == 404
            assert 'href="/?q=TEE&amp;shop=caps.myshopify.com"' in lost.text
    finally:
        server.stop()


def test_the_item_page_shows_a_bundle_a_level_that_is_not_stocked_and_the_sku_before(served: Served) -> None:
    shop = served.shop
    with shop.writing() as books:
        key = LevelKey("11", next(row.location for row in books.catalog.locations() if row.name == "Boston"))
        bundle = Item(item="90", sku="SET", title="Blue set", bundle=True, sells_below_zero=True)
        report = Report(
            items=(bundle,),
            bundles=(Bundle("90", (Component("11", 2), Component("13", 1))),),
            level_ids={key: "gid://1"},
            inactive_levels=frozenset({key}),
        )
        book(books, "shopify", report, shop.clock.now())
        books.catalog.put_items([replace(bundle, sku="SET-2")], shop.clock.now() + timedelta(seconds=1))
        recalculate(books, shop.clock.now())
    page = words(read(served, "/items/SET-2"))
    assert "A bundle of 2 TEE-BLUE, 1 CAP" in page
    assert "Shopify goes on selling it when nothing is left" in page
    assert "go into each: enough for" in page
    assert "SKU 'SET' became 'SET-2'" in page
    assert "Boston not stocked" in words(read(served, "/items/TEE-BLUE"))
