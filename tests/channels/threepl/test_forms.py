"""What third parties send, form by form: the files in docs/3pl are what a notice is read from."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from onhand.channels.threepl.csv_file import CsvForm, read_csv
from onhand.channels.threepl.edi import EdiForm, acknowledge, read_edi
from onhand.channels.threepl.standard import Framed, read_standard
from onhand.channels.threepl.vendors import read_vendor
from onhand.channels.threepl.x12 import read_interchange
from onhand.domain.notices import Change
from onhand.ports.errors import UnreadableDelivery

EXAMPLES = Path(__file__).parents[3] / "docs" / "3pl"
NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
FRAMED = Framed(source="acme", message_id="m-1", received_at=NOW, location=None, zone=UTC)
GERMAN = CsvForm(
    columns={"sku": "Artikel", "location": "Lager", "on_hand": "Bestand", "available": "Frei", "as_of": "Stand"},
    delimiter=";",
    encoding="latin-1",
    decimal=",",
)
AT_QUARTER_PAST_FOUR = datetime(2026, 11, 23, 4, 15, tzinfo=UTC)


def example(name: str) -> bytes:
    return (EXAMPLES / name).read_bytes()


def test_a_count_in_our_own_form_says_all_it_has() -> None:
    notice = read_standard(example("snapshot.json"), FRAMED)
    assert (notice.kind, notice.source, notice.message_id, notice.sequence) == (
        "snapshot", "acme", "count-2026-11-23T04:15", 1234,
    )  # fmt: skip
    assert (notice.as_of, notice.location, notice.complete) == (AT_QUARTER_PAST_FOUR, "EAST", True)
    tee, cap = notice.rows
    assert (tee.sku, tee.gtin, tee.on_hand_units, tee.available_units) == ("TEE-BLK-M", "012345678905", 125, 118)
    assert (tee.committed_units, tee.damaged_units, tee.inbound_units) == (5, 2, 0)
    assert (cap.on_hand_units, cap.damaged_units) == (40, None)


def test_a_change_in_our_own_form_says_what_became_of_the_units() -> None:
    notice = read_standard(example("delta.json"), FRAMED)
    assert notice.kind == "delta"
    assert [(row.sku, row.delta_units, row.change) for row in notice.rows] == [
        ("TEE-BLK-M", -2, Change.DAMAGE),
        ("CAP-RED", 1, Change.ADJUSTMENT),
    ]


def test_the_address_of_a_webhook_says_the_place_before_the_body_does() -> None:
    assert read_standard(example("snapshot.json"), FRAMED._replace(location="WEST")).location == "WEST"


def test_a_german_file_is_read_by_its_columns_its_decimals_and_its_hour() -> None:
    (notice,) = read_csv(example("count.csv"), GERMAN, FRAMED._replace(zone=ZoneInfo("Europe/Berlin")))
    assert (notice.location, notice.as_of, notice.complete) == ("EAST", AT_QUARTER_PAST_FOUR, True)
    assert [(row.row, row.sku, row.on_hand_units, row.available_units) for row in notice.rows] == [
        (2, "TEE-BLK-M", 125, 118),
        (3, "CAP-RED", 40, 40),
    ]


def test_a_file_for_two_places_is_two_notices() -> None:
    body = b"sku,location,on_hand\nTEE,EAST,4\nTEE,WEST,5\n"
    notices = read_csv(body, CsvForm(), FRAMED)
    assert [(notice.location, notice.rows[0].on_hand_units, notice.as_of) for notice in notices] == [
        ("EAST", 4, NOW),
        ("WEST", 5, NOW),
    ]


def test_nothing_of_a_file_is_used_and_every_wrong_field_is_named() -> None:
    body = b"sku,on_hand\nTEE,4\nCAP,many\n,7\nHAT,1.5\n"
    with pytest.raises(UnreadableDelivery) as trouble:
        read_csv(body, CsvForm(), FRAMED)
    message = str(trouble.value)
    assert "nothing of it is used" in message
    assert "row 3, on_hand: must be a whole number, got 'many'" in message
    assert "row 4: names no sku and no gtin" in message
    assert "row 5, on_hand: must be a whole number, got '1.5'" in message


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "is empty"),
        (b"sku,on_hand\n", "no row"),
        (b"sku,sku,on_hand\nA,B,1\n", "2 times"),
        (b"sku,units\nA,1\n", "no column for on_hand"),
        (b"sku,on_hand\nA,1,2\n", "row 2: has 3 cells"),
        (b'sku,on_hand\n"A,1\n', "nothing of it is used"),
        (b"sku,on_hand\n\xff,1\n", "is not utf-8 text (byte 12)"),
        (b"s\0ku,on_hand\nA,1\n", "character 0"),
    ],
)
def test_a_file_that_is_no_count_says_why(body: bytes, words: str) -> None:
    with pytest.raises(UnreadableDelivery, match="acme") as trouble:
        read_csv(body, CsvForm(), FRAMED)
    assert words in str(trouble.value)


def test_shipheros_numbers_are_texts_and_what_is_sold_ahead_is_on_no_shelf() -> None:
    notice = read_vendor(example("shiphero-update.json"), "shiphero", FRAMED)
    (row,) = notice.rows
    assert (notice.location, notice.complete, notice.as_of) == ("EAST", False, NOW)
    assert (row.on_hand_units, row.available_units, row.damaged_units) == (48, 13, 3)


def test_shipheros_change_is_the_count_that_it_ends_in() -> None:
    framed = FRAMED._replace(zone=ZoneInfo("America/New_York"), received_at=datetime(2026, 11, 23, 18, 20, tzinfo=UTC))
    notice = read_vendor(example("shiphero-change.json"), "shiphero", framed)
    (row,) = notice.rows
    assert (notice.kind, row.on_hand_units, row.delta_units, row.reason) == ("snapshot", 108, None, "Cycle count")
    assert notice.as_of == datetime(2026, 11, 23, 18, 19, 30, tzinfo=UTC)
    assert notice.location == "12345"


def test_shipbob_counts_components_place_by_place() -> None:
    notice = read_vendor(example("shipbob.json"), "shipbob", FRAMED._replace(location="Cicero"))
    (row,) = notice.rows
    assert (row.sku, row.on_hand_units, row.available_units, row.inbound_units) == ("TEE-BLK-M", 90, 85, 10)
    assert not notice.complete


def test_an_846_says_what_is_there() -> None:
    (notice,) = read_edi(example("846.edi"), EdiForm(), FRAMED)
    assert (notice.kind, notice.location, notice.as_of) == ("snapshot", "EAST", AT_QUARTER_PAST_FOUR)
    assert notice.message_id == "846-INV20261123041500"
    assert notice.complete
    tee, cap = notice.rows
    assert (tee.sku, tee.gtin, tee.on_hand_units, tee.available_units) == ("TEE-BLK-M", "012345678905", 125, 118)
    assert (tee.damaged_units, cap.on_hand_units, cap.available_units) == (2, 40, None)


def test_a_partner_may_mean_something_else_by_a_quantity() -> None:
    (notice,) = read_edi(example("846.edi"), EdiForm(quantities={"17": "available"}), FRAMED)
    assert [row.available_units for row in notice.rows] == [125, 40]


def test_a_944_says_what_came_in() -> None:
    (notice,) = read_edi(example("944.edi"), EdiForm(), FRAMED)
    assert (notice.kind, notice.message_id, notice.location) == ("delta", "944-WR-5501", "EAST")
    assert [(row.sku, row.gtin, row.delta_units, row.change) for row in notice.rows] == [
        ("TEE-BLK-M", None, 60, Change.RECEIPT),
        (None, "012345678905", 12, Change.RECEIPT),
    ]
    assert notice.as_of == datetime(2026, 11, 23, 9, 1, tzinfo=UTC)


def test_a_945_names_the_order_that_left() -> None:
    (notice,) = read_edi(example("945.edi"), EdiForm(), FRAMED)
    assert (notice.kind, notice.orders, notice.rows) == ("advice", ("#1001",), ())


def test_a_947_says_what_was_lost_damaged_or_found() -> None:
    (notice,) = read_edi(example("947.edi"), EdiForm(damage_codes=frozenset({"05"})), FRAMED)
    assert [(row.sku, row.delta_units, row.change, row.reason) for row in notice.rows] == [
        ("TEE-BLK-M", -2, Change.DAMAGE, "947 reason 05"),
        ("CAP-RED", 1, Change.ADJUSTMENT, "947 reason AA"),
    ]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"'"])
def test_an_interchange_says_itself_what_parts_its_segments(end: bytes) -> None:
    body = example("846.edi").replace(b"~\n", end)
    assert read_edi(body, EdiForm(), FRAMED) == read_edi(example("846.edi"), EdiForm(), FRAMED)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"SE*11*", b"SE*12*", "SE01 counts '12' segments, there are 11"),
        (b"SE*11*0001", b"SE*11*0002", "SE02 is '0002', it began as '0001'"),
        (b"GE*1*123", b"GE*2*123", "GE01 counts '2' transaction sets, there are 1"),
        (b"IEA*1*000000123", b"IEA*1*000000124", "IEA02 is '000000124'"),
        (b"QTY*17*125*EA", b"QTY*17*1x5*EA", "segment 8, QTY02: must be a whole number, got '1x5'"),
        (b"QTY*17*40*EA~\n", b"", "SE01 counts"),
        (b"LIN*2*SK*CAP-RED", b"LIN*2*ZZ*CAP-RED", "segment 10, LIN: names no product"),
        (b"*20261123*0415~\nN1", b"*20261323*0415~\nN1", "BIA04: must be a date"),
        (b"IEA*1*000000123~\n", b"", "ends where IEA must stand"),
    ],
)
def test_a_broken_interchange_is_refused_whole_and_says_where(old: bytes, new: bytes, words: str) -> None:
    with pytest.raises(UnreadableDelivery) as trouble:
        read_edi(example("846.edi").replace(old, new), EdiForm(), FRAMED)
    assert words in str(trouble.value)


def test_a_partner_is_told_that_its_documents_came() -> None:
    came = read_interchange(example("846.edi"), "the 846")
    reply = read_interchange(acknowledge(came, NOW, 7), "the 997")
    assert (reply.sender, reply.receiver) == (came.receiver, came.sender)
    ((only,),) = [group.sets for group in reply.groups]
    assert only.kind == "997"
    assert [(row.name, row.elements) for row in only.segments] == [
        ("AK1", ("IB", "123")),
        ("AK2", ("846", "0001")),
        ("AK5", ("A",)),
        ("AK9", ("A", "1", "1", "1")),
    ]


def test_a_partner_is_told_that_its_documents_were_refused() -> None:
    came = read_interchange(example("846.edi"), "the 846")
    reply = read_interchange(acknowledge(came, NOW, 8, refusal="QTY02"), "the 997")
    assert [row.elements for row in reply.groups[0].sets[0].segments[-2:]] == [("R", "5"), ("R", "1", "1", "0")]
