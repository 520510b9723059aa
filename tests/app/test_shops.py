"""Several shops in one install: one log for all, and nobody's deliveries are anybody else's."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from onhand.app import App, build
from onhand.config import load_config
from onhand.log import Seal
from onhand.ports.delivery import Delivery
from onhand.ports.errors import ConfigError

TEES, CAPS = "tees.myshopify.com", "caps.myshopify.com"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    (tmp_path / "secret").write_text(Seal.generate_key(), encoding="utf-8")
    shops = "".join(
        f'[[shop]]\ndomain = "{shop}"\nclient_id = "file:secret"\nclient_secret = "file:secret"\n'
        for shop in (TEES, CAPS)
    )
    path = tmp_path / "onhand.toml"
    path.write_text(f'database = "onhand.db"\nencryption_key = "file:secret"\n{shops}', encoding="utf-8")
    app = build(load_config(path, {}))
    yield app
    app.close()


def tell_a_level(app: App, shop: str, delivery_id: str) -> int:
    """Keep a genuine level webhook of a shop in the log; return its position."""
    body = {"inventory_item_id": 1, "location_id": 2, "available": 3, "updated_at": "2026-11-27T09:00:00-05:00"}
    delivery = Delivery(
        shop=shop,
        channel="shopify",
        topic="inventory_levels/update",
        delivery_id=delivery_id,
        event_id=None,
        triggered_at=None,
        received_at=datetime(2026, 11, 27, 14, 0, tzinfo=UTC),
        body=json.dumps(body).encode(),
    )
    assert app.log.append([delivery]) == [True]
    return app.log.last_position()


def test_a_shop_that_drains_the_log_books_the_deliveries_of_the_others_too(app: App) -> None:
    tell_a_level(app, CAPS, "a")
    tell_a_level(app, TEES, "b")
    assert app.steps(TEES).drain_log()
    with app.store.reading() as session:
        assert session.of(CAPS).deliveries.counts() == {"done": 1, "parked": 0}
        assert session.of(TEES).deliveries.counts() == {"done": 1, "parked": 0}


def test_a_delivery_of_another_shop_is_not_replayed(app: App) -> None:
    position = tell_a_level(app, CAPS, "a")
    with pytest.raises(ConfigError, match=f"is a delivery of {CAPS}, not of {TEES}"):
        app.replay(TEES, position)
