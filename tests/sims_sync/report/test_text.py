"""How the report reads on a terminal."""

import pytest
from rich.cells import cell_len

from sims_sync.compliance.facts import Occasion, Policy, Status
from sims_sync.report import render_text
from sims_sync.report.summary import ComplianceSummary
from tests.sims_sync.report import invented


def text(summary: ComplianceSummary | None = None) -> str:
    return render_text(summary or invented.summary())


def position(shown: str, *words: str) -> list[int]:
    return [shown.index(word) for word in words]


def test_exceptions_come_first() -> None:
    order = position(
        text(),
        "3 tutors need a follow-up: 59 of 104 students done (56 %), 45 outstanding.",
        "1 tutor is nearly there (80 % or more).",
        "Groups needing a conversation",
        "8C1",
        "8A1",
        "8D1",
        "Covered or without an active tutor",
        "Excused, awaiting your decision, not counted",
        "Not the tutor's fault",
        "Complete, with thanks",
        "8B1 Mr Ben Hale (28 of 28, interviews this year: 1 of 3)",
        "Data as of",
    )
    assert order == sorted(order)


def test_a_status_is_symbol_word_and_number_on_one_line() -> None:
    (line,) = [line for line in text().splitlines() if "8A1 " in line and "▲" in line]
    assert line.split()[:4] == ["▲", "Action", "needed", "8A1"]
    assert "4/10" in line
    assert "40 %" in line


def test_what_to_know_before_a_conversation_is_told() -> None:
    words = " ".join(text().split())
    for told in (
        "outstanding: 6",
        "done since the deadline: 1",
        "last entry: 12 Nov 2026",
        "entry made, text too short: 1",
        "drafts: 1",
        "half terms incomplete in a row: 2",
        "not reminded",
        "not yet in SIMS: 1",
        "excused: 25 % of the group",
        "interviews this year: 1 of 3",
    ):
        assert told in words


def test_what_is_not_the_tutors_fault_is_counted() -> None:
    shown = text()
    for told in ("2  entry being checked", "1  not in SIMS's last list", "1  no tutor", "1  done, but not yet in SIMS"):
        assert told in shown


def test_the_age_of_every_source_is_told() -> None:
    shown = text()
    assert "students from sims: data as of Wed 16 Dec 2026, 06:00" in shown
    assert "All figures are as old as the oldest read: Wed 16 Dec 2026, 00:05." in shown


def test_the_same_problem_is_one_line_with_its_subjects() -> None:
    assert "8A1 and 8D1: A tutor has no e-mail address. Add it in SIMS." in text()


def test_rules_that_are_off_and_assumed_dates_are_told() -> None:
    shown = text(invented.summary(first_read_note="From-dates are assumed."))
    assert "Enrolment status is not mapped" in shown
    assert "From-dates are assumed." in shown


def test_a_held_report_is_its_sentence_and_no_row() -> None:
    shown = text(invented.summary(held=(invented.HELD,), names=True))
    assert "No entry source yielded any entry this half term. Check the entry reports in SIMS." in shown
    assert not any(word in shown for word in ("8A1", "Okafor", "Austen", "Vantongeren", "follow-up"))


def test_a_half_term_that_is_not_assessed_is_its_sentence() -> None:
    made = invented.assessment(not_assessed="the programme starts later.")
    assert "Not assessed: the programme starts later." in text(invented.summary(made))


def test_students_are_named_only_when_asked_for() -> None:
    assert "Vantongeren" not in text()
    named = text(invented.summary(names=True))
    assert "Lowri Vantongeren \u2013 outstanding" in named
    assert "=Abe Émile \u2013 outstanding, leaver" in named
    assert "no group: Ila Quillfeather \u2013 no tutor" in named


@pytest.mark.parametrize("names", [False, True])
def test_no_line_is_wider_than_the_terminal(names: bool) -> None:
    assert max(cell_len(line) for line in text(invented.summary(names=names)).splitlines()) <= 100


def test_the_environment_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = text()
    for name, value in (("COLUMNS", "40"), ("FORCE_COLOR", "1"), ("TERM", "dumb"), ("NO_COLOR", "1")):
        monkeypatch.setenv(name, value)
    assert text() == plain
    assert "\x1b" not in plain


def test_names_are_no_markup() -> None:
    house = invented.house(invented.group("[red]8A1[/red] :smile:", ("T1",), 0, 3, Status.NOT_STARTED))
    assert "[red]8A1[/red]" in text(invented.summary(invented.assessment(house)))


def test_all_complete_says_so() -> None:
    house = invented.house(invented.group("8B1", ("T2",), 28, 28, Status.COMPLETE))
    assert "All complete: 28 of 28 students done (100 %), 0 outstanding." in text(
        invented.summary(invented.assessment(house))
    )


def test_under_the_policy_any_complete_does_not_claim_every_student() -> None:
    house = invented.house(invented.group("8B1", ("T2",), 3, 28, Status.COMPLETE))
    shown = text(invented.summary(invented.assessment(house, policy=Policy.ANY)))
    assert "Every tutor group has an entry: 3 of 28 students done (10 %), 25 outstanding." in shown


def test_nobody_due_says_so() -> None:
    house = invented.house(invented.group("12A", ("T2",), 0, 0, Status.NOT_DUE))
    assert "Nobody is due: there is nothing to follow up." in text(invented.summary(invented.assessment(house)))


def test_only_a_group_without_a_tutor_left_names_nobody() -> None:
    row = invented.group("8E1", ("T5",), 0, 12, Status.NOT_STARTED, shown="8E1 (no active tutor)", flagged=False)
    shown = text(invented.summary(invented.assessment(invented.house(row))))
    assert "No tutor needs a follow-up: 0 of 12 students done (0 %), 12 outstanding." in shown
    assert "Nair" not in shown


def test_closing_figures_say_so() -> None:
    shown = text(invented.summary(invented.assessment(occasion=Occasion.CLOSING)))
    assert "Figures at closing, after the deadline (Tue 15 Dec 2026)" in shown
    assert "done since the deadline" not in shown


def test_before_the_deadline_the_headline_tells_how_far_it_is() -> None:
    house = invented.house(
        invented.group("8A1", ("T1",), 1, 10, Status.BEHIND), invented.group("8B1", ("T2",), 8, 10, Status.ON_COURSE)
    )
    shown = text(invented.summary(invented.assessment(house, occasion=Occasion.BEFORE)))
    assert "So far 9 of 20 students done (45 %); 1 tutor group behind the pace of the half term." in shown
    assert "need a follow-up" not in shown
    assert "done since the deadline" not in shown


def test_before_the_deadline_old_data_give_no_percentage_and_no_verdict() -> None:
    house = invented.house(invented.group("8A1", ("T1",), 1, 10, Status.UNKNOWN))
    shown = text(invented.summary(invented.assessment(house, occasion=Occasion.BEFORE)))
    assert "So far 1 of 10 students done; the data are too old to say more." in shown
    assert "%" not in shown


def test_a_house_without_a_head_says_who_receives_the_report() -> None:
    house = invented.house(invented.group("8B1", ("T2",), 28, 28, Status.COMPLETE), heads=())
    assert "Head of House: vacant, so the programme lead receives this." in text(
        invented.summary(invented.assessment(house))
    )
