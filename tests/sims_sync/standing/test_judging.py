"""Each thing that can be the matter with a school is seen, and said in one sentence with what to do."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from sims_sync.config import SourceSection
from sims_sync.connector import Severity
from sims_sync.messages.letters import MessageKind
from sims_sync.records import Kind
from sims_sync.school_calendar import build_school_year
from sims_sync.standing import OWN_CODES, Condition, Facts, Standing, judge
from sims_sync.store.reads import StoredRead
from sims_sync.store.standing import LastRun, MessageCount, OpenBreaker, Resting, WaitingPlan
from tests.sims_sync.builders import at, make_school

ROOT = Path(__file__).parents[3]
NOW = at("2026-12-16 09:00")
TODAY_6 = at("2026-12-16 06:00")


@pytest.fixture
def facts(tmp_path: Path) -> Facts:
    """A school with whom all is well."""
    school = make_school(tmp_path, monitoring={})
    source = SourceSection(kind=Kind.STUDENTS, connector="drop_folder", mapping="sims_students")
    school = school.model_copy(update={"sources": {"students": source}})
    return Facts(
        school,
        NOW,
        build_school_year(school),
        reads={(Kind.STUDENTS, "students"): read(TODAY_6)},
        runs=(run("pull_students", "done"),),
        newest_moment=TODAY_6,
    )


def read(began: object) -> StoredRead:
    return StoredRead(Kind.STUDENTS, "students", began, 1063, None, {}, (), 0, 0, "r1")  # type: ignore[arg-type]  # a moment


def run(job: str, outcome: str, *codes: str) -> LastRun:
    problems = [{"code": code, "what": f"What {code} is.", "do": "Do this.", "source": ""} for code in codes]
    return LastRun("r1", job, TODAY_6, TODAY_6 + timedelta(minutes=2), outcome, problems)


def messages(kind: str, state: str) -> tuple[MessageCount, ...]:
    return (MessageCount(kind, state, 2, TODAY_6, TODAY_6, "<newest@austen.example>"),)


def the_one(facts: Facts) -> Condition:
    (found,) = judge(facts).conditions
    assert found.what
    assert found.do
    return found


def test_a_school_with_which_all_is_well_has_no_condition(facts: Facts) -> None:
    standing = judge(facts)
    assert (standing.verdict, standing.conditions) == (Severity.FINE, ())


CASES: dict[str, Callable[[Facts], Facts]] = {
    "job-failed": lambda facts: replace(facts, runs=(run("pull_students", "failed", "reporter_error"),)),
    "slot-given-up": lambda facts: replace(facts, given_up={"pull_students": TODAY_6}),
    "run-long": lambda facts: replace(facts, at_work=("pull_students", timedelta(hours=5))),
    "paused": lambda facts: replace(facts, resting=(Resting("pull_students", TODAY_6, "itadmin", "new server"),)),
    "plan-waiting": lambda facts: replace(
        facts, plans=(WaitingPlan("p1", "r9", "students", "students", "waiting", TODAY_6),)
    ),
    "removals-held": lambda facts: replace(facts, held_removals=21),
    "quarantine": lambda facts: replace(facts, quarantined=1),
    "texts-need-a-person": lambda facts: replace(facts, texts={"conflict": 3, "confirmed": 5}),
    "mail-unknown": lambda facts: replace(facts, messages=messages(MessageKind.REPORT, "unknown")),
    "mail-refused": lambda facts: replace(facts, messages=messages(MessageKind.REPORT, "refused")),
    "mail-failed": lambda facts: replace(facts, messages=messages(MessageKind.REMINDER, "failed")),
    "admin-not-told": lambda facts: replace(facts, messages=messages(MessageKind.ALERT, "failed")),
    "source-never-read": lambda facts: replace(facts, reads={}),
    "source-stale": lambda facts: replace(
        facts, now=at("2026-12-18 09:00"), reads={(Kind.STUDENTS, "students"): read(at("2026-12-15 06:00"))}
    ),
    "calendar-broken": lambda facts: replace(facts, school_year=None, calendar_problem="has no half terms."),
    "calendar-ends": lambda facts: replace(
        facts,
        now=at("2027-07-01 09:00"),
        reads={(Kind.STUDENTS, "students"): read(at("2027-07-01 06:00"))},
        newest_moment=at("2027-07-01 06:00"),
    ),
    "clock-ahead": lambda facts: replace(facts, newest_moment=at("2026-11-01")),
    "clock-back": lambda facts: replace(facts, newest_moment=at("2026-12-17")),
    "secret-expires": lambda facts: with_monitoring(facts, secrets_expire={"mail": date(2027, 1, 10)}),
}


def with_monitoring(facts: Facts, **keys: object) -> Facts:
    monitoring = facts.school.monitoring.model_copy(update=keys)
    return replace(facts, school=facts.school.model_copy(update={"monitoring": monitoring}))


@pytest.mark.parametrize("code", CASES)
def test_each_condition_is_seen_alone(facts: Facts, code: str) -> None:
    found = the_one(CASES[code](facts))
    assert found.code == code
    assert code in OWN_CODES


@pytest.mark.parametrize("code", sorted(OWN_CODES))
def test_each_condition_has_its_section_in_the_docs(code: str) -> None:
    assert f"\n## {code}\n" in (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")


def test_a_job_that_backs_off_says_since_when_how_often_and_until_when(facts: Facts) -> None:
    breaker = OpenBreaker(
        "pull_students", 4, at("2026-12-14 06:00"), at("2026-12-16 10:30"), "reporter_error", "SIMS reported an error."
    )
    failed = replace(facts, runs=(run("pull_students", "failed", "reporter_error"),), breakers=(breaker,))
    found = the_one(failed)
    assert "4 times in a row" in found.what
    assert "again at Wed 16 Dec 2026 10:30" in found.do  # what is over is not tried again
    assert found.since == breaker.failing_since
    assert found.page == "reporter_error"


def test_a_job_that_is_at_work_for_an_hour_is_no_condition(facts: Facts) -> None:
    assert judge(replace(facts, at_work=("pull_results", timedelta(hours=1)))).conditions == ()


def test_a_breaker_that_still_counts_is_no_condition_once_the_job_ran_well(facts: Facts) -> None:
    counted = OpenBreaker("pull_students", 1, TODAY_6, None, "reporter_error", "")
    assert judge(replace(facts, breakers=(counted,))).conditions == ()


def test_another_fault_of_a_job_is_another_reason_and_another_moment_is_none(facts: Facts) -> None:
    first, second = (
        the_one(replace(facts, runs=(run("pull_students", "failed", code),))) for code in ("store", "time_limit")
    )
    later = replace(run("pull_students", "failed", "store"), started=at("2026-12-16 08:00"))
    assert first.reason != second.reason
    assert the_one(replace(facts, runs=(later,))).reason == first.reason


def test_mail_that_has_not_left_yet_is_given_a_day(facts: Facts) -> None:
    failed = run("send_messages", "failed", "mail")
    assert the_one(replace(facts, runs=(*facts.runs, failed))).patience == timedelta(hours=24)
    assert the_one(CASES["mail-failed"](facts)).patience == timedelta(hours=24)


def test_what_the_guard_holds_is_for_the_programme_lead_and_missing_data_are_not(facts: Facts) -> None:
    held = replace(facts, runs=(*facts.runs, run("send_messages", "held", "no-entries", "read-too-old")))
    assert {each.code: each.for_lead for each in judge(held).conditions} == {"no-entries": True, "read-too-old": False}


def test_each_message_that_is_unknown_is_told(facts: Facts) -> None:
    first = the_one(CASES["mail-unknown"](facts))
    (count,) = messages(MessageKind.REPORT, "unknown")
    second = the_one(replace(facts, messages=(replace(count, newest_id="<other@austen.example>"),)))
    assert first.reason != second.reason
    assert "austen.example" not in first.sentence


@pytest.mark.parametrize(
    ("now", "last_read", "stale"),
    [
        ("2026-12-16 05:00", "2026-12-15 06:00", False),
        ("2026-12-14 09:00", "2026-12-11 06:00", False),  # Monday after Friday
        ("2026-12-15 09:00", "2026-12-11 06:00", False),  # one school day was missed
        ("2026-12-16 09:00", "2026-12-11 06:00", True),
        ("2027-01-04 09:00", "2026-12-18 06:00", False),  # the holidays are over; the 4th is INSET
        ("2027-01-06 09:00", "2026-12-18 06:00", False),
        ("2027-01-07 09:00", "2026-12-18 06:00", True),
    ],
)
def test_a_source_is_stale_by_school_days_and_never_for_a_holiday(
    facts: Facts, now: str, last_read: str, *, stale: bool
) -> None:
    reads = {(Kind.STUDENTS, "students"): read(at(last_read))}
    found = judge(replace(facts, now=at(now), reads=reads, newest_moment=at(now)))
    assert [each.code for each in found.conditions] == (["source-stale"] if stale else [])


def test_a_source_that_was_stale_for_a_week_is_wrong_and_told_once_more(facts: Facts) -> None:
    reads = {(Kind.STUDENTS, "students"): read(at("2026-11-20 06:00"))}
    days, week = (
        the_one(replace(facts, now=at(now), reads=reads, newest_moment=at(now)))
        for now in ("2026-11-25 09:00", "2026-12-01 09:00")
    )
    assert (days.severity, week.severity) == (Severity.WARN, Severity.WRONG)
    assert days.reason != week.reason


def test_a_source_whose_job_is_switched_off_is_not_missed(facts: Facts) -> None:
    job = type(facts.school).model_fields["jobs"].annotation
    assert job is not None
    school = facts.school.model_validate({**facts.school.model_dump(), "jobs": {"pull_students": {"enabled": False}}})
    assert judge(replace(facts, school=school, reads={})).conditions == ()


def test_a_server_that_was_off_for_a_while_is_no_odd_clock(facts: Facts) -> None:
    assert judge(replace(facts, newest_moment=at("2026-11-20"))).conditions == ()


def test_no_sentence_of_a_standing_says_more_than_counts(facts: Facts) -> None:
    everything = facts
    for make in CASES.values():
        everything = make(everything)
    standing: Standing = judge(everything)
    assert standing.verdict is Severity.WRONG
    assert [each.severity for each in standing.conditions] == sorted(
        (each.severity for each in standing.conditions), key=(Severity.WRONG, Severity.WARN).index
    )
