"""A shop in which every order has a shopper: what onhand shows of it names none of them, and no secret."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from onhand.cli import app
from tests.flow.merchant import WAREHOUSE, Merchant
from tests.flow.wire import Wire
from tests.support.canaries import leaks

SHOPPER = {"email": "shopper7@example.com", "phone": "+1 555 0107", "default_address": {"address1": "7 Mill Lane"}}
COMMANDS = (
    "levels", "ats", "inbox ls", "inbox ls --status parked", "drift ls", "transfers", "returns", "oversells",
    "offers ls", "shadow", "config show --origin", "doctor",
)  # fmt: skip


@pytest.fixture
def wire(merchant: Merchant) -> Iterator[Wire]:
    wire = Wire(merchant)
    yield wire
    wire.http.close()


def trade(merchant: Merchant, wire: Wire) -> None:
    """Sell on every channel, take goods back, and send a webhook that cannot be read and names a shopper."""
    for channel in ("online_store", "tiktok_shop"):
        order = merchant.order(channel, merchant.tee, 1)
        if channel == "online_store":
            merchant.do("fulfil", order=order)
            merchant.do("return", order=order, lines=[{"sku": merchant.tee, "units": 1}])
    merchant.sale(merchant.tee, 2)
    broken = {"id": "no number", "customer": SHOPPER, "email": "shopper7@example.com"}
    assert wire.shopify(broken, "orders/updated").status_code == 200
    assert wire.shopify(json.dumps(broken).encode() + b"]", "orders/updated").status_code == 200
    merchant.booked()


def test_no_page_answer_or_command_names_a_shopper_or_a_secret(merchant: Merchant, wire: Wire) -> None:
    trade(merchant, wire)
    url = merchant.serving.addresses["dashboard"]
    with httpx.Client(base_url=url, timeout=60) as client:
        wanted = {"sku": merchant.tee, "location": WAREHOUSE, "units": 1, "reference": "kiosk 7"}
        hold = client.post("/api/v1/holds", json=wanted, headers={"idempotency-key": "basket-7"}).json()["id"]
        asked = {"sku": merchant.tee, "channel": "tiktok_shop", "location": WAREHOUSE}
        for path, methods in client.get("/openapi.json").json()["paths"].items():
            if "get" not in methods or path == "/api/v1/stream":
                continue
            needed = (row for row in methods["get"].get("parameters", ()) if row["required"] and row["in"] == "query")
            known = {row["name"] for row in needed}
            query = {name: value for name, value in asked.items() if name in known}
            answer = client.get(path.replace("{sku}", merchant.tee).replace("{id}", str(hold)), params=query)
            assert answer.status_code in (200, 503), (path, answer.text)
            assert leaks(answer.text) == [], path
        assert merchant.tee in client.get("/api/v1/levels").text
        assert "orders/updated" in client.get("/api/v1/inbox", params={"status": "parked"}).text
    config = Path(merchant.app.config.database).parent / "onhand.toml"
    for command in COMMANDS:
        result = CliRunner().invoke(app, ["--config", str(config), *command.split()])
        assert result.exit_code in (0, 1), (command, result.output)
        assert leaks(result.output) == [], command
