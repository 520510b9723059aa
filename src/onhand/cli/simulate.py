"""simulate: seasons of storms over the real code, each from a seed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from onhand.cli.exits import DIFFERENCES
from onhand.cli.frame import Frame, Json, frame_of

if TYPE_CHECKING:
    from rich.console import Console

    from onhand.simulator.campaign import Campaign
    from onhand.simulator.powercut import Tally
    from onhand.simulator.season import Outcome

SEEDS = 100


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("simulate", rich_help_panel="Try")(simulate)


def simulate(
    context: typer.Context,
    *,
    seeds: Annotated[int, typer.Option("--seeds", metavar="N", min=1, help="How many seasons.")] = SEEDS,
    first: Annotated[int, typer.Option("--from", metavar="S", min=0, help="The first seed.")] = 0,
    new: Annotated[bool, typer.Option("--new", help="Seeds that hang on the code: other code, others.")] = False,
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="N", min=0, help="Only this one, with everything that happened.")
    ] = None,
    power_cuts: Annotated[
        int | None,
        typer.Option(
            "--power-cuts", metavar="N", min=1, help="Judge N images of a drive that loses its power instead."
        ),
    ] = None,
    jobs: Annotated[int | None, typer.Option("--jobs", metavar="J", min=1, help="Processes; one a core.")] = None,
    json_wanted: Json = False,
) -> None:
    """Play seasons: shops at work while everything goes wrong, then calm, then the verdict.

    A season is drawn from its seed and can be played again. With --seed it is played alone and everything that
    happened in it is printed. Ends with 1 when a season does not hold.
    """
    frame = frame_of(context, json_wanted=json_wanted)
    if seed is not None:
        outcome = _play_aloud(seed, aloud=not frame.json)
        frame.answer(_one(outcome), lambda console: _paint_one(console, outcome))
        if outcome.failures:
            raise typer.Exit(DIFFERENCES)
        return
    if power_cuts is not None:
        _cut_power(frame, power_cuts, first)
        return
    from dataclasses import asdict

    from onhand.simulator.campaign import new_seed, run

    begin = new_seed() if new else first
    with frame.working(f"Playing {seeds} seasons from seed {begin}"):
        campaign = run(range(begin, begin + seeds), jobs)
    frame.answer(asdict(campaign) | {"holds": campaign.holds}, lambda console: _paint(console, campaign))
    if not campaign.holds:
        raise typer.Exit(DIFFERENCES)


def _cut_power(frame: Frame, images: int, first: int) -> None:
    import logging
    from dataclasses import asdict

    from onhand.simulator.powercut import survey

    logging.disable(logging.CRITICAL)
    with frame.working(f"Cutting the power {images} times at each setting"):
        tallies = [survey(setting, images, first) for setting in ("FULL", "NORMAL", "OFF")]
    holds = all(tally.holds for tally in tallies)
    frame.answer(
        {"settings": [asdict(tally) for tally in tallies], "holds": holds},
        lambda console: _paint_cuts(console, tallies),
    )
    if not holds:
        raise typer.Exit(DIFFERENCES)


def _play_aloud(seed: int, *, aloud: bool) -> "Outcome":
    import logging

    from onhand.simulator.options import draw
    from onhand.simulator.season import playing

    logging.disable(logging.CRITICAL)
    with playing(draw(seed)) as season:
        if aloud:
            season.stage.trace.listener = print
        season.play()
        return season.outcome()


def _one(outcome: "Outcome") -> dict[str, object]:
    return {
        "seed": outcome.seed,
        "hash": outcome.hash,
        "options": outcome.options,
        "deliveries": outcome.deliveries,
        "faults": outcome.faults,
        "failures": outcome.failures,
        "situations": dict(sorted(outcome.situations.items())),
        "holds": not outcome.failures,
    }


def _paint_one(console: "Console", outcome: "Outcome") -> None:
    console.print(f"trace {outcome.hash}, {outcome.deliveries} deliveries, {outcome.faults} kinds of fault")
    console.print(outcome.report() if outcome.failures else f"seed {outcome.seed} holds: {outcome.options}")


def _paint(console: "Console", campaign: "Campaign") -> None:
    for report in campaign.failed:
        console.print(report)
    last = campaign.first_seed + campaign.seasons - 1
    console.print(
        f"{campaign.seasons} seasons, seeds {campaign.first_seed} to {last}: {len(campaign.failed)} do not hold; "
        f"{campaign.deliveries} deliveries, {campaign.seconds} s, {campaign.processor_s} s of processor time"
    )
    if campaign.never:
        console.print(f"never met: {', '.join(campaign.never)}")


def _paint_cuts(console: "Console", tallies: "Sequence[Tally]") -> None:
    for tally in tallies:
        console.print(
            f"synchronous = {tally.setting}: {tally.images} images, {tally.damaged} damaged, "
            f"{tally.without_a_delivery} without an answered delivery, {tally.without_a_commit} without a commit, "
            f"{tally.half} with half a transaction"
        )
