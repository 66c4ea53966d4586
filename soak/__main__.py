"""Runs every long proof, or those named: `python -m soak [kill_pulls] [kill_push [--points N]]`."""

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial

from soak.histories import histories
from soak.kill_pulls import kill_pulls
from soak.kill_push import kill_push

PROOFS = ("kill_pulls", "kill_push", "histories")


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when every proof held."""
    parser = argparse.ArgumentParser("python -m soak", description="The long proofs.")
    parser.add_argument("names", nargs="*", metavar="PROOF", help=f"one of {', '.join(PROOFS)}; else all")
    parser.add_argument("--points", type=int, metavar="N", help="kill_push: no more boundaries of each round than N")
    parser.add_argument("--times", type=int, metavar="N", help="histories: so many times the examples of the suite")
    asked = parser.parse_args(arguments)
    proofs: dict[str, Callable[[], bool]] = {
        "kill_pulls": kill_pulls,
        "kill_push": partial(kill_push, asked.points),
        "histories": partial(histories, asked.times),
    }
    unknown = [name for name in asked.names if name not in proofs]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}")
    held = [proofs[name]() for name in asked.names or PROOFS]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
