"""A transfer from end to end, told or lost: books and Shopify agree in every state, and nothing of it is adopted."""

from tests.flow.merchant import BOSTON, WAREHOUSE, Merchant

STATES = ("available", "reserved", "incoming")


def shown(merchant: Merchant, *, books: bool) -> list[int]:
    """Return the units of the tee in every state at both ends, by the books or at Shopify."""
    see = merchant.level if books else merchant.at_shopify
    return [see(merchant.tee, place, state) for place in (WAREHOUSE, BOSTON) for state in STATES]


def agree(merchant: Merchant) -> None:
    merchant.until(lambda: shown(merchant, books=True) == shown(merchant, books=False), "books follow the transfer")


def test_d12_a_transfer_with_a_rejection_and_repeats_ends_in_equal_books(merchant: Merchant) -> None:
    merchant.fault("duplicate")
    tees = [{"sku": merchant.tee, "units": 4}]
    name = merchant.do("transfer", **{"from": WAREHOUSE, "to": BOSTON, "lines": tees, "until": "ready"})["transfer"]
    agree(merchant)
    merchant.do("ship_transfer", transfer=name, lines=[{"sku": merchant.tee, "units": 3}])
    agree(merchant)
    one = [{"sku": merchant.tee, "units": 1}]
    merchant.do("receive_transfer", transfer=name, accepted=one)
    merchant.do("heal")
    merchant.do("receive_transfer", transfer=name, accepted=one, rejected=one)
    agree(merchant)
    merchant.do("cancel_transfer", transfer=name)
    agree(merchant)
    merchant.quiet()
    assert merchant.adopted(merchant.tee) == []
    assert merchant.unexplained(merchant.tee) == (0, 0)


def test_a_transfer_whose_webhooks_were_all_lost_is_found_by_a_sweep(patient: Merchant) -> None:
    patient.fault("lose")
    tees = [{"sku": patient.tee, "units": 2}]
    patient.do("transfer", **{"from": WAREHOUSE, "to": BOSTON, "lines": tees, "until": "in_transit"})
    patient.do("heal")
    steps = patient.app.steps(patient.shop)
    steps.sweep(steps.parts.shopify)
    agree(patient)
    steps.read_levels([patient.key(patient.tee, WAREHOUSE), patient.key(patient.tee, BOSTON)])
    patient.quiet()
    assert patient.adopted(patient.tee) == []
    assert patient.unexplained(patient.tee) == (0, 0)


def test_a_transfer_that_vanished_leaves_nothing_put_aside_and_names_what_was_under_way(patient: Merchant) -> None:
    tees = [{"sku": patient.tee, "units": 4}]
    name = patient.do("transfer", **{"from": WAREHOUSE, "to": BOSTON, "lines": tees, "until": "ready"})["transfer"]
    patient.do("ship_transfer", transfer=name, lines=[{"sku": patient.tee, "units": 3}])
    agree(patient)
    patient.do("cancel_transfer", transfer=name, vanish=True)
    steps = patient.app.steps(patient.shop)
    steps.sweep(steps.parts.shopify)
    agree(patient)
    patient.until(
        lambda: any("3 of" in message and "were under way in it" in message for message in patient.problems()),
        "what was under way is named",
    )
    patient.quiet()
    assert patient.adopted(patient.tee) == []
    assert patient.unexplained(patient.tee) == (0, 0)
    assert patient.level(patient.tee, WAREHOUSE, "reserved") == 0
