"""A shop with a handful of items, and its pages on a free port."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from onhand.app.holding import Holding
from onhand.domain.catalog import Item
from onhand.web.server import WebServer, build_web
from tests.web_pages.shop import Shop

EVIL_SKU = '<img src=x onerror="document.title=1">'
EVIL_TITLE = '"><script>document.title="owned"</script>{{ 7919*7907 }}'

ITEMS = (
    Item(item="11", sku="TEE-BLUE", title="Blue tee"),
    Item(item="12", sku="TEE-RED", title="Red tee"),
    Item(item="13", sku="CAP", title="Cap"),
    Item(item="14", sku=EVIL_SKU, title=EVIL_TITLE),
    Item(item="15", sku=None, title="Unlabelled sample"),
    Item(item="16", sku="..", title="Two dots"),
    Item(item="17", sku="A/B 50%?#", title="Awkward"),
    Item(item="18", sku="TWIN", title="First twin"),
    Item(item="19", sku="TWIN", title="Second twin"),
)
UNITS = {
    "11": (12, 3, 10),
    "12": (0, 1, 2),
    "13": (5, 5, 5),
    "14": (1, 1, 9),
    "15": (1, 0, 0),
    "16": (2, 2, 2),
    "17": (4, 4, 4),
    "18": (1, 1, 1),
    "19": (2, 2, 2),
}


@dataclass
class Served:
    """Pages of a shop at an address. `health` is what the process says of itself."""

    shop: Shop
    url: str
    client: httpx.Client
    health: dict[str, object] = field(default_factory=dict)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop that knows nothing yet."""
    shop = Shop(tmp_path)
    yield shop
    shop.close()


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The pages of a shop in which nothing happens, for all tests of a module that only look."""
    shop = Shop(tmp_path_factory.mktemp("still"))
    shop.open(ITEMS, UNITS)
    with serving(shop) as served:
        yield served
    shop.close()


@pytest.fixture
def served_empty(shop: Shop) -> Iterator[Served]:
    """The pages of a shop before its first sync."""
    with serving(shop) as served:
        yield served


@contextmanager
def serving(shop: Shop) -> Iterator[Served]:
    """Serve a shop's pages on a free port."""
    health: dict[str, object] = {}
    holding = Holding(shop.store, shop.clock)
    app = build_web(
        shop.store, shop.log, [shop.name], shop.clock, lambda: health, switches=shop.switches, holding=holding
    )
    server = WebServer("127.0.0.1:0", app)
    server.start()
    try:
        with httpx.Client(base_url=server.url, timeout=60) as client:
            yield Served(shop=shop, url=server.url, client=client, health=health)
    finally:
        server.stop()


@pytest.fixture
def served(served_empty: Served) -> Served:
    """The pages of a shop with nine items at three locations on three channels, everything told."""
    served_empty.shop.open(ITEMS, UNITS)
    return served_empty
