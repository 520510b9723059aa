"""The senders of the ingest bench, in a process of their own: raw connections, requests signed before they start."""

import asyncio
import json
import sys
from collections import deque
from dataclasses import dataclass
from time import perf_counter
from typing import Any, NamedTuple

import uvloop

_WARM_UP_SHARE = 0.15


class Request(NamedTuple):
    """A signed request in two halves; a fresh delivery id of 12 digits goes between them."""

    before_id: bytes
    after_id: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """What to send. `per_s` None sends as fast as answers come; a number sends on a schedule, answered or not."""

    port: int
    connections: int
    seconds: float
    per_s: float | None
    first_id: int
    requests: list[Request]


@dataclass(frozen=True, kw_only=True, slots=True)
class Answers:
    """What came back. Times are from when a request was due until its answer was read, after warming up."""

    accepted: int
    refused: int
    per_s: float
    p50_s: float
    p99_s: float
    longest_s: float


class _Sender(asyncio.Protocol):
    """One connection: it sends when it is told to, and reports when the answer has come."""

    def __init__(self, crowd: "_Crowd") -> None:
        self._crowd = crowd
        self._transport: asyncio.Transport | None = None
        self.due_at = 0.0
        self._received = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport

    def send(self, data: bytes, due_at: float) -> None:
        """Send one request that was due at a time."""
        assert self._transport is not None
        self.due_at = due_at
        self._transport.write(data)

    def data_received(self, data: bytes) -> None:
        if self._received:
            data = self._received + data
        if not data.endswith(b"\r\n\r\n"):
            self._received = data
            return
        self._received = b""
        self._crowd.answered(self, accepted=data.startswith(b"HTTP/1.1 200 "))

    def connection_lost(self, _exc: Exception | None) -> None:
        self._crowd.lost += 1

    def close(self) -> None:
        """Hang up."""
        assert self._transport is not None
        self._transport.close()


class _Crowd:
    """All connections, and the times of their answers."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._next_id = load.first_id
        self._idle: deque[_Sender] = deque()
        self._late: deque[float] = deque()
        self._ends_at = float("inf")
        self._open = 0
        self._all_answered = asyncio.Event()
        self.lost = 0
        self.refused = 0
        self.accepted = 0
        self.times: list[tuple[float, float]] = []

    async def run(self) -> Answers:
        """Send for as long as the load says, wait for the last answers, and say what came back."""
        loop = asyncio.get_running_loop()
        senders = [
            (await loop.create_connection(lambda: _Sender(self), "127.0.0.1", self._load.port))[1]
            for _ in range(self._load.connections)
        ]
        began = perf_counter()
        if self._load.per_s is None:
            self._ends_at = began + self._load.seconds
            for sender in senders:
                self._send(sender, perf_counter())
        else:
            self._idle.extend(senders)
            await self._keep_pace(began, self._load.per_s)
        await asyncio.wait_for(self._all_answered.wait(), self._load.seconds + 30)
        answers = self._answers(began)
        for sender in senders:
            sender.close()
        return answers

    def answered(self, sender: _Sender, *, accepted: bool) -> None:
        """Note an answer, and send on."""
        now = perf_counter()
        self._open -= 1
        self.times.append((now, now - sender.due_at))
        if accepted:
            self.accepted += 1
        else:
            self.refused += 1
        if self._load.per_s is not None:
            if self._late:
                self._send(sender, self._late.popleft())
            else:
                self._idle.append(sender)
        elif now < self._ends_at:
            self._send(sender, now)
        if not self._open and now >= self._ends_at:
            self._all_answered.set()

    async def _keep_pace(self, began: float, per_s: float) -> None:
        number, last = 0, int(self._load.seconds * per_s)
        while number < last:
            now = perf_counter()
            while number < last and began + number / per_s <= now:
                due_at = began + number / per_s
                number += 1
                if self._idle:
                    self._send(self._idle.popleft(), due_at)
                else:
                    self._late.append(due_at)
            await asyncio.sleep(0.001)
        self._ends_at = perf_counter()
        if not self._open:
            self._all_answered.set()

    def _send(self, sender: _Sender, due_at: float) -> None:
        before, after = self._load.requests[self._next_id % len(self._load.requests)]
        data = before + b"%012d" % self._next_id + after
        self._next_id += 1
        self._open += 1
        sender.send(data, due_at)

    def _answers(self, began: float) -> Answers:
        counted_from = began + self._load.seconds * _WARM_UP_SHARE
        counted = [(at, took) for at, took in self.times if at >= counted_from]
        took = sorted(row[1] for row in counted)
        if not took or self.lost:
            raise RuntimeError(f"{self.lost} connections were lost, {len(took)} answers came")
        return Answers(
            accepted=self.accepted,
            refused=self.refused,
            per_s=len(counted) / (counted[-1][0] - counted_from),
            p50_s=took[len(took) // 2],
            p99_s=took[int(len(took) * 0.99)],
            longest_s=took[-1],
        )


def send(load: Load) -> Answers:
    """Send a load from this process."""

    async def run() -> Answers:
        return await _Crowd(load).run()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run())


def main() -> None:
    """Read loads from standard input, a line each, and write what came back, a line each."""
    for line in sys.stdin:
        asked: dict[str, Any] = json.loads(line)
        requests = [Request(*(half.encode("latin-1") for half in halves)) for halves in asked.pop("requests")]
        answers = send(Load(requests=requests, **asked))
        print(json.dumps({name: getattr(answers, name) for name in Answers.__slots__}), flush=True)


if __name__ == "__main__":
    main()
