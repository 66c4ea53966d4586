"""May a plan be applied? Stop it, hold its removals, or let it go (DESIGN §4). Pure; asked before the first write."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sims_sync.plan import HISTORIES, Plan
from sims_sync.records import Kind

SILENT_AFTER_ROWS = 20  # an optional column that filled as many rows last time and none now has gone silent
STORM_FLOOR_ROWS = 5  # fewer altered records than this are never a storm, whatever their share
KNOWN_FLOOR_ROWS = 5  # with fewer stored records the share of known ids says nothing
# What changes for everybody when the school moves up a year: no storm then (DESIGN §4).
MOVES = frozenset({"nc_year", "tutor_group", "tutor_group_from", "house", "house_from", "tutor", "posts"})


@dataclass(frozen=True, slots=True)
class Limits:
    """The school's limits, in percent and rows (config `[guard]`)."""

    removals_percent: float = 5
    removals_rows: int = 20
    removals_floor: int = 3
    rollover_removals_percent: float = 30
    altered_percent: float = 50
    known_percent: float = 50
    held_percent: float = 10
    held_rows: int = 5


@dataclass(frozen=True, slots=True)
class ReadSigns:
    """What else the guard looks at besides the plan.

    `filled` / `filled_before`: rows that filled each optional field, in this read and the last good one.
    `missing_columns`: required fields whose columns occurred nowhere. `recently_missing`: keys that went missing in
    the last 14 days and are still absent. `rollover`: between two academic years, when everybody moves up.
    `incremental`: the source lists only what changed, which may be nothing.
    `dfe_seen`: DfE numbers in the source with their counts.
    """

    began: datetime
    last_began: datetime | None = None
    rows: int = 0
    held: int = 0
    held_known: int = 0
    missing_columns: Sequence[str] = ()
    permissions: str = ""
    filled: Mapping[str, int] = field(default_factory=dict)
    filled_before: Mapping[str, int] = field(default_factory=dict)
    recently_missing: Sequence[str] = ()
    rollover: bool = False
    incremental: bool = False
    dfe_expected: str | None = None
    dfe_seen: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a plan is stopped or part of it held: stable code, what, and what to do."""

    code: str
    what: str
    do: str

    def __str__(self) -> str:
        return f"{self.what} {self.do}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The guard's answer: with any `stops` nothing is applied; with any `waits` nothing until a person has looked.

    `held_removals`: those keys stay, and the rest is applied.
    """

    stops: tuple[Reason, ...] = ()
    waits: tuple[Reason, ...] = ()
    holds: tuple[Reason, ...] = ()
    held_removals: tuple[str, ...] = ()

    @property
    def stopped(self) -> bool:
        """Whether nothing may be applied."""
        return bool(self.stops)


def judge(plan: Plan, signs: ReadSigns, limits: Limits) -> Verdict:
    """Every sign of DESIGN §4's stop list, then the removals."""
    checks = (_empty, _older, _missing_column, _wrong_school, _too_many_held, _silent_column, _storm)
    stops = tuple(reason for check in checks if (reason := check(plan, signs, limits)))
    if stops:
        return Verdict(stops=stops)
    held = _removals_to_hold(plan, signs, limits)
    if not held:
        return Verdict()
    known = f"{plan.known} known {_shown(plan.kind)}"
    what = f"{len(held)} of {known} are missing from this read: too many to be believed at once."
    do = "Nothing was removed and the rest was applied. Check the report in SIMS: is its filter or its date right?"
    return Verdict(holds=(Reason("removals-held", what, do),), held_removals=held)


def are_too_many(absent: int, known: int, limits: Limits) -> bool:
    """Whether so many of so many known rows cannot be believed to be gone: over 5 % or 20, never fewer than 3."""
    if absent < limits.removals_floor:
        return False
    return 100 * absent > limits.removals_percent * known or absent > limits.removals_rows


def limits_of(settings: object) -> Limits:
    """The school's limits from its `[guard]` section, whose keys have the same names."""
    names = Limits.__slots__
    return Limits(**{name: getattr(settings, name) for name in names})


def _empty(plan: Plan, signs: ReadSigns, _limits: Limits) -> Reason | None:
    if signs.rows or signs.incremental or (plan.kind in HISTORIES and not plan.known):
        return None
    what = f"The {_shown(plan.kind)} source holds no records at all."
    return Reason("empty", what, "Run the report in SIMS by hand: is its filter, its date or its permission wrong?")


def _older(plan: Plan, signs: ReadSigns, _limits: Limits) -> Reason | None:
    if signs.last_began is None or signs.began >= signs.last_began:
        return None
    what = (
        f"This {_shown(plan.kind)} source is of {signs.began:%d %b %Y %H:%M} UTC, older than the last one read "
        f"({signs.last_began:%d %b %Y %H:%M} UTC)."
    )
    return Reason("older", what, "Export it afresh; was SIMS restored to an earlier day?")


def _missing_column(plan: Plan, signs: ReadSigns, _limits: Limits) -> Reason | None:
    if not signs.missing_columns or not signs.rows:
        return None
    names = ", ".join(signs.missing_columns)
    what = f"Required columns occur nowhere in the {_shown(plan.kind)} source: {names}."
    return Reason(
        "missing-column", what, signs.permissions or "Check the report's columns and this user's permissions."
    )


def _wrong_school(plan: Plan, signs: ReadSigns, limits: Limits) -> Reason | None:
    others = [number for number in signs.dfe_seen if _digits(number) != _digits(signs.dfe_expected or "")]
    if signs.dfe_expected and others:
        expected = f"the {signs.dfe_expected} of the config"
        what = f"The {_shown(plan.kind)} source names another school's DfE number than {expected}."
        return Reason("wrong-school", what, "Check which school the report or the folder belongs to.")
    if plan.kind in HISTORIES or plan.known < KNOWN_FLOOR_ROWS:
        return None
    recognised = plan.known - len(plan.missing) - len(plan.still_missing)
    total = recognised + plan.added
    if not total or 100 * recognised / total >= limits.known_percent:
        return None
    what = f"Only {recognised} of the {total} {_shown(plan.kind)} in this source are known here."
    return Reason("wrong-school", what, "Is it another school's file, or a report with other ids? Nothing was applied.")


def _too_many_held(plan: Plan, signs: ReadSigns, limits: Limits) -> Reason | None:
    if signs.held < limits.held_rows or 100 * signs.held <= limits.held_percent * signs.rows:
        return None
    what = f"{signs.held} of {signs.rows} rows of the {_shown(plan.kind)} source cannot be used."
    return Reason(
        "too-many-held",
        what,
        "See `sims-sync quarantine list` for the fields and rules; mend the report or the mapping.",
    )


def _silent_column(plan: Plan, signs: ReadSigns, _limits: Limits) -> Reason | None:
    silent = [
        name
        for name, before in signs.filled_before.items()
        if before >= SILENT_AFTER_ROWS and not signs.filled.get(name)
    ]
    if not silent or not signs.rows:
        return None
    names = ", ".join(sorted(silent))
    what = f"Columns of the {_shown(plan.kind)} source that were filled last time are silent now: {names}."
    return Reason("silent-column", what, signs.permissions or "Check this user's permissions in SIMS.")


def _storm(plan: Plan, signs: ReadSigns, limits: Limits) -> Reason | None:
    moves = sum(MOVES.issuperset(change.altered) for change in plan.changes if change.altered)
    altered = plan.changed - (moves if signs.rollover else 0)
    if plan.kind is Kind.PROFORMAS:  # drafts that come back as submitted all change: that is their way
        return None
    if altered < STORM_FLOOR_ROWS or 100 * altered <= limits.altered_percent * plan.known:
        return None
    what = f"{altered} of {plan.known} known {_shown(plan.kind)} would change at once."
    return Reason("change-storm", what, "Check the report: are columns swapped or shifted? Nothing was applied.")


def _removals_to_hold(plan: Plan, signs: ReadSigns, limits: Limits) -> tuple[str, ...]:
    if not plan.missing:
        return ()
    absent = len({*plan.missing, *signs.recently_missing})
    moved_up = signs.rollover and 100 * absent <= limits.rollover_removals_percent * plan.known
    return () if moved_up or not are_too_many(absent, plan.known, limits) else plan.missing


def _shown(kind: Kind) -> str:
    return kind.value.replace("_", " ")


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isdigit())
