"""Google Sheets, API v4: spreadsheets that people and programs share, checked with Google's own discovery document."""
