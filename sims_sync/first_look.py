"""`try`: a first look at hand-run exports, without config, store or mail, by the same path as everything else.

The files are copied into a folder that is gone afterwards, with a store beside them; their mappings are guessed.
"""

import csv
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

from sims_sync.bank_holidays import england_bank_holidays
from sims_sync.compliance.facts import Policy
from sims_sync.compliance.figures import assess
from sims_sync.compliance_report import ComplianceReport, compliance_report
from sims_sync.config import Config, SchoolConfig
from sims_sync.context import RunContext
from sims_sync.errors import RecordError, RunError
from sims_sync.formats import open_file
from sims_sync.mapping import Mapper
from sims_sync.mapping_suggest import Suggestion, suggest
from sims_sync.pull.release import Decision, release_first
from sims_sync.records import Kind, RoleName, SimsEntry
from sims_sync.registry import connector_class
from sims_sync.roles_file import COLUMNS
from sims_sync.run import RunOptions, RunReport, run_job, run_step
from sims_sync.school_year import HALF_TERM_NAMES, HalfTermId
from sims_sync.store.session import Store, open_store
from sims_sync.store.staff import load_roles
from sims_sync.store.students import load_students

SAMPLE_ROWS = 200
HALF_TERM_WEEKS = 6
SCHOOL_ID = "first-look"
_FIRST_MONTHS = {9: 0, 10: 0, 11: 1, 12: 1, 1: 2, 2: 2, 3: 3, 4: 3, 5: 4, 6: 5, 7: 5, 8: 0}
_HALF_TERM = re.compile(r"(autumn|spring|summer)\D{0,12}?([12])", re.IGNORECASE)
_JOBS = ("pull_students", "pull_entries", "collect_proformas")
_SATURDAY = 5
_SEPTEMBER = 9
_END_OF_YEAR = (7, 24)


@dataclass(frozen=True, slots=True)
class TriedFile:
    """One file and what it was taken for."""

    path: Path
    suggestion: Suggestion


@dataclass(frozen=True, slots=True)
class FirstLook:
    """What came of it. `policies` are (policy, due, done) of the whole school, for the half term of the deadline.

    `tutors_unknown`: no file says who tutors which group, so the figures stand and nobody is named.
    """

    school: SchoolConfig
    runs: tuple[RunReport, ...]
    report: ComplianceReport
    half_term: HalfTermId
    first_day: date
    policies: tuple[tuple[Policy, int, int], ...]
    tutors_unknown: bool = False


def recognise(paths: Sequence[Path]) -> tuple[TriedFile, ...]:
    """What each file may be.

    Raises:
        SourceRefused, SourceUnavailable: a file cannot be read.
        RunError: no students among them, or nothing that holds entries.
    """
    tried = tuple(TriedFile(path, _suggestion(path)) for path in paths)
    kinds = {each.suggestion.kind for each in tried}
    if Kind.STUDENTS not in kinds:
        do = "Give the student report too; `sims-sync reports show students` says how to build it."
        raise RunError("no-students", "None of these files looks like a list of students.", do)
    if kinds.isdisjoint({Kind.MENTORING_ENTRIES, Kind.PROFORMAS}):
        do = "Give the mentoring report too; `sims-sync reports show mentoring_entries` says how to build it."
        raise RunError("no-entries", "None of these files looks like entries.", do)
    return tried


def look(
    tried: Sequence[TriedFile], folder: Path, *, deadline: date, first_day: date | None, policy: Policy
) -> FirstLook:
    """Pull the files into a store in `folder` (which the caller removes) and assess the half term of `deadline`.

    Without `first_day` the half term is taken to have begun six weeks before.

    Raises:
        RunError: the deadline is no weekday.
        SimsSyncError: the files cannot be used.
    """
    if deadline.weekday() >= _SATURDAY or deadline in england_bank_holidays((deadline.year,)):
        raise RunError("deadline", f"{deadline:%a %d %b %Y} is no school day.", "Give a school day as the deadline.")
    begun = first_day or deadline - timedelta(weeks=HALF_TERM_WEEKS) + timedelta(days=-deadline.weekday())
    school = _school(tried, folder, deadline, begun, policy)
    config = Config(file=folder / "config.toml", schools={SCHOOL_ID: school})
    moment = max(datetime.fromtimestamp(each.path.stat().st_mtime, UTC) for each in tried) + timedelta(seconds=1)
    store = open_store("sqlite:///first-look.db", folder)
    try:
        return _looked(store, config, school, moment, _half_term(deadline), begun)
    finally:
        store.close()


def _looked(
    store: Store, config: Config, school: SchoolConfig, moment: datetime, half_term: HalfTermId, begun: date
) -> FirstLook:
    runs = tuple(_run(store, config, school, job, moment) for job in _JOBS)
    context = RunContext(store, school, lambda: moment, "first-look", rehearsal=True)
    tutors_unknown = _stand_in_for_tutors(context)
    report = compliance_report(context, half_term)
    return FirstLook(school, runs, report, half_term, begun, tuple(_policies(report)), tutors_unknown)


def _stand_in_for_tutors(context: RunContext) -> bool:
    """Give each group a nameless tutor where no file names any; whether that was needed.

    Else every student without an entry would be one without a tutor, and each group would look complete.
    """
    with context.store.reading() as connection:
        roles = load_roles(connection, context.school_id)
        students = load_students(connection, context.school_id)
    if any(role.role is RoleName.TUTOR for origin in roles.values() for role in origin):
        return False
    groups = sorted({student.tutor_group for student in students.values() if student.tutor_group})
    with context.school.path(context.school.roles.file).open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(COLUMNS)
        lines.writerows((f"tutor of {group}", RoleName.TUTOR.value, group, "", "") for group in groups)
    return True


def _run(store: Store, config: Config, school: SchoolConfig, job: str, moment: datetime) -> RunReport:
    """Nothing is kept of a first look, so nobody needs to be asked whether it is their school."""
    options = RunOptions(as_of=moment)
    report = run_job(store, config, school, job, options)
    if not report.outcome.waiting:
        return report
    decision = Decision(who="try", reason="a first look")
    return run_step(store, school, job, lambda context: release_first(context, decision), options)


def _policies(report: ComplianceReport) -> Iterator[tuple[Policy, int, int]]:
    """The same facts under each policy: a school chooses with its own numbers in sight (DOMAIN rule 16)."""
    if report.held:
        return
    facts, seen = report.loaded.facts, report.assessment
    for policy in Policy:
        other = replace(facts, settings=replace(facts.settings, policy=policy))
        houses = assess(other, seen.half_term, seen.occasion, seen.moment).houses
        yield policy, sum(house.due for house in houses), sum(house.done for house in houses)


def _suggestion(path: Path) -> Suggestion:
    reader = open_file(path)
    rows = list(islice(reader.rows(), SAMPLE_ROWS))
    return suggest(tuple(reader.columns), rows)


def _school(tried: Sequence[TriedFile], folder: Path, deadline: date, begun: date, policy: Policy) -> SchoolConfig:
    sources = {}
    for number, each in enumerate(tried, start=1):
        kind = each.suggestion.kind
        if kind is None:
            continue
        name = f"{kind.value}-{number}"
        (folder / name).mkdir()
        shutil.copy2(each.path, folder / name / each.path.name)
        (folder / "mappings").mkdir(exist_ok=True)
        (folder / "mappings" / f"{name}.toml").write_text(each.suggestion.toml, encoding="utf-8")
        sources[name] = {
            "kind": kind.value,
            "connector": "drop_folder",
            "mapping": name,
            "folder": name,
            "pattern": ["*"],
            "settle_seconds": 0,
        }
    half_term = _half_term(deadline)
    starts = half_term.index - half_term.index % 2 if policy is Policy.TERMLY else half_term.index
    school = SchoolConfig.model_validate(
        {
            "base": folder,
            "school": {"id": SCHOOL_ID, "name": "First look"},
            "people": {"programme_lead": "nobody@first-look.example", "admin": "nobody@first-look.example"},
            "programme": {
                "policy": policy.value,
                "starts_with": f"{half_term.year}/{HALF_TERM_NAMES[starts]}",
                "deadline_days_before_end": 0,
            },
            "calendar": {"half_terms": _half_terms(half_term, begun, deadline)},
            "entries": _entries_section(tried, half_term),
            "sources": sources,
            "messages": {
                "mode": "off",
                "sender": "nobody@first-look.example",
                "allowed_domains": ["first-look.example"],
            },
        }
    )
    options = {
        name: connector_class("drop_folder", "source").Options.model_validate(source.options)
        for name, source in school.sources.items()
    }
    return school.model_copy(update={"source_options": options})


def _half_term(deadline: date) -> HalfTermId:
    first = deadline.year if deadline.month >= _SEPTEMBER else deadline.year - 1
    return HalfTermId(f"{first}-{(first + 1) % 100:02d}", _FIRST_MONTHS[deadline.month])


def _half_terms(half_term: HalfTermId, begun: date, deadline: date) -> list[dict[str, Any]]:
    """A year around the one half term that matters: what lies before and after is cut into equal parts."""
    first_year = int(half_term.year[:4])
    spans = [
        *_parts(date(first_year, _SEPTEMBER, 1), begun - timedelta(days=1), half_term.index),
        (begun, deadline),
        *_parts(deadline + timedelta(days=1), date(first_year + 1, *_END_OF_YEAR), 5 - half_term.index),
    ]
    names = [HalfTermId(half_term.year, index) for index in range(len(HALF_TERM_NAMES))]
    return [{"id": str(name), "start": start, "end": end} for name, (start, end) in zip(names, spans, strict=True)]


def _parts(first: date, last: date, count: int) -> list[tuple[date, date]]:
    if not count:
        return []
    days = (last - first).days + 1
    cuts = [first + timedelta(days=days * number // count) for number in range(count + 1)]
    return [(start, end - timedelta(days=1)) for start, end in pairwise(cuts)]


def _entries_section(tried: Sequence[TriedFile], half_term: HalfTermId) -> dict[str, Any]:
    """Which aspects are targets and reviews, and which result sets name half terms, judged by their names."""
    aspects: dict[str, None] = {}
    sets: dict[str, str] = {}
    for each in tried:
        if each.suggestion.kind is not Kind.MENTORING_ENTRIES:
            continue
        for record in _records(each):
            aspects[record.aspect] = None
            named = _HALF_TERM.search(record.result_set or "")
            if named:
                sets[record.result_set or ""] = f"{half_term.year}/{named[1].casefold()}-{named[2]}"
    reviews = [name for name in aspects if "review" in name.casefold()]
    targets = [name for name in aspects if name not in reviews and "target" in name.casefold()]
    targets = targets or [name for name in aspects if name not in reviews]
    return {"target_aspects": targets, "review_aspects": reviews, "result_sets": sets} if aspects else {}


def _records(each: TriedFile) -> Iterator[SimsEntry]:
    if each.suggestion.rules is None:
        return
    mapper = Mapper(each.suggestion.rules)
    for row in open_file(each.path).rows():
        try:
            yield from (record for record in mapper.map(row) if isinstance(record, SimsEntry))
        except RecordError:
            continue  # the pull reports it
