"""What a platform of the sandbox answers in the caller's own process."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """An HTTP answer. `lost`: the call took effect and the answer must not reach the app."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    lost: bool = False
