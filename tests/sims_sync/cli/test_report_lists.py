"""`report tutor-lists`, `meeting-pack` and `sampler` as typed: the report's own numbers, files, and the audit log."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sims_sync.cli import report_meeting_pack, report_sampler, report_tutor_lists
from sims_sync.cli.report_meeting_pack import meeting_pack
from sims_sync.cli.report_sampler import sampler_command
from sims_sync.cli.report_tutor_lists import tutor_lists_command
from tests.sims_sync.builders import TEXT, World
from tests.sims_sync.cli.closed_school import HALF_TERM, audited, copied, live_through, typed_in


@pytest.fixture(scope="module")
def lived(sqlite_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return live_through(sqlite_model, tmp_path_factory.mktemp("lived"))


@pytest.fixture
def closed(lived: Path, tmp_path: Path) -> Iterator[World]:
    with copied(lived, tmp_path) as world:
        yield world


def lists(world: World, *words: str, code: int = 0) -> str:
    return typed_in(world, report_tutor_lists, tutor_lists_command, [*HALF_TERM, *words], code=code).output


def pack(world: World, *words: str, code: int = 0) -> str:
    return typed_in(world, report_meeting_pack, meeting_pack, [*HALF_TERM, *words], code=code).output


def sampled(world: World, *words: str, code: int = 0) -> str:
    return typed_in(world, report_sampler, sampler_command, [*HALF_TERM, *words], code=code).output


def test_a_tutors_list_of_a_closed_half_term_is_the_snapshots_and_is_noted(closed: World) -> None:
    said = lists(closed, "--group", "8a1")
    assert "8A1 – Mrs Kerra TolmT1, Austen House" in said
    assert "As closed on Sat 19 Dec 2026, 07:00" in said
    assert "5 of 10 done (50 %), 5 outstanding" in said
    assert "Vorrin2, Zulpa2 – outstanding" in said
    assert "8B1" not in said
    assert audited(closed, "tutor-lists") == ["2026-27/autumn-2"]


@pytest.mark.parametrize("form", ["html", "pdf", "xlsx"])
def test_a_list_is_written_as_a_file(closed: World, tmp_path: Path, form: str) -> None:
    path = tmp_path / f"lists.{form}"
    assert "It names students" in lists(closed, "--house", "Austen", "--format", form, "-o", str(path))
    assert path.stat().st_size > 1000


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--format", "pdf"), "does not go to a terminal"),
        (("--format", "xlsx"), "does not go to a terminal"),
    ],
)
def test_bytes_do_not_go_to_a_terminal(closed: World, words: tuple[str, ...], what: str) -> None:
    assert what in lists(closed, *words, code=2)


@pytest.mark.parametrize("words", [("--house", "Nowhere"), ("--group", "9Z9")])
def test_an_unknown_house_or_group_lists_the_known_ones(closed: World, words: tuple[str, ...]) -> None:
    with pytest.raises(AssertionError, match="Known: "):
        lists(closed, *words)


def test_a_held_half_term_lists_nobody_and_ends_with_3(closed: World) -> None:
    words = ["--half-term", "2026-27/spring-1"]
    said = typed_in(closed, report_tutor_lists, tutor_lists_command, words, code=3).output
    assert "No source has yielded any entry for Spring 1." in said
    assert "Vorrin" not in said
    agenda = typed_in(closed, report_meeting_pack, meeting_pack, words, code=3).output
    assert "TolmT1" not in agenda


def test_the_meeting_pack_names_the_tutor_as_the_report_does_and_no_student(closed: World, tmp_path: Path) -> None:
    said = pack(closed)
    assert "1. 8A1, Mrs Kerra TolmT1" in said
    assert "Sensitive information shared in person: yes / no" in said
    assert "Vorrin" not in said
    for form in ("html", "pdf"):
        pack(closed, "--format", form, "-o", str(tmp_path / f"pack.{form}"))
    assert "Vorrin" not in (tmp_path / "pack.html").read_text(encoding="utf-8")
    assert (tmp_path / "pack.pdf").read_bytes().startswith(b"%PDF")
    assert "does not go to a terminal" in pack(closed, "--format", "pdf", code=2)


def test_the_sampler_writes_a_file_only_draws_it_again_from_its_seed_and_is_noted(
    closed: World, tmp_path: Path
) -> None:
    one, two = tmp_path / "one.txt", tmp_path / "two.txt"
    said = sampled(closed, "--seed", "7", "--format", "text", "-o", str(one))
    sampled(closed, "--seed", "7", "--format", "text", "-o", str(two))
    assert one.read_bytes() == two.read_bytes()
    assert TEXT in one.read_text(encoding="utf-8")
    assert "drawn with --seed 7" in said
    assert "It names students and holds their targets" in said
    assert TEXT not in said
    assert audited(closed, "sampler") == ["2026-27/autumn-2"] * 2
    sampled(closed, "-o", str(tmp_path / "sample.xlsx"))
    assert (tmp_path / "sample.xlsx").read_bytes().startswith(b"PK")
    sampled(closed, code=2)


def test_the_sampler_refuses_an_unknown_house(closed: World, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="Known: "):
        sampled(closed, "--house", "Nowhere", "-o", str(tmp_path / "x.xlsx"))
