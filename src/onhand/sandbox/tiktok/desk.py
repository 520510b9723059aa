"""TikTok Shop without a socket: calls are answered in the caller's own thread, at once."""

from __future__ import annotations

import re
from collections.abc import Mapping

from onhand.sandbox.reply import Reply
from onhand.sandbox.state import Sandbox
from onhand.sandbox.tiktok.app import AUTH_MOUNT, GRANTS, MOUNT, OPERATIONS, Incoming, TikTokEndpoint


class TikTokDesk:
    """One shop's API and its auth host."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._endpoint = TikTokEndpoint(sandbox)
        self._routes = [(one, re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", MOUNT + one.path))) for one in OPERATIONS]

    def agree(self) -> str:
        """Let the seller agree to the app once more, and return the code."""
        return self._endpoint.tokens.agree(self._sandbox.clock())

    def answer(
        self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
    ) -> Reply:
        """Answer a request; `query` is decoded, `headers` are by name in lower case."""
        if (grant := GRANTS.get(path.removeprefix(AUTH_MOUNT))) is not None:
            response = self._endpoint.grant(grant, query)
            return self._dated(Reply(status=response.status_code, headers=response.headers, body=bytes(response.body)))
        for operation, pattern in self._routes:
            if operation.method == method and (found := pattern.fullmatch(path)) is not None:
                call = Incoming(path=path, path_parameters=found.groupdict(), query=query, headers=headers, body=body)
                replied = self._endpoint.answer(operation, call)
                if not replied.lost:
                    self._sandbox.world.confirmations.confirm(replied.confirmation_ids)
                response = replied.response
                answer = Reply(
                    status=response.status_code, headers=response.headers, body=bytes(response.body), lost=replied.lost
                )
                return self._dated(answer)
        return self._dated(Reply(status=404, headers={}, body=b"404 page not found"))

    def _dated(self, reply: Reply) -> Reply:
        """Date an answer with the sandbox's own clock."""
        dated = {**reply.headers, "date": f"{self._sandbox.clock():%a, %d %b %Y %H:%M:%S} GMT"}
        return Reply(status=reply.status, headers=dated, body=reply.body, lost=reply.lost)
