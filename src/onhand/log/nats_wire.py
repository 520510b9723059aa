"""The wire to NATS: one connection and its event loop in a thread, behind plain calls with a time limit."""

import asyncio
import json
import logging
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent import futures
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeVar

import nats
from nats import errors
from nats.aio.client import Client
from nats.js import JetStreamContext, api
from nats.js import errors as js_errors

from onhand.ports.errors import LogUnavailable

T = TypeVar("T")

REPEAT = 10071
"""JSStreamWrongLastSequenceErrF: something stands under the expected subject already (nats-server, errors.json)."""
_NAME_IN_USE = 10058  # a stream of this name exists and is configured otherwise
_GONE = (10037, 10043)  # no message found; no such sequence
_NOT_DELETED = 10057  # for whatever reason, that it is gone already among them
_CALL_S = 5.0
_WANTED_S = 60.0  # whoever publishes says how long it waits, and takes back what nobody waits for any more
_LEAVE_S = 1.0
_CONNECT_S = 1
_TRY_AGAIN_S = 0.2
_PING_EVERY_S = 1
_PINGS_MISSED = 2
DUPLICATE_WINDOW_S = 120.0
MOST_AT_ONCE = 1000  # nats-server: a batched direct get returns at most 1,000 messages

# A connection that breaks cancels, in nats-py, whoever waits for an answer on it.
_NO_ANSWER = (TimeoutError, OSError, errors.Error, asyncio.CancelledError, futures.CancelledError)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Stream:
    """Where the servers are, what the stream is called, and how many of them keep it.

    `begins_at` is the first position of a stream that is made now: behind what was booked from another log before.
    """

    servers: tuple[str, ...] = field(repr=False)
    name: str
    replicas: int
    begins_at: int = 1


class Letter(NamedTuple):
    """A message to publish; kept only while nothing stands under `unless`, a subject that may have wildcards."""

    subject: str
    payload: bytes
    unless: str | None = None
    message_id: str | None = None


class Stored(NamedTuple):
    """A message of the stream."""

    sequence: int
    subject: str
    payload: bytes


class StreamState(NamedTuple):
    """What the leader of the stream says of it."""

    messages: int
    last_sequence: int
    replicas: int
    in_sync: int
    leader: str | None
    file_storage: bool
    one_a_subject: bool


Told = Literal["kept", "repeat"]


class Wire:
    """Keeps a connection for as long as it lives, to whichever server answers, and the stream in being.

    Every call names its time limit and raises LogUnavailable when that has passed, or no server answers.
    `monotonic_s` measures how long who publishes waits, and `wait` lets a condition be notified for so many seconds.
    """

    def __init__(
        self,
        stream: Stream,
        monotonic_s: Callable[[], float] = time.monotonic,
        wait: Callable[[threading.Condition, float], object] = threading.Condition.wait,
    ) -> None:
        self.stream = stream
        self._monotonic_s = monotonic_s
        self._wait = wait
        self.trouble = "no NATS server has answered yet"
        self._client: Client | None = None
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="nats", daemon=True)
        self._thread.start()
        self._beginning = asyncio.run_coroutine_threadsafe(self._begin(), self._loop)

    @property
    def is_ready(self) -> bool:
        """Whether a server is connected and the stream is there."""
        return self._ready.is_set() and self._client is not None and self._client.is_connected

    def wait(self, within_s: float) -> None:
        """Wait until the stream can be asked. Raises LogUnavailable."""
        if not self._ready.wait(within_s):
            raise LogUnavailable(f"NATS stream {self.stream.name}: {self.trouble}; look at the servers")

    @property
    def most_bytes(self) -> int:
        """How large a message the servers take (`max_payload`)."""
        return self._connected().max_payload

    def publish(self, letters: Sequence[Letter], within_s: float) -> list[Told | str]:
        """Publish all at once; return for each whether a quorum keeps it, it is a repeat, or what is wrong.

        The thread that asks waits no longer than `within_s`, whatever servers, connection and event loop do. What is
        wrong, or without an answer by then, may yet have been kept: only asking again tells.
        """
        until_s = self._monotonic_s() + within_s
        told: list[Told | str] = [f"no quorum answered within {within_s:g} s"] * len(letters)

        async def publish_one(number: int, letter: Letter) -> None:
            told[number] = await self._publish(letter)

        async def publish_all() -> None:
            await asyncio.gather(*(publish_one(number, letter) for number, letter in enumerate(letters)))

        ended = threading.Condition()

        def end(_: "futures.Future[None]") -> None:
            with ended:
                ended.notify_all()

        under_way = asyncio.run_coroutine_threadsafe(publish_all(), self._loop)
        under_way.add_done_callback(end)
        with ended:
            while not under_way.done() and (left_s := until_s - self._monotonic_s()) > 0:
                self._wait(ended, left_s)
        if under_way.done():
            self._result(under_way)
        else:
            under_way.cancel()
        return list(told)

    def read(self, subject: str, after: int, limit: int) -> list[Stored]:
        """Return messages behind a sequence, in order, from any server that keeps the stream: it may lag a little."""
        return self._run(self._read(subject, after, min(limit, MOST_AT_ONCE)))

    def first(self, subject: str, after: int) -> Stored | None:
        """Return the first message behind a sequence, as the leader knows it."""
        return self._run(self._get(sequence=after + 1, subject=subject, is_exact=False))

    def get(self, sequence: int) -> Stored | None:
        """Return the message of a sequence, as the leader knows it."""
        return self._run(self._get(sequence=sequence))

    def last(self, subject: str) -> Stored | None:
        """Return the newest message of a subject, as the leader knows it."""
        return self._run(self._get(subject=subject))

    def delete(self, sequences: Sequence[int]) -> None:
        """Delete messages and write over their bytes; those that are gone already are no trouble."""

        async def delete_all() -> None:
            await asyncio.gather(*(self._delete(sequence) for sequence in sequences))

        self._run(delete_all(), _CALL_S * 2)

    def state(self) -> StreamState:
        """Return what the leader says of the stream."""
        return self._run(self._state())

    def count(self, subject: str) -> int:
        """Return how many subjects that fit `subject` have a message."""
        return self._run(self._count(subject), _CALL_S * 6)

    def close(self) -> None:
        """Give the connection up; servers that do not even let us leave are waited for a second."""
        with suppress(TimeoutError, futures.CancelledError):
            asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(_LEAVE_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_LEAVE_S)
        if not self._thread.is_alive():
            self._loop.close()

    def _run(self, work: Coroutine[Any, Any, T], within_s: float = _CALL_S) -> T:
        try:
            self.wait(_CALL_S)
        except LogUnavailable:
            work.close()
            raise
        return self._result(asyncio.run_coroutine_threadsafe(asyncio.wait_for(work, within_s), self._loop))

    def _result(self, asked: "futures.Future[T]") -> T:
        try:
            return asked.result()
        except _NO_ANSWER as error:
            told = str(error) or "no answer in time"
            raise LogUnavailable(f"NATS stream {self.stream.name}: {told}; look at the servers") from error

    def _connected(self) -> Client:
        if self._client is None:
            raise LogUnavailable(f"NATS stream {self.stream.name}: {self.trouble}")
        return self._client

    def _context(self) -> JetStreamContext:
        return self._connected().jetstream(timeout=_CALL_S)

    async def _begin(self) -> None:
        """Connect and make the stream, trying until it is so."""
        while not self._ready.is_set():
            try:
                if self._client is None:
                    self._client = await nats.connect(
                        list(self.stream.servers),
                        name="onhand",
                        error_cb=self._note,
                        connect_timeout=_CONNECT_S,
                        reconnect_time_wait=_TRY_AGAIN_S,
                        max_reconnect_attempts=-1,
                        ping_interval=_PING_EVERY_S,
                        max_outstanding_pings=_PINGS_MISSED,
                    )
                await self._make()
                self._ready.set()
            except (TimeoutError, OSError, errors.Error) as error:
                await self._note(error)
                await asyncio.sleep(_TRY_AGAIN_S)

    async def _make(self) -> None:
        config = api.StreamConfig(
            name=self.stream.name,
            subjects=[f"{self.stream.name}.>"],
            storage=api.StorageType.FILE,
            num_replicas=self.stream.replicas,
            retention=api.RetentionPolicy.LIMITS,
            discard=api.DiscardPolicy.NEW,  # a stream that somebody gave a bound refuses: nothing old is lost for it
            max_msgs_per_subject=1,
            allow_direct=True,
            duplicate_window=DUPLICATE_WINDOW_S,
            first_seq=self.stream.begins_at if self.stream.begins_at > 1 else None,
        )
        try:
            await self._context().add_stream(config)
        except js_errors.APIError as error:
            if error.err_code != _NAME_IN_USE:  # somebody tuned it: `onhand doctor` looks whether it still serves
                raise

    async def _note(self, error: Exception) -> None:
        trouble = str(error) or type(error).__name__
        if trouble != self.trouble:
            logger.warning("NATS: %s", trouble)
        self.trouble = trouble

    async def _publish(self, letter: Letter) -> Told | str:
        headers = {}
        if letter.message_id is not None:
            headers[str(api.Header.MSG_ID.value)] = letter.message_id
        if letter.unless is not None:
            headers["Nats-Expected-Last-Subject-Sequence"] = "0"
            headers["Nats-Expected-Last-Subject-Sequence-Subject"] = letter.unless
        try:
            ack = await self._context().publish(
                letter.subject, letter.payload, timeout=_WANTED_S, stream=self.stream.name, headers=headers
            )
        except js_errors.APIError as error:
            return "repeat" if error.err_code == REPEAT else f"{error.description} ({error.err_code})"
        except _NO_ANSWER as error:
            return str(error) or "no quorum answered"
        return "repeat" if ack.duplicate else "kept"

    async def _read(self, subject: str, after: int, limit: int) -> list[Stored]:
        client = self._connected()
        inbox = client.new_inbox()
        subscription = await client.subscribe(inbox)
        try:
            ask = {"seq": after + 1, "batch": limit, "next_by_subj": subject}
            await client.publish(f"$JS.API.DIRECT.GET.{self.stream.name}", json.dumps(ask).encode(), reply=inbox)
            found: list[Stored] = []
            while True:
                message = await subscription.next_msg(_CALL_S)
                headers = message.headers or {}
                if (status := headers.get("Status")) in ("204", "404"):  # the end of the batch; nothing there
                    return found
                if status is not None:
                    raise js_errors.APIError(code=int(status), description=headers.get("Description"))
                found.append(Stored(int(headers["Nats-Sequence"]), headers["Nats-Subject"], message.data))
        finally:
            await subscription.unsubscribe()

    async def _get(
        self, sequence: int | None = None, subject: str | None = None, *, is_exact: bool = True
    ) -> Stored | None:
        try:
            found = await self._context().get_msg(self.stream.name, seq=sequence, subject=subject, next=not is_exact)
        except js_errors.NotFoundError:
            return None
        if found.seq is None or found.subject is None:
            return None
        return Stored(found.seq, found.subject, found.data or b"")

    async def _delete(self, sequence: int) -> None:
        try:
            await self._context().delete_msg(self.stream.name, sequence)
        except js_errors.APIError as error:
            if error.err_code in _GONE:
                return
            if error.err_code != _NOT_DELETED or await self._get(sequence=sequence) is not None:
                raise

    async def _state(self) -> StreamState:
        info = await self._context().stream_info(self.stream.name)
        cluster, config = info.cluster, info.config
        followers = (cluster.replicas if cluster is not None else None) or []
        return StreamState(
            messages=info.state.messages,
            last_sequence=info.state.last_seq,
            replicas=config.num_replicas or 1,
            in_sync=1 + sum(bool(peer.current) and not peer.offline for peer in followers),
            leader=cluster.leader if cluster is not None else None,
            file_storage=config.storage == api.StorageType.FILE,
            one_a_subject=config.max_msgs_per_subject == 1 and bool(config.allow_direct),
        )

    async def _count(self, subject: str) -> int:
        counted = 0
        while True:
            ask = json.dumps({"subjects_filter": subject, "offset": counted}).encode()
            answer = await self._connected().request(f"$JS.API.STREAM.INFO.{self.stream.name}", ask, timeout=_CALL_S)
            page = (json.loads(answer.data).get("state") or {}).get("subjects") or {}
            if not page:
                return counted
            counted += len(page)

    async def _end(self) -> None:
        self._beginning.cancel()
        if self._client is not None:
            await self._client.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
