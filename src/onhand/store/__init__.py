"""The store: ledger, pictures, offers and all else that is kept, in SQLite or PostgreSQL."""

from onhand.store.books import Books
from onhand.store.channels import ChannelState
from onhand.store.claims import claim, claim_beside, claim_file
from onhand.store.drifts import Adoption, DriftRow
from onhand.store.intents import Intent, IntentRow
from onhand.store.observations import Observed
from onhand.store.offers import OfferState, Stale, Untold
from onhand.store.store import Session, Store, open_store

__all__ = [
    "Adoption",
    "Books",
    "ChannelState",
    "DriftRow",
    "Intent",
    "IntentRow",
    "Observed",
    "OfferState",
    "Session",
    "Stale",
    "Store",
    "Untold",
    "claim",
    "claim_beside",
    "claim_file",
    "open_store",
]
