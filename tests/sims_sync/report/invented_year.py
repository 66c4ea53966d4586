"""An invented school's half terms for the tests of the House Matrix, the trend and the annual evaluation."""

from collections.abc import Sequence
from dataclasses import replace

from sims_sync.compliance.facts import Assessment, GroupFigures, HoldReason, Occasion, Status, StudentClass, StudentLine
from sims_sync.compliance.half_terms_known import HalfTermKnown, Standing, from_closing
from sims_sync.compliance.snapshot_form import Snapshot
from sims_sync.school_year import HalfTermId
from tests.sims_sync.report.invented import assessment, group, house

YEAR = "2026-27"
IDS = tuple(HalfTermId(YEAR, index) for index in range(6))
DOUBT = HoldReason("no-entries", "No source has yielded any entry.", "Check them.", releasable=True)


def row(name: str, done: int, due: int, **more: object) -> GroupFigures:
    """A group's row at closing with the status of rule 20."""
    if due == 0:
        status = Status.NOT_DUE
    elif done == due:
        status = Status.COMPLETE
    elif done == 0:
        status = Status.NOT_STARTED
    else:
        status = Status.NEARLY_THERE if 100 * done >= 80 * due else Status.ACTION_NEEDED
    tutors = more.pop("tutors", (f"T-{name}",))
    assert isinstance(tutors, tuple)
    return group(name, tutors, done, due, status, nc_year=name.rstrip("ABC12")[:2] or "8", **more)


def assessed(half_term: HalfTermId, *groups: GroupFigures, name: str = "Austen", **more: object) -> Assessment:
    """A half term's figures at closing, with a line per student who is due."""
    lines = tuple(line for each in groups for line in lines_of(each, name))
    made = assessment(house(*groups, name=name), occasion=Occasion.CLOSING, lines=lines)
    return replace(made, half_term=half_term, **more)  # type: ignore[arg-type]  # fields by name


def lines_of(found: GroupFigures, name: str) -> Sequence[StudentLine]:
    """A line per student of a group: done ones first."""
    classes = [StudentClass.DONE] * found.done + [StudentClass.OUTSTANDING] * found.outstanding
    return [
        StudentLine(f"{found.group}-{number}", each, found.group, name, found.nc_year or "8")
        for number, each in enumerate(classes)
    ]


def closed(half_term: HalfTermId, *groups: GroupFigures, version: int = 1, doubts: bool = False) -> HalfTermKnown:
    """A closed half term of Austen House."""
    kept = Snapshot(assessed(half_term, *groups), {}, {}, doubts=(DOUBT,) if doubts else ())
    return from_closing(half_term, kept, version)


def year(*known: HalfTermKnown) -> list[HalfTermKnown]:
    """These half terms, and *not yet* for those that are not given."""
    given = {each.half_term: each for each in known}
    return [given.get(each, HalfTermKnown(each, Standing.NOT_YET)) for each in IDS]
