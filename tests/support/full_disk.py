"""A disk that fills up under a database."""

from onhand.store import Store


def limit_pages(store: Store, pages: int) -> None:
    """Let the database find the disk full once it has so many pages more."""
    with store.writing() as session:
        count = session._sql.connection.pragma("page_count")  # type: ignore[attr-defined]
        session._sql.connection.pragma("max_page_count", count + pages)  # type: ignore[attr-defined]
