"""A real SFTP server on loopback, in this process: asyncssh's, over a folder, that can be cut, slow or forbidding."""

import asyncio
import io
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncssh

from tests.support.waiting import until

USER, PASSWORD = "acme", "canary-sftp-password"


class Behaviour:
    """What the server does to whoever comes, and what it saw."""

    def __init__(self) -> None:
        self.cut_after_bytes: int | None = None
        self.cuts_at_rename = False
        self.slow_s = 0.0
        self.forbids: set[str] = set()
        self.served_bytes = 0
        self.logins = 0
        self.opened: list[io.IOBase] = []


class _Files(asyncssh.SFTPServer):
    def __init__(self, chan: asyncssh.SSHServerChannel[bytes], root: Path, behaviour: Behaviour) -> None:
        self._line = chan.get_connection()
        self._behaviour = behaviour
        super().__init__(chan, chroot=os.fsencode(root))

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        self._allow("write" if pflags & (asyncssh.FXF_WRITE | asyncssh.FXF_CREAT) else "read")
        file = super().open(path, pflags, attrs)
        assert isinstance(file, io.IOBase)
        self._behaviour.opened.append(file)
        return file

    async def read(self, file_obj: object, offset: int, size: int) -> bytes:
        behaviour = self._behaviour
        if behaviour.slow_s:
            await asyncio.sleep(behaviour.slow_s)
        piece = super().read(file_obj, offset, size)
        assert isinstance(piece, bytes)
        behaviour.served_bytes += len(piece)
        if behaviour.cut_after_bytes is not None and behaviour.served_bytes >= behaviour.cut_after_bytes:
            behaviour.cut_after_bytes = None
            self._line.abort()
        return piece

    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        self._allow("rename")
        super().rename(oldpath, newpath)

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        self._allow("rename")
        if self._behaviour.cuts_at_rename:
            self._behaviour.cuts_at_rename = False
            self._line.abort()
            return
        super().posix_rename(oldpath, newpath)

    def mkdir(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        self._allow("mkdir")
        super().mkdir(path, attrs)

    def scandir(self, path: bytes) -> Any:
        self._allow("list")
        return super().scandir(path)

    def _allow(self, what: str) -> None:
        if what in self._behaviour.forbids:
            raise asyncssh.SFTPPermissionDenied("Permission denied")


class _Door(asyncssh.SSHServer):
    def __init__(self, behaviour: Behaviour, keys: list[asyncssh.SSHKey]) -> None:
        self._behaviour, self._keys = behaviour, keys

    def begin_auth(self, username: str) -> bool:
        del username
        self._behaviour.logins += 1
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (USER, PASSWORD)

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return username == USER and key in self._keys


class SftpServer:
    """A server with its own thread and loop. `root` is the folder that it shows; `known_hosts` is what pins it."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root = root
        self.behaviour = Behaviour()
        self.users_key = asyncssh.generate_private_key("ssh-ed25519")
        self.known_hosts = folder / "known_hosts"
        self.port = 0
        self._host_key = asyncssh.generate_private_key("ssh-ed25519")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sftp server", daemon=True)

    def start(self) -> None:
        """Listen on a free port of loopback."""
        self._thread.start()
        self._listener = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(60)
        self.port = self._listener.get_port()
        self.pin(self._host_key)

    def pin(self, key: asyncssh.SSHKey) -> None:
        """Let `known_hosts` name this key, and no other one."""
        self.known_hosts.write_text(f"[127.0.0.1]:{self.port} {key.export_public_key().decode()}", "utf-8")

    def stop(self) -> None:
        """End, whoever is connected."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(60)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(60)
        until(lambda: not self._loop.is_running(), "the server's loop has ended")
        self._loop.close()

    async def _listen(self) -> asyncssh.SSHAcceptor:
        return await asyncssh.create_server(
            lambda: _Door(self.behaviour, [self.users_key.convert_to_public()]),
            "127.0.0.1",
            0,
            server_host_keys=[self._host_key],
            sftp_factory=lambda chan: _Files(chan, self.root, self.behaviour),
        )

    async def _end(self) -> None:
        self._listener.close()
        await self._listener.wait_closed()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        for file in self.behaviour.opened:  # whoever was cut off has closed nothing
            file.close()


@contextmanager
def sftp_server(folder: Path) -> Iterator[SftpServer]:
    """Run a server over `folder`/files, with its known_hosts in `folder`."""
    root = folder / "files"
    (root / "outbound").mkdir(parents=True)
    server = SftpServer(root, folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()
