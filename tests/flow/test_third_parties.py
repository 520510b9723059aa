"""A third party keeps the goods of a location: its counts are compared as of their time, and believed there."""

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from types import MappingProxyType

import httpx
import pytest

from onhand.app.counting import let_through
from onhand.app.threepl import build_threepl_door
from onhand.channels.threepl.csv_file import CsvForm
from onhand.channels.threepl.edi import EdiForm
from onhand.config.model import LocationConfig
from onhand.config.secret import Secret
from onhand.config.threepl import SftpConfig, ThreeplConfig
from onhand.intake.book_notices import HELD, UNKNOWN_ROWS
from onhand.sandbox.third_party import SECRET
from onhand.store import DriftRow
from tests.flow.merchant import BOSTON, PORTLAND, WAREHOUSE, Choices, Merchant, open_shop
from tests.support.sftp_server import PASSWORD, USER, SftpServer, sftp_server
from tests.support.waiting import until

OLD = "whsec_d2hhdCBpdCBzaWduZWQgd2l0aCBiZWZvcmU="
ACME = ThreeplConfig(
    shop="",
    name="acme",
    places={"EAST": WAREHOUSE, "TOWN": BOSTON},
    secret=Secret(reference="env:ACME", value=SECRET),
    old_secret=Secret(reference="env:ACME_OLD", value=OLD),
    zone=UTC,
    grace_s=0.3,
)
"""Acme keeps what stands in the warehouse, and is believed there; it counts the shop in Boston, too, and is not."""

EXAMPLES = Path(__file__).parents[2] / "docs" / "3pl"

SHOP = Choices(
    items=60,
    locations=(
        LocationConfig(shop="", name=PORTLAND, online=False),
        LocationConfig(shop="", name=WAREHOUSE, authority="acme"),
    ),
    threepls=(ACME,),
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Merchant]:
    folder = tmp_path_factory.mktemp("acme")
    with sftp_server(folder) as server:
        yield from open_with(folder, server)


def open_with(folder: Path, server: SftpServer) -> Iterator[Merchant]:
    """Open a shop with third parties for each way that files come."""
    for way in ("csv", "edi", "acme"):
        (folder / way).mkdir()
    there = SftpConfig(
        host="127.0.0.1",
        port=server.port,
        user=USER,
        folder="/outbound",
        known_hosts=server.known_hosts,
        password=Secret.of(PASSWORD),
        every_s=0.2,
    )
    at_portland = replace(ACME, places={PORTLAND: PORTLAND}, csv=CsvForm(complete=False), edi=EdiForm(complete=False))
    acme = replace(ACME, folder=folder / "acme", csv=CsvForm(complete=False))
    others = (
        replace(at_portland, name="by_csv", folder=folder / "csv", files="csv"),
        replace(at_portland, name="by_edi", folder=folder / "edi", files="edi"),
        replace(at_portland, name="by_sftp", sftp=there, files="edi"),
    )
    with open_shop(folder, replace(SHOP, threepls=(acme, *others), before=add_asked)) as merchant:
        yield merchant


def add_asked(merchant: Merchant) -> None:
    """Ask the sandbox's third party for its stock, too: its address is known once it listens."""
    url = f"{merchant.running.addresses['third_party']['stock_url']}/{PORTLAND}/fetch_stock.json"  # type: ignore[index]
    asked = replace(
        merchant.app.config.threepls[0],
        name="asked",
        places={PORTLAND: PORTLAND},
        folder=None,
        stock_url=url,
        stock_every_s=3600.0,
    )
    merchant.app.config = replace(merchant.app.config, threepls=(*merchant.app.config.threepls, asked))
    for parts in merchant.app.shops.values():
        parts.config = merchant.app.config
        parts.threepl = build_threepl_door(merchant.app.config, merchant.shop)


@pytest.fixture
def merchant(shared: Merchant) -> Merchant:
    shared.rested()
    shared.begin()
    return shared


def count(merchant: Merchant, *skus: str, at: str = WAREHOUSE, shown: Mapping[str, int] = MappingProxyType({})) -> str:
    """Let the third party count some SKUs; nothing is sent yet."""
    return str(merchant.do("third_party_count", location=at, skus=list(skus), shown=dict(shown))["notice"])


def change(merchant: Merchant, sku: str, units: int, reason: str = "adjustment") -> str:
    """Let the third party find, lose or receive units; nothing is sent yet."""
    asked = {"location": WAREHOUSE, "sku": sku, "units": units, "reason": reason}
    return str(merchant.do("third_party_change", **asked)["notice"])


def send(merchant: Merchant, notice: str, place: str = "EAST", secret: str = SECRET) -> None:
    """Send a notice by webhook, and wait until it is booked."""
    address = f"{merchant.serving.addresses['webhooks']}/webhooks/3pl/{merchant.shop}/{place}"
    merchant.do("third_party_send", notice=notice, address=address, secret=secret)
    merchant.booked()


def note_of(merchant: Merchant, notice: str) -> str:
    """Return what became of a notice that was sent by webhook."""
    with merchant.app.store.reading() as session:
        rows = session.of(merchant.shop).deliveries.rows(limit=1_000)
    return next((row.note for row in rows if row.delivery_id == f"acme/{notice}"), "")


def on_hand(merchant: Merchant, sku: str) -> int:
    return merchant.at_shopify(sku, WAREHOUSE, "on_hand")


def notes_of(merchant: Merchant, party: str) -> list[str]:
    """Return what became of everything that one third party has sent."""
    with merchant.app.store.reading() as session:
        rows = session.of(merchant.shop).deliveries.rows(limit=1_000)
    return [row.note for row in rows if row.topic.startswith(f"{party}/")]


def problems(merchant: Merchant, kind: str) -> list[str]:
    with merchant.app.store.reading() as session:
        return [row.message for row in session.of(merchant.shop).problems.open() if row.kind == kind]


def drifts_of(merchant: Merchant, sku: str) -> list[DriftRow]:
    return [row for row in merchant.drifts(sku) if row.source == "acme"]


def test_a_theft_at_the_third_party_is_adopted_and_told_to_shopify(merchant: Merchant) -> None:
    before = on_hand(merchant, merchant.tee)
    merchant.do("theft", location=WAREHOUSE, sku=merchant.tee, units=3)
    send(merchant, count(merchant, merchant.tee))
    merchant.until_equal(lambda: on_hand(merchant, merchant.tee), before - 3)
    (drift,) = drifts_of(merchant, merchant.tee)
    assert (drift.status, drift.units) == ("adopted", -3)
    assert any("counted" in str(line) for line in drift.evidence)
    assert merchant.unexplained(merchant.tee) == (3, 3)


def test_a_late_count_with_sales_after_it_moves_nothing(merchant: Merchant) -> None:
    taken = count(merchant, merchant.tee, at=BOSTON)
    merchant.sale(merchant.tee, 2, BOSTON)
    merchant.booked()
    send(merchant, taken, "TOWN")
    send(merchant, count(merchant, merchant.cap))  # what is booked behind it was looked at, too
    merchant.rested()
    assert drifts_of(merchant, merchant.tee) == []
    assert merchant.unexplained(merchant.tee) == (0, 0)


def test_sales_after_a_late_count_do_not_hide_what_it_found(merchant: Merchant) -> None:
    merchant.do("theft", location=BOSTON, sku=merchant.tee, units=3)
    taken = count(merchant, merchant.tee, at=BOSTON)
    merchant.next_second()  # Shopify's times have whole seconds
    merchant.sale(merchant.tee, 2, BOSTON)
    merchant.booked()
    send(merchant, taken, "TOWN")
    (drift,) = until(lambda: drifts_of(merchant, merchant.tee), "the drift is filed")
    assert drift.units == -3


def test_a_count_and_the_change_in_it_never_count_twice(merchant: Merchant) -> None:
    before = on_hand(merchant, merchant.tee)
    lost = change(merchant, merchant.tee, -2)
    counted = count(merchant, merchant.tee)
    for notice in (counted, lost, counted, lost):
        send(merchant, notice)
        send(merchant, notice)
    merchant.until_equal(lambda: on_hand(merchant, merchant.tee), before - 2)
    merchant.rested()
    assert on_hand(merchant, merchant.tee) == before - 2
    assert merchant.unexplained(merchant.tee)[1] == 2


def test_goods_that_come_in_at_the_third_party_are_told_to_shopify(merchant: Merchant) -> None:
    before = on_hand(merchant, merchant.tee)
    send(merchant, change(merchant, merchant.tee, 12, "receipt"))
    merchant.until_equal(lambda: on_hand(merchant, merchant.tee), before + 12)
    assert merchant.unexplained(merchant.tee) == (0, 0)


def test_where_shopify_is_believed_a_gap_is_shown_and_nothing_moves(merchant: Merchant) -> None:
    before = merchant.at_shopify(merchant.tee, BOSTON, "on_hand")
    merchant.do("theft", location=BOSTON, sku=merchant.tee, units=2)
    send(merchant, count(merchant, merchant.tee, at=BOSTON), "TOWN")
    (drift,) = until(lambda: drifts_of(merchant, merchant.tee), "the drift is filed")
    assert (drift.status, drift.units, drift.observed_units) == ("open", -2, before - 2)
    assert merchant.at_shopify(merchant.tee, BOSTON, "on_hand") == before
    assert merchant.unexplained(merchant.tee) == (0, 0)


def test_both_secrets_are_good_and_a_third_one_is_not(merchant: Merchant) -> None:
    for secret in (SECRET, OLD):
        notice = count(merchant, merchant.tee)
        send(merchant, notice, secret=secret)
        assert "1 counts at Warehouse kept" in note_of(merchant, notice)
    notice = count(merchant, merchant.tee)
    rejected = merchant.app.log.counts().rejected
    address = f"{merchant.serving.addresses['webhooks']}/webhooks/3pl/{merchant.shop}/EAST"
    merchant.do("third_party_send", notice=notice, address=address, secret="whsec_c3RvbGVu")
    merchant.until(lambda: merchant.app.log.counts().rejected > rejected, "it is refused")
    assert note_of(merchant, notice) == ""
    merchant.do("heal")


def test_an_older_count_says_nothing_against_a_newer_one(merchant: Merchant) -> None:
    older = count(merchant, merchant.tee, shown={merchant.tee: 1})
    newer = count(merchant, merchant.tee)
    send(merchant, newer)
    send(merchant, older)
    assert "0 counts at Warehouse kept, 1 were no news" in note_of(merchant, older)


def test_a_place_that_nobody_has_mapped_waits_and_says_what_to_write(merchant: Merchant) -> None:
    notice = count(merchant, merchant.tee)
    send(merchant, notice, "WEST")
    assert "places" in note_of(merchant, notice)
    assert "'WEST'" in note_of(merchant, notice)


def test_unknown_skus_are_named_and_the_other_rows_are_used(merchant: Merchant) -> None:
    taken = count(merchant, merchant.tee, "NO-SUCH-SKU")
    send(merchant, taken)
    assert "1 counts at Warehouse kept" in note_of(merchant, taken)
    assert any("NO-SUCH-SKU" in message for message in problems(merchant, UNKNOWN_ROWS))


def test_a_count_in_which_much_is_missing_is_held_until_a_person_lets_it_through(merchant: Merchant) -> None:
    whole = merchant.do("third_party_count", location=WAREHOUSE)
    shown = dict.fromkeys(list(whole["units"])[:20], 0)
    short = str(merchant.do("third_party_count", location=WAREHOUSE, shown=shown)["notice"])
    before = on_hand(merchant, merchant.tee)
    send(merchant, short)
    assert "held back" in note_of(merchant, short)
    (message,) = problems(merchant, HELD)
    assert "SKUs" in message
    merchant.rested()
    assert on_hand(merchant, merchant.tee) == before
    send(merchant, str(merchant.do("third_party_count", location=WAREHOUSE)["notice"]))
    assert problems(merchant, HELD) == []


def test_a_shipping_advice_has_its_order_read_and_moves_nothing_itself(shared: Merchant) -> None:
    tee = shared.sku()
    before = shared.at_shopify(tee, PORTLAND, "on_hand")
    order = shared.order("online_store", tee)
    shared.booked()
    folder = folder_of(next(one for one in shared.app.config.threepls if one.name == "by_edi"))
    body = (EXAMPLES / "945.edi").read_bytes()
    for name, told in ((order, "asked for 1 of them"), ("#NO-SUCH", "asked for 0 of them")):
        (folder / "advice.edi").write_bytes(body.replace(b"#1001", name.encode()))
        shared.until(
            lambda name=name, told=told: any(  # type: ignore[misc]
                f"shipped {name}; {told}" in note for note in notes_of(shared, "by_edi")
            ),
            "the advice is booked",
        )
    asked = f"by_edi/945-SH-90: shipped {order}"
    assert len([note for note in notes_of(shared, "by_edi") if note.startswith(asked)]) == 1
    shared.rested()
    assert shared.at_shopify(tee, PORTLAND, "on_hand") == before
    assert shared.unexplained(tee) == (0, 0)


def test_what_nobody_signed_is_refused_at_the_door(merchant: Merchant) -> None:
    address = f"{merchant.serving.addresses['webhooks']}/webhooks/3pl/{merchant.shop}/EAST"
    assert httpx.post(address, content=b"{}", timeout=60).status_code == 401


@pytest.mark.parametrize(("way", "form"), [("csv", "csv"), ("edi", "edi"), ("sftp", "edi")])
def test_a_file_that_was_dropped_is_counted_once_and_put_away(shared: Merchant, way: str, form: str) -> None:
    config = next(one for one in shared.app.config.threepls if one.name == f"by_{way}")
    folder = folder_of(config)
    taken = str(shared.do("third_party_count", location=PORTLAND, skus=[shared.sku()])["notice"])
    for _ in range(2):
        shared.do("third_party_send", notice=taken, folder=str(folder), form=form)
        shared.until(lambda: not list(folder.glob("notice-*")), "the file is put away")
    shared.until(lambda: "1 counts at Portland kept" in " ".join(notes_of(shared, config.name)), "it is booked")
    if form == "edi":
        assert b"AK9*A*1*1*1" in (folder / "out" / "997-000000001.edi").read_bytes()


def folder_of(config: ThreeplConfig) -> Path:
    """Return the folder of this machine in which the files of a third party lie, whoever serves it."""
    if config.sftp is not None:
        return config.sftp.known_hosts.parent / "files" / "outbound"
    assert config.folder is not None
    return config.folder


def test_a_file_of_changes_that_is_sent_again_is_booked_once(merchant: Merchant) -> None:
    merchant.next_second()  # a change within the second of the opening may be in it
    before = on_hand(merchant, merchant.tee)
    folder = folder_of(next(one for one in merchant.app.config.threepls if one.name == "acme"))
    for name in ("changes.csv", "again.csv"):
        (folder / name).write_text(f"sku,location,delta\n{merchant.tee},EAST,-2\n")
        merchant.until(lambda: not list(folder.glob("*.csv")), "the file is put away")
        merchant.next_second()
    merchant.until_equal(
        lambda: sorted(note.split(": ")[1] for note in notes_of(merchant, "acme") if "changes at" in note)[:2],
        ["0 of 1 changes at Warehouse booked", "1 of 1 changes at Warehouse booked"],
    )
    merchant.until_equal(lambda: on_hand(merchant, merchant.tee), before - 2)
    merchant.rested()
    assert on_hand(merchant, merchant.tee) == before - 2


def test_an_order_that_claimed_nothing_is_booked_back_where_a_third_party_counts_too(merchant: Merchant) -> None:
    sku = merchant.sku()
    merchant.do("app_order", lines=[{"sku": sku, "units": 2}], behaviour="BYPASS")
    merchant.booked()
    merchant.until_equal(lambda: merchant.level(sku, WAREHOUSE, "committed"), 2)
    merchant.app.audit(merchant.shop)
    merchant.until_equal(lambda: merchant.level(sku, WAREHOUSE, "committed"), 0)
    (drift,) = merchant.drifts(sku)
    assert (drift.cause, drift.status) == ("an app created this order without claiming stock", "closed")


def test_a_third_party_is_asked_for_its_stock(shared: Merchant) -> None:
    shared.until(lambda: any("counts at Portland kept" in note for note in notes_of(shared, "asked")), "it is booked")


def test_shopify_is_told_what_is_on_hand_when_it_asks(merchant: Merchant) -> None:
    ask = f"{merchant.serving.addresses['webhooks']}/fulfillment/{merchant.shop}/{WAREHOUSE}/fetch_stock"
    secret = merchant.running.sandbox.secrets.client_secret

    def answer(url: str, **query: str) -> httpx.Response:
        asked = {"shop": merchant.shop, "timestamp": "1795406400", **query}
        signed = "&".join(f"{key}={asked[key]}" for key in sorted(asked))
        digest = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).hexdigest()
        return httpx.get(url, params={**asked, "hmac": digest}, timeout=60)

    expected = {merchant.tee: on_hand(merchant, merchant.tee)}
    merchant.until_equal(lambda: answer(f"{ask}.json", sku=merchant.tee).json(), expected)
    everything = answer(ask).json()
    assert everything[merchant.tee] == expected[merchant.tee]
    assert len(everything) > 50
    assert answer(ask, sku="NO-SUCH-SKU").json() == {}
    assert httpx.get(ask, params={"sku": merchant.tee}, timeout=60).status_code == 401
    assert httpx.get(ask, params={"sku": merchant.tee, "hmac": "00"}, timeout=60).status_code == 401
    assert answer(ask.replace(merchant.shop, "other.myshopify.com")).json() == {}


def test_a_person_lets_a_count_through_that_was_held_back(merchant: Merchant) -> None:
    whole = merchant.do("third_party_count", location=WAREHOUSE)
    lost = [sku for sku in whole["units"] if sku != merchant.tee][:20]
    short = str(merchant.do("third_party_count", location=WAREHOUSE, shown=dict.fromkeys(lost, 0))["notice"])
    send(merchant, short)
    assert "held back" in note_of(merchant, short)
    position = let_through(merchant.app.store, merchant.shop, f"acme/{short}")
    merchant.app.replay(merchant.shop, position)
    assert "counts at Warehouse kept" in note_of(merchant, short)
    assert problems(merchant, HELD) == []
