"""Is a school's calendar file understood as a person would, or refused with a sentence?"""

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sims_sync.bank_holidays import england_bank_holidays
from sims_sync.calendar_files import ImportedCalendar, read_calendar, read_calendar_toml, write_calendar_toml
from sims_sync.demo.calendar import five_week_summer_calendar, reference_calendar, two_week_october_calendar
from sims_sync.school_year import Calendar, CalendarRefused, HalfTerm, HalfTermId, SchoolYear

Event = tuple[str, date, date | None]

HEADER = "kind,name,start,end\n"
HALF_TERM_ROWS = """half term,Autumn 1,2026-09-01,2026-10-23
half term,Autumn 2,2026-11-02,2026-12-18
half term,Spring 1,2027-01-04,2027-02-12
half term,Spring 2,2027-02-22,2027-03-25
half term,Summer 1,2027-04-12,2027-05-28
half term,Summer 2,2027-06-07,2027-07-20
"""
INSET_ROWS = "inset,,2026-09-01,2026-09-02\ninset,,2026-11-02,\ninset,,2027-01-04,\n"

PUBLISHED: tuple[Event, ...] = (
    ("INSET Day", date(2026, 9, 1), date(2026, 9, 2)),
    ("Autumn term starts", date(2026, 9, 3), None),
    ("Half term", date(2026, 10, 26), date(2026, 10, 30)),
    ("INSET day - school closed to students", date(2026, 11, 2), None),
    ("Term ends", date(2026, 12, 18), None),
    ("Christmas holiday", date(2026, 12, 21), date(2027, 1, 1)),
    ("Staff training day", date(2027, 1, 4), None),
    ("Spring Term Begins", date(2027, 1, 5), None),
    ("Half-term holiday", date(2027, 2, 15), date(2027, 2, 19)),
    ("End of Spring Term", date(2027, 3, 25), None),
    ("Good Friday (bank holiday)", date(2027, 3, 26), None),
    ("Easter Holidays", date(2027, 3, 26), date(2027, 4, 9)),
    ("Summer term starts", date(2027, 4, 12), None),
    ("May Day Bank holiday", date(2027, 5, 3), None),
    ("Half\u2013Term", date(2027, 5, 31), date(2027, 6, 4)),
    ("Summer term ends", date(2027, 7, 20), None),
)


def ics(events: Iterable[Event], *extra: str) -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//an invented school//EN"]
    for number, (summary, first, last) in enumerate(events):
        lines += ["BEGIN:VEVENT", f"UID:{number}@school.example", f"SUMMARY:{summary}"]
        lines.append(f"DTSTART;VALUE=DATE:{first:%Y%m%d}")
        if last is not None:
            lines.append(f"DTEND;VALUE=DATE:{last + timedelta(days=1):%Y%m%d}")
        lines.append("END:VEVENT")
    return "\r\n".join([*lines, *extra, "END:VCALENDAR", ""]).encode()


def event(*lines: str) -> tuple[str, ...]:
    return ("BEGIN:VEVENT", "UID:extra@school.example", *lines, "END:VEVENT")


def read_ics(folder: Path, events: Iterable[Event], *extra: str) -> ImportedCalendar:
    path = folder / "calendar.ics"
    path.write_bytes(ics(events, *extra))
    return read_calendar(path)


def read_csv(folder: Path, content: bytes | str) -> ImportedCalendar:
    path = folder / "calendar.csv"
    path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return read_calendar(path)


def replaced(summary: str, *events: Event) -> list[Event]:
    """The published events with those of `summary` replaced."""
    return [each for each in PUBLISHED if each[0] != summary] + list(events)


def school_days(imported: ImportedCalendar) -> list[int]:
    school_year = SchoolYear(imported.with_bank_holidays(england_bank_holidays((2026, 2027))))
    return [len(school_year.dates(half_term).school_days) for half_term in school_year.ids()]


def imported_from(calendar: Calendar) -> ImportedCalendar:
    return ImportedCalendar(
        half_terms=calendar.half_terms,
        inset_days=calendar.inset_days,
        other_closed_days=calendar.other_closed_days,
        year_starts=calendar.year_starts,
    )


# iCalendar


def test_a_published_calendar_gives_the_reference_calendar(tmp_path: Path) -> None:
    imported = read_ics(tmp_path, PUBLISHED)
    assert imported.half_terms == reference_calendar().half_terms
    assert imported.inset_days == reference_calendar().inset_days
    assert imported.other_closed_days == frozenset()
    assert school_days(imported) == [37, 34, 29, 24, 34, 32]
    assert imported.notes == ("6 half terms and 4 INSET days were understood.",)


def test_terms_without_holidays_and_holidays_without_terms_mean_the_same(tmp_path: Path) -> None:
    holidays = ("Christmas holiday", "Easter Holidays")
    only_terms = [each for each in PUBLISHED if each[0] not in holidays]
    ends = ("Term ends", "Spring Term Begins", "End of Spring Term", "Summer term starts")
    only_holidays = [each for each in PUBLISHED if each[0] not in ends]
    assert read_ics(tmp_path, only_terms).half_terms == reference_calendar().half_terms
    assert read_ics(tmp_path, only_holidays).half_terms == reference_calendar().half_terms


@pytest.mark.parametrize(
    "events",
    [
        [("Half term begins", date(2026, 10, 26), None), ("Half term ends", date(2026, 10, 30), None)],
        [("End of half term", date(2026, 10, 23), None), ("Start of half term", date(2026, 11, 2), None)],
        [("School closes for half term", date(2026, 10, 23), None), ("Return to school", date(2026, 11, 2), None)],
        [("Break up for half-term", date(2026, 10, 23), None), ("School reopens", date(2026, 11, 2), None)],
        [("Half term", date(2026, 10, day), None) for day in range(26, 31)],
        [("October half term break", date(2026, 10, 24), date(2026, 11, 1))],
        [("Half Term 1 ends", date(2026, 10, 23), None), ("Half Term 2 starts", date(2026, 11, 2), None)],
        [("Half term (school closed)", date(2026, 10, 26), date(2026, 10, 30))],
    ],
)
def test_schools_word_their_half_term_break_in_many_ways(tmp_path: Path, events: list[Event]) -> None:
    others = [each for each in PUBLISHED if each[1] != date(2026, 10, 26)]
    assert read_ics(tmp_path, [*others, *events]).half_terms == reference_calendar().half_terms


def test_six_terms_as_whole_events_are_six_half_terms(tmp_path: Path) -> None:
    calendar = reference_calendar()
    events = [(f"Term {each.id.index + 1}", each.start, each.end) for each in calendar.half_terms]
    assert read_ics(tmp_path, events).half_terms == calendar.half_terms


def test_a_term_that_starts_for_one_year_group_first_starts_then(tmp_path: Path) -> None:
    events = replaced(
        "Autumn term starts",
        ("Autumn term starts for Year 7", date(2026, 9, 3), None),
        ("Autumn term starts for all other years", date(2026, 9, 4), None),
    )
    assert read_ics(tmp_path, events).half_terms == reference_calendar().half_terms


def test_a_day_that_starts_term_for_staff_only_is_an_inset_day(tmp_path: Path) -> None:
    events = replaced("INSET Day", ("Term starts for staff", date(2026, 9, 2), None))
    imported = read_ics(tmp_path, events)
    assert date(2026, 9, 2) in imported.inset_days
    assert imported.half_terms[0].start == date(2026, 9, 2)


def test_an_inset_day_that_starts_a_term_does_both(tmp_path: Path) -> None:
    events = replaced("Staff training day", ("INSET day: Spring term starts", date(2027, 1, 4), None))
    imported = read_ics(tmp_path, events)
    assert date(2027, 1, 4) in imported.inset_days
    assert imported.half_terms[2].start == date(2027, 1, 4)


def test_events_about_other_things_change_nothing_and_are_not_quoted(tmp_path: Path) -> None:
    others: list[Event] = [
        ("End of term concert", date(2026, 12, 10), None),
        ("Half term report to parents", date(2026, 10, 12), None),
        ("Year 11 term ends", date(2027, 6, 11), None),
        ("Summer holiday club sign-up", date(2027, 6, 14), None),
        ("Parents' evening, Mr Quillfeather", date(2026, 11, 12), None),
        ("School opens for open evening", date(2026, 9, 24), None),
    ]
    imported = read_ics(tmp_path, [*PUBLISHED, *others])
    assert imported.half_terms == reference_calendar().half_terms
    assert imported.other_closed_days == frozenset()
    told = " ".join(imported.notes)
    assert "Quillfeather" not in told
    assert "check that day" in told
    assert "events about other things were ignored" in told


def test_closed_days_and_unknown_bank_holidays_are_kept_as_closed(tmp_path: Path) -> None:
    imported = read_ics(
        tmp_path,
        [
            *PUBLISHED,
            ("School closed (polling day)", date(2027, 5, 6), None),
            ("Coronation bank holiday", date(2027, 5, 10), None),
        ],
    )
    assert imported.other_closed_days == {date(2027, 5, 6), date(2027, 5, 10)}
    assert "Mon 10 May 2027 is called a bank holiday but is none of England's" in " ".join(imported.notes)


def test_cancelled_and_repeating_events_are_ignored_with_a_note(tmp_path: Path) -> None:
    imported = read_ics(
        tmp_path,
        PUBLISHED,
        *event("SUMMARY:INSET day", "DTSTART;VALUE=DATE:20270506", "STATUS:CANCELLED"),
        *event("SUMMARY:INSET day", "DTSTART;VALUE=DATE:20270507", "RRULE:FREQ=WEEKLY;COUNT=3"),
    )
    assert imported.inset_days == reference_calendar().inset_days
    assert {"1 cancelled events were ignored.", "1 repeating events were ignored."} <= set(imported.notes)


def test_timed_events_fall_on_their_school_local_day(tmp_path: Path) -> None:
    events = [each for each in PUBLISHED if each[0] not in {"Summer term ends", "Half term", "Staff training day"}]
    imported = read_ics(
        tmp_path,
        events,
        *event("SUMMARY:Summer term ends", "DTSTART:20270720T123000Z", "DTEND:20270720T133000Z"),
        *event("SUMMARY:Half term", "DTSTART:20261025T230000Z", "DTEND:20261031T000000"),
        *event("SUMMARY:Staff training day", "DTSTART;TZID=Europe/London:20270104T083000", "DURATION:PT7H"),
    )
    assert imported.half_terms[-1].end == date(2027, 7, 20)
    assert date(2027, 1, 4) in imported.inset_days


def test_a_year_the_file_covers_in_part_is_left_out_with_a_note(tmp_path: Path) -> None:
    events = [
        ("Term ends", date(2026, 7, 17), None),
        *PUBLISHED,
        ("Autumn term starts", date(2027, 9, 2), None),
        ("Half term", date(2027, 10, 25), date(2027, 10, 29)),
    ]
    imported = read_ics(tmp_path, events)
    assert imported.half_terms == reference_calendar().half_terms
    assert any(note.startswith("2027-28 has 1 half terms") for note in imported.notes)


def test_a_year_that_starts_in_august_says_so(tmp_path: Path) -> None:
    events = replaced("Autumn term starts", ("Autumn term starts", date(2026, 8, 27), None))
    imported = read_ics(tmp_path, [each for each in events if each[0] != "INSET Day"])
    assert imported.year_starts == {"2026-27": date(2026, 8, 27)}
    assert imported.half_terms[0].id == HalfTermId("2026-27", 0)


def refusal(folder: Path, events: Iterable[Event]) -> str:
    with pytest.raises(CalendarRefused) as caught:
        read_ics(folder, events)
    assert all(problem.endswith(".") for problem in caught.value.problems)
    return str(caught.value)


def test_a_missing_half_term_break_is_refused(tmp_path: Path) -> None:
    assert "2026-27 has 5 half terms in this file where 6 are needed" in refusal(tmp_path, replaced("Half term"))


def test_a_missing_end_of_term_is_refused(tmp_path: Path) -> None:
    events = [each for each in PUBLISHED if each[0] not in {"Term ends", "Christmas holiday"}]
    told = refusal(tmp_path, events)
    assert "Terms start on Mon 2 Nov 2026 and on Tue 5 Jan 2027 without an end or a break between" in told


def test_an_end_that_contradicts_the_others_is_refused(tmp_path: Path) -> None:
    assert "The term that ends on Wed 6 Jan 2027" not in refusal(tmp_path, replaced("Summer term ends"))
    told = refusal(tmp_path, [*PUBLISHED, ("Half term begins", date(2027, 4, 28), None)])
    assert "The half term said to start on Wed 28 Apr 2027 is not understood" in told


def test_a_calendar_without_terms_is_refused(tmp_path: Path) -> None:
    assert "No half terms were found" in refusal(tmp_path, [("Sports day", date(2027, 6, 18), None)])


@pytest.mark.parametrize("cut", [0, 5, 200, 900, 1500])
def test_a_file_cut_short_is_refused(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "calendar.ics"
    path.write_bytes(ics(PUBLISHED)[:cut])
    with pytest.raises(CalendarRefused, match="not a whole iCalendar file"):
        read_calendar(path)


@pytest.mark.parametrize("line", ["DTSTART;VALUE=DATE:2026", "SUMMARY:no start", "nonsense"])
def test_an_event_that_cannot_be_read_is_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "calendar.ics"
    path.write_bytes(ics(PUBLISHED, *event(line)))
    with pytest.raises(CalendarRefused, match="not understood"):
        read_calendar(path)


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "calendar.pdf"
    path.write_bytes(b"%PDF")
    with pytest.raises(CalendarRefused, match=r"neither \.csv nor \.ics"):
        read_calendar(path)


# CSV


def test_a_csv_gives_the_reference_calendar(tmp_path: Path) -> None:
    imported = read_csv(tmp_path, HEADER + HALF_TERM_ROWS + INSET_ROWS)
    assert imported.half_terms == reference_calendar().half_terms
    assert imported.inset_days == reference_calendar().inset_days
    assert imported.notes == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "windows-1252"])
def test_a_csv_is_read_in_the_encodings_schools_save(tmp_path: Path, encoding: str) -> None:
    text = HEADER + HALF_TERM_ROWS + "closed,Caf\u00e9 \u2013 flooded,2027-05-06,\n"
    assert read_csv(tmp_path, text.encode(encoding)).other_closed_days == {date(2027, 5, 6)}


def test_a_csv_may_have_other_column_order_semicolons_local_dates_and_no_names(tmp_path: Path) -> None:
    rows = [
        f"{each.end:%d/%m/%Y};{each.start:%d/%m/%Y};;Half-Term" for each in reversed(reference_calendar().half_terms)
    ]
    text = "End;Start;Name;Kind\r\n" + "\r\n".join([*rows, "", ";1/9/2026;;INSET day", ";;;"]) + "\r\n"
    imported = read_csv(tmp_path, text)
    assert imported.half_terms == reference_calendar().half_terms
    assert imported.inset_days == {date(2026, 9, 1)}


def test_a_csv_may_name_the_year_and_its_start(tmp_path: Path) -> None:
    rows = HALF_TERM_ROWS.replace("Autumn 1,2026-09-01", "2026-27/autumn-1,2026-08-26")
    imported = read_csv(tmp_path, HEADER + rows + "year start,,2026-08-24,\n")
    assert imported.year_starts == {"2026-27": date(2026, 8, 24)}


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("half term,Winter 1,2027-01-04,2027-02-12", "Line 8: the half term's name is not known"),
        ("half term,Spring 1,2027-01-04,", "Line 8: a half term needs an end"),
        ("holiday,,2027-01-04,", "Line 8: the kind is not known"),
        ("inset,,04.01.2027,", "Line 8: a date is not understood"),
        ("inset,,31/02/2027,", "Line 8: a date is not understood"),
        ("inset,,2027-01-05,2027-01-04", "Line 8: the end lies before the start"),
        ("half term,,2027-01-04,2027-02-12", "Some half terms have a name and others none"),
        ("half term,Spring 1,2027-01-04,2027-02-12", "2026-27/spring-1 occurs 2 times"),
    ],
)
def test_a_row_that_is_not_understood_is_refused_by_its_line(tmp_path: Path, row: str, sentence: str) -> None:
    with pytest.raises(CalendarRefused, match=sentence):
        read_csv(tmp_path, f"{HEADER}{HALF_TERM_ROWS}{row}\n")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "lacks the column kind, name, start, end"),
        (b"kind,name,start\n", "lacks the column end"),
        (HEADER.encode(), "no row of the kind half term"),
        ((HEADER + HALF_TERM_ROWS).encode("utf-16"), "not text in UTF-8 or Windows-1252"),
    ],
)
def test_a_csv_of_another_shape_is_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(CalendarRefused, match=sentence):
        read_csv(tmp_path, content)


def test_a_year_with_an_unusual_total_is_imported_with_a_note(tmp_path: Path) -> None:
    imported = read_csv(tmp_path, HEADER + HALF_TERM_ROWS.replace("2027-07-20", "2027-07-30") + INSET_ROWS)
    assert "totals 198 school days" in imported.notes[0]


# TOML


@pytest.mark.parametrize("calendar", [reference_calendar(), two_week_october_calendar(), five_week_summer_calendar()])
def test_a_written_calendar_reads_back_equal(tmp_path: Path, calendar: Calendar) -> None:
    path = tmp_path / "calendar.toml"
    path.write_text(write_calendar_toml(imported_from(calendar)), encoding="utf-8-sig")
    assert read_calendar_toml(path) == imported_from(calendar)


@given(
    inset=st.frozensets(st.dates(date(2026, 9, 1), date(2027, 7, 20)), max_size=6),
    closed=st.frozensets(st.dates(date(2026, 9, 1), date(2027, 7, 20)), max_size=6),
    year_starts=st.dictionaries(st.sampled_from(["2026-27", "2027-28"]), st.dates()),
    notes=st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"])), max_size=3),
)
def test_any_calendar_survives_the_round_trip(
    tmp_path_factory: pytest.TempPathFactory,
    inset: frozenset[date],
    closed: frozenset[date],
    year_starts: dict[str, date],
    notes: list[str],
) -> None:
    imported = ImportedCalendar(
        half_terms=tuple(HalfTerm(each.id, each.start, each.end) for each in reference_calendar().half_terms),
        inset_days=inset,
        other_closed_days=closed,
        year_starts=year_starts,
    )
    with_notes = ImportedCalendar(
        imported.half_terms, imported.inset_days, imported.other_closed_days, imported.year_starts, tuple(notes)
    )
    path = tmp_path_factory.getbasetemp() / "calendar.toml"
    path.write_text(write_calendar_toml(with_notes), encoding="utf-8", newline="\n")
    assert read_calendar_toml(path) == imported


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("inset_days = [", "not valid TOML"),
        ("inset = []", "inset: unknown key"),
        ('inset_days = ["2026-09-01"]', "inset_days: write a list of dates without quotes"),
        ("closed_days = [2026-09-01T00:00:00]", "closed_days: write a list of dates"),
        ("half_terms = 3", "half_terms: write each half term under its own"),
        (
            '[[half_terms]]\nid = "2026-27/autumn-1"\nstart = 2026-09-01',
            r"half_terms\[1\]: give exactly id, start, end",
        ),
        ('[[half_terms]]\nid = "autumn-1"\nstart = 2026-09-01\nend = 2026-10-23', r"half_terms\[1\]\.id"),
        (
            '[[half_terms]]\nid = "2026-27/autumn-1"\nstart = 1\nend = 2',
            r"half_terms\[1\]: write start and end as dates",
        ),
        ('[year_starts]\n"2026-27" = "1 Sep"', "year_starts: write one date per academic year"),
        ('[year_starts]\n"2026" = 2026-09-01', 'year_starts: "2026" is not an academic year'),
    ],
)
def test_a_wrong_toml_is_refused_with_its_path(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "calendar.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CalendarRefused, match=sentence):
        read_calendar_toml(path)


def test_toml_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "calendar.toml"
    path.write_bytes(b"# caf\xe9\n")
    with pytest.raises(CalendarRefused, match="not UTF-8"):
        read_calendar_toml(path)
