"""Does the golden case of DOMAIN §6 come out of the whole path: exports in a drop folder, store, report as JSON?

One file of each kind is dropped on each morning that matters, so that from-dates, admissions and times of recording
come from the reads where no column has them.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from tests.system.command import once, sims_sync, write_file
from tests.system.exports import Row, local, make_school, put_export, release_first_plans

POLICIES = {"half-term": "2026-27/autumn-2", "termly": "2026-27/autumn-1", "any": "2026-27/autumn-2"}
DEADLINE_READS = ("2026-11-03", "2026-12-01", "2026-12-02", "2026-12-03", "2026-12-04", "2026-12-16")
CLOSING_READ = "2027-01-05"
OCCASIONS = {"deadline": "2026-12-16T07:30", "closing": "2027-01-05T07:30"}
AUTUMN_1, AUTUMN_2 = "Mentoring Autumn 1 2026/27", "Mentoring Autumn 2 2026/27"
TARGET = "Read for twenty minutes each evening"
YEAR_START = "2026-09-01"
PROFORMA_COLUMNS = [
    "row_id",
    "admission_number",
    "surname",
    "interview_date",
    "author",
    "state",
    "kind",
    "area",
    "text",
    "criterion",
    "support",
    "by_date",
    "outcome",
    "evidence",
    "next_step",
    "no_target_reason",
    "excusal_reason",
]


@dataclass(frozen=True)
class Pupil:
    """One student of the golden case as SIMS would list them; dates as ISO text."""

    number: int
    label: str
    group: str
    first: str = "2020-09-01"
    leaves: str | None = None
    moved_from: str | None = None
    moved_on: str | None = None
    enrolment: str = "Current single"
    typed: tuple[str, ...] = ()
    result_set: str = AUTUMN_2

    def listed(self, day: str) -> bool:
        return self.first <= day and (self.leaves is None or day <= self.leaves)

    def group_on(self, day: str) -> str:
        return self.moved_from if self.moved_from and self.moved_on and day < self.moved_on else self.group

    @property
    def admission_number(self) -> str:
        return f"{self.number:06d}"


def golden_group() -> Iterator[Pupil]:
    facts: tuple[dict[str, Any], ...] = (
        {"typed": ("2026-11-12",)},  # S1
        {},
        {"first": "2026-12-02"},
        {"first": "2026-12-03"},
        {"leaves": "2026-12-04"},  # S5
        {"leaves": "2026-12-16"},
        {},  # S7: excused
        {"typed": ("2026-12-16",)},
        {},  # S9: on a pro-forma, by the Head of House
        {"typed": ("2026-11-10",), "moved_from": "8B1", "moved_on": "2026-12-01"},  # S10
        {"moved_from": "8B1", "moved_on": "2026-12-04"},
        {},  # S12: a draft
        {"enrolment": "Guest Pupil"},
        {},  # S14: a workbook
        {"typed": ("2026-10-29",), "result_set": AUTUMN_1},
    )
    for number, fact in enumerate(facts, start=1):
        yield Pupil(number, f"S{number}", "8A1", **fact)


def other_groups() -> Iterator[Pupil]:
    number = 100
    for group, size, done in (("8A2", 28, 28), ("8A3", 26, 0), ("8A4", 28, 27), ("8B1", 10, 10)):
        for place in range(size):
            number += 1
            yield Pupil(number, f"{group}-{place}", group, typed=("2026-11-11",) if place < done else ())


EVERYBODY = (*golden_group(), *other_groups())
TUTORS = {"8A1": ("T1", "Austen"), "8A2": ("T2", "Austen"), "8A3": ("T3", "Austen"), "8A4": ("T4", "Austen")} | {
    "8B1": ("T5", "Brunel")
}
SURNAMES = {"T1": "Tenone", "T2": "Tentwo", "T3": "Tenthree", "T4": "Tenfour", "T5": "Tenfive", "H1": "Headley"}


def students(day: str, *, with_dates: bool) -> list[Row]:
    return [_student(pupil, day, with_dates=with_dates) for pupil in EVERYBODY if pupil.listed(day)]


def _student(pupil: Pupil, day: str, *, with_dates: bool) -> Row:
    group = pupil.group_on(day)
    row: dict[str, str | None] = {
        "primary_id": str(1000 + pupil.number),
        "Adno": pupil.admission_number,
        "Surname": f"Sur{pupil.label}",
        "Forename": f"Fore{pupil.label}",
        "Reg": group,
        "Year": "Year  8",
        "House": TUTORS[group][1],
        "Enrolment status": pupil.enrolment,
        "Leaving date": pupil.leaves,
    }
    if with_dates:
        moved = pupil.moved_on if pupil.moved_on and group == pupil.group else None
        row |= {"Admission date": pupil.first, "Reg group start date": moved or max(pupil.first, YEAR_START)}
    return row


def staff() -> list[Row]:
    return [
        {
            "ID": f"9{code[1]}{code[0] == 'H':d}",
            "StaffCode": code,
            "PreferredSurname": surname,
            "PreferredForename": "Alex",
        }
        | {"Title": "Dr", "WorkEmail": f"{code.lower()}@golden.example"}
        for code, surname in SURNAMES.items()
    ]


def tutor_groups() -> list[Row]:
    return [{"Reg": group, "Year": "Year  8", "House": house, "Tutor": code} for group, (code, house) in TUTORS.items()]


def entries(day: str) -> list[Row]:
    """What had been typed by the morning of `day`: an interview is typed on its day, after the morning's export."""
    return [
        {
            "primary_id": str(1000 + pupil.number),
            "Surname": f"Sur{pupil.label}",
            "Aspect": "Mentoring Target 1",
            "Result set": pupil.result_set,
            "Result": TARGET,
            "Result date": typed,
        }
        for pupil in EVERYBODY
        for typed in pupil.typed
        if typed < day
    ]


def proforma(**cells: str) -> bytes:
    """One workbook with one row."""
    content = BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, PROFORMA_COLUMNS)
        sheet.write_row(1, 0, [cells.get(column, "") for column in PROFORMA_COLUMNS])
    return content.getvalue()


def hand_in(folder: Path, label: str, on: str, author: str, **cells: str) -> None:
    pupil = next(each for each in EVERYBODY if each.label == label)
    content = proforma(
        row_id=f"row-{label}", admission_number=pupil.admission_number, surname=f"Sur{label}", author=author, **cells
    )
    write_file(folder / "proformas" / f"{on} {author}.xlsx", content, local(f"{on}T15:00"))


def read_morning(folder: Path, day: str, form: str, *, with_dates: bool) -> None:
    moment = local(f"{day}T06:00")
    put_export(folder, "students", students(day, with_dates=with_dates), moment, form)
    put_export(folder, "staff", staff(), moment, form)
    put_export(folder, "tutor_groups", tutor_groups(), moment, form)
    put_export(folder, "entries", entries(day), moment, form)
    later = moment + timedelta(minutes=5)
    if day == DEADLINE_READS[0]:
        _first_run(folder, "pull_students", later)
        _first_run(folder, "pull_entries", later)
        return
    jobs = ("pull_students", "pull_entries", "collect_proformas")
    ended = sims_sync("run", *jobs, "--as-of", later.isoformat(), "--config", folder / "config.toml")
    if day == DEADLINE_READS[1]:
        assert ended.code == 3, ended.said  # the first pro-formas
        release_first_plans(folder / "config.toml", later)
    else:
        assert ended.code == 0, ended.said


def _first_run(folder: Path, job: str, at: datetime) -> None:
    ended = sims_sync("run", job, "--as-of", at.isoformat(), "--config", folder / "config.toml")
    assert ended.code == 3, ended.said
    assert "is this your school?" in ended.out
    release_first_plans(folder / "config.toml", at)


def excuse(folder: Path, *arguments: str) -> None:
    ended = sims_sync("excuse", *arguments, "--half-term", "autumn-2", "--config", folder / "config.toml")
    assert ended.code == 0, ended.said


def live_through(folder: Path, form: str, policies: list[str], *, with_dates: bool) -> None:
    """The whole half term, with every policy's report kept as `<policy>-<occasion>.json`."""
    make_school(folder)
    (folder / "roles.csv").write_text("staff_code,role,scope,from,to\nH1,head of house,Austen,,\n", encoding="utf-8")
    for day in DEADLINE_READS:
        if day == "2026-12-01":
            hand_in(
                folder,
                "S9",
                "2026-11-20",
                "H1",
                interview_date="2026-11-20",
                state="submitted",
                kind="interview",
                text=TARGET,
            )
            hand_in(
                folder,
                "S12",
                "2026-11-27",
                "T1",
                interview_date="2026-11-26",
                state="draft",
                kind="interview",
                text=TARGET,
            )
        if day == "2026-12-16":
            hand_in(
                folder,
                "S14",
                "2026-12-14",
                "T1",
                interview_date="2026-12-14",
                state="submitted",
                kind="interview",
                text=TARGET,
            )
        read_morning(folder, day, form, with_dates=with_dates)
        if day == "2026-12-01":
            number = EVERYBODY[6].admission_number
            excuse(folder, "give", number, "--reason", "long-term absence", "--as-of", "2026-12-02")
            excuse(folder, "accept", number, "--as-of", "2026-12-03")
    _keep_reports(folder, "deadline", policies)
    read_morning(folder, CLOSING_READ, form, with_dates=with_dates)
    _keep_reports(folder, "closing", policies)


def _keep_reports(folder: Path, occasion: str, policies: list[str]) -> None:
    config = folder / "config.toml"
    as_written = config.read_text(encoding="utf-8")
    for policy in policies:
        text = re.sub(r'policy = ".*"', f'policy = "{policy}"', as_written)
        config.write_text(re.sub(r'starts_with = ".*"', f'starts_with = "{POLICIES[policy]}"', text), encoding="utf-8")
        options = ("--half-term", "2026-27/autumn-2", "--as-of", OCCASIONS[occasion], "--format", "json", "--names")
        ended = sims_sync("report", "compliance", *options, "--config", config)
        assert ended.code == 0, ended.said
        (folder / f"{policy}-{occasion}.json").write_text(ended.out, encoding="utf-8")
    config.write_text(as_written, encoding="utf-8")


@pytest.fixture(scope="module")
def by_columns(shared: Path) -> Path:
    """The half term with XML exports whose columns carry admission and from-dates, under every policy."""
    return once(shared, "golden-xml", lambda place: live_through(place, "xml", list(POLICIES), with_dates=True))


@pytest.fixture(scope="module")
def by_reads(shared: Path) -> Path:
    """The half term with CSV exports without these columns: every date comes from the reads."""
    return once(shared, "golden-csv", lambda place: live_through(place, "csv", ["half-term"], with_dates=False))


@pytest.fixture(params=["columns", "reads"])
def lived(request: pytest.FixtureRequest) -> Path:
    found: Path = request.getfixturevalue(f"by_{request.param}")
    return found


def kept(folder: Path, policy: str, occasion: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / f"{policy}-{occasion}.json").read_text(encoding="utf-8"))
    assert document["held"] == []
    assert document["policy"] == policy
    assert document["occasion"] == occasion
    return document


def group(folder: Path, policy: str, occasion: str, name: str = "8A1") -> dict[str, Any]:
    found: dict[str, Any] = next(
        each
        for house in kept(folder, policy, occasion)["houses"]
        for each in house["groups"]
        if each["tutor_group"] == name
    )
    return found


def classes(folder: Path, occasion: str) -> dict[str, str]:
    return {
        student["surname"].removeprefix("Sur"): student["class"]
        for student in group(folder, "half-term", occasion)["students"]
    }


def labels(folder: Path, occasion: str, student: str) -> list[str]:
    rows = group(folder, "half-term", occasion)["students"]
    return next(list(row["labels"]) for row in rows if row["surname"] == f"Sur{student}")


def figures(folder: Path, policy: str, occasion: str) -> tuple[int, int, int, int, str]:
    found = group(folder, policy, occasion)
    return found["due"], found["done"], found["outstanding"], found["percent"], found["status"]


def test_each_student_is_in_the_class_of_the_golden_table(lived: Path) -> None:
    outstanding = dict.fromkeys(("S2", "S3", "S6", "S8", "S12", "S15"), "outstanding")
    aside = {"S4": "not yet due", "S7": "excused", "S11": "handover"}
    assert classes(lived, "deadline") == outstanding | aside


def test_at_closing_only_the_late_entry_has_moved(lived: Path) -> None:
    at_deadline, at_closing = classes(lived, "deadline"), classes(lived, "closing")
    assert at_deadline.pop("S8") == "outstanding"
    assert at_closing == at_deadline
    assert "leaver" in labels(lived, "closing", "S6")


def test_half_term_policy_at_the_deadline_and_at_closing(lived: Path) -> None:
    assert figures(lived, "half-term", "deadline") == (10, 4, 6, 40, "Action needed")
    assert figures(lived, "half-term", "closing") == (10, 5, 5, 50, "Action needed")


def test_an_entry_in_a_workbook_is_done_though_sims_does_not_hold_it(lived: Path) -> None:
    assert group(lived, "half-term", "deadline")["not_yet_in_sims"] >= 1


def test_termly_policy_counts_the_interview_of_the_first_half_of_the_term(by_columns: Path) -> None:
    assert figures(by_columns, "termly", "deadline")[:4] == (10, 5, 5, 50)
    assert figures(by_columns, "termly", "closing")[:4] == (10, 6, 4, 60)


def test_any_policy_is_complete_names_no_student_and_still_shows_counts(by_columns: Path) -> None:
    for occasion, done in (("deadline", 4), ("closing", 5)):
        found = group(by_columns, "any", occasion)
        assert (found["status"], found["due"], found["done"]) == ("Complete", 10, done)
        assert found["students"] == []


def test_the_house_is_the_sum_of_its_groups_in_the_order_of_what_is_outstanding(lived: Path) -> None:
    house = next(each for each in kept(lived, "half-term", "deadline")["houses"] if each["house"] == "Austen")
    assert (house["due"], house["done"], house["percent"]) == (92, 59, 64)
    assert house["heads"] == ["Dr Alex Headley"]
    assert [(each["tutors"], each["done"], each["due"]) for each in house["groups"]] == [
        (["Dr Alex Tenthree"], 0, 26),
        (["Dr Alex Tenone"], 4, 10),
        (["Dr Alex Tenfour"], 27, 28),
        (["Dr Alex Tentwo"], 28, 28),
    ]
    assert [each["status"] for each in house["groups"]] == ["Not started", "Action needed", "Nearly there", "Complete"]


def test_two_tutors_need_a_follow_up_and_the_third_has_a_line_of_their_own(lived: Path) -> None:
    house = next(each for each in kept(lived, "half-term", "deadline")["houses"] if each["house"] == "Austen")
    assert house["headline"].startswith("2 tutors need a follow-up")
    assert house["nearly_there"].startswith("1 tutor is nearly there")


def test_the_figures_say_how_old_each_source_is(lived: Path) -> None:
    began = {
        read["source"]: date.fromisoformat(read["began"][:10])
        for read in kept(lived, "half-term", "deadline")["data_as_of"]
    }
    assert set(began) == {"students", "staff", "tutor_groups", "entries", "proformas"}
    assert set(began.values()) == {date(2026, 12, 16)}


def test_the_old_group_of_the_two_who_moved_is_complete_without_them(lived: Path) -> None:
    found = group(lived, "half-term", "deadline", "8B1")
    assert (found["due"], found["done"], found["status"]) == (10, 10, "Complete")
