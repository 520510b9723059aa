"""What sensors publish is acknowledged once it is kept: what is not, comes again."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from onhand.channels.foot_traffic.mqtt import Arrived, Broker, BrokerSettings
from onhand.config.traffic import TOPIC
from onhand.ports.errors import ChannelRefused, ChannelUnavailable
from tests.support.mqtt import PASSWORD, USER, BrokerProcess, broker, publish
from tests.support.ports import free_port
from tests.support.waiting import until

AT_DOOR_7 = "retail/store-1/door-7/count"


@pytest.fixture
def running() -> Iterator[BrokerProcess]:
    with broker() as found:
        yield found


def session(port: int, password: str = PASSWORD, topic: str = TOPIC) -> Broker:
    return Broker(
        BrokerSettings(
            host="127.0.0.1", port=port, tls=False, client_id="onhand-test", user=USER, password=password, topic=topic
        )
    )


def listen(client: Broker) -> None:
    """Wait until the broker has taken our subscription."""
    until(lambda: client.fetch(0.1) or client.is_listening, "the broker takes our subscription")


def fetch(client: Broker, count: int) -> list[Arrived]:
    """Return the messages that come, once there are so many."""
    found: list[Arrived] = []

    def look() -> bool:
        found.extend(client.fetch(0.2))
        return len(found) >= count

    until(look, f"{count} messages come")
    return found


def test_a_message_names_its_place_and_its_sensor(running: BrokerProcess) -> None:
    client = session(running.port)
    listen(client)
    publish(running.port, b"one", b"two", topic=AT_DOOR_7)
    found = fetch(client, 2)
    assert [(row.place, row.sensor, row.body) for row in found] == [
        ("store-1", "door-7", b"one"), ("store-1", "door-7", b"two"),
    ]  # fmt: skip
    client.acknowledge(found)
    client.close()


def test_what_was_published_while_we_were_away_comes_when_we_are_back(running: BrokerProcess) -> None:
    client = session(running.port)
    listen(client)
    client.close()
    publish(running.port, b"one", topic=AT_DOOR_7)
    (found,) = fetch(client, 1)
    assert found.body == b"one"
    client.acknowledge([found])
    client.close()


def test_what_was_not_acknowledged_comes_again_with_the_next_session(running: BrokerProcess) -> None:
    client = session(running.port)
    listen(client)
    publish(running.port, b"one", topic=AT_DOOR_7)
    fetch(client, 1)
    client.close()
    assert fetch(client, 1)[0].body == b"one"
    client.close()


def test_another_layout_of_topics_is_read_by_its_own_names(running: BrokerProcess) -> None:
    client = session(running.port, topic="doors/{sensor}/of/{location}")
    listen(client)
    publish(running.port, b"one", topic="doors/door-7/of/store-1")
    (found,) = fetch(client, 1)
    assert (found.place, found.sensor) == ("store-1", "door-7")
    client.close()


def test_a_broker_that_is_not_there_is_named() -> None:
    port = free_port()
    with pytest.raises(ChannelUnavailable, match=rf"127\.0\.0\.1:{port} cannot be reached"):
        session(port).fetch(0.0)


def test_a_broker_that_ends_is_told_and_found_again(running: BrokerProcess) -> None:
    client = session(running.port)
    listen(client)
    running.end()
    with pytest.raises(ChannelUnavailable, match=r"127\.0\.0\.1"):
        until(lambda: client.fetch(0.2), "the end is noticed")
    running.start()
    listen(client)
    publish(running.port, b"one", topic=AT_DOOR_7)
    assert fetch(client, 1)[0].body == b"one"
    client.close()


def test_a_broker_that_does_not_know_us_says_so(running: BrokerProcess) -> None:
    with pytest.raises(ChannelRefused, match="does not let onhand-test in: Not authorized"):
        session(running.port, password="guessed").fetch(0.0)


def test_a_broker_with_an_authority_of_its_own_is_spoken_to_by_tls_and_no_other_one() -> None:
    with broker(tls=True) as running:
        told = BrokerSettings(
            host="127.0.0.1", port=running.port, tls=True, client_id="onhand-test", user=USER, password=PASSWORD
        )
        with pytest.raises(ChannelUnavailable, match="certificate verify failed"):
            Broker(told).fetch(0.0)
        known = Broker(replace(told, authority=running.authority))
        listen(known)
        known.close()
