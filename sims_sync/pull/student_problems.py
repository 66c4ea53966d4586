"""What is doubtful in the list of students itself, for an admin to put right in SIMS (DOMAIN §1). Pure."""

from collections.abc import Iterator, Mapping

from sims_sync.compliance.facts import DataProblem
from sims_sync.records import Student
from sims_sync.upn import UpnVerdict, check_upn

CODES = ("upn-check-letter", "upn-unknown-la")
_OF_VERDICT = {
    UpnVerdict.WRONG_CHECK_LETTER: ("upn-check-letter", "Correct the UPN in SIMS; the student is kept as they are."),
    UpnVerdict.UNKNOWN_LA: ("upn-unknown-la", "Look whether the UPN is right; the student is kept as they are."),
}


def student_problems(students: Mapping[str, Student]) -> Iterator[DataProblem]:
    """One problem for each student with a doubtful UPN; named by admission number, never by name or UPN."""
    for student_id, student in students.items():
        verdict = check_upn(student.ref.upn).verdict if student.ref.upn else UpnVerdict.VALID
        if verdict in _OF_VERDICT:
            code, do = _OF_VERDICT[verdict]
            subject = f"admission number {student.ref.admission_number or 'unknown'}"
            yield DataProblem(code, subject, f"{verdict[0].upper()}{verdict[1:]}.", do, student_id)
