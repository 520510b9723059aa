"""Deliveries as they came: durable, in order, each once, read from a position: a SQLite file, or a stream."""

from onhand.log.group_commit import GroupCommit, LoopCommit, ThreadCommit
from onhand.log.kept import KeptLog
from onhand.log.seal import Seal
from onhand.log.sqlite_log import SqliteLog

__all__ = ["GroupCommit", "KeptLog", "LoopCommit", "Seal", "SqliteLog", "ThreadCommit"]
