"""What a process passes: every statement, commit, write and flush of its databases, every call, every answer.

All of it is heard from outside, at hooks of SQLite and at the seams between parts: nothing in the product knows of it.
Each passage has a name, such as `worker store commit: append_movement finish_delivery` or `teller call MoveQuantities:
after`.
"""

import os
import re
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import apsw
import httpx

from onhand.log import statements as log_statements
from onhand.log.sqlite_log import SqliteLog
from onhand.serve.server import Serving
from onhand.store import Store
from onhand.store.statements import load_statements
from onhand.web.ingress import Ingress, Message
from onhand.web.ingress_server import GuardedProtocol

DATABASES: Final = {"onhand.db": "store", "onhand-log.db": "log"}
_BASE_VFS: Final = "unix"
_OPERATION: Final = re.compile(rb"(?:query|mutation)\s+(\w+)")


class Passages:
    """Counts passages whose name fits, and has the process killed at the `nth` of them."""

    def __init__(self, pattern: str, nth: int, told: Path) -> None:
        self._fits = re.compile(pattern).search
        self._left = nth
        self._told = told
        self._lock = threading.Lock()

    def pass_(self, name: str) -> None:
        """Note a passage. It may be the last thing that this process does."""
        name = _of_this_thread(name)
        if not self._fits(name):
            return
        with self._lock:
            self._left -= 1
            if self._left:
                return
            self._told.write_text(name, encoding="utf-8")
            os.kill(os.getpid(), signal.SIGKILL)
            signal.pause()


class Listing:
    """Writes every passage down and kills nobody: shows what there is to choose from."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def pass_(self, name: str) -> None:
        """Note a passage."""
        with self._lock, self._path.open("a", encoding="utf-8") as file:
            file.write(f"{_of_this_thread(name)}\n")


Pass = Callable[[str], None]

_KEPT: list[apsw.VFS] = []
"""SQLite forgets a file layer that nobody holds."""


def watch(pass_: Pass) -> None:
    """Hear everything that this process passes from now on, until it ends."""
    _KEPT.append(_Drive(pass_))
    apsw.connection_hooks.append(_Statements(pass_).meet)
    _around(httpx.HTTPTransport, "handle_request", lambda args: f"call {_called(args[1])}", pass_)
    _around(Store, "close", lambda _: "store close", pass_)
    _around(SqliteLog, "close", lambda _: "log close", pass_)
    _around(Serving, "start", lambda _: "serve start", pass_)
    _around(Serving, "stop", lambda _: "serve stop", pass_)
    _around(GuardedProtocol, "connection_made", lambda _: "ingress accept", pass_)
    _watch_answers(pass_)
    _watch_renames(pass_)


class _Statements:
    """Tells passages of every connection to one of our databases, statements by the names that the product gives."""

    def __init__(self, pass_: Pass) -> None:
        self._pass = pass_
        of_log = log_statements.statements()
        self._names = {_plain(text): name for name, text in of_log.items()}
        self._names |= {_plain(text): name for name, (text, _) in load_statements("sqlite").items()}
        self._append = _plain(of_log["append"].partition("(?, ?")[0])

    def meet(self, connection: apsw.Connection) -> None:
        """Hear one connection."""
        database = DATABASES.get(Path(connection.filename).name)
        if database is None:
            return
        ran: list[str] = []

        def begin(_cursor: object, statement: str, _bindings: object) -> bool:
            name = self._name_of(statement)
            if name == "BEGIN IMMEDIATE":
                ran.clear()
            elif name not in ("COMMIT", "ROLLBACK"):
                ran.append(name)
            self._pass(f"{database} run: {name}")
            return True

        def commit() -> bool:
            self._pass(f"{database} commit: {' '.join(dict.fromkeys(ran))}")
            return False

        def end(statement: str, _ns: int) -> None:
            name = self._name_of(statement)
            if name == "COMMIT" or (name == "append" and not connection.in_transaction):
                self._pass(f"{database} committed: {' '.join(dict.fromkeys(ran))}")
                ran.clear()

        connection.exec_trace = begin
        connection.set_commit_hook(commit)
        connection.set_profile(end)

    def _name_of(self, statement: str) -> str:
        text = _plain(statement)
        if text in self._names:
            return self._names[text]
        if text.startswith(self._append):
            return "append"
        return text[:60]


class _Drive(apsw.VFS):
    """SQLite's own file layer, heard."""

    def __init__(self, pass_: Pass) -> None:
        self.pass_ = pass_
        super().__init__("heard", _BASE_VFS, makedefault=True)

    def xOpen(self, name: apsw.URIFilename | str | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - SQLite's word
        path = name.filename() if isinstance(name, apsw.URIFilename) else name or ""
        stem, wal, _ = Path(path).name.partition("-wal")
        database = DATABASES.get(stem)
        if database is None:
            return apsw.VFSFile(_BASE_VFS, name, flags)
        return _HeardFile(self.pass_, f"{database} {'wal' if wal else 'file'}", name, flags)


class _HeardFile(apsw.VFSFile):
    def __init__(self, pass_: Pass, what: str, name: apsw.URIFilename | str | None, flags: list[int]) -> None:
        self._pass, self._what = pass_, what
        super().__init__(_BASE_VFS, name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's word
        self._pass(f"{self._what} write: before")
        super().xWrite(data, offset)
        self._pass(f"{self._what} write: after")

    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's word
        self._pass(f"{self._what} flush: before")
        super().xSync(flags)
        self._pass(f"{self._what} flush: after")


def _around(owner: type, method: str, name_of: Callable[[tuple[Any, ...]], str], pass_: Pass) -> None:
    """Tell a passage before and after each call of a method."""
    inner = getattr(owner, method)

    def heard(*args: Any, **kwargs: Any) -> Any:
        name = name_of(args)
        pass_(f"{name}: before")
        result = inner(*args, **kwargs)
        pass_(f"{name}: after")
        return result

    setattr(owner, method, heard)


def _watch_answers(pass_: Pass) -> None:
    inner = Ingress.__call__

    async def heard(self: Ingress, scope: Any, receive_message: Any, send: Any) -> None:
        async def tell(message: Message) -> None:
            status = message.get("status", "body")
            pass_(f"ingress answer {status}: before")
            await send(message)
            pass_(f"ingress answer {status}: after")

        async def hear() -> Message:
            message: Message = await receive_message()
            pass_("ingress received")
            return message

        await inner(self, scope, hear, tell)

    Ingress.__call__ = heard  # type: ignore[method-assign]


def _watch_renames(pass_: Pass) -> None:
    inner = os.replace

    def heard(source: Any, target: Any) -> None:
        pass_(f"rename {Path(target).suffix}: before")
        inner(source, target)
        pass_(f"rename {Path(target).suffix}: after")

    os.replace = heard  # type: ignore[assignment]


def _called(request: httpx.Request) -> str:
    """Return what a call asks for: the name of a GraphQL operation, or the last words of its path."""
    found = _OPERATION.search(request.read()) if request.url.path.endswith("graphql.json") else None
    return found[1].decode() if found else "/".join(request.url.path.split("/")[-2:])


def _of_this_thread(name: str) -> str:
    """Put the part before a passage that it happens in, such as `worker` or `teller`."""
    return f"{threading.current_thread().name.split()[0]} {name}"


def _plain(text: str) -> str:
    return " ".join(text.split()).rstrip(";")
