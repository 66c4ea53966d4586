"""What is left of a snapshot that is too old for tutor groups: done of due by house and by NC year. Pure."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sims_sync.compliance.suppression import Raw, hidden

HOUSE, YEAR = "house", "year"


@dataclass(frozen=True, slots=True)
class Total:
    """One line. `due` and `done` None = too few students to be shown (DOMAIN rule 25)."""

    scope: str
    name: str
    due: int | None
    done: int | None


def totals_of(content: Mapping[str, Any]) -> tuple[Total, ...]:
    """The totals in a snapshot's JSON (`compliance.snapshot_form`): houses, then NC years, each by name."""
    by_year: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    houses = content["assessment"]["houses"]
    for group in (group for house in houses for group in house["groups"]):
        due, done = by_year[group["nc_year"] or ""]
        by_year[group["nc_year"] or ""] = (due + group["due"], done + group["done"])
    by_house = {house["house"]: (house["due"], house["done"]) for house in houses}
    return (*_totals(HOUSE, by_house), *_totals(YEAR, by_year))


def _totals(scope: str, figures: Mapping[str, tuple[int, int]]) -> tuple[Total, ...]:
    """Small cells are hidden, and those from which a hidden one could be worked out (rule 25)."""
    unshown = hidden({name: Raw(done, due, due) for name, (due, done) in figures.items()})
    return tuple(
        Total(scope, name, None if name in unshown else due, None if name in unshown else done)
        for name, (due, done) in sorted(figures.items())
    )
