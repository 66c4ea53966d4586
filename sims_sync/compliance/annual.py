"""What does a year of the programme come to, per house and year group, without telling on anyone (DOMAIN rule 25)?"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sims_sync.compliance.facts import Assessment, GroupFigures, StudentClass, StudentLine
from sims_sync.compliance.half_terms_known import HalfTermKnown
from sims_sync.compliance.status import TERMS_IN_A_YEAR, percent
from sims_sync.compliance.suppression import Raw, hidden, total_of
from sims_sync.compliance.work import Work, together
from sims_sync.school_year import HalfTermId

NO_HOUSE = "No house"
NO_YEAR = "No year group"
HOUSE, YEAR_GROUP = "House", "Year group"
TOTAL = "Whole school"
NOT_STATED = "not stated"
OUTCOMES = ("achieved", "partly", "not achieved", "withdrawn", NOT_STATED)
OTHER_OUTCOME = "other"
_DUE = frozenset({StudentClass.DONE, StudentClass.OUTSTANDING})


@dataclass(frozen=True, slots=True)
class Shown:
    """A cell as it may be shown. `suppressed`: too few students; then every number is None.

    `percent` None = nobody was in it, it is suppressed, or it is a count of its own (`whole` 0).
    """

    part: int | None = None
    whole: int | None = None
    students: int | None = None
    percent: int | None = None
    suppressed: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """One measure of one table: the cell of each row, and the whole school's."""

    heading: str
    cells: Mapping[str, Shown]
    total: Shown


@dataclass(frozen=True, slots=True)
class Table:
    """One measure by house or by year group. `rows` in order; every column has a cell for each."""

    title: str
    by: str
    rows: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def empty(self) -> bool:
        """Whether nobody is in any of its cells."""
        return not any(column.total.students or column.total.suppressed for column in self.columns)


@dataclass(frozen=True, slots=True)
class Annual:
    """The whole evaluation. `closed`: the half terms it rests on; `restated`: those of them restated since.

    `others`: each half term that is not in it, and why in a word. `without_work`: those whose interviews and reviews an
    earlier release did not keep at closing, so that they are not counted. The tables come in pairs, by house and by
    year group: share done by half term, interviews of 3, outcomes of reviews, excused.
    """

    year: str
    closed: tuple[HalfTermId, ...]
    restated: tuple[HalfTermId, ...]
    others: tuple[tuple[HalfTermId, str], ...]
    without_work: tuple[HalfTermId, ...]
    done: tuple[Table, ...]
    interviews: tuple[Table, ...]
    outcomes: tuple[Table, ...]
    excused: tuple[Table, ...]

    @property
    def tables(self) -> tuple[Table, ...]:
        """Every table, in the order of the report; none where nothing is closed."""
        return () if not self.closed else (*self.done, *self.interviews, *self.outcomes, *self.excused)


def annual(half_terms: Sequence[HalfTermKnown]) -> Annual:
    """The evaluation of one academic year, from its closing snapshots alone: what is not closed is not in it.

    A student is counted in the house and year group of the newest closed half term that has them.
    """
    kept = [each for each in half_terms if each.closed and each.assessment is not None]
    people = _People(kept)
    return Annual(
        year=half_terms[0].half_term.year,
        closed=tuple(each.half_term for each in kept),
        restated=tuple(each.half_term for each in kept if each.restated),
        others=tuple((each.half_term, _why_not(each)) for each in half_terms if not each.closed),
        without_work=tuple(each.half_term for each in kept if each.work is None),
        done=(_done(kept, HOUSE, _house, _year), _done(kept, YEAR_GROUP, _year, _house)),
        interviews=people.tables("Interviews held, of 3 for each student", {"Interviews": people.interviews()}),
        outcomes=people.tables("Outcomes of the reviews made", people.outcomes()),
        excused=people.tables("Students excused in at least one half term", {"Excused": people.excused()}),
    )


def protected(heading: str, raw: Mapping[str, Raw], twin: Mapping[str, Raw] | None = None) -> Column:
    """One column as it may be shown: small cells hidden, and as many others as it takes (`suppression`).

    `twin`: the same students in the parts of another table, whose cells add up to the same total. Where that total is
    settled (nobody, or everybody) and a cell of either is hidden, the total would give it away: all of both is hidden.
    """
    gone, total = hidden(raw), total_of(raw)
    given_away = total.settled and bool(gone or hidden(twin or {}))
    if given_away:
        gone = frozenset(key for key, each in raw.items() if not each.empty)
    cells = {key: Shown(suppressed=True) if key in gone else _shown(each) for key, each in raw.items()}
    show_total = total.empty or (total.safe and not given_away)
    return Column(heading, cells, _shown(total) if show_total else Shown(suppressed=True))


def _shown(raw: Raw) -> Shown:
    return Shown(raw.part, raw.whole, raw.students, percent(raw.part, raw.whole))


def _why_not(known: HalfTermKnown) -> str:
    live = known.assessment is not None or (known.held and not known.version)
    return "not closed yet" if live else known.standing.value


def _done(
    kept: Iterable[HalfTermKnown], by: str, key: Callable[[GroupFigures], str], twin: Callable[[GroupFigures], str]
) -> Table:
    found = [(each.half_term.shown, each.assessment) for each in kept if each.assessment]
    rows = _in_order(row for _, made in found for row in _by_key(made, key))
    columns = [
        protected(heading, dict.fromkeys(rows, Raw()) | _by_key(made, key), _by_key(made, twin))
        for heading, made in found
    ]
    return Table(f"Share of students done, by {by.casefold()}", by, rows, tuple(columns))


def _in_order(rows: Iterable[str]) -> tuple[str, ...]:
    """Houses by name, "Year 7" before "Year 10", and those in none last."""
    return tuple(sorted(set(rows), key=lambda row: (row in {NO_HOUSE, NO_YEAR}, _number(row), row.casefold())))


def _number(row: str) -> int:
    last = row.rpartition(" ")[2]
    return int(last) if last.isdecimal() else 0


def _by_key(made: Assessment, key: Callable[[GroupFigures], str]) -> dict[str, Raw]:
    found: dict[str, Raw] = defaultdict(Raw)
    for group in made.groups:
        found[key(group)] += Raw(group.done, group.due, group.due)
    return found


def _house(group: GroupFigures) -> str:
    return group.house or NO_HOUSE


def _year(group: GroupFigures) -> str:
    return f"Year {group.nc_year}" if group.nc_year else NO_YEAR


class _People:
    """The students of the year: each in one house and one year group, with what is known of them."""

    def __init__(self, kept: Sequence[HalfTermKnown]) -> None:
        self._kept = kept
        self._lines: dict[str, StudentLine] = {
            line.student_id: line for each in kept if each.assessment for line in each.assessment.lines
        }

    def tables(self, title: str, measures: Mapping[str, Mapping[str, Raw]]) -> tuple[Table, ...]:
        """The measures (heading → student → what is counted) by house and by year group."""
        house, year = self._house_of, self._year_of
        return (
            self._table(title, HOUSE, (house, year), measures),
            self._table(title, YEAR_GROUP, (year, house), measures),
        )

    def interviews(self) -> Mapping[str, Raw]:
        """Of who was due in the newest closed half term: terms with a qualifying interview, of 3."""
        newest = self._kept[-1].assessment if self._kept else None
        due = [line.student_id for line in newest.lines if line.student_class in _DUE] if newest else []
        terms: dict[str, set[int]] = defaultdict(set)
        for each in self._kept:
            for student, work in (each.work or {}).items():
                if work.interviewed:
                    terms[student].add(each.half_term.index // 2)
        return {student: Raw(len(terms[student]), TERMS_IN_A_YEAR, 1) for student in due}

    def outcomes(self) -> Mapping[str, Mapping[str, Raw]]:
        """Of who has reviews: how many of them have each outcome.

        A count without the number of reviews beside it: else the one outcome of a row that is hidden would be what the
        others leave of it.
        """
        by_student: dict[str, list[Work]] = defaultdict(list)
        for each in self._kept:
            for student, work in (each.work or {}).items():
                by_student[student].append(work)
        found = {student: _by_outcome(together(works)) for student, works in by_student.items()}
        reviewed = {student: counts for student, counts in found.items() if counts}
        named = [*OUTCOMES, *([OTHER_OUTCOME] if any(OTHER_OUTCOME in each for each in reviewed.values()) else [])]
        return {
            outcome: {
                student: Raw(counts.get(outcome, 0), 0, 1, int(outcome in counts))
                for student, counts in reviewed.items()
            }
            for outcome in named
        }

    def excused(self) -> Mapping[str, Raw]:
        """Of everyone in any half term's lines: who was excused at least once."""
        lines = [line for each in self._kept if each.assessment for line in each.assessment.lines]
        excused = {line.student_id for line in lines if line.student_class is StudentClass.EXCUSED}
        return {student: Raw(int(student in excused), 1, 1, int(student in excused)) for student in self._lines}

    def _table(
        self,
        title: str,
        by: str,
        keys: tuple[Callable[[str], str], Callable[[str], str]],
        measures: Mapping[str, Mapping[str, Raw]],
    ) -> Table:
        key, twin = keys
        rows = _in_order(map(key, self._lines))
        columns = [
            protected(heading, dict.fromkeys(rows, Raw()) | self._sums(key, raw), self._sums(twin, raw))
            for heading, raw in measures.items()
        ]
        return Table(f"{title}, by {by.casefold()}", by, rows, tuple(columns))

    @staticmethod
    def _sums(key: Callable[[str], str], measure: Mapping[str, Raw]) -> dict[str, Raw]:
        sums: dict[str, Raw] = defaultdict(Raw)
        for student, raw in measure.items():
            sums[key(student)] += raw
        return sums

    def _house_of(self, student: str) -> str:
        return self._lines[student].house or NO_HOUSE

    def _year_of(self, student: str) -> str:
        nc_year = self._lines[student].nc_year
        return f"Year {nc_year}" if nc_year else NO_YEAR


def _by_outcome(work: Work) -> Mapping[str, int]:
    """A student's reviews by the words of `OUTCOMES`; any other word is "other"."""
    counts: dict[str, int] = defaultdict(int)
    for outcome, number in work.outcomes.items():
        word = outcome or NOT_STATED
        counts[word if word in OUTCOMES else OTHER_OUTCOME] += number
    return counts
