"""Where the log lies: a path, or the addresses of NATS servers with a spool beside."""

from pathlib import Path

import pytest

from onhand.config import Config, JetStreamConfig, load_config
from onhand.ports.errors import ConfigError


def load(folder: Path, text: str, **environ: str) -> Config:
    (folder / "onhand.toml").write_text(text, "utf-8")
    return load_config(folder / "onhand.toml", environ)


def test_a_path_is_a_file_of_this_machine(tmp_path: Path) -> None:
    config = load(tmp_path, 'log = "logs/webhooks.db"')
    assert (config.log, config.jetstream) == (str(tmp_path / "logs/webhooks.db"), None)
    assert load(tmp_path, "").log == str(tmp_path / "onhand-log.db")


def test_addresses_are_a_stream_and_the_spool_lies_beside_the_database(tmp_path: Path) -> None:
    config = load(tmp_path, 'database = "books/onhand.db"\nlog = "nats://n1:4222,n2,[::1]:4223"')
    assert config.log == str(tmp_path / "books/onhand-spool.db")
    servers = ("nats://n1:4222", "nats://n2", "nats://[::1]:4223")
    assert config.jetstream == JetStreamConfig(servers=servers, stream="onhand", replicas=3)


def test_name_replicas_and_spool_can_be_said(tmp_path: Path) -> None:
    section = '[jetstream]\nstream = "shop-a"\nreplicas = 1\nspool = "/var/spool/a.db"'
    config = load(tmp_path, f'log = "tls://n1:4222"\n{section}')
    assert config.log == "/var/spool/a.db"
    assert config.jetstream == JetStreamConfig(servers=("tls://n1:4222",), stream="shop-a", replicas=1)


def test_credentials_come_by_reference_serve_for_all_servers_and_are_never_shown(tmp_path: Path) -> None:
    config = load(tmp_path, 'log = "env:ONHAND_LOG"', ONHAND_LOG="nats://onhand:tr0ub4dor@n1:4222,n2:4222")
    assert config.jetstream is not None
    assert config.jetstream.servers == ("nats://onhand:tr0ub4dor@n1:4222", "nats://onhand:tr0ub4dor@n2:4222")
    assert "tr0ub4dor" not in repr(config)
    assert [setting.shown for setting in config.settings if setting.key == "log"] == ["env:ONHAND_LOG"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('log = "kafka://n1:9092"', "log must be a path, or nats:// or tls:// with hosts, got an address of kafka://"),
        ('log = "nats://n1:4222,,n2"', "must name hosts with commas between"),
        ('log = "nats://n1:4222/onhand"', "must name hosts with commas between"),
        ('log = "nats://a:tr0ub4dor@n1"', 'has credentials in plain text: write log = "env:NAME"'),
        ('log = "nats://n1"\n[jetstream]\nreplicas = 2', "jetstream.replicas must be 1, 3 or 5"),
        ('log = "nats://n1"\n[jetstream]\nstream = "a.b"', "jetstream.stream must be letters, digits"),
        ('log = "nats://n1"\n[jetstream]\nname = "a"', "jetstream.name is not a key that onhand knows"),
        ("[jetstream]\nreplicas = 3", "jetstream.replicas belongs to a log at NATS servers"),
    ],
)
def test_a_mistake_is_named_with_what_would_be_right(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    assert expected in str(caught.value)
    assert "tr0ub4dor" not in str(caught.value)
