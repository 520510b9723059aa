"""The envelope of every TikTok Shop answer, and the codes it refuses with."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from starlette.background import BackgroundTask
from starlette.responses import Response

Data = Mapping[str, object]

# Partner Center, common errors. 36009004 is used for several things; only its message tells them apart.
INVALID = 36009004
THROTTLED = 36009002
INTERNAL = 36009003
BAD_SIGN = 106001
NO_CIPHER = 106013
EXPIRED_TOKEN = 105002
FOREIGN_SHOP = 101000
# Product and inventory.
OUT_OF_RANGE = 12052055
UNKNOWN_WAREHOUSE = 12052097
LIST_ALL_WAREHOUSES = 12052516
CHECK_FAILED = 12052990
LOCKED = 12052393
BUNDLE = 12052850
RESULT_TOO_LARGE = 12052180

_HTTP_STATUS = {EXPIRED_TOKEN: 401, BAD_SIGN: 401, FOREIGN_SHOP: 403, THROTTLED: 429, INTERNAL: 500}


class CallRefused(Exception):
    """A call that TikTok Shop refuses as a whole; `retry_after_s` is set when it is throttled."""

    def __init__(self, code: int, message: str, *, retry_after_s: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry_after_s = retry_after_s


def success(data: Data, request_id: str, after: BackgroundTask | None = None) -> Response:
    """Return code 0 with data; failures of single rows stand inside the data."""
    return _reply(200, {"code": 0, "message": "Success", "request_id": request_id, "data": data}, after=after)


def refusal(refused: CallRefused, request_id: str, *, status: int | None = None) -> Response:
    """Return a refused call; `status` None takes the one that belongs to the code."""
    body = {"code": refused.code, "message": refused.message, "request_id": request_id, "data": None}
    headers = {} if refused.retry_after_s is None else {"Retry-After": str(refused.retry_after_s)}
    return _reply(status or _HTTP_STATUS.get(refused.code, 400), body, headers=headers)


def _reply(
    status: int,
    body: Mapping[str, object],
    *,
    headers: Mapping[str, str] | None = None,
    after: BackgroundTask | None = None,
) -> Response:
    return Response(msgspec.json.encode(body), status, dict(headers or {}), "application/json", after)
