"""The clock of the books: it follows the machine's, and never goes back with it."""

from datetime import UTC, datetime, timedelta

from onhand.app.clock import SteadyClock

NOON = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Machine:
    """A machine whose clock may be set."""

    def __init__(self) -> None:
        self.wall = NOON
        self.up_s = 100.0

    def now(self) -> datetime:
        return self.wall

    def monotonic_s(self) -> float:
        return self.up_s

    def run(self, for_: timedelta) -> None:
        self.wall += for_
        self.up_s += for_.total_seconds()


def test_the_books_time_is_the_machines_while_nobody_sets_it() -> None:
    machine = Machine()
    clock = SteadyClock(machine, machine.monotonic_s)
    for _ in range(5):
        machine.run(HOUR)
        assert clock.now() == machine.wall


def test_a_clock_that_is_set_back_has_time_go_by_at_half_the_pace_until_it_has_caught_up() -> None:
    machine = Machine()
    clock = SteadyClock(machine, machine.monotonic_s)
    machine.wall -= 4 * HOUR
    assert clock.now() == NOON
    machine.run(HOUR)
    assert clock.now() == NOON + HOUR / 2
    machine.run(7 * HOUR)
    assert clock.now() == machine.wall == NOON + 4 * HOUR
    machine.run(HOUR)
    assert clock.now() == machine.wall


def test_a_clock_that_is_set_forward_is_followed_at_once_and_back_again_slowly() -> None:
    machine = Machine()
    clock = SteadyClock(machine, machine.monotonic_s)
    machine.wall += 4 * HOUR
    assert clock.now() == NOON + 4 * HOUR
    machine.wall -= 4 * HOUR
    times = []
    for _ in range(20):
        machine.run(HOUR)
        times.append(clock.now())
    assert times == sorted(set(times))
    assert times[-1] == machine.wall


def test_a_clock_that_was_years_ahead_is_believed_as_soon_as_it_is_right() -> None:
    machine = Machine()
    clock = SteadyClock(machine, machine.monotonic_s)
    machine.wall += timedelta(days=400)
    assert clock.now() == machine.wall
    machine.wall = NOON
    assert clock.now() == NOON
