"""How many examples does a property try: few in the suite, so that it stays quick, and many in `make soak`?"""

import os

TIMES_VARIABLE = "SIMS_SYNC_EXAMPLES_TIMES"


def examples(few: int) -> int:
    """So many, or as many times more as the environment asks for (`python -m soak histories` asks for 25)."""
    return few * int(os.environ.get(TIMES_VARIABLE, "1"))


def is_long() -> bool:
    """Whether time does not matter: then a test may try everything that it tries a part of in the suite."""
    return TIMES_VARIABLE in os.environ
