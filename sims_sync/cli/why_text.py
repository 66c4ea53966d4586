"""How does `why` look on a terminal: one verdict first, then every number and what it rests on, no target text?"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from sims_sync.compliance.account import EntryAccount, StudentAccount
from sims_sync.compliance.facts import Assessment, GroupFigures, Occasion, StudentClass
from sims_sync.compliance.then_and_now import Difference, ThenAndNow
from sims_sync.report import wording
from sims_sync.report.summary import clean
from sims_sync.school_year import SchoolYear
from sims_sync.store.reads import StoredRead
from sims_sync.why import GroupStory, Origin, Story, StudentStory, Verdict, flagged_now, newest_versions, verdict

NOT_COUNTED_SINGLY = "no entry yet"  # under a policy that names no student (rule 16)
_GONE = "(no longer held)"
_OCCASIONS = {Occasion.DEADLINE: "deadline", Occasion.CLOSING: "closing"}


def tutor_lines(story: Story) -> Iterator[str]:
    """The story of a tutor or a tutor group, line by line."""
    code = f" ({story.code})" if story.code else ""
    yield f"{clean(story.shown)}{code}, {story.half_term.shown} {story.half_term.year}"
    yield from _verdict_lines(story)
    if story.not_assessed is not None:
        return
    yield _occasion_line(story.assessment)
    for group in story.groups:
        yield ""
        yield from _group_lines(story, group)
    if not story.groups:
        yield "No tutor group counts to them in this half term."
    yield ""
    yield from _clearing(story)
    yield from reads_lines(story.reads, story.school_year)


def student_lines(story: StudentStory) -> Iterator[str]:
    """The story of one student, line by line."""
    student, assessment = story.student, story.assessment
    groups = [span.value for span in student.groups if span.last is None]
    group = groups[-1] if groups else "no tutor group"
    yield f"{clean(student.forename)} {clean(student.surname)}, {clean(group)}, {story.half_term.shown}"
    for reason in story.held:
        yield f"  Held: {reason.what} {reason.do}"
    if assessment.not_assessed is not None or story.account is None:
        yield f"  {assessment.not_assessed}"
        return
    yield f"  {_occasion_line(assessment)}"
    unsure = any(not reason.releasable for reason in story.held)
    line = story.account.line
    if line is None:
        yield "  Not in this half term's population."
    elif unsure and line.student_class is StudentClass.OUTSTANDING:
        yield "  Data lack, so nobody can say whether anything is outstanding."
    else:
        yield f"  {_class(story.account, named=True)}: {line.rule}"
        yield f"  Counted to {line.group or 'no group'}."
    yield from _indented(_entries(story.account, story.origins, story.school_year))
    yield from _indented(story.account.clears)
    yield from reads_lines(story.reads, story.school_year)


def reads_lines(reads: Iterable[StoredRead], year: SchoolYear) -> Iterator[str]:
    """How old each source's data are, and which run read them."""
    yield "Data as of"
    for read in reads:
        held = f", {read.held_rows} rows held" if read.held_rows else ""
        yield f"  {read.kind.replace('_', ' ')} from {read.source}: {when(read.began, year)}, run {read.run_id}{held}"


def when(moment: datetime, year: SchoolYear) -> str:
    """A moment as "Wed 16 Dec 2026, 07:30" at the school."""
    local = moment.astimezone(year.calendar.timezone)
    return f"{wording.day(local.date())}, {local:%H:%M}"


def verdict_sentence(story: Story) -> str:
    """The one sentence that comes first."""
    found = verdict(story)
    if story.not_assessed is not None:
        return f"Nobody is named: {story.not_assessed}"
    now = ", ".join(clean(group) for group in flagged_now(story))
    said = {
        Verdict.NAMED_BY_NOBODY: "CLEARED: nothing names them as needing a follow-up.",
        Verdict.CLEARED: "CLEARED: a snapshot names them, and what is known today of that moment does not. Restate it.",
        Verdict.PARTLY: "PARTLY CLEARED: one snapshot names them wrongly, see below; something else is outstanding.",
        Verdict.NOT_CLEARED: f"NOT CLEARED: needs a follow-up in {now}." if now else "NOT CLEARED: see the snapshots.",
        Verdict.UNKNOWN: "NOT KNOWN: data lack, so nobody is named and no figure is shown.",
    }
    return said[found]


def _verdict_lines(story: Story) -> Iterator[str]:
    yield verdict_sentence(story)
    if story.held and not story.incomplete:
        yield "The report is held and names nobody until it is released; what follows is what the rules see."
    for reason in story.held:
        yield f"  Held: {reason.what} {reason.do}"


def _group_lines(story: Story, group: GroupStory) -> Iterator[str]:
    account, figures = group.account, group.account.figures
    if figures is None:
        yield f"{clean(account.group)}: no row now, nobody of it is in the population."
    elif story.incomplete:
        yield f"{clean(figures.group)}: no figures yet."
    else:
        yield f"{clean(figures.shown)}{_house(figures)}: {_row(figures)}"
        yield f"  {_counts(figures)}"
        yield from (f"  {each}" for each in _naming(group))
    for student in account.students:
        yield ""
        yield from _indented(_student(story, student, figures))
    for each in group.snapshots:
        yield ""
        yield from _indented(_snapshot(story, each))


def _naming(group: GroupStory) -> Iterator[str]:
    for each in group.account.naming:
        yield f"{clean(each.shown)}: {'named' if each.named else 'not named'} - {each.why}"
    if group.account.figures is not None and not group.account.naming:
        yield "Nobody is known as its tutor: nobody is named (rule 9)."


def _student(story: Story, account: StudentAccount, figures: GroupFigures | None) -> Iterator[str]:
    line = account.line
    name = f"{clean(account.student.forename)} {clean(account.student.surname)}"
    if line is None or story.incomplete:
        yield name
    else:
        named = figures is None or figures.names_students
        yield f"{name} {wording.DASH} {_class(account, named=named)}"
        yield f"  {line.rule}"
    if account.in_group_since is not None:
        yield f"  in the group since {wording.day(account.in_group_since)}{_roll_dates(account)}"
    yield from _indented(_entries(account, story.origins, story.school_year))
    yield from (f"  To clear: {each}" for each in account.clears if not story.incomplete)


def _roll_dates(account: StudentAccount) -> str:
    student = account.student
    joined = student.admission_date or student.first_seen
    told = (f"; on roll since {wording.day(joined)}" if joined else "",)
    leaving = f"; leaves {wording.day(student.leaving_date)}" if student.leaving_date else ""
    return "".join((*told, leaving))


def _class(account: StudentAccount, *, named: bool) -> str:
    line = account.line
    if line is None:
        return "not in the population"
    unnamed = line.student_class is StudentClass.OUTSTANDING and not named
    shown = NOT_COUNTED_SINGLY if unnamed else line.student_class.value
    return f"{shown} ({', '.join(line.labels)})" if line.labels else shown


def _entries(account: StudentAccount, origins: Mapping[str, Origin], year: SchoolYear) -> Iterator[str]:
    yield from account.decisions
    if not account.entries:
        yield "No entry of any kind is known in this academic year."
    for each in account.entries:
        yield from entry_lines(each, origins, year)


def entry_lines(each: EntryAccount, origins: Mapping[str, Origin], year: SchoolYear) -> Iterator[str]:
    """One entry without its text: kind, date, recorded; what it is worth and why, its source, version and run."""
    entry, origin = each.entry, origins.get(each.entry.entry_key)
    by = f", result set of {clean(entry.half_term)}" if entry.half_term else ""
    recorded = f"recorded {when(entry.recorded_at, year)}"
    yield f"{entry.kind.value} of {wording.day(entry.interview_date)}{by}, {entry.state.value}, {recorded}"
    source = f"; from {origin.source}, version {origin.version}, run {origin.run_id}" if origin else ""
    yield f"    {each.worth}: {each.why}{source}"


def _snapshot(story: Story, each: ThenAndNow) -> Iterator[str]:
    by = f", restated by {clean(each.restated_by)}: {clean(each.restated_why)}" if each.restated_by else ""
    name = f"Snapshot {_OCCASIONS[each.occasion]}, version {each.version}, {when(each.taken_at, story.school_year)}{by}"
    yield name
    yield f"  then: {_row(each.row) if each.row else 'no row'}; {_named_then(each)}"
    if each.withheld:
        yield f"  not compared with today: {each.withheld}"
        return
    same = each.row_now is not None and each.row is not None and _row(each.row_now) == _row(each.row)
    if same and not each.differences:
        yield "  from what is known today: the same"
        return
    yield f"  from what is known today: {_row(each.row_now) if each.row_now else 'no row'}"
    for found in each.differences if each.row is None or each.row.names_students else ():
        yield f"    {_name(story, found)}: {found.then or 'not in this row'} then, {found.now or 'not in this row'} now"


def _named_then(each: ThenAndNow) -> str:
    if each.in_doubt:
        return "in doubt, so it names nobody (rule 8a)"
    return f"named {', '.join(map(clean, each.named.values()))}" if each.named else "named nobody"


def _name(story: Story, found: Difference) -> str:
    student = story.students.get(found.student_id)
    return clean(f"{student.forename} {student.surname}") if student else _GONE


def _clearing(story: Story) -> Iterator[str]:
    """What a person can do, whatever the verdict."""
    if story.incomplete:
        return
    wrong = [each for group in story.groups for each in newest_versions(group.snapshots) if _is_wrong(story, each)]
    for occasion in dict.fromkeys(_OCCASIONS[each.occasion] for each in wrong):
        where = f"--half-term {story.half_term} --occasion {occasion}"
        yield f"To correct the snapshot: sims-sync snapshots restate {where} --reason ..."
    if flagged_now(story):
        yield "What clears a student: an entry of the half term in SIMS or on a pro-forma, whoever made it; after the"
        yield "deadline it counts as late, from closing on. Or the Head of House's decision: excuse, exempt."
        yield "What clears a tutor who was not there: the right dates in SIMS or roles.csv; sims-sync cover;"
        yield "sims-sync tutor away."


def _is_wrong(story: Story, each: ThenAndNow) -> bool:
    people = (story.staff_id,) if story.staff_id is not None else tuple(each.named)
    return any(each.cleared_since(person) for person in people)


def _row(figures: GroupFigures) -> str:
    share = wording.group_percent(figures)
    shown = f" ({share})" if share else ""
    return f"{wording.status(figures)}, {figures.done} of {figures.due} done{shown}, {figures.outstanding} outstanding"


def _house(figures: GroupFigures) -> str:
    return f", {clean(wording.house_name(figures.house))}" if figures.house else ""


def _counts(figures: GroupFigures) -> str:
    counted = [f"{number} {found.value}" for found in StudentClass if (number := figures.counts.get(found, 0))]
    return f"students: {', '.join(counted)}; interviews this year {wording.interviews(figures)}"


def _occasion_line(assessment: Assessment) -> str:
    return f"Figures {assessment.occasion} ({wording.day(assessment.deadline)})."


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)
