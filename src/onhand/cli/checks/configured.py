"""The configuration: secrets at hand and kept close, addresses that only this machine reaches."""

from collections.abc import Iterator, Sequence

from onhand.channels import CHANNELS
from onhand.cli.checks.check import Check, fail, ok, warn
from onhand.config import ONLINE_STORE, SHOPIFY_POS, Config, hide_password
from onhand.log import Seal
from onhand.ports.errors import ConfigError


def check_config(config: Config) -> Iterator[Check]:
    """Look at everything that the configuration says by itself."""
    yield ok("configuration", f"{config.path or 'the environment'}: {_counted(config)}")
    yield from _check_secrets(config)
    yield _check_key(config)
    yield from _check_addresses(config)
    for channel in config.channels:
        if channel.armed and channel.name in (ONLINE_STORE, SHOPIFY_POS):
            yield warn(
                f"{channel.name} of {channel.shop}",
                "is configured as armed, and that does nothing: it sells the levels that Shopify keeps itself",
                'write armed = true under [[channel]] name = "shopify", or run `onhand arm shopify`',
            )
        if channel.name in CHANNELS and channel.account is None:
            yield warn(
                f"{channel.name} of {channel.shop}",
                "has no credentials, so it is not connected: orders there lower nothing here",
                f"give {listed(CHANNELS[channel.name].needs)} in its [[channel]]",
            )


def listed(keys: Sequence[str]) -> str:
    """Return keys as a sentence names them."""
    return keys[0] if len(keys) == 1 else f"{', '.join(keys[:-1])} and {keys[-1]}"


def _counted(config: Config) -> str:
    shops = ", ".join(shop.domain for shop in config.shops) or "no shop"
    return f"{shops}; {len(config.channels)} channels and {len(config.locations)} locations named"


def _check_secrets(config: Config) -> Iterator[Check]:
    good = 0
    for key, secret in config.secrets:
        if secret.value is None:
            yield fail(key, secret.trouble, f"set it, or say in the configuration where it is: {secret.reference}")
        elif secret.readable_by_others():
            yield warn(key, f"{secret.path} can be read by others on this machine", f"chmod 600 {secret.path}")
        else:
            good += 1
    if hide_password(config.database) != config.database and not _database_is_reference(config):
        mend = 'write database = "env:NAME" and put the address there'
        yield warn("database", "its password stands in the configuration", mend)
    if good:
        yield ok("secrets", f"{good} found where the configuration says, readable by you only")


def _database_is_reference(config: Config) -> bool:
    return any(setting.key == "database" and setting.shown.startswith(("env:", "file:")) for setting in config.settings)


def _check_key(config: Config) -> Check:
    name = "encryption key"
    if config.encryption_key is None:
        return fail(
            name,
            "is missing: webhook bodies are kept encrypted, so nothing can be kept",
            'write encryption_key = "file:onhand.key"; `onhand init` in an empty folder makes such a file',
        )
    if config.encryption_key.value is None:
        return fail(name, config.encryption_key.trouble, "without it nothing that is kept can be read: restore it")
    try:
        Seal([config.encryption_key.value])
    except ConfigError as error:
        return fail(name, str(error), "use one that `onhand init` made")
    return ok(name, f"found at {config.encryption_key.reference}, long enough")


def _check_pages(config: Config) -> Check:
    listen, hosts = config.server.listen, " and ".join(config.server.hosts)
    if listen.is_loopback and not hosts:
        return ok("pages", f"listen on {listen}, for this machine only")
    if listen.is_loopback:
        return ok("pages", f"listen on {listen}, for this machine only; the API also hears keys under {hosts}")
    if not hosts:
        return fail(
            "pages",
            f"listen on {listen}, which other machines reach, under no name: `onhand serve` does not start so",
            'write [server] listen = "127.0.0.1:8000", or name in hosts = [...] where programs with a key ask',
        )
    return warn(
        "pages",
        f"listen on {listen}, which other machines reach without TLS: keys go over the network readable",
        'write [server] listen = "127.0.0.1:8000" and let a proxy with TLS stand in front, as docs/holds.md shows',
    )


def _check_addresses(config: Config) -> Iterator[Check]:
    server, ingress = config.server.listen, config.ingress.listen
    if server == ingress and server.port:
        yield fail("addresses", f"pages and webhooks both want {server}", "give [ingress] another port")
    yield _check_pages(config)
    if ingress.is_loopback:
        yield ok("webhooks", f"listen on {ingress}; a tunnel or proxy publishes them")
    else:
        yield warn(
            "webhooks",
            f"listen on {ingress}, which other machines reach without TLS",
            'write [ingress] listen = "127.0.0.1:8001" and let a proxy with TLS stand in front',
        )
    if config.ingress.public_url is None and all(shop.eventbridge for shop in config.shops):
        yield ok("public address", "is not needed: webhooks come through a queue")
    elif config.ingress.public_url is None:
        yield warn(
            "public address",
            "is not set: Shopify cannot send webhooks, and changes are only seen by polling",
            "set [ingress] public_url to the https address that leads to the webhooks' port",
        )
    elif not config.ingress.public_url.startswith("https://"):
        mend = "let it be https: Shopify sends webhooks nowhere else"
        yield warn("public address", f"{config.ingress.public_url} is not encrypted", mend)
    else:
        yield ok("public address", config.ingress.public_url)
