"""Which table holds what of whom, and how long (DOMAIN §8)?

The one list that retention, export, erasure and purge go by. A table that is not in it fails a test: whoever adds one
decides here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from sqlalchemy import Column, String, Table

from sims_sync.store.tables import metadata


class Rule(Enum):
    """How long a table's rows are kept; the value is the rule in words, as the evidence has it."""

    STUDENT = "with the student: retention.student_years academic years after the one in which they left"
    STAFF = "with the member of staff: retention.student_years academic years after the one in which they left"
    PAST = "retention.student_years academic years after the one in which it ended"
    SNAPSHOTS = "retention.snapshot_years academic years, with this one"
    TOTALS = "retention.totals_years academic years"
    FILES = "retention.files_days days"
    SENT_MAIL = "retention.sent_mail_days days, and key and state to the end of the academic year"
    ENDED = "retention.sent_mail_days days after it ended"
    QUARANTINE = "until a person or a later read has settled it, at the longest to the year's last closing snapshot"
    AUDIT = "retention.audit_years years"
    CURRENT = "what is so now; it is overwritten, and says nothing about a student"


class Link(Enum):
    """How rows of one student are found."""

    STUDENT = "student_id"
    ENTRY = "entry_key"
    DELIVERY = "delivery_key"
    WITHIN = "ids within its texts or JSON"


@dataclass(frozen=True, slots=True)
class Holding:
    """One table. `student`: how a student is found in it. `staff`: whether a member of staff can be found in it."""

    what: str
    rule: Rule
    student: Link | None = None
    staff: bool = False


HOLDINGS: Mapping[str, Holding] = {
    "student": Holding("Name, ids, year, group, house, enrolment and dates as SIMS lists them", Rule.STUDENT,
                       Link.STUDENT, staff=True),
    "student_alias": Holding("Ids: SIMS person id, UPN, admission number", Rule.STUDENT, Link.STUDENT),
    "student_span": Holding("From when to when in which group and house", Rule.STUDENT, Link.STUDENT),
    "result": Holding("Academic data: aspect, result set, value, date", Rule.STUDENT, Link.STUDENT),
    "result_before": Holding("Academic data as it was before a run, for `undo`", Rule.FILES, Link.STUDENT),
    "entry": Holding("Interviews and reviews: date, author, state", Rule.STUDENT, Link.STUDENT, staff=True),
    "target": Holding("Targets of interviews", Rule.STUDENT, Link.ENTRY),
    "review": Holding("Reviews of earlier targets", Rule.STUDENT, Link.ENTRY),
    "entry_version": Holding("Entries as they were before a correction", Rule.STUDENT, Link.ENTRY, staff=True),
    "excusal": Holding("Excusals with reason and decision", Rule.STUDENT, Link.STUDENT, staff=True),
    "exemption": Holding("Exemptions with reason", Rule.STUDENT, Link.STUDENT, staff=True),
    "delivery": Holding("Texts on their way into SIMS, or confirmed there", Rule.STUDENT, Link.STUDENT),
    "delivery_revision": Holding("Earlier wordings of those texts", Rule.STUDENT, Link.DELIVERY),
    "delivery_event": Holding("What became of each text, and when", Rule.STUDENT, Link.DELIVERY, staff=True),
    "missing": Holding("Who is missing from SIMS's list, since when", Rule.STUDENT, Link.WITHIN, staff=True),
    "staff_member": Holding("Name, code, e-mail address, group, house", Rule.STAFF, staff=True),
    "role": Holding("Who held which role, from when to when", Rule.PAST, staff=True),
    "away": Holding("When a tutor is away; no reason", Rule.PAST, staff=True),
    "cover": Holding("Who covers which group, from when to when", Rule.PAST, staff=True),
    "tutor_group": Holding("Tutor groups and who holds them", Rule.PAST, staff=True),
    "house": Holding("Names of houses", Rule.CURRENT),
    "snapshot": Holding("Each half term's figures as they were: class of each student, tutors, house, year",
                        Rule.SNAPSHOTS, Link.WITHIN, staff=True),
    "snapshot_total": Holding("What is left of a snapshot: done of due by house and NC year", Rule.TOTALS),
    "computation": Holding("Due and done of each computation", Rule.SNAPSHOTS),
    "announced_deadline": Holding("Deadlines as they were announced", Rule.TOTALS),
    "closure": Holding("Days on which the school was closed", Rule.TOTALS, staff=True),
    "tutor_note": Holding("The tutor's own words about a group", Rule.SNAPSHOTS, Link.WITHIN, staff=True),
    "message": Holding("What was mailed to which member of staff, and when; counts, no student", Rule.SENT_MAIL,
                       staff=True),
    "message_release": Holding("Who released held messages, and why", Rule.SNAPSHOTS, staff=True),
    "go_live": Holding("Who decided to go live; the newest stays", Rule.AUDIT, staff=True),
    "written_list": Holding("Fingerprints of the lists in the folders", Rule.PAST),
    "issued_file": Holding("Numbers of the files made for SIMS", Rule.SNAPSHOTS),
    "push_trial": Holding("Who tried the way into SIMS; the newest of each stays", Rule.AUDIT, staff=True),
    "run": Holding("When each job ran, and how it ended", Rule.SNAPSHOTS),
    "slot": Holding("Which scheduled times were served", Rule.SNAPSHOTS),
    "lease": Holding("Which process is at work", Rule.CURRENT),
    "read": Holding("When each source was read; the first and the newest stay", Rule.SNAPSHOTS),
    "plan": Holding("What each read would change, by id; the ids go with the files", Rule.SNAPSHOTS, Link.WITHIN,
                    staff=True),
    "confirmed_source": Holding("Who said that a source is this school's", Rule.CURRENT, staff=True),
    "kept_read": Holding("Rows that wait for a person (mapped columns)", Rule.FILES, Link.WITHIN, staff=True),
    "journal": Holding("Rows as they were before a run, for `undo`", Rule.FILES, Link.WITHIN, staff=True),
    "read_mark": Holding("Fingerprints of the last read's records; no content", Rule.CURRENT, Link.WITHIN),
    "problem": Holding("Data-quality problems: code, admission number or group", Rule.ENDED, Link.WITHIN),
    "quarantine": Holding("Markers of rows that could not be used: student or group, code; no content",
                          Rule.QUARANTINE, Link.STUDENT, staff=True),
    "audit": Holding("Who saw or changed what", Rule.AUDIT, Link.WITHIN, staff=True),
    "breaker": Holding("Jobs that keep failing", Rule.CURRENT),
    "pause": Holding("Jobs that rest, and who said so", Rule.CURRENT, staff=True),
    "service": Holding("Processes that serve", Rule.CURRENT),
    "alert": Holding("What the admin was told", Rule.ENDED),
    "disposal": Holding("Evidence of deletion: what, rule, count; never whose", Rule.TOTALS),
    "erased_person": Holding("Keyed hashes of erased people", Rule.AUDIT, staff=True),
    "settings_seen": Holding("Hashes of the settings as last loaded", Rule.CURRENT),
}  # fmt: skip

_NO_PERSON = frozenset({"result_before.written_by"})  # a run


def who_columns() -> Iterator[tuple[Table, Column[str]]]:
    """Each column that says which account or person did something: `who`, and what ends in `_by`."""
    for table in metadata.sorted_tables:
        for column in table.columns:
            named = column.name == "who" or column.name.endswith("_by")
            if named and isinstance(column.type, String) and f"{table.name}.{column.name}" not in _NO_PERSON:
                yield table, column
