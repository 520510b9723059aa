"""Sensors at doors: what they count comes signed, over a broker or as a file, and ends in quarters of an hour."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from onhand import answers
from onhand.app.traffic import SILENT, UNBALANCED, watch_traffic
from onhand.cli.checks.traffic import check_traffic
from onhand.config.secret import Secret
from onhand.config.traffic import BrokerConfig, TrafficConfig
from onhand.domain.traffic import floor_bin
from onhand.sandbox.third_party import SECRET
from onhand.serve.counting_people import NOT_REACHED
from tests.flow.merchant import BOSTON, PORTLAND, Choices, Merchant, open_shop
from tests.support.mqtt import PASSWORD, USER, BrokerProcess, broker, publish
from tests.support.waiting import until

DOORS = TrafficConfig(
    shop="",
    name="doors",
    places={"store-1": BOSTON},
    secret=Secret(reference="env:DOORS", value=SECRET),
    zone=UTC,
    staff=frozenset({"dock"}),
)


@pytest.fixture(scope="module")
def mqtt() -> Iterator[BrokerProcess]:
    with broker() as running:
        yield running


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, mqtt: BrokerProcess) -> Iterator[Merchant]:
    folder = tmp_path_factory.mktemp("doors")
    (folder / "hours").mkdir()
    by_broker = BrokerConfig(
        host="127.0.0.1",
        port=mqtt.port,
        tls=False,
        client_id="onhand-here",
        user=USER,
        password=Secret(reference="env:MQTT", value=PASSWORD),
    )
    others = (
        replace(DOORS, name="mqtt", places={"store-2": PORTLAND}, secret=None, broker=by_broker),
        replace(DOORS, name="files", secret=None, folder=folder / "hours"),
    )
    with open_shop(folder, Choices(traffics=(DOORS, *others))) as merchant:
        until(lambda: not any(NOT_REACHED in row for row in kinds(merchant)), "the broker is reached")
        yield merchant


@pytest.fixture
def merchant(shared: Merchant) -> Merchant:
    shared.begin()
    return shared


def kinds(merchant: Merchant) -> list[str]:
    with merchant.app.store.reading() as session:
        return [row.kind for row in session.of(merchant.shop).problems.open()]


def problems(merchant: Merchant) -> list[str]:
    with merchant.app.store.reading() as session:
        return [row.message for row in session.of(merchant.shop).problems.open()]


def address(merchant: Merchant, place: str = "store-1", kind: str = "feeds") -> str:
    return f"{merchant.serving.addresses['webhooks']}/{kind}/foot-traffic/{merchant.shop}/{place}"


def tell(merchant: Merchant, **ask: object) -> dict[str, Any]:
    """Let the sensor in Boston send what it has counted, and wait until it is booked."""
    told = merchant.do("tell_door", location=BOSTON, **{"address": address(merchant), **ask})
    merchant.booked()
    return told


def came(merchant: Merchant, location: str, begin: datetime | None = None, end: datetime | None = None) -> int | None:
    """Return who came into a location in a time, in the last two days where none is said; None where nobody counted."""
    now = datetime.now(UTC)
    with merchant.app.store.reading() as session:
        books = session.of(merchant.shop)
        rows = answers.visits(
            books, merchant.shop, location, begin or now - timedelta(days=2), end or now + timedelta(minutes=15)
        )
    known = [row.in_people for row in rows if row.in_people is not None]
    return sum(known) if known else None


def parked(merchant: Merchant) -> dict[str, str]:
    with merchant.app.store.reading() as session:
        rows = session.of(merchant.shop).deliveries.rows(status="parked", limit=100)
    return {row.delivery_id: row.note for row in rows}


def test_what_a_sensor_counts_comes_signed_and_counts_once_however_often_it_comes(merchant: Merchant) -> None:
    before = came(merchant, BOSTON) or 0
    merchant.do("pass_door", location=BOSTON, came=7, left=5)
    told = tell(merchant)
    assert came(merchant, BOSTON) == before + 7
    merchant.do("tell_door_again", message=told["message_id"])
    merchant.booked()
    assert came(merchant, BOSTON) == before + 7


def test_a_day_full_of_repeats_and_of_messages_out_of_order_gives_the_people_who_came(merchant: Merchant) -> None:
    before = came(merchant, BOSTON) or 0
    merchant.fault("duplicate", 0.5)
    merchant.fault("reorder", 0.5)
    for people in (3, 0, 4, 9):
        merchant.do("pass_door", location=BOSTON, came=people)
        merchant.do("tell_door", location=BOSTON, address=address(merchant))
    merchant.do("heal")
    until(lambda: came(merchant, BOSTON) == before + 16, "16 people are counted")


def test_a_counter_is_told_by_its_differences(merchant: Merchant) -> None:
    merchant.do("tell_door", location=PORTLAND, address=address(merchant), mode="cumulative")
    merchant.booked()
    before = came(merchant, BOSTON) or 0
    merchant.do("pass_door", location=PORTLAND, came=11)
    merchant.do("tell_door", location=PORTLAND, address=address(merchant), mode="cumulative")
    until(lambda: came(merchant, BOSTON) == before + 11, "11 people are counted")


def test_who_does_not_sign_hears_401_and_there_is_no_such_webhook(merchant: Merchant) -> None:
    assert httpx.post(address(merchant), json={"in": 1}).status_code == 401
    assert httpx.post(address(merchant, kind="webhooks"), json={"in": 1}).status_code == 404
    elsewhere = f"{merchant.serving.addresses['webhooks']}/feeds/shopify/{merchant.shop}/orders/create"
    assert httpx.post(elsewhere, json={}).status_code == 404


def test_a_place_that_nobody_has_mapped_is_kept_and_says_what_to_write(merchant: Merchant) -> None:
    told = tell(merchant, address=address(merchant, "store-9"))
    note = parked(merchant)[f"doors/{told['message_id']}"]
    assert "is 'store-9', places known are store-1: name it in `places`" in note


def body(begin: datetime, people: int, **more: object) -> bytes:
    end = begin + timedelta(minutes=15)
    told = {"start": begin.isoformat(), "end": end.isoformat(), "in": people, "out": people, **more}
    return json.dumps({"schema": "traffic.v1", **told}).encode()


def test_what_a_sensor_publishes_to_a_broker_is_booked(merchant: Merchant, mqtt: BrokerProcess) -> None:
    begin = floor_bin(datetime.now(UTC) - timedelta(hours=5))
    message = body(begin, 12)
    publish(mqtt.port, message, message, topic="retail/store-2/door-7/count")
    until(lambda: came(merchant, PORTLAND, begin, begin + timedelta(minutes=15)) == 12, "12 people are counted")


def test_a_broker_that_went_down_is_found_again_and_what_it_kept_is_booked(
    merchant: Merchant, mqtt: BrokerProcess
) -> None:
    mqtt.end()
    until(lambda: NOT_REACHED in kinds(merchant), "a person is told that the broker is away")
    mqtt.start()
    begin = floor_bin(datetime.now(UTC) - timedelta(hours=7))
    publish(mqtt.port, body(begin, 5), topic="retail/store-2/door-7/count")
    until(lambda: came(merchant, PORTLAND, begin, begin + timedelta(minutes=15)) == 5, "5 people are counted")
    until(lambda: NOT_REACHED not in kinds(merchant), "the problem is settled")


def test_who_is_pushed_out_by_a_namesake_again_and_again_is_told_so_until_that_one_is_gone(
    merchant: Merchant, mqtt: BrokerProcess
) -> None:
    rival = Client(CallbackAPIVersion.VERSION2, client_id="onhand-here", clean_session=False)
    rival.username_pw_set(USER, PASSWORD)
    rival.reconnect_delay_set(1, 1)
    rival.connect("127.0.0.1", mqtt.port)
    rival.loop_start()
    try:
        until(lambda: any("is called 'onhand-here' there" in row for row in problems(merchant)), "a person is told")
    finally:
        rival.disconnect()
        rival.loop_stop()
    until(lambda: NOT_REACHED not in kinds(merchant), "the problem is settled")


def test_what_cannot_be_read_is_acknowledged_kept_and_shown(merchant: Merchant, mqtt: BrokerProcess) -> None:
    publish(mqtt.port, b'{"in": 1.5}', topic="retail/store-2/door-7/count")
    until(lambda: any("in: must be a whole number, got 1.5" in note for note in parked(merchant).values()), "parked")


def test_an_hourly_file_is_booked_and_put_away(merchant: Merchant) -> None:
    begin = floor_bin(datetime.now(UTC) - timedelta(hours=30)).replace(minute=0)
    config = next(row for row in merchant.app.config.traffics if row.folder is not None)
    folder = config.folder
    assert folder is not None
    text = f"ValueDateTime,ValueIn,ValueOut,CounterId\n{begin:%Y-%m-%d %H:%M:%S},40,38,12\n"
    (folder / "today.csv").write_text(text, encoding="utf-8")
    (folder / "today.csv.done").touch()
    until(lambda: came(merchant, BOSTON, begin, begin + timedelta(hours=1)) == 40, "40 people are counted")
    until(lambda: list((folder / "done").glob("*today.csv")), "the file is put away")


def test_staff_who_go_in_and_out_all_day_are_no_visitors(merchant: Merchant, mqtt: BrokerProcess) -> None:
    begin = floor_bin(datetime.now(UTC) - timedelta(hours=9))
    publish(mqtt.port, body(begin, 50), topic="retail/store-2/dock/count")
    publish(mqtt.port, body(begin, 2), topic="retail/store-2/door-7/count")
    until(lambda: came(merchant, PORTLAND, begin, begin + timedelta(minutes=15)) == 2, "two visitors are counted")
    merchant.booked()
    assert came(merchant, PORTLAND, begin, begin + timedelta(minutes=15)) == 2


def test_a_sensor_that_fell_silent_is_told_to_a_person_until_it_counts_again(merchant: Merchant) -> None:
    tell(merchant)
    configs = (replace(DOORS, shop=merchant.shop, silent_after_s=3600.0),)
    now = datetime.now(UTC)
    with merchant.app.store.writing() as session:
        books = session.of(merchant.shop)
        config = replace(merchant.app.config, traffics=configs)
        watch_traffic(books, configs, now + timedelta(hours=3))
        (found,) = [row for row in books.problems.open() if row.kind == SILENT and "door of Boston" in row.message]
        assert "has told nothing since" in found.message
        late = list(check_traffic(books, config, merchant.shop, now + timedelta(hours=3)))
        assert any(row.status == "warn" and "is silent since" in row.why for row in late)
        watch_traffic(books, configs, now)
        assert not [row for row in books.problems.open() if row.kind == SILENT and "door of Boston" in row.message]
        assert all(row.status == "ok" for row in check_traffic(books, config, merchant.shop, now))


def test_a_day_on_which_far_more_came_in_than_went_out_is_told(merchant: Merchant, mqtt: BrokerProcess) -> None:
    yesterday = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    publish(mqtt.port, body(yesterday, 200, out=20), topic="retail/store-2/door-7/count")
    until(lambda: came(merchant, PORTLAND, yesterday, yesterday + timedelta(minutes=15)) == 200, "200 are counted")
    configs = merchant.app.config.traffics_of(merchant.shop)
    with merchant.app.store.writing() as session:
        books = session.of(merchant.shop)
        watch_traffic(books, configs, yesterday + timedelta(days=1, hours=1))
        found = [row.message for row in books.problems.open() if row.kind == UNBALANCED]
    assert any("the doors of Portland counted" in message for message in found)


def test_the_command_and_the_api_answer_the_same(merchant: Merchant) -> None:
    tell(merchant)
    now = floor_bin(datetime.now(UTC)) + timedelta(minutes=15)
    asked = {"location": BOSTON, "since": (now - timedelta(hours=2)).isoformat(), "until": now.isoformat()}
    page = f"{merchant.serving.addresses['dashboard']}/api/v1/traffic"
    rows = httpx.get(page, params=asked).raise_for_status().json()
    with merchant.app.store.reading() as session:
        shown = answers.visits(session.of(merchant.shop), merchant.shop, BOSTON, now - timedelta(hours=2), now)
    assert rows == json.loads(msgspec.json.encode(answers.as_json(shown)))
    assert len(rows) == 8
    assert (rows[-1]["in_people"] is None) == (rows[-1]["status"] == "missing")
    assert httpx.get(page, params={**asked, "since": "0001-01-01T00:00:00+14:00"}).status_code == 404
    assert httpx.get(page, params={"location": "Nowhere"}).status_code == 404
