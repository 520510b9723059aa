"""Files on a third party's SFTP server: each is kept once and whole, whatever the line does, and from no stranger."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest

from onhand.channels.dropped import Dropped, Reply
from onhand.channels.threepl.sftp import Bounds, SftpFolder, SftpSettings
from onhand.ports.errors import ChannelRefused, ChannelUnavailable, ConfigError, NotConnected
from tests.support.sftp_server import PASSWORD, USER, SftpServer, sftp_server
from tests.support.waiting import until

LONG = b"TEE-BLK-M;7\n" * 100_000
"""More than a megabyte: several requests."""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SftpServer]:
    with sftp_server(tmp_path_factory.mktemp("sftp")) as server:
        yield server


@pytest.fixture
def server(shared: SftpServer) -> SftpServer:
    """Return the server, with nothing in its folder and no trouble."""
    for path in sorted(shared.root.rglob("*"), reverse=True):
        if path.is_file():
            path.unlink()
        elif path.name != "outbound":
            path.rmdir()
    behaviour = shared.behaviour
    behaviour.forbids, behaviour.slow_s, behaviour.cut_after_bytes, behaviour.served_bytes = set(), 0.0, None, 0
    return shared


class Inbox:
    """Keeps what comes, in order."""

    def __init__(self, reply: Reply | None = None) -> None:
        self.kept: list[Dropped] = []
        self._reply = reply

    def keep(self, dropped: Dropped) -> Reply | None:
        self.kept.append(dropped)
        return self._reply

    @property
    def names(self) -> list[str]:
        return [dropped.name for dropped in self.kept]


def settings(server: SftpServer) -> SftpSettings:
    return SftpSettings(
        party="acme",
        host="127.0.0.1",
        port=server.port,
        user=USER,
        folder="/outbound",
        known_hosts=server.known_hosts,
        password=PASSWORD,
    )


def folder(server: SftpServer, bounds: Bounds | None = None) -> SftpFolder:
    return SftpFolder(settings(server), bounds)


def lay(server: SftpServer, name: str, body: bytes, at: int = 1_795_400_000) -> Path:
    path = server.root / "outbound" / name
    path.write_bytes(body)
    os.utime(path, (at, at))
    return path


def there(server: SftpServer) -> set[str]:
    outbound = server.root / "outbound"
    return {str(path.relative_to(outbound)) for path in outbound.rglob("*") if path.is_file()}


def test_a_file_that_rests_is_kept_once_and_then_moved(server: SftpServer) -> None:
    lay(server, "count.csv", b"sku,on_hand\nTEE,7\n")
    inbox, there_ = Inbox(), folder(server)
    there_.take(20, inbox.keep)
    assert inbox.kept == [], "it may still be written"
    for _ in range(3):
        there_.take(20, inbox.keep)
    assert [(each.name, each.body) for each in inbox.kept] == [("count.csv", b"sku,on_hand\nTEE,7\n")]
    assert there(server) == {"done/20261123T021320-count.csv"}


def test_a_mark_beside_a_file_says_that_it_is_whole(server: SftpServer) -> None:
    lay(server, "count.csv", b"1")
    lay(server, "count.csv.done", b"")
    lay(server, "half.csv.part", b"2")
    inbox = Inbox()
    folder(server).take(20, inbox.keep)
    assert inbox.names == ["count.csv"]
    assert there(server) == {"done/20261123T021320-count.csv", "half.csv.part"}


def test_a_file_that_still_grows_is_left_until_it_rests(server: SftpServer) -> None:
    inbox, there_ = Inbox(), folder(server)
    for size in (1, 2, 3):
        lay(server, "count.csv", b"x" * size, at=1_795_400_000 + size)
        there_.take(20, inbox.keep)
    assert inbox.kept == []
    there_.take(20, inbox.keep)
    assert [each.body for each in inbox.kept] == [b"xxx"]


def test_what_came_before_a_cut_is_not_asked_for_again(server: SftpServer) -> None:
    lay(server, "count.csv", LONG)
    inbox, there_ = Inbox(), folder(server)
    there_.take(20, inbox.keep)
    server.behaviour.cut_after_bytes = 700_000
    with pytest.raises(ChannelUnavailable, match="cut off"):
        there_.take(20, inbox.keep)
    assert inbox.kept == []
    there_.take(20, inbox.keep)
    assert [each.body for each in inbox.kept] == [LONG]
    assert server.behaviour.served_bytes < 1.5 * len(LONG)


def test_a_file_that_changes_after_a_cut_is_read_from_its_beginning(server: SftpServer) -> None:
    lay(server, "count.csv", LONG)
    inbox, there_ = Inbox(), folder(server)
    there_.take(20, inbox.keep)
    server.behaviour.cut_after_bytes = 700_000
    with pytest.raises(ChannelUnavailable):
        there_.take(20, inbox.keep)
    lay(server, "count.csv", LONG.lower(), at=1_795_400_060)
    there_.take(20, inbox.keep)
    there_.take(20, inbox.keep)
    assert [each.body for each in inbox.kept] == [LONG.lower()]


def test_a_changed_file_of_the_same_name_is_another_one(server: SftpServer) -> None:
    inbox, there_ = Inbox(), folder(server)
    for at, body in ((1_795_400_000, b"first"), (1_795_403_600, b"second")):
        lay(server, "count.csv", body, at)
        there_.take(20, inbox.keep)
        there_.take(20, inbox.keep)
    assert [each.body for each in inbox.kept] == [b"first", b"second"]
    assert there(server) == {"done/20261123T021320-count.csv", "done/20261123T031320-count.csv"}


def test_the_same_file_sent_again_lies_in_done_once(server: SftpServer) -> None:
    inbox, there_ = Inbox(), folder(server)
    for _ in range(2):
        lay(server, "count.csv", b"first")
        there_.take(20, inbox.keep)
        there_.take(20, inbox.keep)
    assert there(server) == {"done/20261123T021320-count.csv"}
    assert inbox.kept[0] == inbox.kept[1], "the log tells by its bytes and time that it is a repeat"


def test_where_nothing_may_be_moved_each_file_is_kept_once_and_the_others_go_on(server: SftpServer) -> None:
    server.behaviour.forbids = {"rename", "mkdir"}
    inbox, there_ = Inbox(), folder(server)
    for name in ("a.csv", "b.csv"):
        lay(server, name, name.encode())
    there_.take(20, inbox.keep)
    for _ in range(2):
        with pytest.raises(ChannelRefused, match=r"kept and cannot be moved to done/.*sftp_taken"):
            there_.take(20, inbox.keep)
    lay(server, "c.csv", b"c")
    for _ in range(2):
        with pytest.raises(ChannelRefused):
            there_.take(20, inbox.keep)
    assert sorted(inbox.names) == ["a.csv", "b.csv", "c.csv"]
    server.behaviour.forbids = set()
    there_.take(20, inbox.keep)
    assert {name.partition("/")[0] for name in there(server)} == {"done"}
    assert len(inbox.kept) == 3


def test_files_can_be_left_where_they_are(server: SftpServer) -> None:
    server.behaviour.forbids = {"rename", "mkdir", "write"}
    inbox = Inbox()
    there_ = SftpFolder(replace(settings(server), taken="leave"))
    lay(server, "count.csv", b"first")
    for _ in range(4):
        there_.take(20, inbox.keep)
    lay(server, "count.csv", b"other", at=1_795_403_600)
    for _ in range(4):
        there_.take(20, inbox.keep)
    assert [each.body for each in inbox.kept] == [b"first", b"other"]
    assert there(server) == {"count.csv"}


def test_a_line_that_is_cut_while_a_file_is_put_away_is_no_refusal(server: SftpServer) -> None:
    lay(server, "count.csv", b"1")
    inbox, there_ = Inbox(), folder(server)
    there_.take(20, inbox.keep)
    server.behaviour.cuts_at_rename = True
    with pytest.raises(ChannelUnavailable, match="cut off"):
        there_.take(20, inbox.keep)
    there_.take(20, inbox.keep)
    assert inbox.names == ["count.csv"]
    assert there(server) == {"done/20261123T021320-count.csv"}


def test_a_folder_that_may_not_be_read_is_named(server: SftpServer) -> None:
    server.behaviour.forbids = {"list"}
    with pytest.raises(ChannelRefused, match=r"/outbound cannot be looked at: Permission denied"):
        folder(server).take(20, Inbox().keep)


def test_a_file_that_may_not_be_read_keeps_no_other_one_waiting(server: SftpServer) -> None:
    lay(server, "count.csv", b"1")
    inbox, there_ = Inbox(), folder(server)
    there_.take(20, inbox.keep)
    server.behaviour.forbids = {"read"}
    with pytest.raises(ChannelRefused, match=r"count\.csv cannot be read: Permission denied"):
        there_.take(20, inbox.keep)
    server.behaviour.forbids = set()
    there_.take(20, inbox.keep)
    assert inbox.names == ["count.csv"]


def test_a_host_with_another_key_is_told_nothing(server: SftpServer) -> None:
    pinned = server.known_hosts.read_text("utf-8")
    logins = server.behaviour.logins
    server.pin(asyncssh.generate_private_key("ssh-ed25519"))
    try:
        with pytest.raises(ChannelRefused, match=r"shows the host key SHA256:\S+, which .*known_hosts does not name"):
            folder(server).take(20, Inbox().keep)
    finally:
        server.known_hosts.write_text(pinned, "utf-8")
    assert server.behaviour.logins == logins


def test_a_host_that_nobody_has_pinned_is_refused_with_the_way_to_pin_it(server: SftpServer, tmp_path: Path) -> None:
    with pytest.raises(ChannelRefused, match=r"ssh-keyscan -p \d+ 127\.0\.0\.1"):
        SftpFolder(replace(settings(server), known_hosts=tmp_path / "none")).take(20, Inbox().keep)


def test_a_wrong_password_is_a_matter_for_a_person(server: SftpServer) -> None:
    with pytest.raises(NotConnected, match="does not let acme in"):
        SftpFolder(replace(settings(server), password="canary-wrong-password")).take(20, Inbox().keep)


@pytest.mark.parametrize("passphrase", [None, "canary-passphrase"])
def test_a_key_lets_us_in_as_well(server: SftpServer, passphrase: str | None) -> None:
    text = server.users_key.export_private_key("pkcs8-pem", passphrase).decode().strip()
    lay(server, "count.csv", b"1")
    by_key = SftpFolder(replace(settings(server), password=None, key=text, passphrase=passphrase))
    assert by_key.look() == 1


def test_a_key_that_cannot_be_read_is_said_before_anything_is_asked(server: SftpServer) -> None:
    with pytest.raises(ConfigError, match=r"threepl\[acme\]\.sftp_key is no private key"):
        SftpFolder(replace(settings(server), key="no key"))


def test_a_huge_file_is_named_and_the_others_are_kept(server: SftpServer) -> None:
    small = folder(server, Bounds(most_bytes=10))
    lay(server, "huge.csv", b"x" * 11, at=1_795_399_999)
    lay(server, "count.csv", b"1")
    inbox = Inbox()
    small.take(20, inbox.keep)
    with pytest.raises(ChannelRefused, match=r"huge.csv has 11 bytes, at most 10 are read"):
        small.take(20, inbox.keep)
    assert inbox.names == ["count.csv"]
    assert server.behaviour.served_bytes == 1


def test_a_folder_with_no_end_is_refused(server: SftpServer) -> None:
    for number in range(5):
        lay(server, f"{number}.csv", b"1")
    with pytest.raises(ChannelRefused, match="holds more than 4 entries"):
        folder(server, Bounds(most_entries=4)).take(20, Inbox().keep)


def test_from_a_slow_server_a_file_comes_over_several_looks(server: SftpServer) -> None:
    lay(server, "count.csv", LONG)
    lay(server, "count.csv.done", b"")
    server.behaviour.slow_s = 0.4
    inbox, there_ = Inbox(), folder(server, Bounds(look_s=1.5))
    looks = 0

    def is_kept() -> bool:
        nonlocal looks
        looks += 1
        with suppress(ChannelUnavailable):  # on a busy machine nothing at all may come within a look
            there_.take(20, inbox.keep)
        return bool(inbox.kept)

    until(is_kept, "the file has come")
    assert looks > 1
    assert [each.body for each in inbox.kept] == [LONG]


def test_a_server_that_says_nothing_is_left_alone(server: SftpServer) -> None:
    lay(server, "count.csv", b"1")
    lay(server, "count.csv.done", b"")
    server.behaviour.slow_s = 600
    with pytest.raises(ChannelUnavailable, match="did not answer within 1 s"):
        folder(server, Bounds(look_s=1)).take(20, Inbox().keep)


def test_a_reply_is_laid_out_whole_before_the_file_is_put_away(server: SftpServer) -> None:
    server.behaviour.forbids = {"write"}
    lay(server, "846.edi", b"ISA")
    inbox, there_ = Inbox(Reply("997-000000001.edi", b"ISA*00")), folder(server)
    there_.take(20, inbox.keep)
    with pytest.raises(ChannelRefused, match=r"out/997-000000001.edi cannot be written"):
        there_.take(20, inbox.keep)
    assert there(server) == {"846.edi"}
    server.behaviour.forbids = set()
    there_.take(20, inbox.keep)
    assert there(server) == {"done/20261123T021320-846.edi", "out/997-000000001.edi"}
    assert (server.root / "outbound/out/997-000000001.edi").read_bytes() == b"ISA*00"
    assert len(inbox.kept) == 1


def test_names_that_are_no_names_are_left_alone(server: SftpServer) -> None:
    for name in ("two\nlines.csv", ".hidden.csv"):
        lay(server, name, b"1")
    (server.root / "outbound" / "link.csv").symlink_to("/etc/passwd")
    inbox, there_ = Inbox(), folder(server)
    for _ in range(2):
        there_.take(20, inbox.keep)
    assert inbox.kept == []
