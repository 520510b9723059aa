"""A spreadsheet as a page to look at: what people would see, without its menus."""

from __future__ import annotations

from html import escape

from onhand.sandbox.sheets.book import Tab
from onhand.sandbox.sheets.service import SheetsService
from onhand.sandbox.sheets.shown import format_value

# A page of a large tab would help nobody.
ROWS_MAX = 500
_STYLE = (
    "body{font:14px sans-serif;margin:2em}td{border:1px solid #ccc;padding:2px 8px}tr:first-child{font-weight:bold}"
)


def page(service: SheetsService, book_id: str) -> str:
    """Return a spreadsheet's visible tabs and columns as HTML, anew every five seconds."""
    book = service.books.get(book_id)
    if book is None or book.deleted:
        return "<!doctype html><title>Not found</title><p>There is no such spreadsheet."
    title = escape(str(book.properties["title"]))
    tabs = "".join(_show_tab(tab) for tab in book.tabs if not tab.properties.get("hidden"))
    refresh = '<meta http-equiv="refresh" content="5">'
    head = f"<!doctype html><html lang=en>{refresh}<title>{title}</title><style>{_STYLE}</style>"
    return f"{head}<h1>{title}</h1>{tabs}</html>"


def _show_tab(tab: Tab) -> str:
    columns = [place for place in range(tab.width) if not tab.columns.get(place, {}).get("hiddenByUser")]
    used = min(tab.used_rows(), ROWS_MAX)
    rows = "".join(
        f"<tr>{''.join(f'<td>{escape(format_value(tab.value(row, place)))}</td>' for place in columns)}</tr>"
        for row in range(used)
    )
    return f"<h2>{escape(tab.title)}</h2><table>{rows}</table>"
