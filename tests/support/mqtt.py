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
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
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
mqtt {{
  listen: "127.0.0.1:{mqtt_port}"
  ack_wait: "1s"
  {tls}
}}
"""


class BrokerProcess:
    """A broker that can be ended and started again on its port; what it has kept stays."""

    def __init__(self, home: Path, *, tls: bool = False) -> None:
        port, self.port = free_ports(2)
        self._home = home
        self.authority = home / "broker.pem"
        self._process: subprocess.Popen[bytes] | None = None
        told = {"port": port, "mqtt_port": self.port, "user": USER, "password": PASSWORD, "tls": ""}
        if tls:
            _write_certificate(self.authority, home / "broker.key")
            told["tls"] = f'tls {{ cert_file: "{self.authority}", key_file: "{home / "broker.key"}" }}'
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
def broker(*, tls: bool = False) -> Iterator[BrokerProcess]:
    """Run a broker for as long as the context lasts; with `tls` it has a certificate that it signed itself."""
    home = Path(tempfile.mkdtemp(prefix="onhand-mqtt-"))
    running = BrokerProcess(home, tls=tls)
    try:
        running.start()
        yield running
    finally:
        running.end()
        shutil.rmtree(home, ignore_errors=True)


def _write_certificate(path: Path, key_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a broker of the tests")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


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
