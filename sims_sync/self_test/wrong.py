"""Which exports are well formed and still must not be believed: another report, another school, too much gone?"""

from collections.abc import Iterable, Sequence

from sims_sync.self_test.school import InventedSchool, Row, of_another_school
from sims_sync.self_test.written import captions, csv_file, with_values, without, workbook, xml

OTHER_DFE_NUMBER = "123/9998"
IDS = ("primary_id", "UPN", "Adno")


def no_records(_school: InventedSchool) -> bytes:
    """A well-formed report of no records."""
    return xml(())


def header_only(school: InventedSchool) -> bytes:
    """CSV with its header alone."""
    return csv_file(school.students).partition(b"\n")[0] + b"\n"


def empty_workbook(school: InventedSchool) -> bytes:
    """A workbook with its header alone."""
    return workbook([dict.fromkeys(school.students[0], "")])


def staff_as_students(school: InventedSchool) -> bytes:
    """The staff report in the students' folder."""
    return xml(school.staff)


def results_as_students(school: InventedSchool) -> bytes:
    """The results in the students' folder."""
    return xml(school.results)


def students_as_entries(school: InventedSchool) -> bytes:
    """The student report in the entries' folder."""
    return xml(school.students)


def other_school(school: InventedSchool) -> bytes:
    """Another school's students, with its DfE number."""
    return xml(of_another_school(school, OTHER_DFE_NUMBER).students)


def other_school_without_number(school: InventedSchool) -> bytes:
    """Another school's students, without a DfE number."""
    return xml(of_another_school(school, None).students)


def other_school_staff(school: InventedSchool) -> bytes:
    """Another school's staff, without a DfE number."""
    return xml(of_another_school(school, None).staff)


def other_school_groups(school: InventedSchool) -> bytes:
    """Another school's tutor groups, without a DfE number."""
    return xml(of_another_school(school, None).tutor_groups)


def other_school_entries(school: InventedSchool) -> bytes:
    """Entries of another school's students, without a DfE number."""
    return xml(of_another_school(school, None).entries)


def results_of_unknown_students(school: InventedSchool) -> bytes:
    """Results of students whom nobody knows."""
    return xml(of_another_school(school, None).results)


def older_students(school: InventedSchool) -> bytes:
    """Yesterday's students, after today's were read."""
    return xml(school.students)


def older_entries(school: InventedSchool) -> bytes:
    """Yesterday's entries, after today's were read: half of them were not made yet."""
    return xml(school.entries[::2])


def third_of_students_gone(school: InventedSchool) -> bytes:
    """30 % of the students are missing."""
    return xml(_share(school.students, 70))


def half_of_students_gone(school: InventedSchool) -> bytes:
    """50 % of the students are missing."""
    return xml(_share(school.students, 50))


def most_students_gone(school: InventedSchool) -> bytes:
    """95 % of the students are missing."""
    return xml(_share(school.students, 5))


def whole_group_gone(school: InventedSchool) -> bytes:
    """One tutor group's students are missing."""
    return xml([row for row in school.students if row["Reg"] != "8A"])


def most_staff_gone(school: InventedSchool) -> bytes:
    """Most of the staff are missing."""
    return xml(school.staff[:4])


def most_groups_gone(school: InventedSchool) -> bytes:
    """Most of the tutor groups are missing."""
    return xml(school.tutor_groups[:3])


def ids_gone(school: InventedSchool) -> bytes:
    """Every id column is missing, as without the permission to see them."""
    return xml(without(school.students, *IDS))


def ids_blank(school: InventedSchool) -> bytes:
    """CSV whose id columns are there and empty."""
    return csv_file(with_values(school.students, dict.fromkeys(IDS, "")))


def same_id_for_all(school: InventedSchool) -> bytes:
    """Every student has the same ids."""
    return xml(with_values(school.students, {name: school.students[0][name] for name in IDS}))


def ids_clash(school: InventedSchool) -> bytes:
    """Two different rows of each student, as a report of two record sets gives them."""
    doubled = [copy for row in school.students for copy in (row, {**row, "Reg": "10B", "Year": "Year 10"})]
    return xml(doubled)


def few_ids_clash(school: InventedSchool) -> bytes:
    """Two different rows of each of two students."""
    return xml([*school.students, *with_values(school.students[:2], {"Reg": "10B"})])


def surname_missing(school: InventedSchool) -> bytes:
    """A required column is missing: the surname."""
    return xml(without(school.students, "Legal Surname"))


def year_missing(school: InventedSchool) -> bytes:
    """The NC year is missing everywhere."""
    return xml(without(school.students, "Year"))


def year_blank(school: InventedSchool) -> bytes:
    """CSV whose column of the NC year is there and empty."""
    return csv_file(with_values(school.students, {"Year": ""}))


def group_missing(school: InventedSchool) -> bytes:
    """The tutor group is missing everywhere."""
    return xml(without(school.students, "Reg"))


def group_blank(school: InventedSchool) -> bytes:
    """CSV whose column of the tutor group is there and empty."""
    return csv_file(with_values(school.students, {"Reg": ""}))


def house_silent(school: InventedSchool) -> bytes:
    """An optional column that was filled before is gone: the house."""
    return xml(without(school.students, "House"))


def enrolment_silent(school: InventedSchool) -> bytes:
    """An optional column that was filled before is gone: the enrolment status."""
    return xml(without(school.students, "Enrolment status"))


def surname_and_group_swapped(school: InventedSchool) -> bytes:
    """The captions of surname and tutor group are swapped."""
    return xml(_swapped(school.students, "Legal Surname", "Reg"))


def ids_swapped(school: InventedSchool) -> bytes:
    """The captions of SIMS's id and the admission number are swapped."""
    return xml(_swapped(school.students, "primary_id", "Adno"))


def columns_shifted(school: InventedSchool) -> bytes:
    """CSV whose values stand one column too far to the right."""
    names = captions(school.students)
    shifted = [dict(zip(names, ["", *row.values()], strict=False)) for row in school.students]
    return csv_file(shifted)


def one_group_for_all(school: InventedSchool) -> bytes:
    """Every student stands in the same tutor group."""
    return xml(with_values(school.students, {"Reg": "10B"}))


def all_a_year_older(school: InventedSchool) -> bytes:
    """Every student is a year further on, in the middle of the year."""
    return xml([{**row, "Year": f"Year {int(row['Year'][-2:]) + 1}"} for row in school.students])


def all_guests(school: InventedSchool) -> bytes:
    """Every student is a guest, so that nobody would be due."""
    return xml(with_values(school.students, {"Enrolment status": "Guest"}))


def all_left(school: InventedSchool) -> bytes:
    """Every student has a leaving date."""
    return xml(with_values(school.students, {"Leaving date": "2026-12-01T00:00:00+00:00"}))


def staff_names_swapped(school: InventedSchool) -> bytes:
    """Every member of staff has the next one's name and address."""
    return xml(_next_values(school.staff, "Preferred Surname", "Preferred Forename", "Work Email"))


def tutors_changed(school: InventedSchool) -> bytes:
    """Every tutor group has another's tutor."""
    return xml(_next_values(school.tutor_groups, "Tutor Code"))


def tutors_missing(school: InventedSchool) -> bytes:
    """The column of the tutor is missing."""
    return xml(without(school.tutor_groups, "Tutor Code"))


def tutors_blank(school: InventedSchool) -> bytes:
    """CSV whose column of the tutor is there and empty."""
    return csv_file(with_values(school.tutor_groups, {"Tutor Code": ""}))


def entries_lost(_school: InventedSchool) -> bytes:
    """The entries' report holds none any more."""
    return xml(())


def entries_without_text(school: InventedSchool) -> bytes:
    """The entries' report still lists every student, and no text."""
    return xml(without(school.entries, "Result"))


def entries_with_blank_text(school: InventedSchool) -> bytes:
    """CSV of entries whose column of the text is there and empty."""
    return csv_file(with_values(school.entries, {"Result": ""}))


def entries_without_when(school: InventedSchool) -> bytes:
    """Entries without a date and of a result set that names no half term."""
    return xml(with_values(without(school.entries, "Result date"), {"Result set": "Mentoring"}))


def entries_with_bad_dates(school: InventedSchool) -> bytes:
    """Entries whose dates cannot be read."""
    return xml(with_values(school.entries, {"Result date": "31/31/2026"}))


def entries_cut_to_ten_characters(school: InventedSchool) -> bytes:
    """Entries whose texts SIMS cut to ten characters: too short to count."""
    return xml([{**row, "Result": row["Result"][:10]} for row in school.entries])


def entries_of_one_student(school: InventedSchool) -> bytes:
    """Every entry carries the first student's ids."""
    return xml(with_values(school.entries, {name: school.entries[0][name] for name in IDS}))


def results_without_values(school: InventedSchool) -> bytes:
    """Results without their column of values."""
    return xml(without(school.results, "Result"))


def results_lost(_school: InventedSchool) -> bytes:
    """The results' report holds none any more."""
    return xml(())


def joined_csv(school: InventedSchool) -> bytes:
    """CSV that was joined from two exports: the second header stands among the rows."""
    return csv_file(school.students) * 2


def formulas_never_calculated(school: InventedSchool) -> bytes:
    """A workbook whose tutor groups are formulas that were never calculated."""
    return workbook(school.students, {"Reg": False})


def _share(rows: Sequence[Row], percent: int) -> list[Row]:
    """So many of the rows, spread evenly."""
    return [row for number, row in enumerate(rows) if number * percent // 100 != (number + 1) * percent // 100]


def _swapped(rows: Iterable[Row], one: str, other: str) -> list[Row]:
    return [{**row, one: row[other], other: row[one]} for row in rows]


def _next_values(rows: Sequence[Row], *names: str) -> list[Row]:
    return [
        {**row, **{name: following[name] for name in names}}
        for row, following in zip(rows, (*rows[1:], rows[0]), strict=True)
    ]
