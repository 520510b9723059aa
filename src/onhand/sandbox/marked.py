"""The mark that every secret of the sandbox carries, so that one is recognised wherever it turns up."""

from __future__ import annotations

import random

MARK = "5ec2e75ec2e7"


def drawn(rng: random.Random, bits: int) -> str:
    """Return a secret as hexadecimal digits, drawn from `rng` but for the mark in its front."""
    return MARK + f"{rng.getrandbits(bits):0{bits // 4}x}"[len(MARK) :]
