"""The third parties of one shop, made from its configuration."""

from collections.abc import Sequence

from onhand.channels.threepl.door import Party, ThreeplDoor
from onhand.channels.threepl.signing import key_of
from onhand.config import Config
from onhand.config.threepl import ThreeplConfig


def build_threepl_door(config: Config, shop: str) -> ThreeplDoor | None:
    """Return the door of a shop's third parties, None where it has none. Raises ConfigError for a missing secret."""
    configs = config.threepls_of(shop)
    if not configs:
        return None
    authorities = {row.name: row.authority for row in config.locations_of(shop)}
    return ThreeplDoor(shop, [_party(one, authorities) for one in configs])


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
