"""Google Sheets: a workbook that is kept equal to the books, and one tab in which people may write."""

from onhand.channels.google_sheets.settings import SheetsSettings, service_account_of
from onhand.channels.google_sheets.tables import TABLES, Table, table_of
from onhand.channels.google_sheets.workbook import Edit, InputRow, Looked, Stamp, Workbook, Written

__all__ = [
    "TABLES",
    "Edit",
    "InputRow",
    "Looked",
    "SheetsSettings",
    "Stamp",
    "Table",
    "Workbook",
    "Written",
    "service_account_of",
    "table_of",
]
