"""The charts of the summary: units by location and by channel, drawn from rows wherever they stand."""

from collections.abc import Mapping, Sequence
from typing import Any

from onhand.channels.google_sheets.layout import CHARTED_TAG, Tab

Json = Mapping[str, Any]
CHARTS = {"location": (71_002_001, "On hand by location"), "channel": (71_002_002, "Available to sell by channel")}
ROWS_BETWEEN = 18


def chart_requests(tab: Tab, rows: Mapping[str, int], there: frozenset[int], known: dict[int, Json]) -> list[Json]:
    """Return what draws the charts, or draws them from other rows than before.

    `rows` are the summary's keys with where they stand, `there` the charts of the spreadsheet, `known` what was asked
    for before (and is told of what is asked now). A chart that somebody has deleted after we drew it stays away.
    """
    requests: list[Json] = []
    drawn = False
    for number, (section, (chart_id, title)) in enumerate(CHARTS.items()):
        places = sorted(row for key, row in rows.items() if key.startswith(f"{section}."))
        if not places:
            continue
        spec = _spec(tab, title, places)
        if chart_id in there and known.get(chart_id) != spec:
            requests.append({"updateChartSpec": {"chartId": chart_id, "spec": spec}})
        elif chart_id not in there and not tab.charted:
            drawn = True
            anchor = {"sheetId": tab.sheet_id, "rowIndex": 1 + number * ROWS_BETWEEN, "columnIndex": tab.width - 1}
            position = {"overlayPosition": {"anchorCell": anchor, "offsetXPixels": 340}}
            chart = {"chartId": chart_id, "spec": spec, "position": position}
            requests.append({"addChart": {"chart": chart}})
        known[chart_id] = spec
    if drawn:
        tag = {"metadataKey": CHARTED_TAG, "visibility": "DOCUMENT", "location": {"sheetId": tab.sheet_id}}
        requests.append({"createDeveloperMetadata": {"developerMetadata": tag}})
    return requests


def _spec(tab: Tab, title: str, places: Sequence[int]) -> Json:
    runs: list[tuple[int, int]] = []
    for place in places:
        if runs and runs[-1][1] == place:
            runs[-1] = runs[-1][0], place + 1
        else:
            runs.append((place, place + 1))

    def source(column: str) -> Json:
        left = tab.places[column]
        return {
            "sourceRange": {
                "sources": [
                    {
                        "sheetId": tab.sheet_id,
                        "startRowIndex": top,
                        "endRowIndex": bottom,
                        "startColumnIndex": left,
                        "endColumnIndex": left + 1,
                    }
                    for top, bottom in runs
                ]
            }
        }

    return {
        "title": title,
        "basicChart": {
            "chartType": "BAR",
            "legendPosition": "NO_LEGEND",
            "headerCount": 0,
            "domains": [{"domain": source("name")}],
            "series": [{"series": source("units"), "targetAxis": "BOTTOM_AXIS"}],
        },
    }
