"""The composition root: adapters are chosen here, and here alone the clock is read."""

from onhand.app.build import App, build
from onhand.app.results import Audited, Synced

__all__ = ["App", "Audited", "Synced", "build"]
