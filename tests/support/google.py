"""Google as far as a push needs it: keys, tokens signed with them, and the address where the public ones are had."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

AUDIENCE = "https://hooks.example.com/webhooks/shopify-pubsub"
ACCOUNT = "onhand@project.iam.gserviceaccount.com"


class Google:
    """Keys by id, and what the server is to answer; `asked` counts how often it was."""

    def __init__(self) -> None:
        self.keys: dict[str, RSAPrivateKey] = {}
        self.headers: dict[str, str] = {"Cache-Control": "public, max-age=22800"}
        self.status = 200
        self.asked = 0
        self.url = ""

    def new_key(self, kid: str, bits: int = 2048) -> None:
        """Make a key."""
        self.keys[kid] = generate_private_key(public_exponent=65537, key_size=bits)

    def key_set(self) -> bytes:
        """Return the public keys as JSON (RFC 7517)."""
        rows = [
            {**json.loads(RSAAlgorithm.to_jwk(key.public_key())), "kid": kid, "alg": "RS256", "use": "sig"}
            for kid, key in self.keys.items()
        ]
        return json.dumps({"keys": rows}).encode()

    def token(self, now: datetime, kid: str = "one", signed_with: RSAPrivateKey | None = None, **claims: Any) -> str:
        """Return a token as Pub/Sub sends it; a claim of None is left out."""
        said = {
            "iss": "https://accounts.google.com",
            "aud": AUDIENCE,
            "azp": "113774264463038321964",
            "sub": "113774264463038321964",
            "email": ACCOUNT,
            "email_verified": True,
            "iat": int(now.timestamp()),
            "exp": int((now + timedelta(hours=1)).timestamp()),
        } | claims
        return jwt.encode(
            {name: value for name, value in said.items() if value is not None},
            signed_with or self.keys[kid],
            algorithm="RS256",
            headers={"kid": kid},
        )


@contextmanager
def google() -> Iterator[Google]:
    """Let the public keys be had on loopback."""
    held = Google()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            held.asked += 1
            body = held.key_set() if held.status == 200 else b""
            self.send_response(held.status)
            for name, value in {**held.headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has there
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    held.url = f"http://127.0.0.1:{server.server_address[1]}/certs"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield held
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
