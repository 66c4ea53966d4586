"""How is academic data readiness told: the report in each format, and the message to a Progress Leader (rules 18, 23)?

Counts only: no student and no tutor is in any of it.
"""

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import StringIO
from zoneinfo import ZoneInfo

from sims_sync.compliance.facts import HoldReason
from sims_sync.compliance.readiness import THRESHOLD_PERCENT, Check, ScopeFigures, without_names
from sims_sync.report import wording
from sims_sync.report.exports import neutralised
from sims_sync.report.page import TEMPLATES
from sims_sync.report.summary import SCHOOL_ZONE, clean
from sims_sync.school_year import HalfTermId

SCHEMA = "sims-sync/readiness/1"
COLUMNS = ("kind", "leader", "scope", "subject", "students", "lacking", "percent", "no_date", "empty", "alert")
NAME_COLUMNS = ("nc_year", "tutor_group", "forename", "surname")
SILENT_COLUMNS = ("code", "what", "do")
_CHECKS = {1: "at the start of the half term", 2: "ten school days before the deadline"}


@dataclass(frozen=True, slots=True)
class LeaderRow:
    """One Progress Leader, and the figures of each of their scopes."""

    shown: str
    scopes: tuple[ScopeFigures, ...]


@dataclass(frozen=True, slots=True)
class ReadinessSummary:
    """What the report shows. `silent`: why there are no figures; `doubts`: why no alert leaves although there are."""

    school: str
    half_term: HalfTermId
    check: Check
    day: date | None
    as_of: datetime | None
    zone: ZoneInfo = SCHOOL_ZONE
    years: tuple[ScopeFigures, ...] = ()
    leaders: tuple[LeaderRow, ...] = ()
    silent: tuple[HoldReason, ...] = ()
    doubts: tuple[HoldReason, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadinessAlert:
    """What one Progress Leader is told at one check: the scopes in which data lack, counts only."""

    school: str
    staff_id: str
    shown: str
    half_term: HalfTermId
    check: Check
    as_of: datetime
    zone: ZoneInfo
    scopes: tuple[ScopeFigures, ...]

    @property
    def subjects(self) -> tuple[str, ...]:
        """The subjects that are empty, each once."""
        return tuple(dict.fromkeys(subject for each in self.scopes for subject in each.empty_subjects))


def compose_readiness_text(alert: ReadinessAlert, notice: str = "") -> tuple[str, str, str]:
    """(subject, text, HTML) of the message: neutral subject, counts, one action, no student and no tutor.

    `notice`: what stands first where it did not go to whom it is for (rule 8c); it is not in the subject.
    """
    scopes = wording.joined([clean(each.scope.shown) for each in alert.scopes])
    subject = f"{scopes} {wording.DASH} {alert.half_term.shown}: academic data before the interviews"
    content = {
        "alert": alert,
        "notice": notice,
        "w": wording,
        "school": clean(alert.school),
        "lines": [tuple(map(clean, scope_sentences(each))) for each in alert.scopes],
        "when": f"{_CHECKS[alert.check]}, {alert.half_term.shown} {alert.half_term.year}",
        "as_of": _moment(alert.as_of, alert.zone),
        "threshold": THRESHOLD_PERCENT,
    }
    return (
        subject,
        TEMPLATES.get_template("readiness.txt.j2").render(content),
        TEMPLATES.get_template("readiness.html.j2").render(content),
    )


def scope_sentences(figures: ScopeFigures) -> Iterator[str]:
    """A scope's figures in sentences: how many lack data, which subjects are empty, what has no date."""
    who = wording.count(figures.students, "student")
    recent = "without a result of this or the previous two half terms"
    yield f"{figures.scope.shown}: {figures.lacking} of {who} ({figures.percent} %) {recent}."
    if figures.empty_subjects:
        yield f"Nobody has a recent result in {wording.joined(figures.empty_subjects)}."
    if figures.undated:
        yield f"{wording.count(figures.undated, 'student')} counted as having data: their results have no date."


def title(summary: ReadinessSummary) -> str:
    """The heading."""
    return f"{clean(summary.school)}: academic data for {summary.half_term.shown}, {summary.half_term.year}"


def opening(summary: ReadinessSummary) -> Iterator[str]:
    """Which check, on which day, how old the results are, and why there is no alert, if so."""
    yield f"Check {summary.check}, {_CHECKS[summary.check]}: {wording.day(summary.day)}."
    if summary.as_of is not None:
        yield f"Results: data as of {_moment(summary.as_of, summary.zone)}."
    for reason in (*summary.silent, *summary.doubts):
        yield f"{reason.what} {reason.do}"


def lines(figures: ScopeFigures) -> Iterator[str]:
    """A scope's sentences, then a line per subject in which anyone lacks a recent result."""
    mark = "▲ " if figures.is_alert else "✔ "
    first, *rest = map(clean, scope_sentences(figures))
    yield mark + first
    yield from (f"  {sentence}" for sentence in rest)
    for each in figures.subjects:
        if each.lacking and not figures.scope.subject:
            yield f"  {clean(each.subject)}: {each.lacking} of {each.students} without a recent result"


def render_readiness_text(summary: ReadinessSummary) -> str:
    """The report as plain text."""
    heading = title(summary)
    parts = [heading, "=" * len(heading), *opening(summary)]
    for name, scopes in _blocks(summary):
        parts += ["", name, *(f"  {line}" for each in scopes for line in lines(each))]
    parts += ["", "No tutor answers for academic data: this is for Progress Leaders.", wording.STAFF_ONLY]
    return "\n".join(parts) + "\n"


def render_readiness_html(summary: ReadinessSummary) -> str:
    """The report as one self-contained page."""
    content = {
        "title": title(summary),
        "opening": list(opening(summary)),
        "blocks": list(_blocks(summary)),
        "w": wording,
    }
    return TEMPLATES.get_template("readiness_page.html.j2").render(content) + "\n"


def render_readiness_csv(summary: ReadinessSummary) -> str:
    """A row per year and per leader's scope, each followed by its subjects; silent: the reasons instead."""
    if summary.silent:
        return _csv(SILENT_COLUMNS, [(reason.code, reason.what, reason.do) for reason in summary.silent])
    rows = [row for figures in summary.years for row in _rows("year", "", figures)]
    rows += [
        row
        for leader in summary.leaders
        for figures in leader.scopes
        for row in _rows("progress leader", leader.shown, figures)
    ]
    return _csv(COLUMNS, rows)


def render_readiness_json(summary: ReadinessSummary) -> str:
    """One document, ending with a line break."""
    document = {
        "schema": SCHEMA,
        "school": summary.school,
        "half_term": str(summary.half_term),
        "check": summary.check,
        "day": summary.day.isoformat() if summary.day else None,
        "as_of": summary.as_of.isoformat() if summary.as_of else None,
        "held": [{"code": reason.code, "what": reason.what, "do": reason.do} for reason in summary.silent],
        "no_alert": [{"code": reason.code, "what": reason.what, "do": reason.do} for reason in summary.doubts],
        "years": [_document(each) for each in summary.years],
        "progress_leaders": [
            {"name": leader.shown, "scopes": [_document(each) for each in leader.scopes]} for leader in summary.leaders
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def render_readiness_names(rows: Sequence[Sequence[str]]) -> str:
    """The students who lack data, as CSV with `NAME_COLUMNS`: for a file that its reader keeps safe."""
    return _csv(NAME_COLUMNS, rows)


def _blocks(summary: ReadinessSummary) -> Iterator[tuple[str, Sequence[ScopeFigures]]]:
    if summary.years:
        yield "By year", summary.years
    for leader in summary.leaders:
        yield f"Progress Leader {clean(leader.shown)}", leader.scopes
    if summary.years and not summary.leaders:
        yield "No Progress Leader is named in roles.csv: nobody is told.", ()


def _rows(kind: str, leader: str, figures: ScopeFigures) -> Iterator[Sequence[str]]:
    empty = "; ".join(figures.empty_subjects)
    counts = (figures.students, figures.lacking, figures.percent, figures.undated, empty, figures.is_alert)
    yield [kind, leader, figures.scope.shown, "", *map(_cell, counts)]
    for each in figures.subjects:
        percent = 100 * each.lacking // each.students
        cells = (each.students, each.lacking, percent, "", "yes" if each.is_empty else "", "")
        yield [kind, leader, figures.scope.shown, each.subject, *map(_cell, cells)]


def _cell(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _document(figures: ScopeFigures) -> dict[str, object]:
    subjects = [
        {"subject": each.subject, "students": each.students, "lacking": each.lacking} for each in figures.subjects
    ]
    return {**without_names(figures), "subjects": subjects}


def _csv(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    page = StringIO()
    writer = csv.writer(page, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([neutralised(clean(cell)) for cell in row] for row in rows)
    return page.getvalue()


def _moment(value: datetime, zone: ZoneInfo) -> str:
    local = value.astimezone(zone)
    return f"{wording.day(local.date())}, {local:%H:%M}"
