"""Nothing may be sold on a listing after its platform confirmed a zero to the app: the log tells."""

from __future__ import annotations

from onhand.sandbox.world.confirmations import Confirmations

LISTING = ("tiktok_shop", 1, 2)


def test_a_sale_before_the_zero_is_confirmed_is_no_fault_of_the_app() -> None:
    log = Confirmations()
    write = log.told(LISTING, 0)
    log.sold(LISTING, 1)
    log.confirm([write])
    assert log.sold_after_zero_units == 0


def test_a_sale_after_a_confirmed_zero_counts() -> None:
    log = Confirmations()
    log.confirm([log.told(LISTING, 0)])
    log.sold(LISTING, 2)
    assert log.sold_after_zero_units == 2


def test_a_zero_whose_answer_never_came_confirms_nothing() -> None:
    log = Confirmations()
    log.told(LISTING, 0)
    log.sold(LISTING, 2)
    assert log.sold_after_zero_units == 0


def test_a_later_telling_opens_the_listing_again() -> None:
    log = Confirmations()
    log.confirm([log.told(LISTING, 0)])
    log.told(LISTING, 5)
    log.sold(LISTING, 2)
    assert log.sold_after_zero_units == 0


def test_what_the_platform_itself_puts_back_may_be_sold_once() -> None:
    log = Confirmations()
    log.confirm([log.told(LISTING, 0)])
    log.raised(LISTING, 1)
    log.sold(LISTING, 1)
    assert log.sold_after_zero_units == 0
    log.sold(LISTING, 1)
    assert log.sold_after_zero_units == 1


def test_units_put_back_and_sold_before_the_confirmation_do_not_excuse_later_sales() -> None:
    log = Confirmations()
    write = log.told(LISTING, 0)
    log.raised(LISTING, 1)
    log.sold(LISTING, 1)
    log.confirm([write])
    log.sold(LISTING, 1)
    assert log.sold_after_zero_units == 1


def test_an_older_zero_confirmed_late_says_nothing_about_the_newer_stock() -> None:
    log = Confirmations()
    zero = log.told(LISTING, 0)
    log.told(LISTING, 5)
    log.confirm([zero])
    log.sold(LISTING, 1)
    assert log.sold_after_zero_units == 0


def test_every_step_stands_in_the_log() -> None:
    log = Confirmations()
    log.confirm([log.told(LISTING, 0)])
    log.raised(LISTING, 1)
    log.sold(LISTING, 1)
    assert [entry.kind for entry in log.entries] == ["told", "confirmed", "raised", "sold"]
