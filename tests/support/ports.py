"""Ports for what has to know its port before it listens, or listens on the same one again."""

import socket
from random import SystemRandom

LOWEST, HIGHEST = 15_000, 32_000
"""Below the ports that systems give to connections that go out (32768 and up on Linux, 49152 and up elsewhere): between
two starts of a server nobody takes its port by chance.
"""
_chance = SystemRandom()  # the workers of one run are not to draw the same ports


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    while True:
        with socket.socket() as probe:
            port = _chance.randint(LOWEST, HIGHEST)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def free_ports(count: int) -> list[int]:
    """Return different loopback ports that nobody listens on."""
    ports: set[int] = set()
    while len(ports) < count:
        ports.add(free_port())
    return sorted(ports)
