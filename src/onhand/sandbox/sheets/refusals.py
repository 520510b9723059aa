"""How the Sheets service refuses: google.rpc statuses with the HTTP status that belongs to each."""

from __future__ import annotations

INVALID, DENIED, NOT_FOUND, EXHAUSTED, UNAUTHENTICATED = (
    "INVALID_ARGUMENT",
    "PERMISSION_DENIED",
    "NOT_FOUND",
    "RESOURCE_EXHAUSTED",
    "UNAUTHENTICATED",
)
HTTP_STATUS = {INVALID: 400, UNAUTHENTICATED: 401, DENIED: 403, NOT_FOUND: 404, EXHAUSTED: 429, "INTERNAL": 500}


class SheetsRefused(Exception):
    """A call that the service refuses as a whole; `status` is a name of google.rpc.Code."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message

    @property
    def http_status(self) -> int:
        """The status of the answer."""
        return HTTP_STATUS[self.status]

    def body(self) -> dict[str, object]:
        """Return the body of the answer."""
        return {"error": {"code": self.http_status, "message": self.message, "status": self.status}}


def invalid(message: str) -> SheetsRefused:
    """Return the refusal of an argument."""
    return SheetsRefused(INVALID, message)
