"""What does the Student Support Team talk about: an agenda from the report's exceptions, counts only (DOMAIN rule 22)?

No student is in it. Tutors are named only where the report names them. What is sensitive is shared in person: the pack
only asks whether it was.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sims_sync.report import pdf_blocks as blocks
from sims_sync.report import wording
from sims_sync.report.page import TEMPLATES
from sims_sync.report.pdf import typeset
from sims_sync.report.summary import ComplianceSummary, GroupRow, HouseSummary, Section

SENSITIVE = "Sensitive information shared in person: yes / no"
AGREED = "Agreed, by whom, by when:"
BLANK = "_" * 40
ESCALATE_FROM = 2


@dataclass(frozen=True, slots=True)
class AgendaItem:
    """One item: what it is about, what is known of it, and what the meeting fills in by hand."""

    title: str
    lines: tuple[str, ...]
    prompts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HouseAgenda:
    """One house's part of the agenda."""

    house: str
    headline: str
    items: tuple[AgendaItem, ...]


def agenda(summary: ComplianceSummary) -> tuple[HouseAgenda, ...]:
    """The agenda by house; empty where the report is held or not assessed."""
    return tuple(
        HouseAgenda(wording.house_name(house.house), wording.headline(summary, house), tuple(_items(summary, house)))
        for house in summary.houses
    )


def counts_only(summary: ComplianceSummary) -> ComplianceSummary:
    """The summary with every student taken out: what is not there cannot leak."""
    houses = tuple(
        replace(house, groups=tuple(replace(group, students=()) for group in house.groups)) for house in summary.houses
    )
    return replace(summary, houses=houses, names=False, unplaced=())


def title(summary: ComplianceSummary) -> str:
    """The heading."""
    return f"{summary.school}: Student Support Team, {summary.half_term.shown} {summary.half_term.year}"


def closing_items(summary: ComplianceSummary) -> tuple[AgendaItem, ...]:
    """What belongs to the whole school."""
    problems = wording.problem_lines(summary.problems)
    items = [AgendaItem("Data to put right in SIMS", problems, (AGREED,))] if problems else []
    return (*items, AgendaItem("Any other business", (), (SENSITIVE, AGREED)))


def data_lines(summary: ComplianceSummary) -> tuple[str, ...]:
    """How old the figures are."""
    return (
        *(wording.source_line(summary, read) for read in summary.data_as_of),
        wording.age_line(summary),
    )


def render_text(summary: ComplianceSummary) -> str:
    """The agenda as plain text, with lines to write on."""
    heading = title(summary)
    parts = [heading, "=" * len(heading), wording.STAFF_ONLY, *_opening(summary), *wording.silence(summary)]
    number = 0
    for house in agenda(summary):
        parts += ["", house.house, "-" * len(house.house), house.headline]
        for item in house.items:
            number += 1
            parts += ["", *_text_item(number, item)]
    if summary.has_figures:
        parts += ["", "Whole school", "------------"]
        for item in closing_items(summary):
            number += 1
            parts += ["", *_text_item(number, item)]
    parts += ["", "Data as of", *(f"  {line}" for line in data_lines(summary)), "", wording.STAFF_ONLY]
    return "\n".join(parts) + "\n"


def render_html(summary: ComplianceSummary) -> str:
    """The agenda as one self-contained page, to print."""
    content = {
        "title": title(summary),
        "opening": [*_opening(summary), *wording.silence(summary)],
        "houses": agenda(summary),
        "closing": closing_items(summary) if summary.has_figures else (),
        "data": data_lines(summary),
        "w": wording,
        "blank": BLANK,
    }
    return TEMPLATES.get_template("meeting_pack.html.j2").render(content) + "\n"


def render_pdf(summary: ComplianceSummary) -> bytes:
    """The agenda on A4, tagged (PDF/UA-1)."""
    content = [blocks.heading(1, title(summary)), *map(blocks.paragraph, _opening(summary))]
    content += [{"kind": "silence", "text": sentence} for sentence in wording.silence(summary)]
    for house in agenda(summary):
        content += [blocks.heading(2, house.house), blocks.paragraph(house.headline, "headline")]
        content += [block for item in house.items for block in _pdf_item(item)]
    if summary.has_figures:
        content.append(blocks.heading(2, "Whole school"))
        content += [block for item in closing_items(summary) for block in _pdf_item(item)]
    content += [blocks.heading(2, "Data as of"), blocks.listed(data_lines(summary))]
    document: dict[str, object] = {"title": title(summary), "staff_only": wording.STAFF_ONLY}
    return typeset(document | {"blocks": content}, summary.as_of)


def _items(summary: ComplianceSummary, house: HouseSummary) -> Iterator[AgendaItem]:
    for group in house.section(Section.CONVERSATION):
        yield AgendaItem(_who(group), tuple(_known(summary, group)), (SENSITIVE, AGREED))
    others = [group for section in (Section.NEARLY_THERE, Section.NOBODY_NAMED) for group in house.section(section)]
    if others:
        lines = tuple(f"{_who(group)}: {_row(group)}" for group in others)
        yield AgendaItem("Nearly there, covered or without an active tutor", lines, (AGREED,))
    decisions = wording.numbered(wording.not_counted(house))
    if decisions:
        yield AgendaItem("Excused, awaiting a decision, not counted", decisions, (AGREED,))
    faultless = wording.numbered(wording.not_the_tutors_fault(house))
    if faultless:
        yield AgendaItem("Not the tutor's fault", faultless, (AGREED,))
    thanks = wording.all_thanks(house)
    if thanks:
        yield AgendaItem("Complete, with thanks", thanks)


def _known(summary: ComplianceSummary, group: GroupRow) -> Iterator[str]:
    yield _row(group)
    yield from wording.notes(summary, group.figures)
    if group.figures.incomplete_in_a_row >= ESCALATE_FROM:
        yield "Incomplete at two closing snapshots or more in a row: does a person decide to escalate? yes / no"


def _who(group: GroupRow) -> str:
    tutors = wording.joined(group.tutors)
    return f"{group.figures.shown}, {tutors}" if tutors else group.figures.shown


def _row(group: GroupRow) -> str:
    figures = group.figures
    share = wording.group_percent(figures)
    shown = f" ({share})" if share else ""
    return f"{wording.status(figures)}, {figures.done} of {figures.due} done{shown}, {figures.outstanding} outstanding"


def _opening(summary: ComplianceSummary) -> Iterator[str]:
    if summary.has_figures:
        yield wording.occasion(summary)
    yield from wording.closed_lines(summary)
    yield "Counts only. Safeguarding, agencies, medical and SEND are shared in person and written nowhere here."


def _text_item(number: int, item: AgendaItem) -> Iterator[str]:
    yield f"{number}. {item.title}"
    yield from (f"   - {line}" for line in item.lines)
    yield from (f"   [ ] {prompt}  {BLANK if prompt == AGREED else ''}".rstrip() for prompt in item.prompts)


def _pdf_item(item: AgendaItem) -> Iterator[blocks.Block]:
    yield blocks.heading(3, item.title)
    if item.lines:
        yield blocks.listed(item.lines)
    for prompt in item.prompts:
        yield blocks.paragraph(f"{prompt} {BLANK}" if prompt == AGREED else prompt, "quiet")
