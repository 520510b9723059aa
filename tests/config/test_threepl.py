"""Third parties are read whole, and every mistake in `[[threepl]]` names the way out."""

from pathlib import Path

import pytest

from tests.config.test_config import SHOP, load, refusal

ACME = '[[threepl]]\nname = "acme"\nplaces = { "EAST" = "Boston" }\n'
SECRET = 'secret = "env:ACME"\n'
SFTP = 'sftp = "sftp://on%40hand@files.acme.example:2222/out%20bound"\nsftp_known_hosts = "acme.known_hosts"\n'
PASSWORD = 'sftp_password = "env:ACME_PASSWORD"\n'


def test_a_third_party_is_read_whole(tmp_path: Path) -> None:
    more = 'measure = "available"\ntimezone = "Europe/Berlin"\nfolder = "drops"\nfiles = "edi"\nacknowledge = false\n'
    (acme,) = load(tmp_path, f"{SHOP}{ACME}{SECRET}{more}{SFTP}{PASSWORD}", ACME="s", ACME_PASSWORD="canary").threepls
    assert (acme.name, acme.places, acme.measure, acme.files) == ("acme", {"EAST": "Boston"}, "available", "edi")
    assert (str(acme.zone), acme.folder, acme.acknowledge) == ("Europe/Berlin", tmp_path / "drops", False)
    there = acme.sftp
    assert there is not None
    assert (there.host, there.port, there.user, there.folder) == ("files.acme.example", 2222, "on@hand", "/out bound")
    assert (there.known_hosts, there.taken, there.every_s) == (tmp_path / "acme.known_hosts", "move", 60.0)
    assert there.password is not None
    assert there.password.reveal() == "canary"
    assert "canary" not in repr(acme)


def test_what_is_not_said_is_what_most_third_parties_mean(tmp_path: Path) -> None:
    (acme,) = load(tmp_path, f"{SHOP}{ACME}{SECRET}", ACME="s").threepls
    assert (acme.form, acme.measure, str(acme.zone), acme.grace_s) == ("standard", "on_hand", "UTC", 900.0)
    assert (acme.files, acme.csv.delimiter, acme.csv.complete, acme.acknowledge) == ("csv", ",", True, True)
    assert (acme.folder, acme.sftp, acme.stock_url) == (None, None, None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ACME, "threepl[acme].secret is missing: or give a folder for its files, its sftp server, or a stock_url"),
        ('[[threepl]]\nplaces = { "EAST" = "Boston" }\n', "threepl.name is missing: give it a short name"),
        (ACME.replace('"acme"', '"shopify"') + SECRET, "threepl[shopify].name must be a short word of your own"),
        (ACME.replace('"acme"', '"Acme Inc"') + SECRET, "must be a short word of your own such as"),
        ('[[threepl]]\nname = "acme"\n' + SECRET, "threepl[acme].places is missing: name its places"),
        (ACME.replace('"Boston"', "7") + SECRET, "threepl[acme].places must be a table such as"),
        (ACME + 'secret = "plain"\n', "threepl[acme].secret is written in plain text"),
        (ACME + SECRET + 'form = "shipstation"\n', "must be one of standard, shiphero, shipbob, got 'shipstation'"),
        (ACME + SECRET + 'measure = "sellable"\n', "must be one of on_hand, available, got 'sellable'"),
        (ACME + SECRET + 'timezone = "Mars/North"\n', "threepl[acme].timezone"),
        (ACME + SECRET + "grace_s = -1\n", "threepl[acme].grace_s must be a number from 0 to 86400, got -1"),
        (ACME + SECRET + 'columns = { "stock" = "Bestand" }\n', "columns names 'stock', which is none of sku, gtin"),
        (ACME + SECRET + 'delimiter = "#"\n', "delimiter must be one of"),
        (ACME + SECRET + 'encoding = "klingon"\n', "must be an encoding of text such as"),
        (ACME + SECRET + 'encoding = "hex"\n', "must be an encoding of text such as"),
        (ACME + SECRET + 'decimal = "x"\n', "decimal must be one of"),
        (ACME + SECRET + 'quantities = { "33" = "sellable" }\n', "means 'sellable', which is none of on_hand"),
        (ACME + SECRET + "damage_codes = [5]\n", "damage_codes must be a list of names"),
        (ACME + SECRET + 'acknowledge = "yes"\n', "acknowledge must be true or false, got 'yes'"),
        (ACME + SECRET + 'stock_url = "ftp://acme.example"\n', "must be an address such as https://example.com"),
        (ACME + SECRET + 'colums = { "sku" = "A" }\n', "is not a key that onhand knows; did you mean columns?"),
        (
            ACME.replace("}", ', "WEST" = "Reno" }') + 'stock_url = "https://acme.example/stock"\n',
            "stock_url answers for one place, places names 2: make a [[threepl]] of each",
        ),
        (ACME + SECRET + ACME + SECRET, "acme of"),
        (ACME + PASSWORD, "sftp_password belongs to an sftp server: give its address"),
        (ACME + SFTP, 'threepl[acme].sftp_key is missing: give "file:PATH" of a private key, or sftp_password'),
        (ACME + SFTP.partition("sftp_known")[0] + PASSWORD, "sftp_known_hosts is missing: name the file that pins"),
        (ACME + SFTP.replace("sftp://", "ftp://") + PASSWORD, "sftp must be an address such as"),
        (ACME + SFTP.replace("on%40hand@", "") + PASSWORD, "sftp must be an address such as"),
        (ACME + SFTP.replace(":2222", ":99999") + PASSWORD, "sftp must be an address such as"),
        (ACME + SFTP.replace("hand@", "hand:canary-word@") + PASSWORD, "carries a password: take it out"),
        (ACME + SFTP + PASSWORD + 'sftp_taken = "delete"\n', "sftp_taken must be one of move, leave, got 'delete'"),
        (ACME + SFTP + PASSWORD + "sftp_every_s = 0\n", "sftp_every_s must be a number from 1 to 86400, got 0"),
    ],
)
def test_a_mistake_is_refused_with_the_way_out(tmp_path: Path, text: str, expected: str) -> None:
    message = refusal(tmp_path, f"{SHOP}{text}", ACME="s", ACME_PASSWORD="p")
    assert expected in message
    assert "canary" not in message


def test_two_senders_cannot_share_a_folder_or_one_would_take_the_files_of_the_other(tmp_path: Path) -> None:
    shared = f'{SECRET}folder = "drops"\n'
    other = ACME.replace('"acme"', '"other"')
    assert f"with folder {tmp_path / 'drops'} stands there 2 times: keep one" in refusal(
        tmp_path, SHOP + ACME + shared + other + shared, ACME="s"
    )


def test_a_location_can_only_believe_who_is_there(tmp_path: Path) -> None:
    location = '[[location]]\nname = "Boston"\nauthority = "acne"\n'
    assert "or a [[threepl]]; got 'acne'" in refusal(tmp_path, f"{SHOP}{ACME}{SECRET}{location}", ACME="s")
