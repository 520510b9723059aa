"""A merchant's world behind the platforms' real protocols; a house of its own, it imports nothing else of onhand."""

from __future__ import annotations


def run(*, port: int = 0, seed: int = 7, items: int = 200, locations: int = 3, parent_pid: int | None = None) -> None:
    """Run a sandbox until SIGTERM or SIGINT; the first line on standard output is JSON to connect with.

    Port 0 takes a free one; with `parent_pid` it also ends when that process is no longer its parent. Everything else
    that can be set is in `onhand.sandbox.server.Options`. Raises OSError when the port is taken.
    """
    # Imported here: who only wants the world, as a simulator does, must not load a server.
    from onhand.sandbox import server  # noqa: PLC0415

    server.run(server.Options(port=port, seed=seed, items=items, locations=locations), parent_pid=parent_pid)
