"""Runs every long proof, or those named: `python -m soak [kill_pulls]`."""

import sys
from collections.abc import Callable

from soak.kill_pulls import kill_pulls

PROOFS: dict[str, Callable[[], bool]] = {"kill_pulls": kill_pulls}


def main(names: list[str]) -> int:
    """0 when every proof held."""
    unknown = [name for name in names if name not in PROOFS]
    if unknown:
        print(f"Unknown: {', '.join(unknown)}. Known: {', '.join(PROOFS)}.")
        return 2
    held = [PROOFS[name]() for name in names or PROOFS]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
