"""The platform of the sync bench, in a process of its own: an Admin API that has just finished a bulk operation.

It makes the file, answers what a census asks, and sends the file as the kernel can. Nothing in it is simulated but the
answers; the file is what is measured.
"""

import json
import re
import sys
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from onhand.bench.sync_file import CURRENCY, FIRST_LOCATION, SyncFile, write_sync_file

_NAMED = re.compile(r"(?:query|mutation) (\w+)")
_MORE = {"hasNextPage": False, "endCursor": None}
_NOTHING = {"nodes": [], "pageInfo": _MORE}


class SyncPlatform(ThreadingHTTPServer):
    """Serves one file and what belongs to it."""

    daemon_threads = True

    def __init__(self, path: Path, items: int, locations: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.path = path
        self.held: SyncFile = write_sync_file(path, items, locations)
        self._locations = locations

    @property
    def url(self) -> str:
        """The address in front of /graphql.json and /file."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def answer(self, query: str) -> dict[str, Any]:
        """Return the data of an answer to one of the documents that a census consists of."""
        named = _NAMED.search(query)
        match named[1] if named else "":
            case "BulkRun":
                return {
                    "bulkOperationRunQuery": {
                        "bulkOperation": {"id": "gid://shopify/BulkOperation/1"},
                        "userErrors": [],
                    }
                }
            case "BulkStatus":
                return {"bulkOperation": self._operation()}
            case "Currency":
                return {"shop": {"currencyCode": CURRENCY}}
            case "Locations":
                return {
                    "locations": {"nodes": [_location(place) for place in range(self._locations)], "pageInfo": _MORE}
                }
            case "DeliveryProfiles":
                return {"deliveryProfiles": {"nodes": [], "pageInfo": _MORE}}
            case "Changes":
                return {"orders": _NOTHING, "inventoryTransfers": _NOTHING, "draftOrders": _NOTHING}
            case other:
                raise KeyError(f"the bench's platform knows no {other!r}")

    def _operation(self) -> dict[str, Any]:
        return {
            "status": "COMPLETED",
            "errorCode": None,
            "objectCount": str(self.held.objects),
            "rootObjectCount": str(self.held.roots),
            "fileSize": str(self.held.file_bytes),
            "url": f"{self.url}/file",
            "partialDataUrl": None,
            "createdAt": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: SyncPlatform

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        body = json.dumps({"data": self.server.answer(asked["query"])}).encode()
        self._begin("application/json", len(body))
        self.wfile.write(body)

    def do_GET(self) -> None:
        self._begin("application/jsonl", self.server.held.file_bytes)
        with self.server.path.open("rb") as file:
            self.connection.sendfile(file)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Say nothing: standard error is for what goes wrong."""

    def _begin(self, kind: str, length: int) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length))
        self.end_headers()


def _location(place: int) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/Location/{FIRST_LOCATION + place}",
        "name": f"Location {place + 1}",
        "isActive": True,
        "fulfillsOnlineOrders": place % 2 == 0,
        "localPickupSettingsV2": {"pickupTime": "TWENTY_FOUR_HOURS"},
    }


def main(words: list[str]) -> None:
    """Make the file, say where the platform listens and what it holds in one line of JSON, and serve until ended."""
    platform = SyncPlatform(Path(words[0]), int(words[1]), int(words[2]))
    print(json.dumps({"url": platform.url, **platform.held._asdict()}), flush=True)
    platform.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1:])
