"""Which faults can the simulated reporter be given, what does each do, and how must the product end?

Those of the simulated OneRoster server, which the same variable switches on, are in `oneroster_faults`.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import Enum

from sims_sync.demo.oneroster_faults import FAULT_VARIABLE, OneRosterFault
from sims_sync.demo.people import make_upn
from sims_sync.demo.reports import IDENTITY_COLUMNS, SCHOOL_COLUMN, Report, ReportRow, without
from sims_sync.demo.superstar import ROOT

SLOW_VARIABLE = "SIMS_DEMO_SLOW_SECONDS"
SLOW_SECONDS = 3.0
OTHER_DFE_NUMBER = "8739998"
OTHER_AUTHORITY = "873"
OTHER_DOMAIN = "another-school.example"
SHORT_PATTERN = frozenset({2, 5, 8})  # three of every ten rows are gone
TRUNCATED_SHARE = 0.6


class Fault(Enum):
    """One fault: its name in `SIMS_DEMO_FAULT`, what the reporter then does, and the exit code of the product's run.

    All strike every report of the command unless their meaning says otherwise.
    """

    ERROR = ("error", "prints an error document and writes no file", "1")
    EMPTY = ("empty", "leaves a file of no bytes", "4")
    TRUNCATED = ("truncated", "leaves a file cut off in the middle of a record", "4")
    HALF = ("half", "leaves a file with every record but without its closing tag", "4")
    NO_IDS = ("no_ids", "leaves out the identity columns, as without the permission to see them", "4")
    MISSING_COLUMN = ("missing_column", "leaves out one required column", "4")
    WRONG_SCHOOL = ("wrong_school", "reports another school: its DfE number, and ids nobody knows", "4")
    STALE = ("stale", "writes nothing, so that the last run's file stays in place", "1")
    SHORT = ("short", "leaves out 30 % of the students; other reports are whole", "3")
    SLOW = ("slow", "takes its time, and the unfinished file is visible", "0 within the time limit, 1 past it")

    def __init__(self, code: str, meaning: str, exit_code: str) -> None:
        self.code = code
        self.meaning = meaning
        self.exit_code = exit_code


# Required of each report, so that every one of them is refused.
REQUIRED_COLUMN: Mapping[Report, str] = {
    Report.STUDENTS: "Reg",
    Report.STAFF: "PreferredSurname",
    Report.TUTOR_GROUPS: "Reg",
    Report.RESULTS: "Result",
    Report.MENTORING_ENTRIES: "Result",
}


def fault_of(environment: Mapping[str, str]) -> Fault | None:
    """The reporter's fault that is switched on, if any; those of the OneRoster server leave the reporter alone.

    Raises:
        ValueError: no fault of that name; the message lists those there are.
    """
    code = environment.get(FAULT_VARIABLE, "")
    if not code or code in {fault.code for fault in OneRosterFault}:
        return None
    for fault in Fault:
        if fault.code == code:
            return fault
    names = ", ".join(fault.code for fault in (*Fault, *OneRosterFault))
    raise ValueError(f"{FAULT_VARIABLE} names no fault; the faults are {names}.")


def slow_seconds(environment: Mapping[str, str]) -> float:
    """How long a slow report takes, in seconds."""
    return float(environment.get(SLOW_VARIABLE) or SLOW_SECONDS)


def strike_rows(fault: Fault | None, report: Report, rows: Sequence[ReportRow]) -> Sequence[ReportRow]:
    """What the fault leaves of the report's rows."""
    if fault is Fault.SHORT and report is Report.STUDENTS:
        return [row for number, row in enumerate(rows) if number % 10 not in SHORT_PATTERN]
    if fault is Fault.NO_IDS:
        return [without(row, IDENTITY_COLUMNS) for row in rows]
    if fault is Fault.MISSING_COLUMN:
        return [without(row, frozenset({REQUIRED_COLUMN[report]})) for row in rows]
    if fault is Fault.WRONG_SCHOOL:
        return [_of_another_school(row) for row in rows]
    return rows


def strike_document(fault: Fault | None, document: bytes) -> bytes:
    """What the fault leaves of the written document."""
    if fault is Fault.EMPTY:
        return b""
    if fault is Fault.TRUNCATED:
        # Just after the "<" of an element's closing tag, so that the cut is never between two records.
        return document[: document.rindex(b"</", 0, int(len(document) * TRUNCATED_SHARE)) + 1]
    if fault is Fault.HALF:
        return document.removesuffix(f"</{ROOT}>".encode())
    return document


def _of_another_school(row: ReportRow) -> ReportRow:
    return {caption: _FOREIGN[caption](text) if caption in _FOREIGN else text for caption, text in row.items()}


_FOREIGN: Mapping[str, Callable[[str], str]] = {
    "primary_id": lambda text: f"9{text}",
    "ID": lambda text: f"9{text}",
    "UPN": lambda text: make_upn(OTHER_AUTHORITY + text[4:]),
    "Adno": lambda text: f"9{text[1:]}",
    "StaffCode": lambda text: f"Q{text}",
    "Tutor": lambda text: f"Q{text}",
    "Reg": lambda text: f"{text}Q",
    "WorkEmail": lambda text: f"{text.partition('@')[0]}@{OTHER_DOMAIN}",
    SCHOOL_COLUMN: lambda _: OTHER_DFE_NUMBER,
}
