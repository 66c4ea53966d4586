"""Runs every long proof, or those named: `python -m soak [PROOF…] [--points N] [--seconds N]`."""

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial

from soak.idle import idle
from soak.kill_pulls import kill_pulls
from soak.kill_push import kill_push
from soak.two_services import two_services

PROOFS = ("kill_pulls", "kill_push", "two_services", "idle")


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when every proof held."""
    parser = argparse.ArgumentParser("python -m soak", description="The long proofs.")
    parser.add_argument("names", nargs="*", metavar="PROOF", help=f"one of {', '.join(PROOFS)}; else all")
    parser.add_argument("--points", type=int, metavar="N", help="kill_push: no more boundaries of each round than N")
    parser.add_argument("--seconds", type=int, metavar="N", help="two_services, idle: how long they last")
    asked = parser.parse_args(arguments)
    proofs: dict[str, Callable[[], bool]] = {
        "kill_pulls": kill_pulls,
        "kill_push": partial(kill_push, asked.points),
        "two_services": partial(two_services, asked.seconds),
        "idle": partial(idle, asked.seconds),
    }
    unknown = [name for name in asked.names if name not in proofs]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}")
    held = [proofs[name]() for name in asked.names or PROOFS]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
