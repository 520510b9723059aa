"""Where the log lies: a file of this machine, or a stream that several NATS servers keep, with such a file as spool."""

import re
from pathlib import Path

from onhand.config.model import JetStreamConfig
from onhand.config.reader import Section, Source
from onhand.config.secret import is_reference, resolve

LOG_FILE = "onhand-log.db"
SPOOL_FILE = "onhand-spool.db"
MOST_REPLICAS = 5  # JetStream's own bound


def read_log_place(
    top: Section, jetstream: Section, database: str, source: Source
) -> tuple[str, JetStreamConfig | None]:
    """Return the path of this machine's file, and the stream where `log` is an address. Raises ConfigError."""
    beside = source.folder if "://" in database else Path(database).parent
    text = top.text("log")
    if text is not None and is_reference(text):
        secret = resolve(text, key="log", where=source.label, folder=source.folder, environ=source.environ)
        text = secret.reveal()
    elif text is not None and "://" in text and "@" in text:
        top.refuse("log", 'has credentials in plain text: write log = "env:NAME", and the address into that variable')
    if text is None or "://" not in text:
        for key in jetstream.has("spool", "stream", "replicas"):
            jetstream.refuse(
                key, 'belongs to a log at NATS servers: write log = "nats://HOST:4222,HOST:4222,HOST:4222"'
            )
        return str(source.folder / Path(text).expanduser()) if text else str(beside / LOG_FILE), None
    spool, stream = jetstream.text("spool"), jetstream.text("stream", JetStreamConfig.stream)
    if stream is None or not re.fullmatch(r"[A-Za-z0-9_-]+", stream):
        jetstream.refuse("stream", f"must be letters, digits, _ and -, got {stream!r}")
    replicas = jetstream.number("replicas", JetStreamConfig.replicas, least=1, most=MOST_REPLICAS)
    if replicas not in (1, 3, 5):
        jetstream.refuse("replicas", f"must be 1, 3 or 5, so that there is a majority; got {replicas:g}")
    path = str(source.folder / Path(spool).expanduser()) if spool else str(beside / SPOOL_FILE)
    return path, JetStreamConfig(servers=_servers(top, text), stream=stream, replicas=int(replicas))


def _servers(top: Section, text: str) -> tuple[str, ...]:
    """Return the address of each server: scheme and credentials of the first are those of all."""
    scheme, _, rest = text.partition("://")
    if scheme not in ("nats", "tls"):
        top.refuse("log", f"must be a path, or nats:// or tls:// with hosts, got an address of {scheme}://")
    credentials, _, hosts = rest.rpartition("@")
    servers = [host.strip().rstrip("/") for host in hosts.split(",")]
    if not all(re.fullmatch(r"(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?", server) for server in servers):
        top.refuse("log", 'must name hosts with commas between, log = "nats://a:4222,b:4222,c:4222"')
    before = f"{scheme}://{credentials}@" if credentials else f"{scheme}://"
    return tuple(f"{before}{server}" for server in servers)
