"""How does the annual evaluation put its figures: cells, notes, and sentences to paste into a school's own plan?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sims_sync.compliance.annual import Annual, Column, Shown, Table
from sims_sync.compliance.suppression import FEWEST_STUDENTS
from sims_sync.compliance.tutor_view import FEWEST_ANSWERS, SCALE, QuestionShown
from sims_sync.report.summary import SCHOOL_ZONE, clean
from sims_sync.report.wording import count, day, joined

SUPPRESSED = f"<{FEWEST_STUDENTS}"
NOBODY = "n/a"
PASTE_HEADING = "For the School Improvement Plan and the Self-Evaluation Form"
TUTORS_HEADING = "What tutors say"
NOTHING = "Nothing to show."
NO_ANSWERS = "No tutor's sheet of this year is there."


@dataclass(frozen=True, slots=True)
class AnnualReport:
    """The evaluation as every format shows it. `tutors`: the questions' results, empty = no sheet of this year."""

    school: str
    annual: Annual
    as_of: datetime
    tutors: tuple[QuestionShown, ...] = ()
    zone: ZoneInfo = SCHOOL_ZONE


def annual_report(
    school: str,
    annual: Annual,
    as_of: datetime,
    tutors: Sequence[QuestionShown] = (),
    zone: ZoneInfo = SCHOOL_ZONE,
) -> AnnualReport:
    """The report of one school's year."""
    return AnnualReport(clean(school), annual, as_of, tuple(tutors), zone)


def title(report: AnnualReport) -> str:
    """The heading of the whole report."""
    return f"{report.school}: annual evaluation of the Student Support Programme, {report.annual.year}"


def cell(shown: Shown) -> str:
    """E.g. "64 % (59 of 92)", "12", "n/a", "<5"."""
    if shown.suppressed:
        return SUPPRESSED
    if not shown.students:
        return NOBODY
    if not shown.whole:
        return str(shown.part)
    return f"{shown.percent} % ({shown.part} of {shown.whole})"


def notes(report: AnnualReport) -> tuple[str, ...]:
    """What the figures rest on, and how to read them."""
    made = report.annual
    closed = joined([each.shown for each in made.closed]) or "none"
    local = report.as_of.astimezone(report.zone)
    told = [
        f"As of {day(local.date())}. Closing figures of: {closed}.",
        *(f"{half_term.shown}: {why}." for half_term, why in made.others),
        f"{SUPPRESSED}: the cell rests on fewer than {FEWEST_STUDENTS} students, or would let one be worked out.",
        "A house's share is all its students done of all due, never the mean of percentages.",
        "A student is counted in the house and year group of the newest closed half term that has them.",
    ]
    if made.restated:
        told.append(f"Restated after closing: {joined([each.shown for each in made.restated])}.")
    if made.without_work:
        named = joined([each.shown for each in made.without_work])
        told.append(f"Interviews and reviews were not kept at closing, and are not counted: {named}.")
    return tuple(told)


def paste_lines(report: AnnualReport) -> tuple[str, ...]:
    """Sentences for a School Improvement Plan or Self-Evaluation Form: whole-school figures and the range by row."""
    made = report.annual
    if not made.closed:
        return ("No half term of this year is closed yet: there is nothing to evaluate.",)
    closed = f"{count(len(made.closed), 'half term')} of the year {'is' if len(made.closed) == 1 else 'are'} closed"
    said = [
        f"In {made.year} every student of the programme was to meet their tutor one to one; {closed}.",
        *_shares(made.done),
        *_interviews(made.interviews),
        *_outcomes(made.outcomes),
        *_excused(made.excused),
        *tutor_lines(report.tutors)[:1],
    ]
    return tuple(line for line in said if line)


def tutor_lines(shown: Sequence[QuestionShown]) -> tuple[str, ...]:
    """The tutors' answers, a line per question, after one that says how many answered."""
    if not shown:
        return ()
    most = max((each.answers or 0 for each in shown), default=0)
    if not most:
        return ("Tutors' anonymous sheet: fewer than five answers, so none is shown.",)
    return (f"Tutors' anonymous sheet: {most} answers at most to a question ({SCALE}).", *map(question_line, shown))


def question_line(shown: QuestionShown) -> str:
    """One question's mean and share of agreement, or why there is none."""
    if shown.answers is None or shown.mean_tenths is None:
        return f"{shown.question} Fewer than {_number(FEWEST_ANSWERS)} answers."
    mean = f"{shown.mean_tenths // 10}.{shown.mean_tenths % 10}"
    return f"{shown.question} Mean {mean}; {shown.agree_percent} % say 4 or 5 ({shown.answers} answers)."


def _number(value: int) -> str:
    return {5: "five"}.get(value, str(value))


def _shares(tables: Iterable[Table]) -> Iterable[str]:
    tables = tuple(tables)
    if not tables:
        return
    shares = [f"{column.heading} {cell(column.total)}" for column in tables[0].columns]
    yield f"Students done at closing: {'; '.join(shares)}."
    for table in tables:
        yield _range(table, table.columns[-1]) if table.columns else ""


def _range(table: Table, column: Column) -> str:
    """From the lowest to the highest row shown; nothing where fewer than two may be."""
    known = [(found.percent, row) for row, found in column.cells.items() if found.percent is not None]
    if len(known) < 2:  # noqa: PLR2004 - a range has two ends
        return ""
    lowest, highest = min(known)[0], max(known)[0]
    return f"By {table.by.casefold()}, {column.heading} ranges from {lowest} % to {highest} %."


def _interviews(tables: Iterable[Table]) -> Iterable[str]:
    total = next((table.columns[0].total for table in tables if table.columns), Shown())
    if total.percent is not None and total.students:
        tenths = 10 * (total.part or 0) // total.students
        yield (
            f"Of three interviews a year, {tenths // 10}.{tenths % 10} were held for each student on average "
            f"({total.part} of {total.whole})."
        )


def _outcomes(tables: Iterable[Table]) -> Iterable[str]:
    columns = next((table.columns for table in tables), ())
    shown = [f"{column.heading} {column.total.part}" for column in columns if column.total.part]
    if shown:
        yield f"Reviews of earlier targets by outcome: {', '.join(shown)}."


def _excused(tables: Iterable[Table]) -> Iterable[str]:
    total = next((table.columns[0].total for table in tables if table.columns), Shown())
    if total.percent is not None:
        yield f"Excused in at least one half term, with the reason accepted: {cell(total)} of students."
