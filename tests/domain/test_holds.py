"""What is said of holds where a number is explained."""

from datetime import UTC, datetime, timedelta

import pytest

from onhand.domain.holds import Hold, HoldStatus, HoldWish, Kept, held_terms

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


def hold(*kept: Kept) -> Hold:
    """Return a hold of two sets."""
    return Hold(
        id=7,
        wish=HoldWish(key="k", asked="", item="SET", units=2, location="10"),
        kept=kept,
        status=HoldStatus.HELD,
        made_at=NOW,
        expires_at=NOW + timedelta(hours=1),
    )


@pytest.mark.parametrize("kept", [(Kept("TEE", "10", 6),), (Kept("TEE", "10", 6), Kept("CAP", "10", 2))])
def test_a_held_bundle_is_named_as_bundles_and_its_component_in_its_own_units(kept: tuple[Kept, ...]) -> None:
    for item, units in (("SET", 2), ("TEE", 6)):
        (term,) = held_terms([hold(*kept)], item, {"10"}, {"10": "Boston"})
        assert (term.location, term.units) == ("Boston", 0)
        assert term.because.startswith(f"{units} ")
    assert held_terms([hold(*kept)], "SET", {"11"}, {}) == []
