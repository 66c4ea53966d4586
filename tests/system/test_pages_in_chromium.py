"""Whoever needs a screen reader, a large type or a phone can use every page and mail: shown by a real Chromium."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from email.message import EmailMessage
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from sims_sync.compliance.facts import Status
from sims_sync.compliance.half_terms_known import from_live
from sims_sync.compliance.readiness import Scope, ScopeFigures, SubjectFigures
from sims_sync.compliance.snapshot_form import Snapshot
from sims_sync.messages.letters import Envelope, MessageKind
from sims_sync.messages.wordings import EXAMPLES, compose_letter
from sims_sync.report import annual_files, house_matrix_files, meeting_pack, page, tutor_lists
from sims_sync.report.house_matrix import house_matrix
from sims_sync.report.mail import compose_report_mail
from sims_sync.report.readiness import (
    LeaderRow,
    ReadinessAlert,
    ReadinessSummary,
    compose_readiness_text,
    render_readiness_html,
)
from sims_sync.report.summary import SCHOOL_ZONE, ComplianceSummary
from tests.sims_sync.builders import make_school
from tests.sims_sync.report import invented
from tests.sims_sync.report.invented_year import IDS, assessed, closed, row, year
from tests.sims_sync.report.test_annual import whole_year

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed here (test group)")
axe_package = pytest.importorskip("axe_playwright_python", reason="axe-core is not installed here (test group)")

SCHOOL = "Invented Hill School"
LONG_FOLDER = r"\\server.invented-hill.example\Mentoring$\Heads_of_House\Austen\2026-27\autumn-2\at-the-deadline.pdf"
LONG_LINK = "https://mentoring.invented-hill.example/reports/2026-27/autumn-2/austen/at-the-deadline?view=whole-list"
SCREENS: Mapping[str, Mapping[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 900}},
    "phone": {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True},
}
# A mail is shown inside the page of a mail program, which has the landmarks and the first heading.
OF_THE_MAIL_PROGRAM = ("landmark-one-main", "page-has-heading-one", "region")


def a_report() -> ComplianceSummary:
    """Every section of a report, with names, problems and a trend of the house and of the whole school."""
    past = Snapshot(assessed(IDS[0], row("8A1", 30, 92)), {}, {})
    other = invented.house(invented.group("9A1", ("T3",), 1, 2, Status.ACTION_NEEDED), name="Brontë")
    return invented.summary(invented.assessment(invented.golden_house(), other), closings=(past,), names=True)


def the_matrix() -> str:
    before = closed(IDS[0], row("8A1", 0, 20), row("10B", 18, 20), row("7C", 20, 20))
    now = from_live(assessed(IDS[1], row("8A1", 9, 20), row("10B", 0, 20), row("7C", 20, 20)), ())
    return house_matrix_files.render_html(
        house_matrix(year(before, now), school_name=SCHOOL, as_of=invented.MOMENT, house=None)
    )


def scopes() -> tuple[ScopeFigures, ...]:
    """A year in which data lack and a subject that is ready."""
    subjects = (SubjectFigures("English", 180, 180), SubjectFigures("Design and Technology", 96, 12))
    return (
        ScopeFigures(Scope("8"), 180, 90, 3, subjects),
        ScopeFigures(Scope(subject="Design and Technology"), 96, 12, 0, subjects[1:]),
    )


def the_readiness() -> str:
    leaders = (LeaderRow("Mrs Kerra Leadwell", scopes()[:1]),)
    made = ReadinessSummary(
        SCHOOL, invented.AUTUMN_2, 1, date(2026, 11, 3), invented.BEGAN, years=scopes(), leaders=leaders
    )
    return render_readiness_html(made)


def the_lists() -> str:
    made = a_report()
    return tutor_lists.render_html(made, tutor_lists.tutor_lists(made))


def readiness_message() -> str:
    alert = ReadinessAlert(
        SCHOOL, "P1", "Mrs Kerra Leadwell", invented.AUTUMN_2, 1, invented.BEGAN, SCHOOL_ZONE, scopes()
    )
    return compose_readiness_text(alert, "SHADOW – not sent to a Progress Leader")[2]


def report_mail(link: str) -> str:
    return html_of(
        compose_report_mail(
            a_report(),
            recipient="lead@school.example",
            sender="sims-sync@school.example",
            link=link,
            message_id="<report@school.example>",
            date=invented.MOMENT,
            mode="shadow",
            intended_for="the Head of Austen House",
            allowed_domains=("school.example",),
        )
    )


def letter(kind: MessageKind, link: str = LONG_LINK) -> str:
    envelope = Envelope(
        recipient="lead@austen.example",
        sender="sims-sync@austen.example",
        message_id="<letter@austen.example>",
        date=invented.MOMENT,
        mode="shadow",
        intended_for="Ms A. Tutor",
        link=link,
        allowed_domains=("austen.example",),
    )
    return html_of(compose_letter(make_school(Path()), kind, envelope, EXAMPLES[kind]))


def html_of(message: EmailMessage) -> str:
    part = message.get_body(("html",))
    assert part is not None
    return str(part.get_content())


PAGES: Mapping[str, Callable[[], str]] = {
    "report compliance": lambda: page.render_html(a_report()),
    "report compliance, held": lambda: page.render_html(invented.summary(held=(invented.HELD,))),
    "report house-matrix": the_matrix,
    "report annual": lambda: annual_files.render_html(whole_year()),
    "report readiness": the_readiness,
    "report meeting-pack": lambda: meeting_pack.render_html(meeting_pack.counts_only(a_report())),
    "report tutor-lists": the_lists,
}
MAILS: Mapping[str, Callable[[], str]] = {
    "report mail": lambda: report_mail(LONG_LINK),
    "reminder": lambda: letter(MessageKind.REMINDER),
    "correction": lambda: letter(MessageKind.CORRECTION),
    "note to the programme lead": lambda: letter(MessageKind.LEAD_NOTE),
    "alert to the admin": lambda: letter(MessageKind.ALERT),
    "readiness message": readiness_message,
}
# A path has no place of its own where a line may end.
WITH_A_PATH: Mapping[str, Callable[[], str]] = {
    "report mail, to a folder": lambda: report_mail(LONG_FOLDER),
    "reminder, to a folder": lambda: letter(MessageKind.REMINDER, LONG_FOLDER),
}


@cache
def shown(name: str) -> str:
    """A page or mail as HTML, made once."""
    return {**PAGES, **MAILS, **WITH_A_PATH}[name]()


@pytest.fixture(scope="module")
def tabs() -> Iterator[Mapping[str, Any]]:
    """An open tab per screen, with axe-core, of one headless browser, the machine's own: none is downloaded."""
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next((found for found in map(shutil.which, names) if found), None)
    if program is None:
        pytest.skip(f"no Chromium is on this machine's PATH ({', '.join(names)}): install Debian's chromium")
    switches = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
    axe = resources.files(axe_package).joinpath("axe.min.js").read_text(encoding="utf-8")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=switches)
        opened = {name: browser.new_page(**screen) for name, screen in SCREENS.items()}
        for tab in opened.values():
            tab.evaluate(axe)  # once: it stays, whatever is shown
        yield opened
        browser.close()


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("name", [*PAGES, *MAILS])
def test_axe_finds_nothing_wrong(name: str, screen: str, tabs: Mapping[str, Any]) -> None:
    left_out = {rule: {"enabled": False} for rule in OF_THE_MAIL_PROGRAM if name in MAILS}
    tabs[screen].set_content(shown(name))
    found = tabs[screen].evaluate(
        "options => axe.run(options)", {"rules": left_out, "resultTypes": ["violations"], "elementRef": False}
    )
    assert len(found["passes"]) > 5
    violations = [(each["id"], node["html"]) for each in found["violations"] for node in each["nodes"]]
    assert violations == []


@pytest.mark.parametrize("name", [*PAGES, *MAILS, *WITH_A_PATH])
def test_on_a_phone_nothing_has_to_be_pushed_sideways(name: str, tabs: Mapping[str, Any]) -> None:
    tabs["phone"].set_content(shown(name))
    assert tabs["phone"].evaluate("document.documentElement.scrollWidth") == 390
