"""How does a test get a school of its own: configuration, sources and mailer in memory, and rows as SIMS has them?"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, ClassVar, TypedDict, Unpack
from zoneinfo import ZoneInfo

from pydantic import ConfigDict

from connectors import CONNECTORS
from connectors.memory import MemoryOptions, MemoryReading, MemorySource
from sims_sync.config import Config, DemoSection, SchoolConfig
from sims_sync.connector import ConnectorContext, Finding, Options
from sims_sync.context import RunContext
from sims_sync.errors import SimsSyncError
from sims_sync.mailer_contract import MemoryMailer
from sims_sync.mapping import load_mapping
from sims_sync.outcome import Ending
from sims_sync.pull.confirmation import source_fingerprint
from sims_sync.records import Kind
from sims_sync.registry import connector_class
from sims_sync.run import RunOptions, RunReport, run_job
from sims_sync.school_year import HalfTermId
from sims_sync.store.plans import confirm
from sims_sync.store.session import Store

LONDON = ZoneInfo("Europe/London")
SCHOOL_ID = "austen"
AUTUMN_1, AUTUMN_2, SPRING_1 = (HalfTermId("2026-27", index) for index in range(3))
AUTUMN_2_SET = "Mentoring Autumn 2 2026/27"
AUTUMN_1_SET = "Mentoring Autumn 1 2026/27"
TEXT = "Hand in every piece of maths homework"
OTHER_TEXT = "Read two chapters of a book each week"
DEADLINE = date(2026, 12, 15)
MAPPINGS = {
    Kind.STUDENTS: "sims_students",
    Kind.STAFF: "sims_staff",
    Kind.TUTOR_GROUPS: "sims_tutor_groups",
    Kind.RESULTS: "sims_results",
    Kind.MENTORING_ENTRIES: "sims_mentoring_entries",
    Kind.PROFORMAS: "proforma",
}
JOBS = {
    Kind.STUDENTS: "pull_students",
    Kind.STAFF: "pull_students",
    Kind.TUTOR_GROUPS: "pull_students",
    Kind.RESULTS: "pull_results",
    Kind.MENTORING_ENTRIES: "pull_entries",
    Kind.PROFORMAS: "collect_proformas",
}
_HALF_TERMS = (
    ("autumn-1", "2026-09-01", "2026-10-23"),
    ("autumn-2", "2026-11-02", "2026-12-18"),
    ("spring-1", "2027-01-04", "2027-02-12"),
    ("spring-2", "2027-02-22", "2027-03-25"),
    ("summer-1", "2027-04-12", "2027-05-28"),
    ("summer-2", "2027-06-07", "2027-07-20"),
)

Row = dict[str, str]


def at(text: str) -> datetime:
    """A school-local moment as aware UTC: "2026-12-16 07:30", or "2026-12-16" for its noon."""
    day, _, clock = text.partition(" ")
    return datetime.fromisoformat(f"{day}T{clock or '12:00'}").replace(tzinfo=LONDON).astimezone(UTC)


class ShelfOptions(Options):
    """A source whose rows a test puts in by hand."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    shelf: MemorySource


class ShelfSource:
    """Hands the product the memory source that the test holds as well."""

    Options: ClassVar[type[ShelfOptions]] = ShelfOptions
    kind_of_connector: ClassVar[str] = "source"
    description: ClassVar[str] = "Rows put in by a test."

    def __init__(self, options: ShelfOptions, context: ConnectorContext) -> None:
        del context
        self._memory = options.shelf
        self.notes = options.shelf.notes

    def read(self, kind: Kind) -> Sequence[MemoryReading]:
        return self._memory.read(kind)

    def check(self) -> Sequence[Finding]:
        return self._memory.check()


class PostOptions(Options):
    """A mailer whose messages a test looks at."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    post: Any


class PostMailer:
    """Hands the product the mailer that the test holds as well."""

    Options: ClassVar[type[PostOptions]] = PostOptions
    kind_of_connector: ClassVar[str] = "mailer"
    description: ClassVar[str] = "Messages kept for a test."

    def __new__(cls, options: PostOptions, context: ConnectorContext) -> Any:  # noqa: ANN401 - the test's own mailer
        del context
        return options.post


@contextmanager
def test_connectors() -> Iterator[None]:
    """Let the registry find this module's source and mailer."""
    CONNECTORS["shelf"] = f"{__name__}:ShelfSource"
    CONNECTORS["post"] = f"{__name__}:PostMailer"
    try:
        yield
    finally:
        del CONNECTORS["shelf"], CONNECTORS["post"]


def school_table(**changes: object) -> dict[str, object]:
    """The tables of a good config.toml of one school with the reference calendar; `changes` replace whole tables."""
    return {
        "school": {"id": SCHOOL_ID, "name": "Austen Academy", "dfe_number": "933/4567"},
        "people": {"programme_lead": "lead@austen.example", "admin": "it@austen.example"},
        "programme": {"policy": "half-term", "starts_with": "2026-27/autumn-2"},
        "calendar": {
            "half_terms": [{"id": f"2026-27/{name}", "start": start, "end": end} for name, start, end in _HALF_TERMS],
            "inset_days": ["2026-09-01", "2026-09-02", "2026-11-02", "2027-01-04"],
        },
        "messages": {"sender": "sims-sync@austen.example", "allowed_domains": ["austen.example"]},
        "reports": {"link": "https://reports.austen.example/"},
        "monitoring": {"clock_jump_days": 0},  # a test goes from term to term
        **changes,
    }


def make_school(base: Path, **changes: object) -> SchoolConfig:
    """A school without sources, as it is after its config.toml was read."""
    school = SchoolConfig.model_validate({"base": base, **school_table(**changes)})
    options = {
        name: connector_class(source.connector, "source").Options.model_validate(source.options)
        for name, source in school.sources.items()
    }
    return school.model_copy(update={"source_options": options})


class Further(TypedDict, total=False):
    """What else one read in memory can be told (`MemorySource.put`)."""

    name: str
    fingerprint: str | None
    incremental: bool
    error: SimsSyncError | None
    fail_after: int


@dataclass
class World:
    """One school with a store, sources in memory and a mailer in memory; jobs run at the moments a test says."""

    store: Store
    school: SchoolConfig
    shelves: Mapping[str, MemorySource]
    post: MemoryMailer = field(default_factory=MemoryMailer)
    confirmed: bool = True  # a person has said of every source that it is this school's
    _has_confirmed: bool = field(default=False, init=False)

    @property
    def id(self) -> str:
        return self.school.id

    def put(
        self, kind: Kind, rows: Sequence[Mapping[str, str]], when: str, *, source: str = "", **more: Unpack[Further]
    ) -> MemoryReading:
        """One read of a kind, whose data was true at `when`."""
        return self.shelves[source or kind.value].put(kind, list(rows), began=at(when), **more)

    def confirm_sources(self) -> None:
        """Say of every source, as it is configured now, that it is this school's."""
        with self.store.writing() as connection:
            for name, section in self.school.sources.items():
                rules = load_mapping(section.mapping, [self.school.path(self.school.mappings_folder)])
                fingerprint = source_fingerprint(self.school, section, rules)
                confirm(
                    connection, self.id, section.kind, name, fingerprint=fingerprint, who="test", at=at("2026-09-01")
                )

    def run(self, job: str, when: str, *, dry: bool = False) -> RunReport:
        """Run a job as if it were `when`; not a rehearsal."""
        if self.confirmed and not self._has_confirmed:
            self.confirm_sources()
            self._has_confirmed = True
        demo = DemoSection(clock=at(when), started=datetime.now(UTC))
        school = self.school.model_copy(update={"demo": demo})
        config = Config(file=school.base / "config.toml", schools={school.id: school})
        return run_job(self.store, config, school, job, RunOptions(dry=dry))

    def read(
        self, kind: Kind, rows: Sequence[Mapping[str, str]], when: str, *, source: str = "", **more: Unpack[Further]
    ) -> RunReport:
        """Put one read and run its job at the same moment."""
        self.put(kind, rows, when, source=source, **more)
        return self.run(JOBS[kind], when)

    def read_well(
        self, kind: Kind, rows: Sequence[Mapping[str, str]], when: str, *, source: str = "", **more: Unpack[Further]
    ) -> RunReport:
        """As `read`, and be sure that nothing was held or stopped."""
        report = self.read(kind, rows, when, source=source, **more)
        assert report.outcome.ending is Ending.DONE, [str(problem) for problem in report.outcome.problems]
        return report

    def context(self, when: str, *, dry: bool = False, rehearsal: bool = False) -> RunContext:
        """A context outside any run, at a moment that stands still."""
        moment = at(when)
        return RunContext(self.store, self.school, lambda: moment, "test-run", dry=dry, rehearsal=rehearsal)

    def with_school(self, **update: object) -> "World":
        """The same with another configuration over the same store."""
        return World(self.store, self.school.model_copy(update=update), self.shelves, self.post, self.confirmed)


def make_world(
    store: Store,
    base: Path,
    kinds: Sequence[Kind] = tuple(MAPPINGS),
    *,
    mappings: Mapping[Kind, str] | None = None,
    **changes: object,
) -> World:
    """A school whose sources are named after their kinds and read what the test puts in."""
    named = MAPPINGS | dict(mappings or {})
    context = ConnectorContext(base, base, lambda: at("2026-12-16"), lambda _: "")
    shelves = {kind.value: MemorySource(MemoryOptions(), context) for kind in kinds}
    sources = {
        kind.value: {"kind": kind.value, "connector": "shelf", "mapping": named[kind], "shelf": shelves[kind.value]}
        for kind in kinds
    }
    post = MemoryMailer()
    messages = {
        "sender": "sims-sync@austen.example",
        "allowed_domains": ["austen.example"],
        "mailer": {"connector": "post", "post": post},
    }
    school = make_school(base, **{"sources": sources, "messages": messages, **changes})
    return World(store, school, shelves, post)


def student(number: int, group: str = "8A1", house: str = "Austen", **more: str) -> Row:
    """One row of the student report; a column given as "" is left out, as SIMS does."""
    row = {
        "Person ID": str(number),
        "Adno": f"{number:06}",
        "Surname": f"Vorrin{number}",
        "Forename": f"Zulpa{number}",
        "Year": f"Year  {group[0]}",
        "Reg": group,
        "House": house,
        "Enrolment Status": "C",
        "Admission Date": "2024-09-01",
        **{name.replace("_", " "): text for name, text in more.items()},
    }
    return {name: text for name, text in row.items() if text}


def students(count: int, group: str = "8A1", first: int = 1) -> list[Row]:
    """Rows of `count` students of one group, numbered from `first`."""
    return [student(number, group) for number in range(first, first + count)]


def staff(code: str, surname: str = "", **more: str) -> Row:
    """One row of the staff report."""
    row = {
        "Staff Code": code,
        "Title": "Mrs",
        "Forename": "Kerra",
        "Surname": surname or f"Tolm{code}",
        "Work Email": f"{code.casefold()}@austen.example",
        **{name.replace("_", " "): text for name, text in more.items()},
    }
    return {name: text for name, text in row.items() if text}


def group(name: str, tutor: str, house: str = "Austen", **more: str) -> Row:
    """One row of the tutor group report."""
    row = {
        "Reg Group": name,
        "Year": f"Year  {name[0]}",
        "House": house,
        "Tutor Code": tutor,
        **{key.replace("_", " "): text for key, text in more.items()},
    }
    return {key: text for key, text in row.items() if text}


def typed(number: int, text: str = TEXT, result_set: str = AUTUMN_2_SET, day: str = "2026-11-12", **more: str) -> Row:
    """One row of the mentoring report: a comment typed in SIMS for student `number`."""
    row = {
        "Person ID": str(number),
        "Aspect": "Mentoring Target 1",
        "Result": text,
        "Result Set": result_set,
        "Result Date": day,
        **{name.replace("_", " "): value for name, value in more.items()},
    }
    return {name: value for name, value in row.items() if value}


def result(number: int, value: str, aspect: str = "English Attainment", **more: str) -> Row:
    """One row of the results report."""
    row = {
        "Person ID": str(number),
        "Aspect": aspect,
        "Result": value,
        "Result Set": "Autumn 1 2026/27",
        "Result Date": "2026-10-20",
        **{name.replace("_", " "): text for name, text in more.items()},
    }
    return {name: text for name, text in row.items() if text}


def proforma(row_id: str, number: int, **more: str) -> Row:
    """One row of a returned pro-forma: a submitted interview with one target, unless told otherwise."""
    row = {
        "row_id": row_id,
        "admission_number": f"{number:06}",
        "surname": f"Vorrin{number}",
        "interview_date": "2026-11-12",
        "author": "T1",
        "state": "submitted",
        "kind": "interview",
        "area": "Maths",
        "text": TEXT,
        "criterion": "",
        "support": "",
        "by_date": "",
        "outcome": "",
        "evidence": "",
        "next_step": "",
        "no_target_reason": "",
        "excusal_reason": "",
        **more,
    }
    return dict(row)
