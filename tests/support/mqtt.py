"""An MQTT broker of somebody else's making on a port of loopback: NATS's server speaks MQTT 3.1.1, too.

It keeps sessions on the disk, and what nobody acknowledged is given again a second later.
"""

import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from tests.support.ports import free_ports
from tests.support.waiting import until

USER, PASSWORD = "sensors", "let the doors count"
WITHIN_S = 60.0

_CONFIGURATION = """
server_name: broker
listen: "127.0.0.1:{port}"
jetstream {{ store_dir: "{folder}", max_file_store: 64MB, max_memory_store: 16MB }}
authorization {{ user: "{user}", password: "{password}" }}
mqtt {{ listen: "127.0.0.1:{mqtt_port}", ack_wait: "1s" {tls} }}
"""


class BrokerProcess:
    """A broker that can be ended and started again on its port; what it has kept stays."""

    def __init__(self, home: Path, tls: str = "") -> None:
        port, self.port = free_ports(2)
        self._home = home
        self._process: subprocess.Popen[bytes] | None = None
        told = {"port": port, "mqtt_port": self.port, "user": USER, "password": PASSWORD, "tls": tls}
        (home / "broker.conf").write_text(_CONFIGURATION.format(folder=home / "kept", **told), encoding="utf-8")

    def start(self) -> None:
        """Start, and wait until it listens."""
        program = Path(sys.executable).parent / "nats-server"
        with (self._home / "broker.log").open("ab") as output:
            self._process = subprocess.Popen(
                [str(program), "-c", str(self._home / "broker.conf")], stdout=output, stderr=output
            )
        until(self._listens, "the broker listens")

    def end(self) -> None:
        """End as a power failure would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(WITHIN_S)
            self._process = None

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@contextmanager
def broker(tls: str = "") -> Iterator[BrokerProcess]:
    """Run a broker for as long as the context lasts; `tls` is its section about certificates."""
    home = Path(tempfile.mkdtemp(prefix="onhand-mqtt-"))
    running = BrokerProcess(home, tls)
    try:
        running.start()
        yield running
    finally:
        running.end()
        shutil.rmtree(home, ignore_errors=True)


def publish(port: int, *bodies: bytes, topic: str) -> None:
    """Publish as a sensor does, and wait until the broker has it."""
    client = Client(CallbackAPIVersion.VERSION2, client_id="a-sensor")
    client.username_pw_set(USER, PASSWORD)
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        for body in bodies:
            client.publish(topic, body, qos=1).wait_for_publish(WITHIN_S)
    finally:
        client.disconnect()
        client.loop_stop()
