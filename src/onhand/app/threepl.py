"""The third parties of one shop, made from its configuration."""

from collections.abc import Sequence

from onhand.channels.dropped import Folder
from onhand.channels.standard_webhooks import key_of
from onhand.channels.threepl.door import Party, ThreeplDoor
from onhand.config import Config
from onhand.config.threepl import ThreeplConfig
from onhand.ports.errors import ConfigError


def build_threepl_door(config: Config, shop: str) -> ThreeplDoor | None:
    """Return the door of a shop's third parties, None where it has none. Raises ConfigError for a missing secret."""
    configs = config.threepls_of(shop)
    if not configs:
        return None
    authorities = {row.name: row.authority for row in config.locations_of(shop)}
    return ThreeplDoor(shop, [_party(one, authorities) for one in configs])


def folder_at(config: ThreeplConfig) -> Folder:
    """Return the folder at a third party's SFTP server. Raises ConfigError where it cannot be asked."""
    given = config.sftp
    assert given is not None, "only who has one is asked"
    try:
        from onhand.channels.threepl.sftp import SftpFolder, SftpSettings  # noqa: PLC0415 - only with the extra
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"threepl[{config.name}].sftp: {error.name} is not installed; install the extra: pip install 'onhand[sftp]'"
        ) from error
    return SftpFolder(
        SftpSettings(
            party=config.name,
            host=given.host,
            port=given.port,
            user=given.user,
            folder=given.folder,
            known_hosts=given.known_hosts,
            key=given.key.reveal() if given.key is not None else None,
            passphrase=given.passphrase.reveal() if given.passphrase is not None else None,
            password=given.password.reveal() if given.password is not None else None,
            taken=given.taken,
        )
    )


def graces_of(configs: Sequence[ThreeplConfig]) -> dict[str, float]:
    """Return how long a gap may stand, by third party, in seconds."""
    return {config.name: config.grace_s for config in configs}


def _party(config: ThreeplConfig, authorities: dict[str, str]) -> Party:
    secrets = [secret for secret in (config.secret, config.old_secret) if secret is not None]
    return Party(
        name=config.name,
        places=config.places,
        authorities=authorities,
        keys=tuple(key_of(secret.reveal(), f"threepl[{config.name}].secret") for secret in secrets),
        form=config.form,
        measure=config.measure,
        zone=config.zone,
        csv=config.csv,
        edi=config.edi,
        damage_reasons=config.damage_reasons,
        receipt_reasons=config.receipt_reasons,
        booked_receipts=config.booked_receipts,
    )
