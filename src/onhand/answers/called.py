"""What people call what moved units: an order by its number in Shopify, an adoption by what it is."""

from collections.abc import Collection

from onhand.store import Books

_OURS = {
    "adoption": "a difference that was adopted",
    "opening": "the first reading",
    "buffer": "the Online Store's buffer",
}


def called(books: Books, causes: Collection[str]) -> dict[str, str]:
    """Return a name for every cause: what the platform calls it, else its kind and its number there."""
    names = books.pictures.names(causes)
    return {cause: names.get(cause) or _plainly(cause) for cause in causes}


def _plainly(cause: str) -> str:
    kind, _, number = cause.partition("/")
    if kind in _OURS:
        return _OURS[kind]
    return number.replace("/", " ", 1) or cause
