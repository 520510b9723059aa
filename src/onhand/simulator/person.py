"""What a person does about a drift that onhand may not decide by itself."""

from onhand.app.decisions import Wish
from onhand.heal.fix import By, CannotHeal
from onhand.ports.errors import StaleWrite
from onhand.simulator.stage import Stage
from onhand.simulator.witness import stuck_units

PLATFORM = "shopify"


def accept_what_is_stuck(stage: Stage, location: str) -> int:
    """Accept what Shopify keeps committed for no order at a location where somebody else is believed; return how often.

    What is cancelled at a location that is closed stays committed there for good, and no app can write that.
    """
    stuck = {item for (item, place), units in stuck_units(stage.world).items() if place == location and units}
    house, accepted = stage.house, 0
    with house.app.store.reading() as session:
        drifts = [row for row in session.of(house.shop).drifts.rows() if row.status == "open"]
    for drift in drifts:
        if drift.source != PLATFORM or drift.location != location or drift.item not in stuck:
            continue
        by = By("the merchant", "cancelled while the location was closed: no order waits for it")
        try:
            house.app.heal(house.shop, Wish(way="accept", drift=drift.id, by=by, sure=True))
        except (CannotHeal, StaleWrite) as refusal:
            stage.trace.note(f"drift {drift.id} is not accepted: {refusal}")
        else:
            accepted += 1
            stage.trace.note(f"drift {drift.id} is accepted")
    return accepted
