"""Situations that seasons must get into now and then: one that never occurs is not tested, however green all is."""

from collections import Counter
from collections.abc import Mapping
from typing import Final

from onhand.simulator.options import FAULTS

SITUATIONS: Final[dict[str, str]] = {
    "replayed after a crash": "deliveries that were kept and not booked when a process ended were booked by the next",
    "repeat of a kept delivery": "a delivery came again because its answer was lost with the process",
    "crash in a transaction": "a process ended with a transaction open",
    "power cut while writing": "the power went while something written was not flushed",
    "crash after a call took effect": "a process ended between the effect of a call and its answer",
    "poison set aside": "a delivery that nobody can read was parked, and only that one",
    "forgery refused": "a body that was not signed was refused",
    "subscription repaired": "a subscription that was gone or led elsewhere was made again",
    "token replaced": "a token that became void was replaced and the call repeated",
    "installed again": "the app was removed and installed again: tokens and subscriptions were other ones",
    "removal told too late": "a removal of the app was told of while it was installed: the newer installation counts",
    "sold on WooCommerce": "a web shop on WooCommerce sold as well",
    "WooCommerce told": "the web shop took numbers",
    "workbook written": "rows were written into the workbook in Google Sheets",
    "workbook put right": "somebody had written over a number in the workbook",
    "file of a third party": "a third party's counts came as files, whole or shrunk, or as the answer to a question",
    "third party told": "a third party told of a count or a change by a webhook",
    "receipt by EDI 944": "a third party told in X12 of goods that came in",
    "shipment by EDI 945": "a third party told in X12 of an order that was shipped",
    "adjustment by EDI 947": "a third party told in X12 of goods that were lost",
    "damage by EDI 947": "a third party told in X12 of goods that cannot be sold any more",
    "file of a third party taken from a folder": "its files lay in a folder, and the product's own work took them",
    "sensors' files taken from a folder": "files with a row a quarter of an hour lay in a folder, likewise",
    "sensors' messages acknowledged": "what a sensor had published was kept, and acknowledged to the broker",
    "sensor told by webhook": "a sensor posted what it had counted",
    "sensor restarted": "a sensor's counter began at 0 again",
    "own site told a newer number": "a site of the merchant's own heard by our webhook that a number had changed",
    "own site told again": "a webhook of ours whose answer was lost came again under its id",
    "own site told of what is not offered": "an item was removed, or nobody counted it any more, and the site was told",
    "own site was closed": "the site answered that nobody listens there, until somebody opened it again",
    "hold granted": "a further till that no platform knows got units held",
    "hold refused for want of units": "a further till wanted more than there was",
    "TikTok Shop connected again": "a new pair of tokens was lost with the process or the answer: a person agreed anew",
    "database refused": "the database could not be used for a moment",
    "delivery refused with 503": "nothing could be kept, and the sender was told to come again",
    "clock set back": "the machine's clock had been ahead by more than ten seconds, and was set right",
    "clock set forward": "the machine's clock had been behind by more than ten seconds, and was set right",
    "works side by side": "a work took a turn while another one waited for an answer",
}
"""By name, with what it means."""


ENOUGH: Final = 300
"""From so many seasons on, everything must have occurred."""

RARE: Final[Mapping[str, int]] = {
    "workbook written": 1_000,
    "workbook put right": 1_000,
    "receipt by EDI 944": 2_000,
    "shipment by EDI 945": 2_000,
    "adjustment by EDI 947": 2_000,
    "damage by EDI 947": 2_000,
}
"""What so few seasons meet that more are needed."""


def never_met(met: Counter[str], seasons: int) -> list[str]:
    """Return the situations and the kinds of fault that did not occur in a run that was long enough for them."""
    return [name for name in (*SITUATIONS, *FAULTS) if not met[name] and seasons >= RARE.get(name, ENOUGH)]
