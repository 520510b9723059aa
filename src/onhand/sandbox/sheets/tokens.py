"""Google's token endpoint for service accounts: a signed assertion is exchanged for an access token of an hour."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SCOPE = "https://www.googleapis.com/auth/spreadsheets"
READ_SCOPE = f"{SCOPE}.readonly"
LIFE_S = 3_600
# What assertions are addressed to, wherever they are sent: google-auth writes it into every one.
AUDIENCE = "https://oauth2.googleapis.com/token"


@cache
def _key() -> rsa.RSAPrivateKey:
    """Return the key of the service account: one a process, because making one takes a tenth of a second."""
    return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


class TokenRefused(Exception):
    """An assertion that the endpoint does not take; `code` is OAuth's."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code = code
        self.description = description


class ServiceAccount:
    """One service account and the tokens that were given to it.

    Assertions are checked against this machine's clock, whatever the sandbox's is: Google's library signs by that one
    and takes no other. Tokens expire by the sandbox's.
    """

    def __init__(self, email: str, rng: random.Random, machine_clock: Callable[[], datetime]) -> None:
        self.email = email
        self._rng = rng
        self._machine_clock = machine_clock
        self._until: dict[str, datetime] = {}
        self._scopes: dict[str, tuple[str, ...]] = {}

    def key_file(self, token_uri: str) -> dict[str, str]:
        """Return the JSON key as the Cloud console gives it out, but for `token_uri`."""
        pem = _key().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return {
            "type": "service_account",
            "project_id": "onhand-sandbox",
            "private_key_id": "sandbox",
            "private_key": pem.decode(),
            "client_email": self.email,
            "client_id": "104200000000000000000",
            "token_uri": token_uri,
        }

    def grant(self, form: Mapping[str, str], now: datetime) -> dict[str, Any]:
        """Return the answer with a new access token. Raises TokenRefused."""
        if form.get("grant_type") != GRANT_TYPE:
            raise TokenRefused("unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type')}")
        options: Any = {"verify_iat": False, "verify_exp": False, "require": ["iss", "scope", "iat", "exp"]}
        try:
            claims = jwt.decode(
                form.get("assertion", ""),
                _key().public_key(),
                algorithms=["RS256"],
                audience=AUDIENCE,
                options=options,
            )
        except jwt.PyJWTError as error:
            raise TokenRefused("invalid_grant", f"Invalid JWT: {error}") from error
        signed_s = self._machine_clock().timestamp()
        if not (claims["iat"] - 300 <= signed_s < claims["exp"] <= claims["iat"] + LIFE_S):
            raise TokenRefused("invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes).")
        if claims["iss"] != self.email:
            raise TokenRefused("invalid_grant", "Invalid grant: account not found")
        token = f"ya29.{self._rng.getrandbits(256):064x}"
        self._until[token] = now + timedelta(seconds=LIFE_S)
        self._scopes[token] = tuple(str(claims["scope"]).split())
        return {"access_token": token, "expires_in": LIFE_S - 1, "token_type": "Bearer"}

    def may(self, token: str, now: datetime, *, write: bool) -> bool | None:
        """Return whether a token's scopes allow a call; None for a token that is unknown or has expired."""
        until = self._until.get(token)
        if until is None or now >= until:
            return None
        scopes = self._scopes[token]
        return SCOPE in scopes or (not write and READ_SCOPE in scopes)

    def void(self) -> None:
        """Take back every token."""
        self._until.clear()
