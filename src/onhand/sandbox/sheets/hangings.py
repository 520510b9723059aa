"""What a batch hangs on a spreadsheet: charts, names, protections, rules, filters, developer metadata."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onhand.sandbox.sheets.book import Book, Tab
from onhand.sandbox.sheets.cells import Change
from onhand.sandbox.sheets.refusals import invalid

Json = Mapping[str, Any]


def add_chart(book: Book, _: str, ask: Json) -> Json:
    """Add a chart to the tab that its position names."""
    chart = ask.get("chart", {})
    tab = book.tab(chart["position"]["overlayPosition"]["anchorCell"].get("sheetId", 0))
    chart_id = chart.get("chartId", book.new_id())
    if any(one["chartId"] == chart_id for each in book.tabs for one in each.charts):
        raise invalid(f"Chart with id {chart_id} already exists.")
    _check_sources(book, chart.get("spec", {}))
    told = {**chart, "chartId": chart_id}
    tab.charts = (*tab.charts, told)
    return {"addChart": {"chart": told}}


def update_chart(book: Book, _: str, ask: Json) -> Json:
    """Give a chart another specification."""
    tab, chart = _chart(book, ask.get("chartId", 0))
    _check_sources(book, ask.get("spec", {}))
    tab.charts = tuple({**one, "spec": ask["spec"]} if one is chart else one for one in tab.charts)
    return {}


def delete_object(book: Book, _: str, ask: Json) -> Json:
    """Take a chart away."""
    tab, chart = _chart(book, ask.get("objectId", 0))
    tab.charts = tuple(one for one in tab.charts if one is not chart)
    return {}


def _chart(book: Book, chart_id: int) -> tuple[Tab, Json]:
    for tab in book.tabs:
        for chart in tab.charts:
            if chart["chartId"] == chart_id:
                return tab, chart
    raise invalid(f"No embedded object with id: {chart_id}")


def _check_sources(book: Book, thing: Any) -> None:
    """Raise SheetsRefused where a chart draws on a tab that is not there."""
    if isinstance(thing, list):
        for part in thing:
            _check_sources(book, part)
    elif isinstance(thing, Mapping):
        for source in thing.get("sources", []) if isinstance(thing.get("sources"), list) else []:
            book.tab(source.get("sheetId", 0)).area(source)
        for part in thing.values():
            _check_sources(book, part)


def add_named_range(book: Book, _: str, ask: Json) -> Json:
    """Give a range a name that there is not yet."""
    named = ask.get("namedRange", {})
    told = {**named, "namedRangeId": named.get("namedRangeId") or str(book.new_id())}
    if any(one["name"] == told["name"] or one["namedRangeId"] == told["namedRangeId"] for one in book.named):
        raise invalid(f'A named range "{told["name"]}" already exists.')
    book.tab(told["range"].get("sheetId", 0)).area(told["range"])
    book.named = (*book.named, told)
    return {"addNamedRange": {"namedRange": told}}


def delete_named_range(book: Book, _: str, ask: Json) -> Json:
    """Take a name away."""
    if all(one["namedRangeId"] != ask.get("namedRangeId") for one in book.named):
        raise invalid(f"No named range with id: {ask.get('namedRangeId')}")
    book.named = tuple(one for one in book.named if one["namedRangeId"] != ask.get("namedRangeId"))
    return {}


def add_protection(book: Book, actor: str, ask: Json) -> Json:
    """Protect a range; who adds it may write there."""
    given = ask.get("protectedRange", {})
    tab = book.tab(given["range"].get("sheetId", 0))
    told = {**given, "protectedRangeId": given.get("protectedRangeId", book.new_id())}
    if any(one["protectedRangeId"] == told["protectedRangeId"] for each in book.tabs for one in each.protections):
        raise invalid(f"Protected range with id {told['protectedRangeId']} already exists.")
    if not told.get("warningOnly"):
        users = [*given.get("editors", {}).get("users", []), actor, book.owner]
        told["editors"] = {**given.get("editors", {}), "users": list(dict.fromkeys(users))}
    tab.protections = (*tab.protections, told)
    return {"addProtectedRange": {"protectedRange": told}}


def delete_protection(book: Book, actor: str, ask: Json) -> Json:
    """Take a protection away; only who may write there can."""
    for tab in book.tabs:
        for one in tab.protections:
            if one["protectedRangeId"] == ask.get("protectedRangeId", 0):
                book.check_protection(actor, tab, tab.area(one["range"]))
                tab.protections = tuple(other for other in tab.protections if other is not one)
                return {}
    raise invalid(f"No protected range with id: {ask.get('protectedRangeId')}")


def set_validation(book: Book, _: str, ask: Json) -> Json:
    """Say what people may type into a range; without a rule, anything. Programs' values are not checked."""
    tab = book.tab(ask["range"].get("sheetId", 0))
    tab.area(ask["range"])
    kept = tuple(one for one in tab.validations if one["range"] != ask["range"])
    tab.validations = (*kept, {"range": ask["range"], "rule": ask["rule"]}) if ask.get("rule") else kept
    return {}


def add_condition(book: Book, _: str, ask: Json) -> Json:
    """Add a rule of conditional formatting at its index."""
    rule = ask.get("rule", {})
    if not rule.get("ranges"):
        raise invalid("A conditional format rule needs a range.")
    tab = book.tab(rule["ranges"][0].get("sheetId", 0))
    rules = list(tab.conditions)
    rules.insert(ask.get("index", len(rules)), rule)
    tab.conditions = tuple(rules)
    return {}


def delete_condition(book: Book, _: str, ask: Json) -> Json:
    """Take a rule of conditional formatting away, by its index: it has no other name."""
    tab, index = book.tab(ask.get("sheetId", 0)), ask.get("index", 0)
    if not 0 <= index < len(tab.conditions):
        raise invalid(f"No conditional format on sheet: {tab.id} at index: {index}")
    rule = tab.conditions[index]
    tab.conditions = (*tab.conditions[:index], *tab.conditions[index + 1 :])
    return {"deleteConditionalFormatRule": {"rule": rule}}


def set_filter(book: Book, _: str, ask: Json) -> Json:
    """Let people filter a tab: rows are hidden, and stay where they are."""
    told = ask.get("filter", {})
    book.tab(told["range"].get("sheetId", 0)).filter = told
    return {}


def clear_filter(book: Book, _: str, ask: Json) -> Json:
    """Take the filter away."""
    book.tab(ask.get("sheetId", 0)).filter = None
    return {}


def create_metadata(book: Book, _: str, ask: Json) -> Json:
    """Attach a key and value to the spreadsheet, a tab, a row or a column."""
    given = ask.get("developerMetadata", {})
    location = given.get("location", {})
    if not given.get("metadataKey") or given.get("visibility") in {None, "DEVELOPER_METADATA_VISIBILITY_UNSPECIFIED"}:
        raise invalid("Developer metadata needs a metadataKey and a visibility.")
    span = location.get("dimensionRange")
    if span is not None:
        tab = book.tab(span.get("sheetId", 0))
        length = tab.width if span["dimension"] == "COLUMNS" else len(tab.rows)
        if span["endIndex"] - span.get("startIndex", 0) != 1 or span["endIndex"] > length:
            raise invalid("Developer metadata stands at a single row or column of the grid.")
    elif "sheetId" in location:
        book.tab(location["sheetId"])
    told = {**given, "metadataId": given.get("metadataId", book.new_id())}
    if any(one["metadataId"] == told["metadataId"] for one in book.metadata):
        raise invalid(f"Developer metadata with id {told['metadataId']} already exists.")
    book.metadata = (*book.metadata, told)
    book.check_metadata()
    return {"createDeveloperMetadata": {"developerMetadata": told}}


def delete_metadata(book: Book, _: str, ask: Json) -> Json:
    """Remove what a filter finds."""
    gone = [one for one in book.metadata if finds(ask.get("dataFilter", {}), one)]
    book.metadata = tuple(one for one in book.metadata if one not in gone)
    return {"deleteDeveloperMetadata": {"deletedDeveloperMetadata": gone}}


def finds(data_filter: Json, entry: Json) -> bool:
    """Return whether a data filter finds an entry of developer metadata."""
    lookup = data_filter.get("developerMetadataLookup")
    if lookup is None:
        raise invalid("Only a developerMetadataLookup finds developer metadata.")
    location = entry["location"]
    kind = "SPREADSHEET" if location.get("spreadsheet") else "SHEET"
    if "dimensionRange" in location:
        kind = location["dimensionRange"]["dimension"].removesuffix("S")
    place = lookup.get("metadataLocation", {})
    inside = place.get("sheetId") in {None, location.get("sheetId", location.get("dimensionRange", {}).get("sheetId"))}
    names = ("metadataKey", "metadataValue", "metadataId", "visibility")
    return (
        inside
        and lookup.get("locationType", kind) == kind
        and all(lookup[name] == entry.get(name) for name in names if name in lookup)
    )


CHANGES: Mapping[str, Change] = {
    "addChart": add_chart,
    "updateChartSpec": update_chart,
    "deleteEmbeddedObject": delete_object,
    "addNamedRange": add_named_range,
    "deleteNamedRange": delete_named_range,
    "addProtectedRange": add_protection,
    "deleteProtectedRange": delete_protection,
    "setDataValidation": set_validation,
    "addConditionalFormatRule": add_condition,
    "deleteConditionalFormatRule": delete_condition,
    "setBasicFilter": set_filter,
    "clearBasicFilter": clear_filter,
    "createDeveloperMetadata": create_metadata,
    "deleteDeveloperMetadata": delete_metadata,
}
