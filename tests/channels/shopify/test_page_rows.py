"""However small the pages are that a shop is read in, what is read is the same."""

import re
from dataclasses import replace

import httpx
import pytest

from onhand.channels.shopify import ShopifySettings
from onhand.channels.shopify.documents import load, names, with_pages
from onhand.domain.orders import OrderPicture
from onhand.ports.channel import Wanted
from tests.channels.shopify.platform import Shop, connect

WHOLE = {"components", "delivery_profiles", "return_parts"}
FIRST = re.compile(r"\(first: ([0-9]+)")


def read_again(picture: OrderPicture) -> OrderPicture:
    """Return a picture as if it had been read first."""
    return replace(picture, version=replace(picture.version, reading=0))


def test_every_page_of_a_document_can_be_made_smaller_but_of_those_that_are_read_whole() -> None:
    found = {name: load(name) for name in names()}
    assert {name for name, document in found.items() if document.is_whole} == WHOLE
    for name, document in found.items():
        small = with_pages(document, 1).text
        assert with_pages(document, 250) == document
        pages = re.findall(r"\(first: ([0-9]+)[^)]*\) \{\s*pageInfo", small)
        assert name in WHOLE or set(pages) <= {"1"}, name
        assert len(FIRST.findall(small)) == len(FIRST.findall(document.text))


def test_lists_without_pages_keep_their_length_for_nothing_says_that_they_go_on() -> None:
    small = with_pages(load("orders"), 1).text
    assert "fulfillments(first: 3)" in small
    assert "refunds(first: 3)" in small
    assert "lineItems(first: 1)" in small


@pytest.mark.parametrize("rows", [1, 3])
def test_a_large_order_and_its_levels_read_the_same_page_by_page(shop: Shop, http: httpx.Client, rows: int) -> None:
    order = shop.order(*((place, 2) for place in range(12) if place % 5 != 4))
    for place in (0, 1, 2, 3):
        shop.do("fulfil", order=order, lines=[{"sku": shop.sku(place), "units": 1}])
    shop.do("refund", order=order, lines=[{"sku": shop.sku(place), "units": 1} for place in (0, 5, 6)])
    slow = Shop(running=shop.running, http=http, channel=connect(shop.running, http, page_rows=rows))
    (whole,), (paged,) = (one.read(Wanted.ORDER, [order]).report.pictures for one in (shop, slow))
    assert read_again(paged) == read_again(whole)
    keys = [f"{shop.item(place)}@{shop.location('Warehouse')}" for place in range(6)]
    seen = [one.read(Wanted.LEVEL, keys).report.observations for one in (shop, slow)]
    assert [(row.key, row.units) for row in seen[0]] == [(row.key, row.units) for row in seen[1]]
    assert slow.channel.batch_size(Wanted.LEVEL) == rows


def test_all_returns_of_an_order_are_found_however_many_pages_they_fill(shop: Shop, http: httpx.Client) -> None:
    order = shop.order((0, 3))
    shop.do("fulfil", order=order)
    for _ in range(3):
        shop.do("return", order=order, lines=[{"sku": shop.sku(0), "units": 1}])
    slow = Shop(running=shop.running, http=http, channel=connect(shop.running, http, page_rows=1))
    read = slow.read(Wanted.RETURN, [f"order:{order}"]).report.pictures
    opened = shop.running.sandbox.world.orders.by_id[int(order)].returns
    assert {picture.cause for picture in read} == {f"shopify/return/{one.id}" for one in opened}
    assert len(opened) == 3


def test_pages_of_no_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="page_rows must be 1 or more, got 0"):
        ShopifySettings(shop="tees.myshopify.com", page_rows=0)
