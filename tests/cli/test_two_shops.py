"""Two shops in one configuration: every command says which of them it needs named, and answers for that one alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from onhand.cli import app
from onhand.cli.anywhere import FLAGS, HINT, VALUED
from onhand.domain.catalog import Item, Location
from onhand.domain.stock import Bin, State
from onhand.log import SqliteLog
from onhand.store import Store
from tests.answers.shop import MORNING, SHOP, moved
from tests.cli.conftest import CONFIG, Ask

OTHER = "caps.myshopify.com"
TWO = f"""{CONFIG.replace('name = "tiktok_shop"', f'shop = "{SHOP}"{chr(10)}name = "tiktok_shop"')}
[[shop]]
domain = "{OTHER}"
client_id = "id-2"
client_secret = "env:SHOPIFY_CLIENT_SECRET"
api_url = "http://127.0.0.1:9"
"""

FOR_ALL = {
    "demo": "brings a shop of its own",
    "sandbox": "brings a shop of its own",
    "bench": "brings a shop of its own",
    "simulate": "brings shops of its own",
    "init": "writes the first configuration",
    "config show": "shows every value of every shop",
    "keys new": "one key seals what is kept of every shop",
    "keys rotate": "one key seals what is kept of every shop",
    "doctor": "looks at every shop",
    "serve": "serves every shop",
    "openapi": "describes addresses, whatever the shops",
    "erase": "takes the shop as its argument",
}
"""Commands that need no shop named, and why."""


def leaves(command: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every command that does something, with the words that call it."""
    for name, inner in command.commands.items():
        words = f"{path} {name}".strip()
        if hasattr(inner, "commands"):
            yield from leaves(inner, words)
        else:
            yield words, inner


COMMANDS = dict(leaves(typer.main.get_command(app)))
NEEDING = sorted(COMMANDS.keys() - FOR_ALL.keys())


CHOSEN = {"platform": "shopify", "may": "holds"}
"""What takes one of some words; everything else that must be told may be 1."""


def words_of(name: str) -> list[str]:
    """Return the words of a command with something for everything that it must be told."""
    words = name.split()
    for parameter in COMMANDS[name].params:
        if not parameter.required:
            continue
        said = CHOSEN.get(parameter.name, "1")
        words += [said] if parameter.param_type_name == "argument" else [parameter.opts[0], said]
    return words


@pytest.fixture
def two(folder: Path, store: Store, log: SqliteLog) -> Path:
    """The folder with a second shop that has one item at one location."""
    (folder / "onhand.toml").write_text(TWO)
    with store.writing() as session:
        session.add_shop(OTHER, MORNING)
        books = session.of(OTHER)
        books.catalog.put_items([Item(item="91", sku="BRIM", title="Brim")], MORNING)
        books.catalog.put_locations([Location(location="90", name="Attic", active=True, fulfils_online=True)], MORNING)
        shelf = Bin("90", State.AVAILABLE)
        books.ledger.append([moved("sold", "91", shelf, Bin("90", State.CUSTOMER), 3)], MORNING)
    return folder


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize("name", NEEDING)
def test_a_command_about_one_shop_says_which_there_are_and_takes_one_before_or_behind(ask: Ask, name: str) -> None:
    words = words_of(name)
    unsaid = ask(*words)
    assert unsaid.code == 2, unsaid
    assert f"say --shop {SHOP} or --shop {OTHER}" in unsaid.err
    strange = "hats.myshopify.com"
    for said in ([*words, "--shop", strange], [*words, f"--shop={strange}"], ["--shop", strange, *words]):
        answer = ask(*said)
        assert answer.code == 2, answer
        assert f"--shop {strange} is not configured; there are {SHOP}, {OTHER}" in answer.err


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize(
    "name",
    [
        *("levels", "ats", "locations", "transfers", "returns", "oversells", "drift ls", "problems ls", "offers ls"),
        *("shadow", "ledger verify", "inbox ls", "buffers show"),
    ],
)
def test_an_answer_is_about_the_shop_that_was_named_alone(ask: Ask, name: str) -> None:
    assert name in NEEDING
    for shop in (SHOP, OTHER.upper()):
        answer = ask(*name.split(), "--shop", shop, "--json")
        assert answer.code == 0, answer
        rows = answer.document if isinstance(answer.document, list) else [answer.document]
        assert {row.get("shop", shop.lower()) for row in rows} <= {shop.lower()}


@pytest.mark.usefixtures("two")
def test_shops_do_not_see_each_others_items(ask: Ask) -> None:
    assert [row["sku"] for row in ask("oversells", "--shop", OTHER, "--json").document] == ["BRIM"]
    assert ask("oversells", "--shop", SHOP, "--json").document == []
    assert ask("levels", "BRIM", "--shop", SHOP).code == 2
    assert ask("timeline", "BRIM", "--shop", OTHER).code == 0


@pytest.mark.usefixtures("two")
def test_the_doctor_looks_at_both_shops_or_at_the_one_that_was_named(ask: Ask) -> None:
    both = {row["name"] for row in ask("doctor", "--json").document}
    one = {row["name"] for row in ask("doctor", "--shop", OTHER, "--json").document}
    assert any(SHOP in name for name in both)
    assert any(OTHER in name for name in both)
    assert any(OTHER in name for name in one)
    assert {name for name in one if SHOP in name} == {f"tiktok_shop of {SHOP}"}  # the configuration is looked at whole
    assert ask("doctor", "--shop", "hats.myshopify.com").code == 2


@pytest.mark.usefixtures("two")
def test_serve_does_not_pretend_to_serve_one_shop_of_two(ask: Ask) -> None:
    answer = ask("serve", "--shop", OTHER)
    assert answer.code == 2
    assert "serve runs every configured shop" in answer.err


@pytest.mark.usefixtures("two")
def test_an_error_about_the_shop_is_a_document_too(ask: Ask) -> None:
    assert ask("levels", "--json").document["error"]["kind"] == "WhichShop"


def test_no_command_has_an_option_that_the_whole_run_has_too(ask: Ask) -> None:
    for name, command in COMMANDS.items():
        own = {word for parameter in command.params for word in parameter.opts}
        assert not own & {*VALUED, *FLAGS}, name
        assert HINT.split(":")[0] in ask(*name.split(), "--help").out, name


def test_what_stands_behind_two_dashes_is_no_option(ask: Ask, two: Path) -> None:
    answer = ask("levels", "--shop", SHOP, "--", "--shop")
    assert "no item carries SKU '--shop'" in answer.err
