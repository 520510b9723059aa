"""Deliveries as they came: durable, in order, each once, read from a position. A SQLite file of its own."""

from onhand.log.group_commit import GroupCommit, LoopCommit, ThreadCommit
from onhand.log.seal import Seal
from onhand.log.sqlite_log import SqliteLog

__all__ = ["GroupCommit", "LoopCommit", "Seal", "SqliteLog", "ThreadCommit"]
