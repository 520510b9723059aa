"""`python -m onhand.sandbox`: only the simulated platforms; the first line printed is JSON to connect with."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace

from onhand.sandbox.account.plans import PLANS
from onhand.sandbox.server import Options, run
from onhand.sandbox.state import Settings


def _limit(text: str) -> float | None:
    """Read a rate; "none" means that there is no limit."""
    return None if text == "none" else float(text)


def _options(arguments: list[str]) -> argparse.Namespace:
    plain = Options()
    parser = argparse.ArgumentParser(prog="python -m onhand.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=plain.port, help="0 takes a free one")
    parser.add_argument("--seed", type=int, default=plain.seed)
    parser.add_argument("--items", type=int, default=plain.items)
    parser.add_argument("--locations", type=int, default=plain.locations)
    web_shop = "sold in a web shop on WooCommerce, too"
    parser.add_argument("--woocommerce-items", type=int, default=plain.woocommerce_items, help=web_shop)
    parser.add_argument("--plan", choices=sorted(PLANS), default="standard", help="whose rate limits Shopify has")
    parser.add_argument("--bucket-points", type=_limit, default=argparse.SUPPRESS, help="or none; not as the plan says")
    parser.add_argument("--restore-points-per-s", type=float, default=argparse.SUPPRESS, help="not as the plan says")
    parser.add_argument(
        "--tiktok-writes-per-s", type=_limit, default=plain.settings.tiktok_writes_per_s, help="or none"
    )
    parser.add_argument("--tiktok-reads-per-s", type=_limit, default=plain.settings.tiktok_reads_per_s, help="or none")
    parser.add_argument("--retry-speed", type=float, default=plain.retry_speed, help="divides the waits of retries")
    parser.add_argument("--parent-pid", type=int, default=None, help="end when this process is no longer the parent")
    parser.add_argument("--watch-stdin", action="store_true", help="end when standard input is closed")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Run a sandbox until it is told to stop; 2 when it cannot start."""
    asked = _options(arguments)
    given = PLANS[asked.plan]._asdict() | vars(asked)
    settings = replace(
        Settings(),
        bucket_points=given["bucket_points"],
        restore_points_per_s=given["restore_points_per_s"],
        tiktok_writes_per_s=asked.tiktok_writes_per_s,
        tiktok_reads_per_s=asked.tiktok_reads_per_s,
    )
    options = Options(
        port=asked.port,
        seed=asked.seed,
        items=asked.items,
        locations=asked.locations,
        woocommerce_items=asked.woocommerce_items,
        settings=settings,
        retry_speed=asked.retry_speed,
    )
    try:
        run(options, parent_pid=asked.parent_pid, watch_stdin=asked.watch_stdin)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
