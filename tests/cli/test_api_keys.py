"""Making and revoking the keys of tills and sites, and what `onhand doctor` says of them."""

from pathlib import Path

import pytest

from onhand.domain.api_keys import read_shown
from tests.cli.conftest import CONFIG, Ask

SHOP = "tees.myshopify.com"
HOSTS = '[server]\nhosts = ["stock.example.com"]\n'


def checked(ask: Ask, name: str) -> tuple[str, str]:
    (row,) = [row for row in ask("doctor", "--json").document if row["name"] == name]
    return row["status"], row["why"]


@pytest.mark.usefixtures("store")
def test_a_key_is_shown_once_listed_without_its_secret_and_revoked(ask: Ask, folder: Path) -> None:
    made = ask("keys", "make", "kiosk-2", "--may", "holds", "--json").document
    shown = read_shown(made["key"])
    assert shown is not None
    assert (made["name"], made["shop"], made["may"], made["last_used_at"]) == ("kiosk-2", SHOP, ["holds"], None)
    (listed,) = ask("keys", "ls", "--json").document
    assert listed == {name: value for name, value in made.items() if name != "key"}
    assert shown.secret not in ask("keys", "ls").out
    assert all(shown.secret.encode() not in path.read_bytes() for path in folder.iterdir())
    assert ask("keys", "revoke", "kiosk-2", "--json").document["revoked_at"] is not None
    assert "revoked" in ask("keys", "ls").out
    again = ask("keys", "revoke", "kiosk-2")
    assert (again.code, "there are none" in again.err) == (2, True)


@pytest.mark.usefixtures("store")
def test_people_are_shown_the_key_and_how_to_send_it(ask: Ask) -> None:
    out = ask("keys", "make", "site", "--may", "holds", "--may", "read").out
    assert read_shown(out.splitlines()[0]) is not None
    assert "Authorization: Bearer" in out
    assert "holds and read" in out
    assert "[server] hosts" in out


@pytest.mark.usefixtures("store")
def test_a_name_is_taken_until_its_key_is_revoked(ask: Ask) -> None:
    make = ("keys", "make", "kiosk", "--may", "read")
    assert ask(*make).code == 0
    taken = ask(*make)
    assert (taken.code, "keys revoke kiosk" in taken.err) == (2, True)
    ask("keys", "revoke", "kiosk")
    assert ask(*make).code == 0
    assert [row["revoked_at"] is None for row in ask("keys", "ls", "--json").document] == [False, True]


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("words", [("Kiosk 2", "--may", "holds"), ("kiosk", "--may", "everything"), ("kiosk",)])
def test_a_key_without_a_name_or_without_anything_it_may_is_not_made(ask: Ask, words: tuple[str, ...]) -> None:
    assert ask("keys", "make", *words).code == 2
    assert ask("keys", "ls", "--json").document == []


def test_a_shop_that_nobody_has_read_gets_no_key(ask: Ask, folder: Path) -> None:
    assert ask("keys", "make", "kiosk", "--may", "holds").code == 3
    assert not (folder / "onhand.db").exists()


@pytest.mark.usefixtures("store", "log")
def test_doctor_compares_the_address_with_the_keys(ask: Ask, folder: Path) -> None:
    keys = f"API keys of {SHOP}"
    assert checked(ask, keys) == ("ok", "none, and none is needed: only this machine asks")
    (folder / "onhand.toml").write_text(CONFIG.replace("[[shop]]", f"{HOSTS}[[shop]]"))
    assert checked(ask, keys)[0] == "warn"
    ask("keys", "make", "kiosk", "--may", "holds")
    assert checked(ask, keys) == ("ok", "1, heard under stock.example.com")
    assert checked(ask, "pages")[0] == "ok"


@pytest.mark.usefixtures("store", "log")
@pytest.mark.parametrize(("hosts", "status"), [("", "fail"), ('hosts = ["stock.example.com"]', "warn")])
def test_doctor_says_what_an_address_that_others_reach_means(ask: Ask, folder: Path, hosts: str, status: str) -> None:
    (folder / "onhand.toml").write_text(
        CONFIG.replace("[[shop]]", f'[server]\nlisten = "0.0.0.0:8000"\n{hosts}\n[[shop]]')
    )
    assert checked(ask, "pages")[0] == status


@pytest.mark.parametrize("host", ["https://stock.example.com", "stock.example.com:443", "localhost", "127.0.0.1", "*"])
def test_a_host_is_a_name_and_never_this_machine(ask: Ask, folder: Path, host: str) -> None:
    (folder / "onhand.toml").write_text(CONFIG.replace("[[shop]]", f'[server]\nhosts = ["{host}"]\n[[shop]]'))
    answer = ask("config", "show")
    assert answer.code == 3
    assert "server.hosts" in answer.err
