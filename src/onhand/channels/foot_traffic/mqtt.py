"""Sensors that publish to an MQTT broker: a message is acknowledged once it is kept, and not before.

Source: MQTT 3.1.1 (QoS 1: delivered at least once; a session that is not clean keeps what nobody acknowledged); paho's
documentation of `manual_ack`. paho-mqtt is an optional part of onhand.
"""

import importlib
import ssl
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from onhand.ports.errors import ChannelRefused, ChannelUnavailable, ConfigError

if TYPE_CHECKING:
    from paho.mqtt.client import Client

QOS: Final = 1
CONNECT_S: Final = 5.0
ANSWER_S: Final = 10.0
"""How long a broker may take to let us in."""

KEEPALIVE_S: Final = 30
STEP_S: Final = 0.25
MOST_MESSAGES: Final = 500
"""Messages kept at a time: one transaction of the log."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BrokerSettings:
    """Where a broker is, who we are there, and which topics we want. `client_id` names our session: keep it.

    `topic` is `retail/{location}/{sensor}/count` or another one with these two in it. `authority` is a file of
    certificates for a broker with one of its own.
    """

    host: str
    port: int
    tls: bool
    client_id: str
    topic: str = "retail/{location}/{sensor}/count"
    user: str | None = None
    password: str | None = None
    authority: Path | None = None


class Arrived(NamedTuple):
    """A message that the broker has delivered and waits for the acknowledgement of."""

    number: int
    topic: str
    place: str
    sensor: str
    body: bytes


class Session(Protocol):
    """A session at a broker that keeps what nobody acknowledged; see `Broker`, which speaks MQTT."""

    is_listening: bool

    def fetch(self, wait_s: float) -> list[Arrived]:
        """Return what was published, waiting so long for it. Raises ChannelUnavailable, ChannelRefused."""

    def acknowledge(self, messages: list[Arrived]) -> None:
        """Tell the broker that messages are kept."""

    def close(self) -> None:
        """Leave the broker: what was not acknowledged comes again in the next session."""


class _Handshake(ssl.SSLSocket):
    """A socket that is closed where no trust comes about: paho forgets it open."""

    def do_handshake(self, block: bool = False) -> None:  # the signature is Python's
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise


class Broker:
    """A session at one broker, for one thread. Raises ConfigError where paho-mqtt is not installed.

    `is_listening` once the broker has taken our subscription.
    """

    def __init__(self, settings: BrokerSettings) -> None:
        self.name = f"{settings.host}:{settings.port}"
        self._settings = settings
        self._arrived: deque[Arrived] = deque()
        self._client: Client | None = None
        self._answer: Any = None
        self._refusal: Any = None
        self.is_listening = False
        self._wanted = settings.topic.format(location="+", sensor="+")
        try:
            self._mqtt: Any = importlib.import_module("paho.mqtt.client")
        except ModuleNotFoundError as error:
            raise ConfigError(
                "[[traffic]] with `broker` needs paho-mqtt, which is not installed: install the extra that brings it, "
                "onhand[mqtt]"
            ) from error

    def fetch(self, wait_s: float) -> list[Arrived]:
        """Return what was published, waiting so long for it. Raises ChannelUnavailable, ChannelRefused.

        After either the session is closed: what was not acknowledged comes again in the next one.
        """
        if self._client is None:
            self._open()
        self._step(wait_s)
        if self._refusal is not None:
            refusal = self._refusal
            self.close()
            raise ChannelRefused(f"{self.name} refuses the topic {self._wanted}: {refusal}")
        while len(self._arrived) < MOST_MESSAGES:
            before = len(self._arrived)
            self._step(0.0)
            if len(self._arrived) == before:
                break
        return [self._arrived.popleft() for _ in range(min(len(self._arrived), MOST_MESSAGES))]

    def acknowledge(self, messages: list[Arrived]) -> None:
        """Tell the broker that messages are kept. Where that fails they come again, and are known for repeats."""
        for message in messages:
            if self._client is not None:
                self._client.ack(message.number, QOS)

    def close(self) -> None:
        """Leave the broker; the session stays there and keeps what is published meanwhile."""
        client, self._client = self._client, None
        self._refusal, self.is_listening = None, False
        self._arrived.clear()
        if client is not None:
            client.disconnect()
            client.loop(timeout=0.0)
            client._sock_close()  # paho closes a socket by itself only in its own thread

    def _open(self) -> None:
        settings, mqtt = self._settings, self._mqtt
        client: Client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2,
            client_id=settings.client_id,
            clean_session=False,
            manual_ack=True,
            reconnect_on_failure=False,
        )
        client.connect_timeout = CONNECT_S
        if settings.user is not None:
            client.username_pw_set(settings.user, settings.password)
        client.on_message = self._take
        client.on_connect = self._note_connected
        client.on_subscribe = self._note_subscribed
        try:
            if settings.tls:
                context = ssl.create_default_context(cafile=settings.authority)
                context.sslsocket_class = _Handshake
                client.tls_set_context(context)
            client.connect(settings.host, settings.port, keepalive=KEEPALIVE_S)
        except (ssl.SSLError, OSError, ValueError) as error:
            raise ChannelUnavailable(f"{self.name} cannot be reached: {error}") from error
        self._client = client
        answer = self._wait()
        if answer.is_failure:
            self.close()
            raise ChannelRefused(f"{self.name} does not let {settings.client_id} in: {answer}")
        client.subscribe(self._wanted, qos=QOS)  # its answer may come behind messages that want to be acknowledged

    def _wait(self) -> Any:
        """Return the broker's answer. Raises ChannelUnavailable where none comes in time."""
        self._answer = None
        for _ in range(int(ANSWER_S / STEP_S)):
            self._step(STEP_S)
            if self._answer is not None:
                return self._answer
        self.close()
        raise ChannelUnavailable(f"{self.name} has not answered for {ANSWER_S:g} s")

    def _step(self, wait_s: float) -> None:
        assert self._client is not None
        ended = self._client.loop(timeout=wait_s)
        if ended != self._mqtt.MQTT_ERR_SUCCESS:
            if self._answer is not None and self._answer.is_failure:  # it says why, then hangs up
                return
            self.close()
            raise ChannelUnavailable(f"{self.name} has ended the connection: {self._mqtt.error_string(ended)}")

    def _take(self, _client: Any, _data: Any, message: Any) -> None:
        names = _names(self._settings.topic, message.topic)
        self._arrived.append(Arrived(message.mid, message.topic, *names, bytes(message.payload)))

    def _note_connected(self, _client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self._answer = reason

    def _note_subscribed(self, _client: Any, _data: Any, _number: Any, reasons: Any, _properties: Any) -> None:
        self._refusal = reasons[0] if reasons[0].is_failure else None
        self.is_listening = self._refusal is None


def _names(pattern: str, topic: str) -> tuple[str, str]:
    """Return the place and the sensor that a topic names."""
    named = dict(zip(pattern.split("/"), topic.split("/"), strict=False))
    return named.get("{location}", ""), named.get("{sensor}", "")
