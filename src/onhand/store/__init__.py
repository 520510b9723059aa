"""The store: ledger, pictures, offers and all else that is kept, in SQLite or PostgreSQL."""

from onhand.store.books import Books
from onhand.store.store import Session, Store, open_store

__all__ = ["Books", "Session", "Store", "open_store"]
