"""Seasons with more platforms than Shopify: after the storm each of them equals the books, and the verdict sees it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path

import msgspec
import pytest

from onhand.channels.dropped import DONE, OUT
from onhand.channels.threepl.door import FileForm
from onhand.domain.holds import Hold, HoldStatus, HoldWish, Kept
from onhand.domain.stock import Bin, Movement, State
from onhand.domain.traffic import BIN, DoorBin
from onhand.ports.channel import NOT_CONNECTED, Problem
from onhand.publish.holds import Granted
from onhand.simulator.acts.sheet import KEYED, is_ours
from onhand.simulator.crash import Crash
from onhand.simulator.folders import mistaken, put_away
from onhand.simulator.house import NOTICES, Manner
from onhand.simulator.options import PLATFORMS, Options, draw
from onhand.simulator.season import Season, playing
from onhand.simulator.stage import staged

ACTS = ("count", "receive", "lose", "damage", "tell", "lay file", "advise", "shrink", "be asked")
QUIET = Options(seed=6, platforms=tuple(PLATFORMS), business=("tiktok", "hands", "returns"))


@contextmanager
def at_rest() -> Iterator[Season]:
    """Play a while with every platform, until all is calm and well."""
    with playing(QUIET) as season:
        season.open()
        for _ in range(60):
            season.tick()
        season.calm()
        assert season.verdict() == []
        yield season


def test_every_platform_is_in_its_share_of_the_seeds() -> None:
    drawn = [draw(seed).platforms for seed in range(400)]
    for name, share in PLATFORMS.items():
        assert 0.2 * share < sum(name in platforms for platforms in drawn) / len(drawn) < 1.6 * share


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_season_with_one_more_platform_holds(platform: str) -> None:
    seed = next(seed for seed in count(7_000_000) if platform in draw(seed).platforms)
    with playing(draw(seed)) as season:
        season.play()
        assert season.outcome().failures == []


def test_a_web_shop_that_shows_another_number_does_not_hold() -> None:
    with at_rest() as season:
        product = next(iter(season.stage.world.woocommerce.products.values()))
        product.units += 1
        assert any("WooCommerce shows" in sentence for sentence in season.verdict())


def test_a_workbook_with_one_wrong_number_does_not_hold() -> None:
    with at_rest() as season:
        stage = season.stage
        assert stage.sandbox.sheets is not None
        (book,) = stage.sandbox.sheets.books.values()
        tab = next(tab for tab in book.tabs if is_ours(tab) and "Published" in tab.rows[0].values)
        headings = tab.rows[0].values
        keyed = next(row for row in range(1, len(tab.rows)) if tab.value(row, headings.index(KEYED)))
        tab.put(keyed, headings.index("Available to sell"), [999_999])
        assert any("the sheet differs" in sentence for sentence in season.verdict())


def test_an_own_site_hears_nothing_of_a_process_whose_power_is_gone() -> None:
    """What it would say was never kept, and its successor uses the same ids for something else."""
    told = {"channel": "online_store", "item": "1", "sequence": 1, "units": 2, "offered": True}
    with staged(1, manner=Manner(own_site=True)) as stage:
        assert stage.own_site is not None
        stage.points.end()
        with pytest.raises(Crash):
            stage.own_site.tell("msg_1", msgspec.json.encode({"data": told}), 0)
        assert stage.own_site.newest == {}


def test_an_own_site_that_heard_another_number_or_sells_what_is_gone_or_was_told_two_things_does_not_hold() -> None:
    with at_rest() as season:
        site = season.stage.own_site
        assert site is not None
        (key, told), *_ = sorted(site.newest.items())
        for wrong, saying in (
            ({key: told._replace(units=told.units + 1)}, f"was told {told.units + 1} units"),
            ({("online_store", "of long ago"): told._replace(units=3)}, "goes on selling 3 units of what is gone"),
        ):
            right = dict(site.newest)
            site.newest |= wrong
            assert any(saying in sentence for sentence in season.verdict())
            site.newest = right
        assert season.verdict() == []
        body = msgspec.json.encode({"data": {"channel": key[0], "item": key[1], **told._asdict(), "sequence": 0}})
        site.tell("msg_old", body, 0)
        site.tell("msg_old", body.replace(b"0", b"1"), 0)
        assert sum("msg_old" in sentence for sentence in season.verdict()) >= 2


def test_a_third_party_that_has_one_unit_more_than_the_books_does_not_hold() -> None:
    with at_rest() as season:
        world = season.stage.world
        attic = list(world.catalog.locations)[-1]
        known = world.catalog.known
        kept = next(item for (item, location), _ in world.shelf if location == attic and known[item].tracked)
        world.shelf.put(kept, attic, 1)
        assert any("stand there, the books hold" in sentence for sentence in season.verdict())


@pytest.mark.parametrize("form", ["csv", "edi"])
def test_files_that_are_laid_into_a_folder_are_taken_once_though_the_process_dies_again_and_again(
    form: FileForm,
) -> None:
    with playing(replace(QUIET, dropped_form=form, faults=("crash", "crash_inside"), events_share=0.3)) as season:
        season.open()
        season.begin_storm()
        for _ in range(150):
            season.tick()
        season.calm()
        assert season.verdict() == []
        assert season.stage.crashes
        notices = season.stage.disk.folder / NOTICES
        assert put_away(notices)
        (notices / "forgotten.csv").write_bytes(b"sku,on_hand\n")
        (notices / DONE / "20261123T080000-lost.csv").write_bytes(b"sku,on_hand\nITEM-0,3\n")
        verdict = season.verdict()
        assert any("forgotten.csv lies in notices and nobody takes it" in sentence for sentence in verdict)
        assert any("was taken from notices and is not kept" in sentence for sentence in verdict)


def test_edi_that_nobody_acknowledges_does_not_hold(tmp_path: Path) -> None:
    (tmp_path / DONE).mkdir()
    interchange = b"ISA*00~\nGS*RE*A*B*20261123*0901*124*X*004010~\n"
    (tmp_path / DONE / "944.edi").write_bytes(interchange)
    assert mistaken(tmp_path, {interchange}) == ["interchange 124 has no 997"]
    (tmp_path / OUT).mkdir()
    (tmp_path / OUT / "997.edi").write_bytes(b"ST*997*0001~\nAK1*RE*124~\n")
    assert mistaken(tmp_path, {interchange}) == []


def test_one_visitor_more_than_went_through_a_door_does_not_hold() -> None:
    with at_rest() as season:
        stage = season.stage
        with stage.house.app.store.writing() as session:
            traffic = session.of(stage.house.shop).traffic
            door = max(traffic.doors(), key=lambda door: door.last_at)
            more = DoorBin(
                start=door.last_at, in_people=99, out_people=0, covered_ppm=1_000_000, spread=False, at_least=False
            )
            traffic.put(door.key, more.start, more.start + BIN, [more])
        assert any(" in, known " in sentence for sentence in season.verdict())


def test_what_a_third_party_receives_and_loses_ends_up_in_the_books_and_at_shopify() -> None:
    with playing(QUIET) as season:
        season.open()
        happened, ticks = season.business.counts, 0
        while not all(happened[f"third party: {act}"] for act in ACTS):
            season.tick()
            ticks += 1
            assert ticks < 2_000, happened
        season.calm()
        assert season.verdict() == []


def test_a_hold_of_more_than_there_is_does_not_hold() -> None:
    with playing(QUIET) as season:
        season.open()
        stage = season.stage
        item, place = str(next(iter(stage.world.catalog.items))), str(next(iter(stage.world.catalog.locations)))
        here = Bin(place, State.AVAILABLE)
        with stage.house.app.store.writing() as session:
            units = session.of(stage.house.shop).ledger.levels([item]).get((item, here), 0) + 1
            now = stage.clock.now()
            hold = Hold(
                id=1,
                wish=HoldWish(key="k", asked="", item=item, units=units, location=place),
                kept=(Kept(item, place, units),),
                status=HoldStatus.HELD,
                made_at=now,
                expires_at=now,
            )
            taken = Movement(
                id="held/1", item=item, source=here, target=Bin(place, State.RESERVED), units=units, cause=hold.cause,
                origin="holds", reason="", occurred_at=now,
            )  # fmt: skip
            session.of(stage.house.shop).ledger.append([taken], now)
        stage.at_counter(lambda _holding, _shop: Granted(hold, repeated=False))
        assert any("left -1 there" in sentence for sentence in season.verdict())


def test_the_same_seed_gives_the_same_trace_twice_with_every_platform() -> None:
    hashes = set()
    for _ in range(2):
        with playing(QUIET) as season:
            season.open()
            for _ in range(60):
                season.tick()
            season.calm()
            hashes.add(season.stage.trace.hash())
    assert len(hashes) == 1


def test_a_channel_that_was_connected_again_is_no_problem_any_more_once_it_was_swept() -> None:
    with playing(Options(seed=3, business=("tiktok",))) as season:
        season.open()
        house, now = season.stage.house, season.stage.clock.now()
        with house.app.store.writing() as session:
            lost = Problem(NOT_CONNECTED, "tiktok_shop", "its tokens are lost", "connect it")
            session.of(house.shop).problems.raise_(lost, now)
        assert house.steps.sweep(house.steps.observer("tiktok_shop")) is not None
        with house.app.store.reading() as session:
            assert session.of(house.shop).problems.keys(NOT_CONNECTED) == set()
