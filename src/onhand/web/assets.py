"""Our own scripts and styles, served under the digest of them all: cached for ever, and never out of date."""

import hashlib
import mimetypes
from importlib.resources import files
from importlib.resources.abc import Traversable

from starlette.requests import Request
from starlette.responses import Response

from onhand.web.problem import not_found

# One digest for the whole folder, in the path: the modules import each other by relative address.
_DIGEST_LETTERS = 12


class Assets:
    """The files in static/, in memory."""

    def __init__(self, folder: Traversable | None = None) -> None:
        folder = folder or files("onhand.web") / "static"
        self._bodies = {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.is_file()}
        together = hashlib.sha256()
        for name in sorted(self._bodies):
            together.update(name.encode() + b"\0" + hashlib.sha256(self._bodies[name]).digest())
        self.digest = together.hexdigest()[:_DIGEST_LETTERS]

    def url(self, name: str) -> str:
        """Return the address of a file. Raises KeyError where there is none: a template's slip, found by its test."""
        if name not in self._bodies:
            raise KeyError(f"static/{name} does not exist")
        return f"/static/{self.digest}/{name}"

    async def serve(self, request: Request) -> Response:
        """Answer with a file, to be kept for ever; another digest is another release and not found."""
        name = request.path_params["name"]
        body = self._bodies.get(name)
        if body is None or request.path_params["digest"] != self.digest:
            raise not_found(f"no file {name!r} in this release: load the page again")
        media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return Response(body, media_type=media_type, headers={"cache-control": "public, max-age=31536000, immutable"})
