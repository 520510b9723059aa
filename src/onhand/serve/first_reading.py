"""Before anything else: shops that are new are read once."""

import logging
import threading

from onhand.app import App
from onhand.ports.errors import OnhandError

logger = logging.getLogger(__name__)


class FirstReading:
    """Shops that nobody has read yet are read: without that nothing can be compared or offered. `done` says when."""

    name = "first reading"
    idle_s = 3600.0

    def __init__(self, app: App) -> None:
        self._app = app
        self.done = threading.Event()

    def turn(self) -> bool:
        """Sync every shop that is new."""
        for shop in [] if self.done.is_set() else self._app.shops:
            with self._app.store.reading() as session:
                known = session.of(shop).catalog.locations()
            if not known:
                try:
                    logger.info("%s: first reading: %s", shop, self._app.sync(shop))
                except OnhandError as trouble:
                    logger.warning("%s: not read yet (%s); `onhand sync` reads it", shop, trouble)
        self.done.set()
        return False
