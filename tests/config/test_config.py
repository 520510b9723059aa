"""The configuration is what interface.md shows, and every mistake in it is named with the way out."""

import stat
from pathlib import Path

import pytest

from onhand.channels import CHANNELS
from onhand.channels.tiktok_shop import TikTokAccount
from onhand.config import Config, Secret, load_config, write_example, write_files
from onhand.ports.errors import ConfigError

SHOWN_TO_MERCHANTS = """
database = "onhand.db"
encryption_key = "env:ONHAND_KEY"
[ingress]
listen = "127.0.0.1:8001"
[server]
listen = "127.0.0.1:8000"
[[shop]]
domain = "tees.myshopify.com"
client_id = "env:SHOPIFY_CLIENT_ID"
client_secret = "env:SHOPIFY_CLIENT_SECRET"
[[location]]
shop = "tees.myshopify.com"
name = "Boston"
authority = "shopify"
[[channel]]
name = "tiktok_shop"
locations = ["Warehouse"]
buffer_units = 2
armed = false
orders_imported_to_shopify = "auto"
[google_sheets]
spreadsheet = "1AbC"
credentials = "file:service-account.json"
"""
ENVIRON = {
    "ONHAND_KEY": "k" * 43,
    "SHOPIFY_CLIENT_ID": "id-1",
    "SHOPIFY_CLIENT_SECRET": "shpss-canary",
    "TIKTOK_APP_SECRET": "tts-canary",
}
SHOP = """
[[shop]]
domain = "tees.myshopify.com"
client_id = "env:SHOPIFY_CLIENT_ID"
client_secret = "env:SHOPIFY_CLIENT_SECRET"
"""
TIKTOK = """
[[channel]]
name = "tiktok_shop"
locations = ["Warehouse"]
shop_id = "749"
app_key = "abc"
app_secret = "env:TIKTOK_APP_SECRET"
"""


def load(tmp_path: Path, text: str, **environ: str) -> Config:
    path = tmp_path / "onhand.toml"
    path.write_text(text, "utf-8")
    return load_config(path, {**ENVIRON, **environ})


def refusal(tmp_path: Path, text: str, **environ: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text, **environ)
    return str(caught.value)


def test_the_file_shown_to_merchants_is_read_as_it_stands(tmp_path: Path) -> None:
    config = load(tmp_path, SHOWN_TO_MERCHANTS)
    assert config.database == str(tmp_path / "onhand.db")
    assert config.log == str(tmp_path / "onhand-log.db")
    assert (config.ingress.listen.port, config.server.listen.port) == (8001, 8000)
    (shop,) = config.shops
    assert shop.client_secret.reveal() == "shpss-canary"
    (location,) = config.locations
    assert (location.shop, location.name, location.authority) == ("tees.myshopify.com", "Boston", "shopify")
    (channel,) = config.channels_of("tees.myshopify.com")
    assert (channel.locations, channel.buffer_units, channel.armed) == (("Warehouse",), 2, False)
    assert channel.orders_imported_to_shopify == "auto"
    assert channel.account is None
    assert config.google_sheets is not None


def test_nothing_configured_gives_the_defaults(tmp_path: Path) -> None:
    config = load(tmp_path, "")
    assert (config.audit.every_s, config.audit.poll_every_s) == (3600.0, 60.0)
    assert config.audit.grace_s == 5.0
    assert (config.guard.zero_share, config.retention_days) == (0.05, 7.0)
    assert config.ingress.public_url is None
    assert config.shops == ()


def test_tiktok_shop_is_read_with_its_limits_and_warehouses(tmp_path: Path) -> None:
    config = load(tmp_path, SHOP + TIKTOK + 'warehouses = { "70" = "Warehouse" }\nwrites_per_s = 1.5\n')
    tiktok = config.channels[0].account
    assert isinstance(tiktok, TikTokAccount)
    assert (tiktok.shop_id, tiktok.app_key.reveal(), tiktok.app_secret.reveal()) == ("749", "abc", "tts-canary")
    assert dict(tiktok.warehouses) == {"70": "Warehouse"}
    assert (tiktok.writes_per_s, tiktok.reads_per_s) == (1.5, 5.0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('databse = "x"', "databse is not a key that onhand knows; did you mean database?"),
        ("[audit]\nevery = 5", "audit.every is not a key that onhand knows; did you mean every_s?"),
        (SHOP + 'client_sekret = "env:X"', "client_sekret is not a key that onhand knows; did you mean client_secret?"),
        (
            '[[shop]]\ndomain = "a.myshopify.com"\nclient_id = "x"\nclientsecret = "env:X"',
            "client_secret is missing (clientsecret is not a key that onhand knows)",
        ),
        ("[audit]\nevery_s = true", "audit.every_s must be a number from 0.001 to"),
        ('[audit]\nevery_s = "often"', "got 'often'"),
        ("[guard]\nzero_share = 5", "guard.zero_share must be a number from 0 to 1, got 5"),
        ("retention_days = 0", "retention_days must be a number"),
        ("database = 5", "database must be a text in quotes"),
        ('database = "mysql://x"', 'must be a path or "postgresql://…"'),
        ('[server]\nlisten = "8000"', 'server.listen must be "HOST:PORT" such as "127.0.0.1:8000", got \'8000\''),
        ('[ingress]\nlisten = "http://x:80"', "ingress.listen must be"),
        ('[ingress]\npublic_url = "hooks.example.com"', "must be an address such as https://example.com"),
        ("server = 5", "server must be a section: write [server]"),
        ('[shop]\ndomain = "a.myshopify.com"', "write [[shop]], in two brackets"),
        ('[[shop]]\nclient_id = "x"', "domain is missing: name the shop by its Shopify address"),
        ('[[shop]]\ndomain = "https://a.myshopify.com"', "must be a host name without https://"),
        ('[[shop]]\ndomain = "tees.com"', "must be the address that ends in .myshopify.com"),
        ('[[shop]]\ndomain = "a.myshopify.com"\nclient_secret = "env:X"', "give client_id, or access_token"),
        (SHOP + 'api_version = "latest"', 'must be a quarter such as "2026-10"'),
        (SHOP + SHOP, "[[shop]] tees.myshopify.com stands there 2 times"),
        (SHOP + '[[location]]\nname = "Boston"\nauthority = "warehouse_3"', 'authority must be "shopify" or "onhand"'),
        (SHOP + '[[location]]\nshop = "hats.myshopify.com"\nname = "B"', "which is no [[shop]]"),
        (SHOP + '[[channel]]\nname = "tiktok"', "did you mean tiktok_shop?"),
        (SHOP + '[[channel]]\nname = "tiktok_shop"', 'locations = ["Warehouse"]'),
        (SHOP + '[[channel]]\nname = "online_store"\nlocations = "Boston"', "must be a list of names"),
        (SHOP + '[[channel]]\nname = "online_store"\nlocations = ["B", "B"]', "names 'B' twice"),
        (SHOP + '[[channel]]\nname = "online_store"\nbuffer_units = -1', "must be a whole number of units"),
        (SHOP + '[[channel]]\nname = "online_store"\nbuffer_units = 1.5', "must be a whole number of units"),
        (SHOP + '[[channel]]\nname = "online_store"\napp_key = "x"', "app_key belongs to tiktok_shop"),
        (SHOP + '[[channel]]\nname = "online_store"\narmed = "yes"', "armed must be true or false, got 'yes'"),
        (
            SHOP + '[[channel]]\nname = "online_store"\norders_imported_to_shopify = "maybe"',
            "must be one of yes, no, auto",
        ),
        (SHOP + '[[channel]]\nname = "shopify"\nbuffer_units = 1', "belongs to a channel that sells"),
        (SHOP + TIKTOK + 'warehouses = ["x"]', "warehouses must be a table"),
        (
            SHOP + '[[channel]]\nname = "tiktok_shop"\nlocations = ["W"]\nshop_id = "1"',
            "app_key is missing: shop_id is given",
        ),
        ('[google_sheets]\nspreadsheet = "1"', "credentials is missing"),
        ("database = ", "is not TOML"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_what_would_be_right(tmp_path: Path, text: str, expected: str) -> None:
    message = refusal(tmp_path, text)
    assert expected in message
    assert message.startswith(str(tmp_path / "onhand.toml"))


def test_a_secret_in_plain_text_is_refused_without_repeating_it(tmp_path: Path) -> None:
    message = refusal(tmp_path, SHOP.replace("env:SHOPIFY_CLIENT_SECRET", "shpss_plain"))
    assert 'client_secret = "env:NAME"' in message
    assert "shpss_plain" not in message


def test_a_secret_that_is_not_there_is_told_when_it_is_needed(tmp_path: Path) -> None:
    config = load(tmp_path, SHOP, SHOPIFY_CLIENT_SECRET="")
    with pytest.raises(ConfigError, match="environment variable SHOPIFY_CLIENT_SECRET is not set"):
        config.shops[0].client_secret.reveal()


def test_a_secret_is_read_from_a_file_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from-file\n")
    (tmp_path / "secret").chmod(0o640)
    config = load(tmp_path, SHOP.replace("env:SHOPIFY_CLIENT_SECRET", "file:secret"))
    assert config.shops[0].client_secret.reveal() == "from-file"
    assert config.shops[0].client_secret.readable_by_others()
    (tmp_path / "secret").chmod(0o600)
    assert not config.shops[0].client_secret.readable_by_others()


def test_a_missing_secret_file_is_named(tmp_path: Path) -> None:
    config = load(tmp_path, SHOP.replace("env:SHOPIFY_CLIENT_SECRET", "file:nowhere"))
    with pytest.raises(
        ConfigError, match=r"shop\[tees.myshopify.com\].client_secret: the file .*nowhere cannot be read"
    ):
        config.shops[0].client_secret.reveal()


def test_no_secret_is_ever_shown(tmp_path: Path) -> None:
    text = 'database = "postgresql://onhand:db-canary@db.example.com/stock"\n' + SHOP + TIKTOK
    config = load(tmp_path, text, ONHAND__SHOP__ACCESS_TOKEN="token-canary")
    shown = "\n".join(" ".join(setting) for setting in config.settings) + repr(config)
    assert "canary" not in shown
    assert "postgresql://onhand:…@db.example.com/stock" in shown
    assert "env:TIKTOK_APP_SECRET" in shown


def test_the_environment_overrides_the_file_and_says_so(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        SHOP + TIKTOK,
        ONHAND__DATABASE="other.db",
        ONHAND__AUDIT__EVERY_S="600",
        ONHAND__SHOP__API_VERSION="2026-07",
        ONHAND__SHOP__TEES_MYSHOPIFY_COM__ACCESS_TOKEN="token",
        ONHAND__CHANNEL__TIKTOK_SHOP__ARMED="true",
        ONHAND__CHANNEL__TIKTOK_SHOP__LOCATIONS="Boston, New York",
        ONHAND__CHANNEL__ONLINE_STORE__BUFFER_UNITS="1",
    )
    assert config.database == str(tmp_path / "other.db")
    assert config.audit.every_s == 600.0
    assert config.shops[0].api_version == "2026-07"
    assert config.shops[0].access_token is not None
    assert config.shops[0].access_token.reveal() == "token"
    tiktok, online = config.channels
    assert (tiktok.armed, tiktok.locations) == (True, ("Boston", "New York"))
    assert (online.name, online.buffer_units) == ("online_store", 1)
    origins = {setting.key: setting.origin for setting in config.settings}
    assert origins["audit.every_s"] == "ONHAND__AUDIT__EVERY_S"
    assert origins["audit.grace_s"] == "default"
    assert origins["channel[tiktok_shop].shop_id"] == str(tmp_path / "onhand.toml")


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("ONHAND__AUDIT__EVERY_S", "often", "ONHAND__AUDIT__EVERY_S: audit.every_s cannot be read from 'often'"),
        ("ONHAND__AUDIT__EVERY", "5", "did you mean every_s?"),
        ("ONHAND__DATABSE", "x", "did you mean database?"),
        ("ONHAND__AUDIT__EVERY__S", "5", "ONHAND__AUDIT__KEY"),
        ("ONHAND__SHOP__HATS_MYSHOPIFY_COM__CLIENT_ID", "x", "there is no [[shop]] of that name"),
        ("ONHAND__LOCATION__AUTHORITY", "shopify", "there are 0 of [[location]]"),
        ("ONHAND__CHANNEL__TIKTOKSHOP__ARMED", "true", "did you mean tiktok_shop?"),
        ("ONHAND__", "x", "ONHAND__SECTION__KEY"),
    ],
)
def test_an_override_that_fits_nowhere_is_refused(tmp_path: Path, variable: str, value: str, expected: str) -> None:
    message = refusal(tmp_path, SHOP, **{variable: value})
    assert expected in message


def test_the_environment_alone_is_enough(tmp_path: Path) -> None:
    config = load_config(
        None,
        {
            "ONHAND__SHOP__DOMAIN": "tees.myshopify.com",
            "ONHAND__SHOP__CLIENT_ID": "id",
            "ONHAND__SHOP__CLIENT_SECRET": "secret",
        },
    )
    assert config.shops[0].client_secret.reveal() == "secret"
    assert config.database == "onhand.db"


def test_channels_of_two_shops_must_say_whose_they_are(tmp_path: Path) -> None:
    two = SHOP + SHOP.replace("tees", "hats")
    assert "shop is missing: 2 shops are configured" in refusal(tmp_path, two + '[[channel]]\nname = "online_store"')
    config = load(tmp_path, two + '[[channel]]\nname = "online_store"\nshop = "hats.myshopify.com"')
    assert config.channels_of("tees.myshopify.com") == ()
    assert len(config.channels_of("hats.myshopify.com")) == 1


def test_a_file_that_is_not_there_or_not_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="`onhand init` writes one"):
        load_config(tmp_path / "no.toml", {})
    (tmp_path / "latin.toml").write_bytes(b"# caf\xe9")
    with pytest.raises(ConfigError, match="is not UTF-8 text"):
        load_config(tmp_path / "latin.toml", {})


def test_what_init_writes_can_be_read_and_its_key_is_for_the_owner_only(tmp_path: Path) -> None:
    path, key_path = write_files(tmp_path / "onhand.toml", "tees.myshopify.com", "k" * 43)
    assert stat.S_IMODE(key_path.stat().st_mode) == 0o600
    config = load_config(path, ENVIRON)
    assert config.encryption_key is not None
    assert config.encryption_key.reveal() == key_path.read_text().strip()
    assert config.shops[0].domain == "tees.myshopify.com"
    defaults = load_config(None, {})
    assert (config.audit, config.guard, config.ingress, config.server) == (
        defaults.audit,
        defaults.guard,
        defaults.ingress,
        defaults.server,
    )


def test_every_commented_key_of_the_example_is_a_real_one(tmp_path: Path) -> None:
    lines = write_example("tees.myshopify.com").splitlines()
    keys = ("[[", "[google_sheets]", *(f"{word} = " for word in _commented_keys(lines)))
    opened = [line[2:] if line.startswith("# ") and line[2:].startswith(keys) else line for line in lines]
    (tmp_path / "onhand.key").write_text("k" * 43)
    (tmp_path / "service-account.json").write_text("{}")
    config = load(tmp_path, "\n".join(opened), TIKTOK_APP_KEY="a")
    assert config.google_sheets is not None
    assert {channel.name for channel in config.channels if channel.account is not None} == set(CHANNELS)
    assert config.ingress.public_url == "https://hooks.example.com"
    assert config.locations[0].name == "Boston"


def _commented_keys(lines: list[str]) -> set[str]:
    first_words = [line[2:].split(" = ")[0] for line in lines if line.startswith("# ") and " = " in line]
    return {word for word in first_words if word.isidentifier()}


def test_init_never_writes_over_what_exists(tmp_path: Path) -> None:
    (tmp_path / "onhand.key").write_text("precious")
    with pytest.raises(ConfigError, match=r"onhand\.key: exists already"):
        write_files(tmp_path / "onhand.toml", "tees.myshopify.com", "k" * 43)
    assert (tmp_path / "onhand.key").read_text() == "precious"
    assert not (tmp_path / "onhand.toml").exists()


def test_a_secret_made_by_a_program_is_not_shown_either() -> None:
    assert "canary" not in repr(Secret.of("canary"))
    assert Secret.of("canary").reveal() == "canary"


@pytest.mark.parametrize(
    "address", ["http://api.example.com", "http://10.0.0.7/admin", "https://me:word@api.example.com"]
)
def test_secrets_are_sent_nowhere_in_the_open(tmp_path: Path, address: str) -> None:
    with pytest.raises(ConfigError, match=r"api_url (must begin with https|carries a name)"):
        load(tmp_path, SHOP + f'api_url = "{address}"', SHOPIFY_CLIENT_SECRET="x")
