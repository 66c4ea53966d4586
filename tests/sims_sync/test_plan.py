"""What would change: a second look at the same source plans nothing, and histories never lose anything."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sims_sync.plan import HISTORIES, Action, compare
from sims_sync.records import Kind, Student, StudentRef

LISTS = sorted(set(Kind) - HISTORIES)
KEYS = st.sampled_from([f"s{number}" for number in range(8)])
GROUPS = st.sampled_from(["8A1", "8A2", None])
TABLES = st.dictionaries(KEYS, GROUPS, max_size=8)
KINDS = st.sampled_from(sorted(Kind))


def student(key: str, group: str | None) -> Student:
    return Student(StudentRef(person_id=key), f"Vorrin{key}", "Zulpa", "8", group)


def records(table: dict[str, str | None]) -> dict[str, Student]:
    return {key: student(key, group) for key, group in table.items()}


@given(kind=KINDS, stored=TABLES, wanted=TABLES)
def test_every_wanted_record_is_added_changed_or_unchanged(
    kind: Kind, stored: dict[str, str | None], wanted: dict[str, str | None]
) -> None:
    plan = compare(kind, records(stored), records(wanted))
    assert plan.added == len(wanted.keys() - stored.keys())
    assert plan.changed == sum(stored[key] != wanted[key] for key in stored.keys() & wanted.keys())
    assert plan.added + plan.changed + plan.unchanged == len(wanted)
    assert plan.known == len(stored)


@given(kind=KINDS, stored=TABLES, wanted=TABLES, gone=st.sets(KEYS))
def test_a_second_compare_plans_nothing(
    kind: Kind, stored: dict[str, str | None], wanted: dict[str, str | None], gone: set[str]
) -> None:
    first = compare(kind, records(stored), records(wanted), gone)
    after = {**records(stored), **{change.key: change.record for change in first.changes}}
    missing = (gone | set(first.missing)) - set(first.returned)
    again = compare(kind, after, records(wanted), missing)
    assert again.is_empty
    assert not again.returned


@given(kind=st.sampled_from(sorted(HISTORIES)), stored=TABLES, wanted=TABLES)
def test_histories_never_miss_anything(
    kind: Kind, stored: dict[str, str | None], wanted: dict[str, str | None]
) -> None:
    assert compare(kind, records(stored), records(wanted)).missing == ()


@given(kind=st.sampled_from(LISTS), stored=TABLES, wanted=TABLES, gone=st.sets(KEYS))
def test_what_a_list_lacks_is_missing_once_and_returns_when_it_is_back(
    kind: Kind, stored: dict[str, str | None], wanted: dict[str, str | None], gone: set[str]
) -> None:
    plan = compare(kind, records(stored), records(wanted), gone)
    absent = stored.keys() - wanted.keys()
    assert set(plan.missing) == absent - gone
    assert set(plan.still_missing) == absent & gone
    assert set(plan.returned) == gone & wanted.keys()


def test_a_change_names_the_fields_that_differ_and_keeps_what_was_before() -> None:
    before = student("s1", "8A1")
    after = replace(before, tutor_group="8A2", house="Austen")
    (change,) = compare(Kind.STUDENTS, {"s1": before}, {"s1": after}).changes
    assert (change.action, change.altered) == (Action.CHANGE, ("tutor_group", "house"))
    assert change.before == before


def test_changes_come_in_the_order_of_the_source() -> None:
    plan = compare(Kind.STUDENTS, {}, records({"s3": None, "s1": None, "s2": None}))
    assert [change.key for change in plan.changes] == ["s3", "s1", "s2"]


@pytest.mark.parametrize("kind", LISTS)
def test_an_empty_read_of_a_list_misses_everybody_and_changes_nobody(kind: Kind) -> None:
    plan = compare(kind, records({"s1": "8A1", "s2": "8A1"}), {})
    assert plan.counts == {"read": 0, "added": 0, "changed": 0, "missing": 2, "unchanged": 0, "held": 0}
