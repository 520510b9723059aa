"""The log that a configuration asks for: a file of this machine, or a stream with such a file as its spool."""

import logging
from pathlib import Path

from onhand.app.sealing import seal_of
from onhand.config import Config
from onhand.log import KeptLog, SqliteLog
from onhand.ports.errors import ConfigError, DataDamaged

logger = logging.getLogger(__name__)


def open_log(config: Config, booked: int = 0) -> KeptLog:
    """Open the log. Raises ConfigError, DataDamaged, LogUnavailable.

    A log that is new begins behind position `booked`: so far another one was booked before.
    """
    spool = SqliteLog(Path(config.log), seal_of(config))
    if config.jetstream is None:
        try:
            if spool.begin_behind(booked):
                logger.warning(
                    "log %s is empty, the database has booked up to position %s: it begins behind that; what was "
                    "answered and not booked is read again from the platforms",
                    config.log,
                    booked,
                )
        except DataDamaged:
            spool.close()
            raise
        return spool
    try:
        from onhand.log.jetstream import JetStreamLog  # noqa: PLC0415 - only where the extra is there
        from onhand.log.nats_wire import Stream  # noqa: PLC0415
    except ModuleNotFoundError as error:
        spool.close()
        raise ConfigError(
            f"log: NATS servers are asked through {error.name}, which is not installed: install the extra that brings "
            "it, onhand[jetstream]"
        ) from error
    asked = config.jetstream
    stream = Stream(servers=asked.servers, name=asked.stream, replicas=asked.replicas, begins_at=booked + 1)
    return JetStreamLog(spool, stream, seal_of(config))
