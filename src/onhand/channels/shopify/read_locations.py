"""Locations, and whether what stands there can reach a shopper of the Online Store."""

import logging
from collections.abc import Iterator

from onhand.channels.shopify.answers import stock as answers
from onhand.channels.shopify.bucket import Lane
from onhand.channels.shopify.client import GraphqlClient
from onhand.channels.shopify.documents import load
from onhand.channels.shopify.gids import number_of
from onhand.domain.catalog import Location
from onhand.ports.errors import ChannelRefused

_log = logging.getLogger(__name__)


def read_locations(client: GraphqlClient, lane: Lane) -> tuple[Location, ...]:
    """Return every location of the shop, closed ones too. Raises as `GraphqlClient.ask` does."""
    rows = list(_locations(client, lane))
    shipping = _with_rates(client, lane)
    return tuple(
        Location(
            location=number,
            name=row.name,
            active=row.is_active,
            fulfils_online=row.fulfills_online_orders,
            ships=None if shipping is None else number in shipping,
            picks_up=row.local_pickup_settings_v2 is not None,
        )
        for row in rows
        if (number := number_of(row.id)) is not None
    )


def _locations(client: GraphqlClient, lane: Lane) -> Iterator[answers.Location]:
    after: str | None = None
    while True:
        page = client.ask(load("locations"), {"after": after}, answers.Locations, lane).data.locations
        yield from page.nodes
        after = page.page_info.end_cursor
        if not page.page_info.has_next_page or after is None:
            return


def _with_rates(client: GraphqlClient, lane: Lane) -> set[str] | None:
    """Return the locations from which a shipping rate starts, None where the app may not see delivery profiles.

    Who does not grant `read_shipping` (2026-10, `deliveryProfiles`) loses this hint and nothing else.
    """
    found: set[str] = set()
    after: str | None = None
    while True:
        try:
            answer = client.ask(load("delivery_profiles"), {"after": after}, answers.DeliveryProfiles, lane)
        except ChannelRefused as refusal:
            _log.info("which locations ship is not known: %s", refusal)
            return None
        page = answer.data.delivery_profiles
        for profile in page.nodes:
            for group in profile.profile_location_groups:
                places, zones = group.location_group.locations, group.location_group_zones
                if places.page_info.has_next_page:  # half a list would say of the others that nothing ships from them
                    return None
                if zones.page_info.has_next_page or any(_rates(zone) for zone in zones.nodes):
                    found.update(number for place in places.nodes if (number := number_of(place.id)) is not None)
        after = page.page_info.end_cursor
        if not page.page_info.has_next_page or after is None:
            return found


def _rates(zone: answers.Zone) -> int:
    counts = zone.method_definition_counts
    return counts.rate_definitions_count + counts.participant_definitions_count
