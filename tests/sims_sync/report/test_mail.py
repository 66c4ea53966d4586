"""The report mail: counts and a pointer, never a student."""

from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from sims_sync.compliance.facts import (
    DataProblem,
    GroupFigures,
    Occasion,
    Status,
    StudentClass,
    StudentFacts,
    StudentLine,
)
from sims_sync.errors import ConfigurationError, SafetyStop
from sims_sync.report import compose_report_mail, is_worth_sending
from sims_sync.report.summary import ComplianceSummary
from tests.sims_sync.report import invented

# Syllables that occur in no word of a report.
SYLLABLES = st.sampled_from(["Zuqo", "Vexj", "Kwyx", "Qijv", "Xozv", "Jukq"])
NAMES = st.lists(SYLLABLES, min_size=2, max_size=3).map("".join)


def compose(summary: ComplianceSummary | None = None, **changes: object) -> EmailMessage:
    options: dict[str, Any] = {
        "recipient": "lead@school.example",
        "sender": "sims-sync@school.example",
        "link": r"\\server\mentoring\Austen",
        "message_id": "<2026-27.autumn-2.report.H1@school.example>",
        "date": invented.MOMENT,
        "mode": "live",
        "intended_for": "the Head of Austen House",
        "allowed_domains": ("school.example",),
        **changes,
    }
    return compose_report_mail(summary or invented.summary(house="Austen"), **options)


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def with_groups(*groups: GroupFigures) -> ComplianceSummary:
    return invented.summary(invented.assessment(invented.house(*groups)))


def test_the_subject_counts_distinct_people() -> None:
    assert compose()["Subject"] == "Austen House \u2013 Autumn 2 mentoring: 3 tutors need a follow-up"


def test_one_tutor_of_two_groups_is_one_person() -> None:
    groups = [invented.group(name, ("T1",), 1, 9, Status.ACTION_NEEDED) for name in ("8A1", "9A1")]
    assert str(compose(with_groups(*groups))["Subject"]).endswith(": 1 tutor needs a follow-up")


def test_the_subject_is_sensible_when_nobody_needs_a_follow_up() -> None:
    complete = invented.group("8B1", ("T2",), 28, 28, Status.COMPLETE)
    nearly = invented.group("8D1", ("T4",), 27, 28, Status.NEARLY_THERE)
    assert str(compose(with_groups(complete))["Subject"]).endswith("mentoring: all complete")
    assert str(compose(with_groups(complete, nearly))["Subject"]).endswith("mentoring: no tutor needs a follow-up")


def test_one_mail_covers_all_of_a_persons_houses() -> None:
    other = invented.house(invented.group("9A1", ("T3",), 0, 2, Status.NOT_STARTED), name="Brontë House")
    summary = invented.summary(invented.assessment(invented.golden_house(), other))
    mail = compose(summary)
    assert mail["Subject"] == (
        "Austen House and Brontë House \u2013 Autumn 2 mentoring: 3 tutors need a follow-up"
    )  # T3 once
    assert "9A1" in body(mail, "plain")


def test_shadow_mail_says_first_whom_it_did_not_go_to() -> None:
    mail = compose(mode="shadow")
    notice = "SHADOW \u2013 not sent to the Head of Austen House"
    assert str(mail["Subject"]).startswith(f"{notice}: Austen House")
    assert body(mail, "plain").splitlines()[0] == notice
    (page,) = html.document_fromstring(body(mail, "html")).iter("body")
    assert "".join(map(str, page.itertext())).strip().startswith(notice)


def test_live_mail_has_no_shadow_notice() -> None:
    assert "SHADOW" not in str(compose()["Subject"]) + body(compose(), "plain") + body(compose(), "html")


@pytest.mark.parametrize("kind", ["plain", "html"])
def test_both_bodies_carry_the_counts_the_pointer_and_the_footer(kind: str) -> None:
    shown = body(compose(), kind)
    for told in (
        "3 tutors need a follow-up: 59 of 104 students done (56 %), 45 outstanding.",
        "1 tutor is nearly there",
        "Ms Amara Okafor and Mr Kofi Adjei",
        "▲ Action needed",
        "done since the deadline: 1",
        "8B1 Mr Ben Hale",
        r"\\server\mentoring\Austen",
        "2 data-quality problems",
        "students from sims: data as of Wed 16 Dec 2026, 06:00",
        "Staff only \u2013 do not open while projecting",
    ):
        assert told in shown


def test_an_address_becomes_a_link_and_a_folder_does_not() -> None:
    assert '<a href="https://console.school.example/r?a=1&amp;b=2"' in body(
        compose(link="https://console.school.example/r?a=1&b=2"), "html"
    )
    assert "<a " not in body(compose(), "html")
    assert "<a " not in body(compose(link="javascript:alert(1)"), "html")


def test_the_headers_are_those_of_an_automatic_message() -> None:
    mail = message_from_bytes(compose().as_bytes(), policy=policy.default)
    assert mail["Message-ID"] == "<2026-27.autumn-2.report.H1@school.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"].datetime == invented.MOMENT
    assert [address.addr_spec for address in mail["To"].addresses] == ["lead@school.example"]
    assert {part.get_content_charset() for part in mail.iter_parts()} == {"utf-8"}
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


def test_the_html_needs_nothing_that_outlook_lacks() -> None:
    shown = body(compose(), "html")
    assert not any(word in shown for word in ("<style", "<svg", "<img", "<script", "display:flex", " class="))
    assert 'bgcolor="#35506b"' in shown


@pytest.mark.parametrize("link", [None, "", "  "])
def test_without_a_pointer_there_is_no_mail(link: str | None) -> None:
    with pytest.raises(ConfigurationError, match=r"reports\.link"):
        compose(link=link)


@pytest.mark.parametrize(
    "recipient",
    ["lead@elsewhere.example", "lead@school.example, a@school.example", "Lead <lead@school.example>", "lead", ""],
)
def test_a_recipient_outside_the_allowed_domains_gets_no_mail(recipient: str) -> None:
    with pytest.raises(ConfigurationError, match="allowed_domains") as caught:
        compose(recipient=recipient)
    assert "lead" not in str(caught.value)


def test_a_held_report_never_becomes_a_mail() -> None:
    with pytest.raises(SafetyStop):
        compose(invented.summary(held=(invented.HELD,)))
    with pytest.raises(SafetyStop):
        compose(invented.summary(invented.assessment(not_assessed="too short")))


def test_figures_from_before_the_deadline_never_become_a_mail() -> None:
    with pytest.raises(ValueError, match="deadline"):
        compose(invented.summary(invented.assessment(occasion=Occasion.BEFORE)))


def test_it_is_sent_when_all_is_complete_but_not_when_nothing_is_due() -> None:
    assert is_worth_sending(with_groups(invented.group("8B1", ("T2",), 28, 28, Status.COMPLETE)))
    assert not is_worth_sending(with_groups(invented.group("12A", ("T2",), 0, 0, Status.NOT_DUE)))
    assert not is_worth_sending(invented.summary(held=(invented.HELD,)))


@given(
    people=st.lists(st.tuples(NAMES, NAMES, st.sampled_from(StudentClass)), min_size=1, max_size=12),
    occasion=st.sampled_from([Occasion.DEADLINE, Occasion.CLOSING]),
)
def test_no_mail_contains_a_students_name(people: list[tuple[str, str, StudentClass]], occasion: Occasion) -> None:
    students = {f"S{n}": StudentFacts(f"S{n}", first, last, "8") for n, (first, last, _) in enumerate(people)}
    lines = tuple(
        StudentLine(f"S{n}", found, "8A1" if n % 3 else None, "Austen", "8", labels=("leaver",))
        for n, (_, _, found) in enumerate(people)
    )
    # Even a problem that breaks its promise and names a student must not get through.
    careless = tuple(
        DataProblem("careless", f"{first} {last}", last, first, house="Austen") for first, last, _ in people
    )
    made = replace(invented.assessment(occasion=occasion), lines=lines, problems=careless, rules_off=(people[0][1],))
    mail = compose(invented.summary(made, students=students, names=True), mode="shadow")
    everything = "\n".join([str(mail), mail.as_string(), *(f"{k}: {v}" for k, v in mail.items()), body(mail, "plain")])
    everything += body(mail, "html")
    assert not any(name in everything for first, last, _ in people for name in (first, last))
