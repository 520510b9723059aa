"""A network between two programs that can be made bad while they talk: slow, sliced, narrow, silent, cut off.

`BadNetwork` listens on a port of its own and passes every connection on; what is wrong with it holds for both
directions or one, and for connections that are open already.
"""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Final, Literal

Direction = Literal["there", "back"]
BOTH: Final[tuple[Direction, ...]] = ("there", "back")
PIECE_BYTES: Final = 64 * 1024
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER for no time: closing resets


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """What is wrong. All zero: nothing.

    `latency_s` and up to `jitter_s` more before each piece; pieces of `slice_bytes` with `slice_pause_s` between them;
    `bytes_per_s`; `silent` swallows everything; `cut_after_bytes` closes a connection after so many, `reset` resets it
    then instead (0 bytes: at once). Directions that are not named stay well.
    """

    latency_s: float = 0.0
    jitter_s: float = 0.0
    slice_bytes: int = 0
    slice_pause_s: float = 0.002
    bytes_per_s: int = 0
    silent: bool = False
    cut_after_bytes: int | None = None
    reset: bool = False
    directions: tuple[Direction, ...] = BOTH


WELL: Final = Trouble()

TROUBLES: Final[dict[str, Trouble]] = {
    "latency": Trouble(latency_s=0.05, jitter_s=0.1),
    "sliced": Trouble(slice_bytes=97),
    "narrow": Trouble(bytes_per_s=60_000),
    "silent there": Trouble(silent=True, directions=("there",)),
    "silent back": Trouble(silent=True, directions=("back",)),
    "reset": Trouble(cut_after_bytes=0, reset=True),
    "reset in an answer": Trouble(cut_after_bytes=150, reset=True, directions=("back",)),
    "half a request": Trouble(cut_after_bytes=200, directions=("there",)),
    "half an answer": Trouble(cut_after_bytes=60, directions=("back",)),
}
"""Every kind of it, by name."""


@dataclass
class BadNetwork:
    """A way to `target` on loopback. Start it with `with`; `port` is where it listens."""

    target: int
    seed: int = 1
    port: int = 0
    troubled: int = 0
    trouble: Trouble = WELL
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    @contextlib.contextmanager
    def up(self) -> Iterator["BadNetwork"]:
        """Pass connections on until the end of the block."""
        self._chance = Random(self.seed)
        listening = threading.Event()
        thread = threading.Thread(target=self._run, args=(listening,), name="bad network", daemon=True)
        thread.start()
        assert listening.wait(10)
        try:
            yield self
        finally:
            self._loop.call_soon_threadsafe(self._ended.set)
            thread.join(10)

    def be(self, trouble: Trouble) -> None:
        """Let this be wrong from now on; `troubled` counts the pieces that it has touched."""
        self.trouble = trouble

    def _run(self, listening: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve(listening))
        self._loop.close()

    async def _serve(self, listening: threading.Event) -> None:
        self._ended = asyncio.Event()
        self._pipes: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._meet, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        listening.set()
        await self._ended.wait()
        server.close()
        for pipe in list(self._pipes):
            pipe.cancel()
        await asyncio.gather(*self._pipes, return_exceptions=True)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._pipes.add(task)
        task.add_done_callback(self._pipes.discard)
        other: asyncio.StreamWriter | None = None
        try:
            far, other = await asyncio.open_connection("127.0.0.1", self.target)
            pipes = [self._pump(reader, other, "there"), self._pump(far, writer, "back")]
            await asyncio.wait([asyncio.ensure_future(pipe) for pipe in pipes], return_when=asyncio.FIRST_COMPLETED)
        except OSError:
            pass
        finally:
            for end in (writer, other):
                if end is not None:
                    end.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, direction: Direction) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while piece := await reader.read(PIECE_BYTES):
                trouble = self.trouble if direction in self.trouble.directions else WELL
                self.troubled += trouble is not WELL
                if trouble.silent:
                    continue
                if trouble.cut_after_bytes is not None:
                    writer.write(piece[: max(0, trouble.cut_after_bytes - passed)])
                    passed += len(piece)
                    if passed > trouble.cut_after_bytes:
                        await writer.drain()
                        if trouble.reset:
                            sock: socket.socket = writer.get_extra_info("socket")
                            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                        return
                    continue
                await self._pass_on(piece, writer, trouble)

    async def _pass_on(self, piece: bytes, writer: asyncio.StreamWriter, trouble: Trouble) -> None:
        await asyncio.sleep(trouble.latency_s + self._chance.uniform(0.0, trouble.jitter_s))
        size = trouble.slice_bytes or (max(1, trouble.bytes_per_s // 20) if trouble.bytes_per_s else len(piece))
        for start in range(0, len(piece), size):
            part = piece[start : start + size]
            writer.write(part)
            await writer.drain()
            if trouble.bytes_per_s:
                await asyncio.sleep(len(part) / trouble.bytes_per_s)
            elif trouble.slice_bytes:
                await asyncio.sleep(trouble.slice_pause_s)
