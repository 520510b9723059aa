"""Invented shoppers: personal data that real platforms send along and that onhand must drop at its door."""

from __future__ import annotations

from onhand.sandbox.world.outbox import Payload

_FIRST = ("Ada", "Björn", "Chidi", "Dolores", "Emeka", "Fatima", "Goro", "Hana", "Ines", "Jürgen", "Kaia", "Lê")
_LAST = ("Abara", "Bergström", "Castro", "Dubois", "Eze", "Fischer", "García", "Haddad", "Ito", "Jansen", "Kaur")
STREETS = ("Harbour Street", "Mill Lane", "Old Post Road", "Linden Avenue", "Quarry Hill", "Station Square")
_CITIES = (("Boston", "MA", "02108"), ("Portland", "ME", "04101"), ("Providence", "RI", "02903"))


def shopper_name(number: int) -> tuple[str, str]:
    """Return the first and last name of the shopper behind an order number."""
    return _FIRST[number % len(_FIRST)], _LAST[number // 3 % len(_LAST)]


def email(number: int) -> str:
    """Return an address at a domain that is reserved for examples."""
    return f"shopper{number}@example.com"


def address(number: int) -> Payload:
    """Return a postal address in the shape of Shopify's REST payloads."""
    first, last = shopper_name(number)
    city, province, postcode = _CITIES[number % len(_CITIES)]
    return {
        "first_name": first,
        "last_name": last,
        "name": f"{first} {last}",
        "company": None,
        "address1": f"{number % 190 + 1} {STREETS[number % len(STREETS)]}",
        "address2": None,
        "city": city,
        "province": province,
        "province_code": province,
        "zip": postcode,
        "country": "United States",
        "country_code": "US",
        "phone": f"+1 555 01{number % 100:02d}",
        "latitude": None,
        "longitude": None,
    }


def customer(number: int, created_at: str) -> Payload:
    """Return the customer of an order in the shape of Shopify's REST payloads."""
    first, last = shopper_name(number)
    return {
        "id": 7_000_000_000_000 + number,
        "email": email(number),
        "first_name": first,
        "last_name": last,
        "phone": f"+1 555 01{number % 100:02d}",
        "created_at": created_at,
        "note": None,
        "tags": "",
        "default_address": address(number),
        "admin_graphql_api_id": f"gid://shopify/Customer/{7_000_000_000_000 + number}",
    }
