"""`cover`: entered, listed, ended; and what the report makes of it (DOMAIN rule 12)."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result

from sims_sync.cli import cover_command
from sims_sync.cli.cover_command import cover
from sims_sync.compliance.facts import GroupFigures, Occasion
from sims_sync.compliance_report import compliance_report
from tests.sims_sync.builders import AUTUMN_2, World
from tests.sims_sync.cli.closed_school import NOW, audited, copied, live_through, typed_in

BEFORE_REPORT = "2026-12-16 07:30"


@pytest.fixture(scope="module")
def lived(sqlite_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return live_through(sqlite_model, tmp_path_factory.mktemp("lived"))


@pytest.fixture
def closed(lived: Path, tmp_path: Path) -> Iterator[World]:
    with copied(lived, tmp_path) as world:
        yield world


def say(world: World, *words: str, when: str = BEFORE_REPORT, code: int = 0) -> Result:
    return typed_in(world, cover_command, cover, words, when, code)


def row(world: World) -> GroupFigures:
    report = compliance_report(world.context(NOW), AUTUMN_2, Occasion.DEADLINE)
    return next(group for group in report.assessment.groups if group.group == "8A1")


def test_ten_school_days_of_cover_name_nobody_and_the_figures_stay(closed: World) -> None:
    assert (row(closed).shown, row(closed).flagged) == ("8A1", True)
    said = say(closed, "8a1", "h1", "--from", "2026-12-02", "--to", "18/12/2026").output
    assert said.splitlines()[0] == "H1 covers 8A1 from Wed 2 Dec 2026 to Fri 18 Dec 2026."
    assert 'Autumn 2: 10 school days up to the deadline: the row reads "8A1 (cover)" and names nobody.' in said
    assert (row(closed).shown, row(closed).tutors, row(closed).due) == ("8A1 (cover)", (), 10)


def test_nine_school_days_change_nothing_and_it_says_so(closed: World) -> None:
    said = say(closed, "8A1", "H1", "--from", "2026-12-03").output
    assert "H1 covers 8A1 from Thu 3 Dec 2026, until further notice." in said
    assert "9 school days up to the deadline: fewer than 10" in said
    assert row(closed).flagged is True


def test_a_snapshot_that_was_taken_stays_and_it_says_so(closed: World) -> None:
    said = say(closed, "8A1", "H1", "--from", "2026-12-02", when=NOW).output
    assert "The snapshots of Autumn 2 stay as they are" in said


def test_an_end_shortens_it_and_an_end_before_its_first_day_takes_it_out(closed: World) -> None:
    say(closed, "8A1", "H1", "--from", "2026-11-23")
    assert row(closed).flagged is False
    said = say(closed, "8A1", "h1", "--end", "2026-11-27").output
    assert said.startswith("H1 covers 8A1 from Mon 23 Nov 2026 to Fri 27 Nov 2026.")
    assert row(closed).flagged is True
    assert "it never was" in say(closed, "8A1", "H1", "--end", "2026-11-20").output
    assert "No cover was entered here" in say(closed, "--list").output


def test_the_list_has_every_cover_as_lines_and_as_json(closed: World) -> None:
    say(closed, "8A1", "H1", "--from", "2026-11-23", "--by", "V. Head")
    say(closed, "8B1", "T1", "--from", "2026-12-01", "--to", "2026-12-02")
    lines = say(closed, "--list").output.splitlines()
    assert lines[0] == "H1 covers 8A1 from Mon 23 Nov 2026, until further notice. Entered by V. Head."
    assert len(lines) == 2
    found = json.loads(say(closed, "--list", "--json").stdout)["cover"]
    assert [(each["tutor_group"], each["staff_code"], each["to"]) for each in found] == [
        ("8A1", "H1", None),
        ("8B1", "T1", "2026-12-02"),
    ]


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("8A1",),
        ("8A1", "H1"),
        ("8A1", "H1", "--from", "2026-11-23", "--end", "2026-11-24"),
        ("8A1", "H1", "--end", "2026-11-23", "--to", "2026-11-24"),
        ("8A1", "H1", "--from", "soon"),
        ("8A1", "H1", "--from", "2026-11-23", "--to", "2026-11-20"),
    ],
)
def test_what_cannot_be_meant_is_refused(closed: World, words: tuple[str, ...]) -> None:
    say(closed, *words, code=2)
    assert "No cover was entered here" in say(closed, "--list").output


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("9Z9", "H1", "--from", "2026-11-23"), "is no tutor group known here"),
        (("8A1", "X9", "--from", "2026-11-23"), "belongs to nobody in the staff list"),
        (("8A1", "H1", "--end", "2026-11-23"), "has no cover by that person"),
    ],
)
def test_an_unknown_group_person_or_cover_is_a_sentence(closed: World, words: tuple[str, ...], what: str) -> None:
    with pytest.raises(AssertionError, match=what):
        say(closed, *words)


def test_each_change_is_in_the_audit_log(closed: World) -> None:
    say(closed, "8A1", "H1", "--from", "2026-11-23")
    say(closed, "8A1", "H1", "--end", "2026-11-27")
    say(closed, "8A1", "H1", "--end", "2026-11-20")
    assert [audited(closed, action) for action in ("cover", "cover-ended", "cover-removed")] == [["H1"]] * 3
