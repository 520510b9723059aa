"""Answers that Google never gives: cut short, changed anywhere, of another shape. The work waits, and nothing falls."""

import json
import random
from typing import Any

import httpx

from onhand.ports.errors import OnhandError
from tests.sheet.shop import BOSTON, SheetShop

ANSWERS = 80


def mutate(body: bytes, rng: random.Random) -> bytes:
    """Return an answer with something wrong in it: bytes, or a value somewhere of another kind."""
    if rng.random() < 0.3:
        return body[: rng.randrange(len(body) + 1)]
    try:
        found = json.loads(body)
    except ValueError:
        return b"<html>"
    _spoil(found, rng)
    return json.dumps(found).encode()


def _spoil(thing: Any, rng: random.Random) -> None:
    while isinstance(thing, dict | list) and thing:
        key = rng.choice(list(thing)) if isinstance(thing, dict) else rng.randrange(len(thing))
        if rng.random() < 0.3 or not isinstance(thing[key], dict | list) or not thing[key]:
            thing[key] = rng.choice([None, 7, -1, "x", True, [], {}, [[[]]], {"values": 3}, 1e308])
            return
        thing = thing[key]


def test_an_answer_of_any_shape_is_waited_out(shop: SheetShop) -> None:
    rng = random.Random(7)
    answer = shop.google.handle_request

    def spoiled(request: httpx.Request) -> httpx.Response:
        given = answer(request)
        return httpx.Response(given.status_code, content=mutate(given.read(), rng), request=request)

    shop.http = httpx.Client(transport=_Spoiled(spoiled))
    shop.keeper = shop.new_keeper()
    for _ in range(ANSWERS):
        shop.move([("TEE", BOSTON, 1)])
        try:
            shop.keeper.gather()
            shop.keeper.flush()
        except OnhandError:
            shop.keeper.look_again()
        shop.clock.advance(5)
    shop.http.close()
    shop.http = httpx.Client(transport=shop.google)
    shop.keeper = shop.new_keeper()
    shop.work = shop.new_work()
    shop.run(200)
    assert shop.differences() == []


class _Spoiled(httpx.BaseTransport):
    def __init__(self, handle: Any) -> None:
        self._handle = handle

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response: httpx.Response = self._handle(request)
        return response
