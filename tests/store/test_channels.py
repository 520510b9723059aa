"""What people decided about a channel."""

from onhand.domain.selling import SellingRule
from onhand.store import ChannelState, Store
from onhand.store.channels import REMOVED
from tests.store.goods import BOSTON, OTHER, SHOP, WAREHOUSE, at


def test_nothing_is_written_to_a_channel_about_which_nothing_was_decided(store: Store) -> None:
    with store.reading() as session:
        assert session.of(SHOP).channels.get("tiktok_shop") == ChannelState(
            armed=False, paused=False, held_reason=None, imported="unknown", cursor_at=None, zeros_allowed=0
        )


def test_every_decision_is_kept_by_itself(store: Store) -> None:
    with store.writing() as session:
        channels = session.of(SHOP).channels
        channels.arm("tiktok_shop", True)
        channels.pause("tiktok_shop", True)
        channels.hold("tiktok_shop", "20 of 100 listings would go to zero")
        channels.set_imported("tiktok_shop", "no")
        channels.move_cursor("tiktok_shop", at(7))
        channels.allow_zeros("tiktok_shop", 20)
        assert channels.get("tiktok_shop") == ChannelState(
            armed=True,
            paused=True,
            held_reason="20 of 100 listings would go to zero",
            imported="no",
            cursor_at=at(7),
            zeros_allowed=20,
        )
        channels.hold("tiktok_shop", None)
        channels.pause("tiktok_shop", False)
        assert channels.get("tiktok_shop")[1:3] == (False, None)
        assert channels.get("shopify").armed is False
        assert session.of(OTHER).channels.get("tiktok_shop").armed is False


def test_what_people_decided_outlives_the_configuration(store: Store) -> None:
    with store.writing() as session:
        channels = session.of(SHOP).channels
        channels.meet("tiktok_shop", armed=True)
        assert channels.get("tiktok_shop").armed
        channels.arm("tiktok_shop", False)
        channels.meet("tiktok_shop", armed=True)
        assert not channels.get("tiktok_shop").armed


def test_rules_are_replaced_as_a_whole(store: Store) -> None:
    tiktok = SellingRule(channel="tiktok_shop", locations=(WAREHOUSE, BOSTON), buffer_units=2)
    online = SellingRule(channel="online_store", locations=())
    with store.writing() as session:
        channels = session.of(SHOP).channels
        channels.set_rules([tiktok, online], at(1))
        assert channels.rules() == [online, tiktok]
        channels.set_rules([tiktok], at(2))
        assert channels.rules() == [tiktok]
        assert session.of(OTHER).channels.rules() == []


def test_a_shop_that_has_removed_onhand_is_written_nothing_whatever_it_was_held_for(store: Store) -> None:
    with store.writing() as session:
        channels = session.of(SHOP).channels
        channels.arm("shopify", True)
        channels.hold("shopify", "another copy writes")
        channels.remove("shopify", at(3))
        assert channels.get("shopify").removed_at == at(3)
        assert channels.get("shopify").stopped_because == REMOVED
        channels.remove("shopify", None)
        assert channels.get("shopify").stopped_because == "another copy writes"
        assert session.of(OTHER).channels.get("shopify").removed_at is None
