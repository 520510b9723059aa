"""An answer that never arrives: the call took effect, its client cannot know."""

from __future__ import annotations

import asyncio
import contextlib

from starlette.requests import Request
from starlette.responses import Response

# A client gives up long before; one that never does must not hold a connection for good.
HOLD_S = 15.0


async def never_answered(request: Request) -> Response:
    """Wait until the client gives up, then return what nobody reads."""

    async def gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(gone(), HOLD_S)
    return Response(status_code=504)
