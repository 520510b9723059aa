"""Who counts people is read whole, and every mistake names the way out."""

from datetime import UTC
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.config.test_config import SHOP, load, refusal

TRAFFIC = f"""{SHOP}
[[traffic]]
name = "axis"
places = {{ "store-1" = "Boston", "store-2" = "Chicago" }}
timezone = "America/New_York"
"""
SIGNED = 'secret = "env:AXIS"\n'


def test_a_sender_of_counts_is_read_whole(tmp_path: Path) -> None:
    text = TRAFFIC + SIGNED + 'form = "axis"\nstaff = ["dock"]\ntimezones = { "store-2" = "America/Chicago" }\n'
    (one,) = load(tmp_path, text, AXIS="canary").traffics
    assert (one.form, one.staff, one.silent_after_s) == ("axis", frozenset({"dock"}), 86_400.0)
    assert (one.zone, one.zones) == (ZoneInfo("America/New_York"), {"store-2": ZoneInfo("America/Chicago")})
    assert "canary" not in repr(one)


def test_a_broker_is_read_with_its_port_and_its_session(tmp_path: Path) -> None:
    text = TRAFFIC + 'broker = "mqtts://broker.example"\nuser = "onhand"\npassword = "env:MQTT"\nca = "ca.pem"\n'
    (one,) = load(tmp_path, text, MQTT="canary").traffics
    assert one.broker is not None
    assert (one.broker.host, one.broker.port, one.broker.tls) == ("broker.example", 8883, True)
    assert one.broker.client_id == f"onhand-axis-{one.shop}"
    assert one.broker.authority == tmp_path / "ca.pem"
    assert "canary" not in repr(one)


def test_files_are_read_by_their_own_headings(tmp_path: Path) -> None:
    text = (
        TRAFFIC.replace("America/New_York", "UTC") + 'folder = "hours"\nrow_minutes = 30\ncolumns = { "in" = "Rein" }\n'
    )
    (one,) = load(tmp_path, text).traffics
    assert one.folder == tmp_path / "hours"
    assert (one.hours.minutes, one.hours.columns, one.zone) == (30, {"in": "Rein"}, UTC)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", "secret is missing: or give a broker, or a folder for its files: else nothing can come"),
        (SIGNED + 'form = "axiss"\n', "form must be one of standard, axis, butlr, got 'axiss'; did you mean axis?"),
        (SIGNED + 'timezones = { "store-9" = "UTC" }\n', "timezones names 'store-9', which `places` does not"),
        (SIGNED + 'topic = "a/{location}/{sensor}"\n', "topic belongs to a broker: say where it is"),
        ('broker = "broker.example"\n', 'broker must be an address such as "mqtts://broker.example:8883"'),
        ('broker = "mqtt://[::1"\n', 'broker must be an address such as "mqtts://broker.example:8883"'),
        (
            'broker = "mqtt://broker.example"\npassword = "env:AXIS"\n',
            "broker must begin with mqtts://, for the password is sent there",
        ),
        ('broker = "mqtts://b"\ntopic = "doors/+/count"\n', "topic must have {location} and {sensor} once each"),
        ('broker = "mqtts://b"\ntopic = "{location}/{sensor}/{day}"\n', "topic knows {location} and {sensor} only"),
        (SIGNED + 'columns = { "inn" = "Rein" }\n', "columns names 'inn', which is none of time, in, out"),
        (SIGNED + 'encoding = "klingon"\n', 'encoding must be an encoding of text such as "utf-8"'),
        (SIGNED + "silent_after_s = 1\n", "silent_after_s must be a number from 60 to"),
        (SIGNED + "silent_after = 60\n", "silent_after is not a key that onhand knows; did you mean silent_after_s?"),
    ],
)
def test_what_is_wrong_is_named_with_the_way_out(tmp_path: Path, more: str, expected: str) -> None:
    assert expected in refusal(tmp_path, TRAFFIC + more, AXIS="x")


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ('"store-1" = "Boston"', "places is missing: name its places and your locations"),
        ('timezone = "America/New_York"', "timezone is missing: its midnights"),
        ("America/New_York", "timezone must be a time zone such as"),
        ('name = "axis"', 'name is missing: give it a short name of your own, name = "axis"'),
    ],
)
def test_what_a_sender_needs_must_be_there(tmp_path: Path, wrong: str, expected: str) -> None:
    replaced = {"America/New_York": "Mars/Olympus", '"store-1" = "Boston"': ""}.get(wrong, "")
    text = TRAFFIC.replace(', "store-2" = "Chicago"', "").replace(wrong, replaced) + SIGNED
    assert expected in refusal(tmp_path, text, AXIS="x")


def test_a_place_must_fit_into_an_address(tmp_path: Path) -> None:
    text = TRAFFIC.replace("store-1", "store 1") + SIGNED
    assert "places names 'store 1': a place stands in addresses and topics" in refusal(tmp_path, text, AXIS="x")


def test_two_sessions_of_one_name_at_one_broker_would_push_each_other_out_and_are_refused(tmp_path: Path) -> None:
    one = TRAFFIC + 'broker = "mqtts://broker.example"\nclient_id = "doors"\n'
    other = one.partition("[[traffic]]")[2].replace('name = "axis"', 'name = "back"')
    told = refusal(tmp_path, f"{one}[[traffic]]{other}")
    assert "[[traffic]] with client_id doors at broker.example:8883 stands there 2 times" in told
    load(tmp_path, f"{one}[[traffic]]{other.replace('doors', 'back-doors')}")
    load(tmp_path, f"{one}[[traffic]]{other.replace('broker.example', 'other.example')}")
