"""Lives through worlds again, by their seeds: `python -m onhand.simulator 17 23 --journal`."""

import argparse
import logging
import sys
import time

from onhand.simulator.lives import LIVES, play


def main() -> int:
    """Play the worlds asked for; return 1 where one of them failed."""
    parser = argparse.ArgumentParser(prog="python -m onhand.simulator", description=__doc__)
    parser.add_argument("seeds", nargs="+", type=int, help="which worlds")
    parser.add_argument("--lives", type=int, default=LIVES, help="orders and transfers in each (default: %(default)s)")
    parser.add_argument("--journal", action="store_true", help="print everything that happened")
    asked = parser.parse_args()
    logging.disable(logging.CRITICAL)
    began, lived, failed = time.process_time(), 0, 0
    for seed in asked.seeds:
        outcome = play(seed, asked.lives)
        lived += outcome.lives
        failed += bool(outcome.failures)
        if asked.journal:
            for entry in outcome.journal:
                print(f"{entry.at:%d %H:%M:%S.%f} {entry.what}")
        if outcome.failures:
            print(outcome.report())
    took_s = time.process_time() - began
    print(f"{lived} lives in {len(asked.seeds)} worlds, {failed} of them failed")
    print(f"{lived / took_s:.1f} lives a second of one core")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
