"""onhand in a simulated world: the real application and the real works, which take turns when they are told to."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx

from onhand.app import build
from onhand.app.results import Audited
from onhand.config import SHOPIFY, ChannelConfig, Config, ShopConfig
from onhand.config.model import AuditConfig
from onhand.config.secret import Secret
from onhand.demo.quiet import what_goes_on
from onhand.intake.receive import receive
from onhand.log import Seal
from onhand.ports.delivery import Request
from onhand.ports.errors import BadSignature, DataDamaged, OnhandError
from onhand.sandbox.state import Sandbox
from onhand.serve.latency import Latency
from onhand.serve.turns import Work
from onhand.serve.works import Auditing, Booking, Reading, Subscribing, Telling
from onhand.simulator.clock import ManualClock, SkewedClock
from onhand.simulator.platforms import BASE_URL

logger = logging.getLogger(__name__)

PUBLIC_URL = "https://onhand.invalid"
_DOOR = "/webhooks/shopify/"


class House:
    """One shop's onhand, whose clock is `ahead_s` ahead. Its files lie in `folder`; close it when done."""

    def __init__(
        self, sandbox: Sandbox, clock: ManualClock, ahead_s: float, transport: httpx.BaseTransport, folder: Path
    ) -> None:
        self.shop = sandbox.settings.shop
        self._clock = SkewedClock(clock, ahead_s)
        self.app = build(_config(sandbox, folder), self._clock, transport=transport, pace=clock.pace())
        self.steps = self.app.steps(self.shop)
        self.troubles: list[str] = []
        self.booking = Booking(self.app, [self.steps], Latency(), on_booked=_nothing, on_offers=_nothing)
        self.reading = Reading(self.steps, self.steps.parts.shopify, None, _nothing)
        self.telling = Telling(self.steps, self._clock, senders=1)
        self.auditing = Auditing(self.app, self.steps, _nothing)
        self.subscribing = Subscribing(self.steps, PUBLIC_URL, _nothing)

    @property
    def works(self) -> Sequence[Work]:
        """What `onhand serve` does side by side, but for what runs once an hour."""
        return (self.booking, self.reading, self.telling, self.auditing)

    def receive(self, path: str, headers: Mapping[str, str], body: bytes) -> int:
        """Take a webhook as the ingress does: verify, keep, answer."""
        shop, _, topic = path.removeprefix(_DOOR).partition("/")
        request = Request(shop, topic or None, {name.lower(): value for name, value in headers.items()}, body)
        try:
            delivery = receive(request, self.steps.parts.shopify, self._clock.now())
        except BadSignature:
            return 401
        self.app.log.append([delivery])
        return 200

    def turn(self, work: Work) -> bool:
        """Let a work take a turn; trouble that it foresees is noted and waited out, as its thread would."""
        try:
            return work.turn()
        except DataDamaged:
            raise
        except OnhandError as trouble:
            self.troubles.append(f"{work.name}: {trouble}")
            return False

    def audit(self) -> Audited:
        """Compare everything with the platform and adopt what nothing explains."""
        return self.app.audit(self.shop, fix=True)

    def going_on(self) -> list[str]:
        """Return what is not settled yet, one sentence each."""
        return what_goes_on(self.app, self.shop)

    def close(self) -> None:
        """Close the files."""
        self.app.close()


def _config(sandbox: Sandbox, folder: Path) -> Config:
    shop, secrets = sandbox.settings.shop, sandbox.secrets
    return Config(
        database=str(folder / "onhand.db"),
        log=str(folder / "onhand-log.db"),
        encryption_key=Secret.of(Seal.generate_key()),
        shops=(
            ShopConfig(
                domain=shop,
                client_id=Secret.of(secrets.client_id),
                client_secret=Secret.of(secrets.client_secret),
                api_url=f"{BASE_URL}/shopify/{shop}/admin",
                api_version=sandbox.settings.api_version,
            ),
        ),
        channels=(ChannelConfig(shop=shop, name=SHOPIFY, armed=True),),
        audit=AuditConfig(),
    )


def _nothing() -> None:
    """Nobody waits for news in a simulation: works take their turns when they are told to."""
