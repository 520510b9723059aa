"""What third parties lay into folders, and what they answer when asked, goes into the log like any delivery."""

import logging
from typing import Final

import httpx

from onhand.app import App
from onhand.app.threepl import folder_at
from onhand.channels.bounded import ask
from onhand.channels.drop_folder import DropFolder
from onhand.channels.dropped import Dropped, Folder, Reply
from onhand.channels.threepl.door import delivery_of, file_id
from onhand.channels.threepl.edi import acknowledge, read_edi
from onhand.channels.threepl.standard import Framed
from onhand.channels.threepl.x12 import read_interchange
from onhand.config.threepl import ThreeplConfig
from onhand.log import GroupCommit, ThreadCommit
from onhand.ports.channel import Problem
from onhand.ports.delivery import Append
from onhand.ports.errors import ChannelRefused, ChannelUnavailable, UnreadableDelivery

logger = logging.getLogger(__name__)

FILES: Final = 20
"""Files a look: each may hold many megabytes."""

REFUSED: Final = "third party not reached"
"""The kind of problem that a folder or an address is which cannot be used; settled by the next look that can."""

LOOK_EVERY_S: Final = 5.0
"""How often a folder of this machine is looked at."""

FIRST_REST_S: Final = 60.0
LONGEST_REST_S: Final = 3600.0
"""How long a server is left alone after trouble: one that counts vain attempts would shut us out."""

MOST_BYTES: Final = 16 * 1024 * 1024
TIMEOUT_S: Final = 20.0


class _Work:
    """What both have in common: a third party, its log, and the problem it may be."""

    name: str
    idle_s: float

    def __init__(self, app: App, config: ThreeplConfig, append: Append) -> None:
        self._app, self._config = app, config
        self._append = append

    def turn(self) -> bool:
        """Fetch what is there; what cannot be fetched is a problem until it can."""
        try:
            fetched = self._fetch()
        except (ChannelRefused, ChannelUnavailable) as trouble:
            logger.warning("%s: %s", self._config.name, trouble)
            way_out = "mend what the message names; it is tried again by itself"
            self._file(Problem(REFUSED, self.name, str(trouble), way_out))
            return False
        self._file(None)
        return fetched

    def _fetch(self) -> bool:
        raise NotImplementedError

    def _file(self, problem: Problem | None) -> None:
        with self._app.store.reading() as session:
            open_ = self.name in session.of(self._config.shop).problems.keys(REFUSED)
        if problem is None and not open_:
            return
        with self._app.store.writing() as session:
            problems, now = session.of(self._config.shop).problems, self._app.clock.now()
            if problem is None:
                problems.settle(REFUSED, self.name, now)
            else:
                problems.raise_(problem, now)


class Dropping(_Work):
    """Files in a folder, here or at an SFTP server: kept in the log, then put away; EDI is acknowledged."""

    def __init__(self, app: App, config: ThreeplConfig, append: Append, name: str, folder: Folder) -> None:
        super().__init__(app, config, append)
        self.name, self._folder = name, folder

    def _fetch(self) -> bool:
        return self._folder.take(FILES, self._keep)

    def _keep(self, dropped: Dropped) -> Reply | None:
        delivery = delivery_of(
            self._config.shop,
            self._config.name,
            wire=self._config.files,
            place="",
            message_id=file_id(dropped.body, dropped.written_at),
            body=dropped.body,
            sent_at=dropped.written_at,
            received_at=self._app.clock.now(),
        )
        new = self._append([delivery])
        logger.info("%s: %s is %s", self.name, dropped.name, "kept" if new[0] else "a repeat")
        return self._acknowledgement(dropped) if self._config.files == "edi" and self._config.acknowledge else None

    def _acknowledgement(self, dropped: Dropped) -> Reply | None:
        """Return a 997 for what can be read as an interchange; what cannot is parked, and a person writes back."""
        now = self._app.clock.now()
        framed = Framed(self._config.name, dropped.name, now, None, self._config.zone)
        try:
            interchange = read_interchange(dropped.body, dropped.name)
        except UnreadableDelivery:
            return None
        refusal = None
        try:
            read_edi(dropped.body, self._config.edi, framed)
        except UnreadableDelivery as trouble:
            refusal = str(trouble)
        with self._app.store.writing() as session:
            control = session.of(self._config.shop).count(f"interchanges to {self._config.name}")
        return Reply(f"997-{control:09d}.edi", acknowledge(interchange, now, control, refusal))


class DroppedHere(Dropping):
    """A folder of this machine."""

    idle_s = LOOK_EVERY_S

    def __init__(self, app: App, config: ThreeplConfig, append: Append) -> None:
        assert config.folder is not None
        super().__init__(app, config, append, f"folder of {config.name}", DropFolder(config.folder))


class DroppedThere(Dropping):
    """A folder at a third party's server. After trouble it is left alone for longer each time.

    Raises ConfigError where the server cannot be asked at all.
    """

    def __init__(self, app: App, config: ThreeplConfig, append: Append) -> None:
        assert config.sftp is not None
        super().__init__(app, config, append, f"server of {config.name}", folder_at(config))
        self._every_s = self.idle_s = config.sftp.every_s

    def _fetch(self) -> bool:
        rested_s, self.idle_s = self.idle_s, min(max(2 * self.idle_s, FIRST_REST_S), LONGEST_REST_S)
        try:
            more = super()._fetch()
        except (ChannelRefused, ChannelUnavailable):
            logger.info("%s rested %s s and rests %s s now", self.name, rested_s, self.idle_s)
            raise
        self.idle_s = self._every_s
        return more


class Asking(_Work):
    """A third party's own `fetch_stock` is asked every so often."""

    def __init__(self, app: App, config: ThreeplConfig, append: Append) -> None:
        super().__init__(app, config, append)
        self.name = f"stock of {config.name}"
        self.idle_s = config.stock_every_s

    def _fetch(self) -> bool:
        asked_at = self._app.clock.now()
        token = self._config.stock_token
        headers = {"accept": "application/json"} | ({"authorization": f"Bearer {token.reveal()}"} if token else {})
        url = self._config.stock_url
        assert url is not None
        try:
            answer = ask(self._app.http, "GET", url, timeout_s=TIMEOUT_S, headers=headers, most_bytes=MOST_BYTES)
        except httpx.HTTPError as error:
            raise ChannelUnavailable(f"{self._config.name} did not answer at {url}: {error!r}") from error
        if answer.status_code != 200:
            raise ChannelUnavailable(f"{self._config.name} answered {answer.status_code} at {url}, 200 was expected")
        self._append(
            [
                delivery_of(
                    self._config.shop,
                    self._config.name,
                    wire="map",
                    place=next(iter(self._config.places)),
                    message_id=file_id(answer.content, asked_at),
                    body=answer.content,
                    sent_at=asked_at,
                    received_at=asked_at,
                )
            ]
        )
        return False


def threepl_works(app: App, commit: GroupCommit) -> list[Dropping | Asking]:
    """Return what must be fetched from third parties: one work a folder, one a server, one an address.

    Raises ConfigError where a server cannot be asked.
    """
    configs = app.config.threepls
    return [
        *(DroppedHere(app, config, ThreadCommit(commit).keep) for config in configs if config.folder is not None),
        *(DroppedThere(app, config, ThreadCommit(commit).keep) for config in configs if config.sftp is not None),
        *(Asking(app, config, ThreadCommit(commit).keep) for config in configs if config.stock_url),
    ]
