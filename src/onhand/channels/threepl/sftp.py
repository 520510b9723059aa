"""A folder at a third party's SFTP server: looked at over one connection a look, its host key pinned.

Source: SSH File Transfer Protocol version 3 (draft-ietf-secsh-filexfer-02), which every server speaks; OpenSSH's
`posix-rename` where a server has it. Needs the extra `sftp`.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal, NamedTuple, TypeVar

import asyncssh

from onhand.channels.dropped import (
    DONE,
    MARK,
    MOST_BYTES,
    OUT,
    Dropped,
    Keep,
    Reply,
    Shape,
    choose,
    kept_name,
    too_long,
)
from onhand.ports.errors import ChannelRefused, ChannelUnavailable, ConfigError, NotConnected

logger = logging.getLogger(__name__)
logging.getLogger("asyncssh").setLevel(logging.WARNING)  # it tells of every channel that is opened

CHUNK: Final = 256 * 1024
"""Bytes that are asked for at once; of more, a cut would lose more."""

LOST: Final = (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection)
"""The line is gone, which is no refusal of anything."""

END_S: Final = 5.0
"""How long a goodbye may take."""

_Told = TypeVar("_Told")


class Bounds(NamedTuple):
    """How long a connection and a whole look may take, and how much is read of what a stranger has laid there."""

    connect_s: float = 20.0
    look_s: float = 60.0
    most_bytes: int = MOST_BYTES
    most_entries: int = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class SftpSettings:
    """A third party's server. `known_hosts` is a file in OpenSSH's form; a key of the host that it lacks is refused.

    `key` is a private key as text, `password` goes with or without it. `taken` says what becomes of a file that was
    kept: it is moved to `done/`, or left where it is.
    """

    party: str
    host: str
    port: int = 22
    user: str
    folder: str = "."
    known_hosts: Path
    key: str | None = field(default=None, repr=False)
    passphrase: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    taken: Literal["move", "leave"] = "move"

    @property
    def where(self) -> str:
        """The address, as a person reads it."""
        return f"sftp://{self.user}@{self.host}:{self.port}/{self.folder.removeprefix('/')}"


@dataclass(slots=True)
class _Half:
    """What has come of a file until the line was cut or the time was up."""

    name: str
    shape: Shape
    body: bytearray


@dataclass(slots=True)
class _Kept:
    """A file that is kept, and what is still to be done about it at the server."""

    shape: Shape
    dropped: Dropped
    reply: Reply | None


class _TooSlow(ChannelUnavailable):
    """A look has taken its time and is not over."""


class _HostKeyLooker(asyncssh.SSHClient):
    """Remembers the fingerprint of a host key that is not pinned, for the message about it."""

    def __init__(self) -> None:
        self.fingerprint: str | None = None

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        """Refuse: what is pinned never comes here."""
        del host, addr, port
        self.fingerprint = key.get_fingerprint()
        return False


class SftpFolder:
    """One folder at one server, looked at again and again by one thread.

    What it remembers between looks is only in memory: after a restart a file that still lies there is fetched again,
    which the log knows as a repeat.
    """

    def __init__(self, settings: SftpSettings, bounds: Bounds | None = None) -> None:
        self._settings, self._bounds = settings, bounds or Bounds()
        self._key = _read_key(settings)
        self._seen: dict[str, Shape] = {}
        self._kept: dict[str, _Kept] = {}
        self._half: _Half | None = None
        self._came = 0

    def take(self, limit: int, keep: Keep) -> bool:
        """See `dropped.Folder`. Each file is fetched once; what a cut has interrupted goes on where it stopped."""
        self._came = 0

        async def take(line: asyncssh.SSHClientConnection) -> bool:
            return await self._take(line, limit, keep)

        try:
            return self._asked(take)
        except _TooSlow:
            if not self._came:
                raise
            logger.info("%s is slow: %s bytes came, the rest is asked for again", self._settings.where, self._came)
            return True

    def look(self) -> int:
        """See `dropped.Folder`."""
        return self._asked(self._count)

    async def _count(self, line: asyncssh.SSHClientConnection) -> int:
        return len(await self._list(await line.start_sftp_client(path_errors="surrogateescape")))

    def _asked(self, ask: Callable[[asyncssh.SSHClientConnection], Awaitable[_Told]]) -> _Told:
        """Return what is asked over a line of its own. Raises ChannelRefused, ChannelUnavailable, TimeoutError."""

        async def run() -> _Told:
            line = await self._connect()
            try:
                asking = asyncio.ensure_future(ask(line))
                await asyncio.wait({asking}, timeout=self._bounds.look_s)
                if not asking.done():
                    line.abort()  # a request that hangs is not given up by asking politely
                    await asyncio.gather(asyncio.wait_for(asking, END_S), return_exceptions=True)
                    raise _TooSlow(f"{self._settings.where} did not answer within {self._bounds.look_s:g} s")
                return asking.result()
            finally:
                await _end(line)

        try:
            return asyncio.run(run())
        except asyncssh.SFTPError as error:
            raise _sftp_trouble(self._settings, error) from error
        except (asyncssh.Error, OSError) as error:
            raise ChannelUnavailable(f"{self._settings.where} was cut off: {error}") from error

    async def _connect(self) -> asyncssh.SSHClientConnection:
        """Return an open line. Nothing of this machine's own SSH settings, agents or keys is used."""
        to, looker = self._settings, _HostKeyLooker()
        try:
            line, _ = await asyncssh.create_connection(
                lambda: looker,
                to.host,
                to.port,
                username=to.user,
                password=to.password,
                client_keys=[self._key] if self._key is not None else None,
                known_hosts=_known_hosts(to),
                config=None,
                agent_path=None,
                gss_host=None,
                x509_trusted_certs=None,
                connect_timeout=self._bounds.connect_s,
                login_timeout=self._bounds.connect_s,
            )
        except asyncssh.HostKeyNotVerifiable as error:
            shown = looker.fingerprint or "no key that can be checked"
            raise ChannelRefused(
                f"{to.where} shows the host key {shown}, which {to.known_hosts} does not name: nothing was sent. Ask "
                "the third party whether its key was changed; only then replace the line in that file"
            ) from error
        except asyncssh.PermissionDenied as error:
            raise NotConnected(
                f"{to.where} does not let {to.user} in ({error.reason}): compare sftp_key or sftp_password with what "
                "the third party has"
            ) from error
        except (asyncssh.Error, OSError, TimeoutError) as error:
            raise ChannelUnavailable(f"{to.where} cannot be reached: {str(error) or type(error).__name__}") from error
        return line

    async def _take(self, line: asyncssh.SSHClientConnection, limit: int, keep: Keep) -> bool:
        """Do what can be done; what the server refuses for one file is said when all the others are kept."""
        sftp = await line.start_sftp_client(path_errors="surrogateescape")
        shapes = await self._list(sftp)
        self._kept = {name: kept for name, kept in self._kept.items() if shapes.get(name) == kept.shape}
        chosen = choose(shapes, self._seen, without=self._kept)[:limit]
        self._seen = shapes
        refusals = []
        for name in [*self._kept, *chosen]:
            try:
                if name not in self._kept:
                    await self._keep(sftp, name, shapes[name], keep)
                if name in self._kept:
                    await self._finish(sftp, name)
            except ChannelRefused as refused:
                refusals.append(refused)
        if refusals:
            raise refusals[0]
        return bool(chosen)

    async def _keep(self, sftp: asyncssh.SFTPClient, name: str, shape: Shape, keep: Keep) -> None:
        if shape.size > self._bounds.most_bytes:
            raise ChannelRefused(too_long(f"{self._settings.where}/{name}", shape.size, self._bounds.most_bytes))
        body = await self._fetch(sftp, name, shape)
        if body is not None:
            dropped = Dropped(name, body, datetime.fromtimestamp(shape.written, UTC))
            reply = keep(dropped)  # from here on a cut loses nothing
            self._kept[name] = _Kept(shape, dropped._replace(body=b""), reply)

    async def _list(self, sftp: asyncssh.SFTPClient) -> dict[str, Shape]:
        shapes: dict[str, Shape] = {}
        entries = 0
        async for entry in sftp.scandir(self._settings.folder):
            entries += 1
            if entries > self._bounds.most_entries:
                raise ChannelRefused(
                    f"{self._settings.where} holds more than {self._bounds.most_entries} entries: take away what is old"
                )
            name, seen = str(entry.filename), entry.attrs
            if seen.type == asyncssh.FILEXFER_TYPE_REGULAR and "/" not in name and seen.size is not None:
                shapes[name] = Shape(seen.size, seen.mtime or 0)
        return shapes

    async def _fetch(self, sftp: asyncssh.SFTPClient, name: str, shape: Shape) -> bytes | None:
        """Return the whole of a file, None where it has changed meanwhile; what came before a cut is not asked for."""
        path = self._path(name)
        half = self._half
        if half is None or (half.name, half.shape) != (name, shape):
            half = self._half = _Half(name, shape, bytearray())
        try:
            async with sftp.open(path, "rb", encoding=None, block_size=0) as file:
                while len(half.body) < shape.size:
                    piece: bytes = await file.read(min(CHUNK, shape.size - len(half.body)), len(half.body))
                    if not piece:
                        break
                    half.body += piece
                    self._came += len(piece)
            after = await sftp.stat(path)
        except asyncssh.SFTPPermissionDenied as error:
            said = f"{self._settings.where}/{name} cannot be read: {error.reason}: ask the third party for the right"
            raise ChannelRefused(said) from error
        except asyncssh.SFTPNoSuchFile:
            return None  # another copy of onhand was quicker
        self._half = None
        if len(half.body) != shape.size or Shape(after.size or 0, after.mtime or 0) != shape:
            self._seen.pop(name, None)
            logger.info("%s/%s is still being written", self._settings.where, name)
            return None
        return bytes(half.body)

    async def _finish(self, sftp: asyncssh.SFTPClient, name: str) -> None:
        """Do at the server what is left to do about a file that is kept."""
        kept = self._kept[name]
        if kept.reply is not None:
            await self._lay_out(sftp, kept.reply)
            kept.reply = None
        if self._settings.taken == "leave":
            return
        try:
            await _make(sftp, self._path(DONE))
            await _rename(sftp, self._path(name), self._path(f"{DONE}/{kept_name(kept.dropped)}"))
            if f"{name}{MARK}" in self._seen:
                await sftp.remove(self._path(f"{name}{MARK}"))
        except asyncssh.SFTPNoSuchFile:
            pass  # another copy of onhand, or the third party, was quicker
        except LOST:
            raise
        except asyncssh.SFTPError as error:
            said = f"{self._settings.where}/{name} is kept and cannot be moved to {DONE}/: {error.reason}: ask for the "
            raise ChannelRefused(f'{said}right to do so, or say sftp_taken = "leave"') from error
        del self._kept[name]

    async def _lay_out(self, sftp: asyncssh.SFTPClient, reply: Reply) -> None:
        """Lay a reply into `out`, whole or not at all."""
        half, whole = self._path(f"{OUT}/.{reply.name}.part"), self._path(f"{OUT}/{reply.name}")
        try:
            await _make(sftp, self._path(OUT))
            async with sftp.open(half, "wb", encoding=None) as file:
                await file.write(reply.body)
            await _rename(sftp, half, whole)
        except LOST:
            raise
        except asyncssh.SFTPError as error:
            said = f"{self._settings.where}/{OUT}/{reply.name} cannot be written: {error.reason}: ask for the right to"
            raise ChannelRefused(f"{said} write there, or say acknowledge = false") from error

    def _path(self, name: str) -> str:
        return f"{self._settings.folder.rstrip('/')}/{name}"


def _read_key(settings: SftpSettings) -> asyncssh.SSHKey | None:
    if settings.key is None:
        return None
    try:
        return asyncssh.import_private_key(settings.key, settings.passphrase)
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
        raise ConfigError(
            f"threepl[{settings.party}].sftp_key is no private key that can be read ({error}): give the one whose "
            "public half the third party has, and its sftp_passphrase where it has one"
        ) from error


def _known_hosts(settings: SftpSettings) -> asyncssh.SSHKnownHosts:
    host = settings.host if settings.port == 22 else f"-p {settings.port} {settings.host}"
    way_out = f"`ssh-keyscan {host}` prints what belongs there; compare it with what the third party tells you"
    try:
        return asyncssh.import_known_hosts(settings.known_hosts.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ChannelRefused(f"{settings.known_hosts} cannot be read: {error}: {way_out}") from error


def _sftp_trouble(settings: SftpSettings, error: asyncssh.SFTPError) -> ChannelRefused | ChannelUnavailable:
    if isinstance(error, LOST):
        return ChannelUnavailable(f"{settings.where} was cut off: {error.reason}")
    if isinstance(error, asyncssh.SFTPPermissionDenied | asyncssh.SFTPNoSuchFile | asyncssh.SFTPNoSuchPath):
        return ChannelRefused(
            f"{settings.where} cannot be looked at: {error.reason}: ask the third party for the right"
        )
    return ChannelUnavailable(f"{settings.where} answered: {error.reason or type(error).__name__}")


async def _end(line: asyncssh.SSHClientConnection) -> None:
    line.close()
    try:
        async with asyncio.timeout(END_S):
            await line.wait_closed()
    except TimeoutError:
        line.abort()


async def _make(sftp: asyncssh.SFTPClient, folder: str) -> None:
    if not await sftp.isdir(folder):
        await sftp.mkdir(folder)


async def _rename(sftp: asyncssh.SFTPClient, old: str, new: str) -> None:
    """Rename, over what bears the name already: it is the same file, sent again."""
    try:
        await sftp.posix_rename(old, new)
    except asyncssh.SFTPOpUnsupported:
        if await sftp.exists(new):
            await sftp.remove(new)
        await sftp.rename(old, new)
