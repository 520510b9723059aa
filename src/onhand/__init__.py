"""One true count of a merchant's stock, and what every channel may sell of it."""

__version__ = "0.1.0"
