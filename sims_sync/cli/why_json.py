"""`why --json`: the same story as one document, without any target text."""

from collections.abc import Mapping
from typing import Any

from sims_sync.cli.why_text import verdict_sentence
from sims_sync.compliance.account import EntryAccount, StudentAccount
from sims_sync.compliance.facts import GroupFigures, HoldReason
from sims_sync.compliance.then_and_now import ThenAndNow
from sims_sync.store.reads import StoredRead
from sims_sync.why import GroupStory, Origin, Story, StudentStory, verdict

Document = dict[str, Any]


def tutor_document(story: Story) -> Document:
    """The story of a tutor or a tutor group; where data lack, without rows and classes."""
    document = _opening(story)
    document |= {
        "staff_code": story.code or None,
        "who": story.shown,
        "verdict": verdict(story).value,
        "verdict_sentence": verdict_sentence(story),
        "groups": [_group(story, group) for group in story.groups],
        "reads": [_read(read) for read in story.reads],
    }
    return document


def student_document(story: StudentStory) -> Document:
    """The story of one student."""
    document = _opening(story)
    if story.account is not None:
        unsure = any(not reason.releasable for reason in story.held)
        document["student"] = _student(story.account, story.origins, unsure=unsure)
    document["reads"] = [_read(read) for read in story.reads]
    return document


def _opening(story: Story | StudentStory) -> Document:
    assessment = story.assessment
    return {
        "half_term": str(story.half_term),
        "occasion": assessment.occasion.name.lower(),
        "deadline": assessment.deadline.isoformat() if assessment.deadline else None,
        "as_of": assessment.moment.isoformat(),
        "not_assessed": assessment.not_assessed,
        "held": [_hold(reason) for reason in story.held],
    }


def _hold(reason: HoldReason) -> Document:
    return {"code": reason.code, "what": reason.what, "do": reason.do, "releasable": reason.releasable}


def _group(story: Story, group: GroupStory) -> Document:
    account = group.account
    figures = None if story.incomplete else account.figures
    return {
        "tutor_group": account.group,
        "row": _row(figures) if figures else None,
        "naming": []
        if story.incomplete
        else [
            {
                "staff_id": each.staff_id,
                "name": each.shown,
                "named": each.named,
                "flagged": each.flagged,
                "why": each.why,
            }
            for each in account.naming
        ],
        "students": [_student(each, story.origins, unsure=story.incomplete) for each in account.students],
        "snapshots": [_snapshot(each) for each in group.snapshots],
    }


def _row(figures: GroupFigures) -> Document:
    return {
        "shown": figures.shown,
        "house": figures.house,
        "due": figures.due,
        "done": figures.done,
        "outstanding": figures.outstanding,
        "percent": figures.percent,
        "status": figures.status.value,
        "names_students": figures.names_students,
        "counts": {found.value: number for found, number in figures.counts.items()},
    }


def _student(account: StudentAccount, origins: Mapping[str, Origin], *, unsure: bool) -> Document:
    line = None if unsure else account.line
    return {
        "student_id": account.student.student_id,
        "forename": account.student.forename,
        "surname": account.student.surname,
        "class": line.student_class.value if line else None,
        "labels": list(line.labels) if line else [],
        "rule": line.rule if line else None,
        "in_group_since": account.in_group_since.isoformat() if account.in_group_since else None,
        "decisions": list(account.decisions),
        "entries": [_entry(each, origins) for each in account.entries],
        "clears": [] if unsure else list(account.clears),
    }


def _entry(each: EntryAccount, origins: Mapping[str, Origin]) -> Document:
    entry, origin = each.entry, origins.get(each.entry.entry_key)
    return {
        "entry_key": entry.entry_key,
        "kind": entry.kind.value,
        "state": entry.state.value,
        "date": entry.interview_date.isoformat(),
        "recorded_at": entry.recorded_at.isoformat(),
        "half_term": str(each.belongs_to) if each.belongs_to else None,
        "worth": each.worth.value,
        "why": each.why,
        "origin": entry.origin,
        "source": origin.source if origin else None,
        "run": origin.run_id if origin else None,
        "version": origin.version if origin else None,
    }


def _snapshot(each: ThenAndNow) -> Document:
    return {
        "occasion": each.occasion.name.lower(),
        "version": each.version,
        "taken_at": each.taken_at.isoformat(),
        "restated_by": each.restated_by or None,
        "in_doubt": each.in_doubt,
        "row": _row(each.row) if each.row else None,
        "named": dict(each.named),
        "row_now": _row(each.row_now) if each.row_now else None,
        "not_compared": each.withheld or None,
        "differences": [
            {
                "student_id": found.student_id,
                "then": found.then.value if found.then else None,
                "now": found.now.value if found.now else None,
            }
            for found in each.differences
        ],
    }


def _read(read: StoredRead) -> Document:
    return {"kind": read.kind.value, "source": read.source, "began": read.began.isoformat(), "run": read.run_id}
