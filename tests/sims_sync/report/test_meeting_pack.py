"""The Student Support Team's agenda: exceptions, prompts to fill in by hand, and no student in any format."""

from sims_sync.report.meeting_pack import (
    AGREED,
    SENSITIVE,
    agenda,
    counts_only,
    render_html,
    render_pdf,
    render_text,
)
from sims_sync.report.summary import ComplianceSummary
from tests.sims_sync.report.invented import HELD, students, summary


def pack(**options: object) -> ComplianceSummary:
    return counts_only(summary(None, names=True, **options))


def test_the_agenda_takes_the_groups_in_need_first_each_with_the_prompt() -> None:
    (house,) = agenda(pack())
    assert house.headline.startswith("3 tutors need a follow-up")
    assert [item.title for item in house.items[:2]] == [
        "8C1, Dr Zoë Fairweather-Llewellyn",
        "8A1, Ms Amara Okafor and Mr Kofi Adjei",
    ]
    assert house.items[0].prompts == (SENSITIVE, AGREED)
    assert house.items[-1].title == "Complete, with thanks"


def test_two_closings_in_a_row_ask_a_person_to_decide() -> None:
    (house,) = agenda(pack())
    asked = [item.title for item in house.items if any("escalate? yes / no" in line for line in item.lines)]
    assert asked == ["8C1, Dr Zoë Fairweather-Llewellyn"]


def test_a_group_that_names_nobody_is_there_without_a_name() -> None:
    text = render_text(pack())
    assert "8E1 (no active tutor): – not flagged, 0 of 12 done" in text
    assert "Nair" not in text.split("Complete, with thanks")[0]


def test_no_student_is_in_any_format_and_the_prompt_is_in_each() -> None:
    made = pack()
    for page in (render_text(made), render_html(made)):
        assert "Sensitive information shared in person: yes / no" in page
        assert "shared in person and written nowhere here" in page
        for student in students().values():
            assert student.surname not in page
            assert student.forename not in page
    assert render_pdf(made).startswith(b"%PDF")


def test_a_held_report_gives_no_agenda() -> None:
    made = pack(held=(HELD,))
    assert agenda(made) == ()
    for page in (render_text(made), render_html(made)):
        assert "No entry source yielded any entry this half term." in page
        assert "Okafor" not in page
        assert "Any other business" not in page
