"""The demo: a simulated merchant's busy day, played through everything that is real, and a verdict on it."""

from onhand.demo.options import DemoOptions, DemoResult
from onhand.demo.run import run

__all__ = ["DemoOptions", "DemoResult", "run"]
