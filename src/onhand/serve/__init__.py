"""Serving: everything at work in one process, each part in a thread of its own, until a signal ends it."""

from onhand.serve.server import Serving, serve

__all__ = ["Serving", "serve"]
