"""What was learned of TikTok Shop's rates outlives the process that learned it, and is slowly forgotten."""

from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onhand.app.tokens import Place, TokenFolder
from onhand.channels.tiktok_shop import TikTokShopChannel
from onhand.channels.tiktok_shop.client import Effort
from onhand.channels.tiktok_shop.limiter import Limiter
from onhand.channels.tiktok_shop.paces import PaceKeeper
from onhand.log import Seal
from onhand.ports.channel import Applied, Throttled
from tests.channels.contract.stand import Drawer
from tests.channels.tiktok_shop.shop import Shop
from tests.channels.tiktok_shop.test_tokens import KEY

HOUR_S = 3600.0


def place_in(folder: Path) -> Place:
    return TokenFolder(folder / "tokens", Seal([KEY])).place("tees.myshopify.com", "tiktok_shop-paces")


def test_a_process_that_begins_is_not_throttled_to_learn_the_rate_anew(
    shop: Shop, http: httpx.Client, tmp_path: Path
) -> None:
    def begin() -> TikTokShopChannel:
        return TikTokShopChannel(shop.channel.settings, http, paces=place_in(tmp_path))

    first = begin()
    most = first._client.limits[Effort.WRITE].per_s
    ((parcel, _),) = first.pack([shop.offer(0, 5)], "run")
    shop.do("fault", kind="throttle", share=1.0, for_s=60, platform="tiktok_shop")
    assert isinstance(first.send(parcel), Throttled)
    shop.do("heal")
    second = begin()
    assert second._client.limits[Effort.WRITE].per_s == pytest.approx(most / 2, rel=0.01)
    assert second._client.limits[Effort.READ].per_s == most  # nobody has refused a reading
    assert isinstance(second.send(parcel), Applied)
    unknown = TikTokShopChannel(shop.channel.settings, http, paces=place_in(tmp_path / "another machine"))
    assert unknown._client.limits[Effort.WRITE].per_s == most


def test_what_was_learned_is_forgotten_within_a_day(tmp_path: Path) -> None:
    now = [1_795_000_000.0]
    PaceKeeper(place_in(tmp_path), "7495", lambda: now[0]).begin("write", 8.0)
    keeper = PaceKeeper(place_in(tmp_path), "7495", lambda: now[0])
    keeper.begin("write", 8.0)
    keeper.note("write", 2.0, 8.0)

    def begins_at(shop_id: str = "7495", most_per_s: float = 8.0) -> float:
        return PaceKeeper(place_in(tmp_path), shop_id, lambda: now[0]).begin("write", most_per_s)

    assert begins_at() == 2.0
    assert begins_at(most_per_s=1.0) == 1.0  # what is configured is the most
    assert begins_at("another shop") == 8.0
    now[0] -= 100 * HOUR_S  # a clock that was put right
    assert begins_at() == 2.0
    now[0] += 106 * HOUR_S
    assert begins_at() == pytest.approx(4.0)
    now[0] += 18 * HOUR_S
    assert begins_at() == 8.0


def test_what_cannot_be_kept_or_read_is_learned_anew(tmp_path: Path) -> None:
    (tmp_path / "tokens").write_text("a file where the folder should be")
    keeper = PaceKeeper(place_in(tmp_path), "7495", lambda: 0.0)
    assert keeper.begin("write", 8.0) == 8.0
    keeper.note("write", 4.0, 8.0)
    (tmp_path / "tokens").unlink()
    other = place_in(tmp_path)
    other.keep("7495", {"nonsense": 1})
    assert PaceKeeper(other, "7495", lambda: 0.0).begin("write", 8.0) == 8.0


@given(st.lists(st.booleans(), max_size=80), st.sampled_from([0.5, 2.0, 10.0]))
def test_whoever_begins_next_is_no_faster_than_was_welcome_last_but_for_what_is_not_worth_keeping(
    welcome: list[bool], most_per_s: float
) -> None:
    drawer = Drawer()
    keeper = PaceKeeper(drawer, "7495", lambda: 0.0)
    limit = Limiter(most_per_s, 1.0, lambda: 0.0, lambda _: None, keeper.begin("write", most_per_s))
    for one in welcome:
        if one:
            limit.succeeded()
        else:
            limit.refused(None)
        keeper.note("write", limit.per_s, limit.most_per_s)
    begins_at = PaceKeeper(drawer, "7495", lambda: 0.0).begin("write", most_per_s)
    assert limit.per_s - 0.2 * most_per_s <= begins_at <= limit.per_s
