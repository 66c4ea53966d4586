"""Runs every long proof, or those named: `python -m soak [PROOF …] [OPTIONS]`."""

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial

from soak.cycle import MINUTES, cycle
from soak.faults import faults
from soak.histories import histories
from soak.idle import idle
from soak.kill_pulls import kill_pulls
from soak.kill_push import kill_push
from soak.messages import KILLS, messages
from soak.two_services import two_services

PROOFS = ("kill_pulls", "kill_push", "messages", "cycle", "faults", "two_services", "idle", "histories")


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when every proof held."""
    parser = argparse.ArgumentParser("python -m soak", description="The long proofs.")
    parser.add_argument("names", nargs="*", metavar="PROOF", help=f"one of {', '.join(PROOFS)}; else all")
    parser.add_argument("--points", type=int, metavar="N", help="kill_push: no more boundaries of each round than N")
    parser.add_argument("--days", type=int, metavar="N", help="messages: no more days of the year than N")
    parser.add_argument("--kills", type=int, metavar="N", default=KILLS, help="messages: so many kills on each day")
    parser.add_argument("--minutes", type=float, metavar="N", default=MINUTES, help="cycle: how long it is under fire")
    parser.add_argument("--by", choices=("serve", "run"), default="serve", help="cycle: what is killed")
    parser.add_argument("--seconds", type=int, metavar="N", help="two_services, idle: how long they last")
    parser.add_argument("--times", type=int, metavar="N", help="histories: so many times the examples of the suite")
    parser.add_argument("--fault", action="append", default=[], metavar="WORD", help="faults: only those of that name")
    asked = parser.parse_args(arguments)
    proofs: dict[str, Callable[[], bool]] = {
        "kill_pulls": kill_pulls,
        "kill_push": partial(kill_push, asked.points),
        "messages": partial(messages, asked.days, asked.kills),
        "cycle": partial(cycle, asked.minutes, asked.by),
        "two_services": partial(two_services, asked.seconds),
        "idle": partial(idle, asked.seconds),
        "histories": partial(histories, asked.times),
        "faults": partial(faults, asked.fault),
    }
    unknown = [name for name in asked.names if name not in proofs]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}")
    held = [proofs[name]() for name in asked.names or PROOFS]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
