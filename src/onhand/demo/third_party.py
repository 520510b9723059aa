"""The third party that keeps the goods of the demo's last store: it receives, counts, tells of it late and twice."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from onhand.demo.sandbox import SandboxProcess

NAME: Final = "acme"
RECEIVED: Final = 5
"""How many SKUs it receives some units of, which nobody else knows."""

UNITS: Final = 6


class ThirdParty:
    """Speaks for `location` to the `address` of onhand's webhooks; `skus` are goods that are known there."""

    def __init__(self, sandbox: SandboxProcess, location: str, address: str, skus: Sequence[str]) -> None:
        self._sandbox, self._location = sandbox, location
        self._address = f"{address}/{location}"
        self._skus = skus[:RECEIVED]
        self._notices: list[str] = []

    def work(self) -> None:
        """Count everything, then receive goods; what was received is told at once, the count is not told yet."""
        self._notices = [self._do("third_party_count", {})]
        for sku in self._skus:
            self._notices.append(self._do("third_party_change", {"sku": sku, "units": UNITS, "reason": "receipt"}))
        self._send(self._notices[1:])

    def tell_late(self) -> None:
        """Tell of everything, the latest first, of what was told already once more; then of a count of now."""
        self._send([*reversed(self._notices), self._do("third_party_count", {})])

    def _do(self, what: str, more: Mapping[str, Any]) -> str:
        return str(self._sandbox.post(what, {"location": self._location, **more})["notice"])

    def _send(self, notices: Sequence[str]) -> None:
        for notice in notices:
            self._sandbox.post("third_party_send", {"notice": notice, "address": self._address})
