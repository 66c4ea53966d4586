"""Pulling students: who is on the list, in which group and house, from when."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from sims_sync.identity import identify
from sims_sync.plan import Plan
from sims_sync.pull.reading import Ground, MappedRead, Wanted, When
from sims_sync.pull.student_problems import CODES, student_problems
from sims_sync.records import RoleName, Student
from sims_sync.store.reads import save_problems
from sims_sync.store.staff import add_houses, reconcile_roles
from sims_sync.store.students import SpanStart, apply_students, load_register, load_students

ORIGIN = "students"


class StudentPull:
    """The kind `students`."""

    def wanted(self, connection: Connection, ground: Ground, read: MappedRead, when: When) -> Wanted:
        """Every listed student by student id."""
        del when
        identified = identify(read.records, load_register(connection, ground.school_id))
        return Wanted(identified.students, identified.held, identified.duplicates)

    def stored(self, connection: Connection, ground: Ground, read: MappedRead) -> Mapping[str, Student]:
        """Every known student by student id."""
        del read
        return load_students(connection, ground.school_id)

    def write(
        self, connection: Connection, ground: Ground, read: MappedRead, when: When, plan: Plan, wanted: Wanted
    ) -> Sequence[str]:
        """Students, their ids, memberships, the houses they name, and their tutors where the report has that column."""
        start = SpanStart(when.read_on, when.first_read, when.year_start)
        apply_students(connection, ground.school_id, plan.changes, start, ground.run_id)
        students = list(wanted.records.values())
        add_houses(connection, ground.school_id, (student.house for student in students), ground.run_id)
        found = list(student_problems(wanted.records))
        save_problems(connection, ground.school_id, found, codes=CODES, at=ground.now, run_id=ground.run_id)
        if read.filled.get("tutor"):
            absent = {*plan.missing, *plan.still_missing}
            known = self.stored(connection, ground, read)
            # A group of which this read shows nobody keeps its tutor: a short read says nothing about it.
            tutors = group_tutors([known[key] for key in absent]) | group_tutors(students)
            default_first = when.year_start if when.first_read else when.read_on
            reconcile_roles(
                connection,
                ground.school_id,
                ORIGIN,
                {(tutor, RoleName.TUTOR.value, group): (None, None) for group, tutor in tutors.items()},
                default_first=default_first,
                read_on=when.read_on,
                run_id=ground.run_id,
            )
        return ()


def group_tutors(students: Sequence[Student]) -> dict[str, str]:
    """Group → the tutor that most of its students name; a tie names nobody, for nobody can say which is true."""
    named: dict[str, Counter[str]] = defaultdict(Counter)
    for student in students:
        if student.tutor_group and student.tutor:
            named[student.tutor_group][student.tutor] += 1
    found: dict[str, str] = {}
    for group, counter in named.items():
        ranked = counter.most_common(2)
        if len(ranked) == 1 or ranked[0][1] > ranked[1][1]:
            found[group] = ranked[0][0]
    return found
