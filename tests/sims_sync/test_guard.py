"""May a plan be applied? Each stop and hold of DESIGN §4 at its boundary."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sims_sync.guard import Limits, ReadSigns, Verdict, judge
from sims_sync.plan import HISTORIES, Action, Change, Plan
from sims_sync.records import Kind

BEGAN = datetime(2026, 12, 16, 6, 0, tzinfo=UTC)
SIGNS = ReadSigns(BEGAN, rows=1000)
LIMITS = Limits()


def plan(
    *,
    kind: Kind = Kind.STUDENTS,
    known: int = 1000,
    changed: int = 0,
    added: int = 0,
    missing: int = 0,
    still_missing: Sequence[str] = (),
    held: int = 0,
) -> Plan:
    """A plan of so many changes; what it misses is called gone1, gone2 and so on."""
    changes = [Change(Action.CHANGE, f"s{number}", None, None, ("house",)) for number in range(changed)]
    changes += [Change(Action.ADD, f"new{number}", None) for number in range(added)]
    return Plan(
        kind=kind,
        changes=tuple(changes),
        missing=tuple(f"gone{number}" for number in range(missing)),
        still_missing=tuple(still_missing),
        known=known,
        held=held,
    )


def codes(verdict: Verdict) -> list[str]:
    return [reason.code for reason in (*verdict.stops, *verdict.holds)]


def verdict(planned: Plan, signs: ReadSigns = SIGNS) -> Verdict:
    return judge(planned, signs, LIMITS)


def test_an_ordinary_read_may_be_applied() -> None:
    found = verdict(plan(changed=30, added=5, missing=2), replace(SIGNS, last_began=BEGAN - timedelta(days=1)))
    assert found == Verdict()
    assert not found.stopped


@pytest.mark.parametrize(
    ("known", "missing", "held"),
    [
        (1000, 20, False),  # 2 % and not more than 20
        (1000, 21, True),  # more than 20
        (400, 20, False),  # exactly 5 %
        (399, 20, True),  # a little more than 5 %
        (20, 2, False),  # 10 %, but fewer than 3
        (20, 3, True),  # 15 %
        (60, 3, False),  # exactly 5 %
        (59, 3, True),
    ],
)
def test_removals_are_held_above_five_per_cent_or_twenty_rows_but_never_fewer_than_three(
    known: int, missing: int, held: bool
) -> None:
    found = verdict(plan(known=known, missing=missing))
    assert bool(found.held_removals) is held
    assert codes(found) == (["removals-held"] if held else [])
    assert not found.stopped


def test_held_removals_are_exactly_the_newly_missing_and_say_that_the_rest_was_applied() -> None:
    planned = plan(known=1000, changed=3, missing=30)
    found = verdict(planned)
    assert found.held_removals == planned.missing
    (reason,) = found.holds
    assert "30 of 1000" in reason.what
    assert "the rest was applied" in reason.do


def test_removals_are_counted_together_over_the_window() -> None:
    earlier = tuple(f"earlier{number}" for number in range(15))
    planned = plan(known=1000, missing=6, still_missing=earlier)
    assert not verdict(planned).held_removals  # those went missing longer ago
    together = verdict(planned, replace(SIGNS, recently_missing=earlier))
    assert together.held_removals == planned.missing


def test_nothing_newly_missing_holds_nothing_however_much_went_missing_before() -> None:
    earlier = tuple(f"earlier{number}" for number in range(300))
    assert verdict(plan(still_missing=earlier), replace(SIGNS, recently_missing=earlier)) == Verdict()


@pytest.mark.parametrize(
    ("known", "changed", "stopped"), [(100, 50, False), (100, 51, True), (8, 4, False), (8, 5, True), (4, 4, False)]
)
def test_more_than_half_of_the_known_records_altered_is_a_storm(known: int, changed: int, stopped: bool) -> None:
    found = verdict(plan(known=known, changed=changed))
    assert codes(found) == (["change-storm"] if stopped else [])
    assert found.stopped is stopped


def test_a_returned_draft_that_is_handed_in_again_is_no_storm() -> None:
    assert verdict(plan(kind=Kind.PROFORMAS, known=30, changed=30)) == Verdict()


@pytest.mark.parametrize(
    ("rows", "held", "stopped"), [(100, 10, False), (100, 11, True), (20, 4, False), (20, 5, True), (50, 5, False)]
)
def test_more_than_a_tenth_and_at_least_five_rows_held_stop_the_kind(rows: int, held: int, stopped: bool) -> None:
    found = verdict(plan(known=0, held=held), replace(SIGNS, rows=rows, held=held))
    assert codes(found) == (["too-many-held"] if stopped else [])


@pytest.mark.parametrize(
    ("known", "added", "missing", "stopped"),
    [
        (100, 50, 50, False),  # half of the ids are known
        (100, 51, 50, True),
        (100, 100, 100, True),  # not one of them
        (4, 100, 4, False),  # four known students say nothing
        (0, 100, 0, False),  # the first read
    ],
)
def test_fewer_than_half_of_the_ids_known_is_another_school(
    known: int, added: int, missing: int, stopped: bool
) -> None:
    found = verdict(plan(known=known, added=added, missing=missing))
    assert ("wrong-school" in codes(found)) is stopped
    assert found.stopped is stopped


@pytest.mark.parametrize("kind", sorted(HISTORIES))
def test_new_entries_and_results_are_no_other_school(kind: Kind) -> None:
    assert not verdict(plan(kind=kind, known=100, added=500)).stopped


@pytest.mark.parametrize(
    ("seen", "stopped"),
    [({"9334567": 5}, False), ({"933/4567": 5}, False), ({}, False), ({"9334568": 5}, True)],
)
def test_another_schools_dfe_number_stops(seen: dict[str, int], stopped: bool) -> None:
    found = verdict(plan(), replace(SIGNS, dfe_expected="933/4567", dfe_seen=seen))
    assert codes(found) == (["wrong-school"] if stopped else [])


def test_one_row_of_another_school_among_ours_stops() -> None:
    assert verdict(plan(), replace(SIGNS, dfe_expected="933/4567", dfe_seen={"9334567": 999, "9334568": 1})).stopped


def test_without_a_dfe_number_in_the_config_any_may_come() -> None:
    assert verdict(plan(), replace(SIGNS, dfe_seen={"9334568": 5})) == Verdict()


def test_a_source_older_than_the_last_one_read_stops_and_one_as_old_does_not() -> None:
    second = timedelta(seconds=1)
    assert codes(verdict(plan(), replace(SIGNS, last_began=BEGAN + second))) == ["older"]
    assert verdict(plan(), replace(SIGNS, last_began=BEGAN)) == Verdict()


@pytest.mark.parametrize("kind", sorted(Kind))
@pytest.mark.parametrize("known", [0, 40])
def test_a_source_without_a_row_stops_but_a_history_may_begin_empty(kind: Kind, known: int) -> None:
    found = verdict(plan(kind=kind, known=known), replace(SIGNS, rows=0))
    assert found.stopped is not (kind in HISTORIES and not known)
    assert codes(found) == (["empty"] if found.stopped else [])


def test_a_missing_required_column_stops_and_names_column_and_permission() -> None:
    signs = replace(SIGNS, missing_columns=("person_id", "nc_year"), permissions="Ask for the group Third Party.")
    (reason,) = verdict(plan(), signs).stops
    assert reason.code == "missing-column"
    assert "person_id, nc_year" in reason.what
    assert reason.do == "Ask for the group Third Party."


@pytest.mark.parametrize(("before", "now", "stopped"), [(20, 0, True), (19, 0, False), (20, 1, False)])
def test_an_optional_column_that_filled_twenty_rows_and_none_now_stops(before: int, now: int, stopped: bool) -> None:
    found = verdict(plan(), replace(SIGNS, filled_before={"house": before}, filled={"house": now}))
    assert codes(found) == (["silent-column"] if stopped else [])


def test_a_column_that_vanished_wholly_is_silent_too() -> None:
    assert codes(verdict(plan(), replace(SIGNS, filled_before={"house": 900}, filled={}))) == ["silent-column"]


def test_a_stopped_plan_holds_no_removals_for_nothing_of_it_is_applied() -> None:
    found = verdict(plan(missing=300), replace(SIGNS, last_began=BEGAN + timedelta(days=1)))
    assert found.stopped
    assert found.held_removals == ()


def test_every_sign_is_named_and_every_reason_says_what_to_do() -> None:
    signs = replace(SIGNS, rows=40, held=20, last_began=BEGAN + timedelta(days=1), missing_columns=("nc_year",))
    found = verdict(plan(known=100, changed=90, held=20), signs)
    assert set(codes(found)) == {"older", "missing-column", "too-many-held", "change-storm"}
    assert all(reason.what.endswith(".") and reason.do for reason in found.stops)


def test_the_schools_own_limits_are_used() -> None:
    generous = Limits(removals_percent=50, removals_rows=500, altered_percent=95)
    assert judge(plan(known=100, missing=40), SIGNS, generous) == Verdict()
    assert judge(plan(known=100, changed=95), SIGNS, generous) == Verdict()
