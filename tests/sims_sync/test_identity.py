"""Which student does a row mean (DESIGN §3)? In doubt nobody, never somebody else."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sims_sync.errors import RecordError
from sims_sync.identity import Identified, Register, identify, new_student_id, sort_key
from sims_sync.records import Student, StudentRef


def ref(
    person_id: str | None = None,
    upn: str | None = None,
    admission_number: str | None = None,
    surname: str | None = "Vorrin",
) -> StudentRef:
    return StudentRef(person_id, upn, admission_number, surname)


def row(named: StudentRef, group: str = "8A1") -> Student:
    return Student(named, named.surname or "", "Zulpa", "8", group)


def register(known: Mapping[str, StudentRef]) -> Register:
    found = Register("austen")
    for student_id, named in known.items():
        found.learn(student_id, named, named.surname or "")
    return found


def identified(*rows: Student, known: Mapping[str, StudentRef] | None = None) -> Identified:
    return identify(enumerate(rows, start=1), register(known or {}))


ANNE = ref("52", "B801200005001", "000123")
# The last two have the admission number of the first, as happens when a school starts its numbers again.
POOL = {
    "anne": ANNE,
    "ben": ref("60", "B801200005002", "000124", "Vorrin"),
    "cara": ref("61", "B801200005003", "000123", "Tolmek"),
    "dan": ref("62", "B801200005004", "000123", "Zulpa"),
}


@pytest.mark.parametrize(
    "named",
    [
        ref("52"),
        ref("52", surname=None),
        ref("52", "A000000000000", "999999", "Married"),
        ref(upn="B801200005001", surname="Married"),
        ref(admission_number="000123", surname="Vorrin"),
        ref(admission_number="000123", surname="VORRÍN"),
        ref("777", "B801200005001"),
    ],
)
def test_a_student_is_known_by_person_id_then_upn_then_admission_number_with_equal_surname(named: StudentRef) -> None:
    assert register({"anne": ANNE}).find(named) == "anne"


@pytest.mark.parametrize(
    "named",
    [
        ref("53"),
        ref(upn="B801200005002"),
        ref(admission_number="123"),  # ids are text: this is another number
        ref(admission_number="000123", surname="Tolmek"),
        ref(admission_number="000123", surname=None),  # an admission number alone is not enough
    ],
)
def test_anybody_else_is_somebody_new(named: StudentRef) -> None:
    assert register({"anne": ANNE}).find(named) is None


def test_ids_of_two_students_are_held() -> None:
    known = register({"anne": ANNE, "ben": ref("60", "B801200005002", "000124", "Tolmek")})
    for named in (ref("52", "B801200005002"), ref("60", None, "000123", "Vorrin")):
        with pytest.raises(RecordError) as caught:
            known.find(named)
        assert caught.value.code == "two-students"


def test_a_row_that_must_belong_to_a_known_student_is_held_where_nobody_is_known() -> None:
    with pytest.raises(RecordError, match="no known student") as caught:
        register({"anne": ANNE}).require(ref("53"))
    assert caught.value.code == "unknown-student"


def test_an_exact_duplicate_is_noticed_and_read_once() -> None:
    found = identified(row(ANNE), row(ANNE), row(ref("60")))
    assert (len(found.students), found.duplicates, found.held) == (2, 1, ())


def test_two_different_rows_of_one_student_are_both_held() -> None:
    found = identified(row(ANNE, "8A1"), row(ref("60")), row(ANNE, "8A2"), known={"anne": ANNE})
    assert [record.ref.person_id for record in found.students.values()] == ["60"]
    assert sorted((number, error.code, student_id) for number, error, student_id in found.held) == [
        (1, "duplicate-student", "anne"),
        (3, "duplicate-student", "anne"),
    ]


def test_an_exact_duplicate_of_a_row_that_differs_from_a_third_saves_nothing() -> None:
    found = identified(row(ANNE, "8A1"), row(ANNE, "8A1"), row(ANNE, "8A2"))
    assert found.students == {}
    assert {number for number, _, _ in found.held} == {1, 3}


def test_a_held_row_of_two_students_leaves_the_others_alone() -> None:
    known = {"anne": ANNE, "ben": ref("60", "B801200005002", "000124", "Tolmek")}
    found = identified(row(ref("52", "B801200005002")), row(ref("70")), known=known)
    assert len(found.students) == 1
    assert [error.code for _, error, _ in found.held] == ["two-students"]


@pytest.mark.parametrize("person_id", [None, "99"])
def test_a_re_used_admission_number_with_another_surname_is_another_student(person_id: str | None) -> None:
    first = identified(row(ref(admission_number="000123", surname="Vorrin")))
    (old,) = first.students
    known = {old: ref(admission_number="000123", surname="Vorrin")}
    second = identified(row(ref(person_id, admission_number="000123", surname="Tolmek")), known=known)
    (new,) = second.students
    assert new != old


def test_two_students_of_one_admission_number_in_one_read_are_two() -> None:
    found = identified(
        row(ref(admission_number="000123", surname="Vorrin")), row(ref(admission_number="000123", surname="Tolmek"))
    )
    assert sorted(record.surname for record in found.students.values()) == ["Tolmek", "Vorrin"]
    assert found.held == ()


def test_the_same_first_sight_gives_the_same_id_in_the_same_school_only() -> None:
    assert new_student_id("austen", ANNE) == new_student_id("austen", ANNE)
    assert new_student_id("austen", ANNE) != new_student_id("bronte", ANNE)
    assert "52" not in new_student_id("austen", ANNE)[1:3]


@given(
    known=st.sets(st.sampled_from(sorted(POOL))),
    meant=st.lists(
        st.tuples(st.sampled_from(sorted(POOL)), st.sets(st.sampled_from(["person_id", "upn"]))), max_size=8
    ),
)
def test_a_row_is_its_own_student_or_somebody_new_but_never_another(
    known: set[str], meant: list[tuple[str, set[str]]]
) -> None:
    register_of_known = register({student_id: POOL[student_id] for student_id in sorted(known)})
    for student_id, lacking in meant:
        named = replace(POOL[student_id], **dict.fromkeys(lacking))
        assert register_of_known.find(named) in {student_id, None}


@given(
    meant=st.lists(st.sampled_from(sorted(POOL)), max_size=8), lacking=st.sets(st.sampled_from(["person_id", "upn"]))
)
def test_every_row_is_used_noticed_or_held_and_reading_again_gives_the_same(
    meant: list[str], lacking: set[str]
) -> None:
    rows = [
        (number, row(replace(POOL[student_id], **dict.fromkeys(lacking))))
        for number, student_id in enumerate(meant, start=1)
    ]
    first = identify(rows, Register("austen"))
    assert len(first.students) == len(set(meant))
    assert first.duplicates == len(meant) - len(set(meant))
    assert first.held == ()
    seen = register({student_id: record.ref for student_id, record in first.students.items()})
    assert identify(rows[::-1], seen).students == first.students


@pytest.mark.parametrize(
    ("one", "other"), [("Zoë", "ZOE"), ("Nuñez", "nunez"), ("O'Neill", "o'neill"), ("Straße", "STRASSE")]
)
def test_names_are_compared_without_case_and_accents(one: str, other: str) -> None:
    assert sort_key(one) == sort_key(other)


def test_our_own_id_counts_where_such_a_student_is_known() -> None:
    known = register(POOL)
    assert known.require(StudentRef(student_id="anne")) == "anne"
    with pytest.raises(RecordError, match="no known student"):
        known.require(StudentRef(student_id="s0123456789abcdef"))


def test_our_own_id_and_another_students_number_are_held() -> None:
    with pytest.raises(RecordError, match="different students"):
        register(POOL).find(StudentRef(person_id="60", student_id="anne"))


def test_our_own_id_says_nothing_of_the_same_name_in_another_kind_of_id() -> None:
    assert register(POOL).find(StudentRef(person_id="anne")) is None
