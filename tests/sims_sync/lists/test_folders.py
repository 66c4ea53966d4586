"""Where the lists lie: names that Windows takes, one folder per list, rights, and what a mail points to."""

import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from sims_sync.config import SchoolConfig
from sims_sync.connector import Finding, Severity
from sims_sync.lists.folders import ListKey, ListKind, folder_findings, places, pointer_for, safe_name
from tests.sims_sync.builders import make_school

GROUP, HOUSE = ListKind.GROUP, ListKind.HOUSE
LEAD = ListKey(ListKind.LEAD)
WORLD_READABLE = 0o755


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everyone may enter; pytest's own may not be."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(WORLD_READABLE)
        yield Path(name)


def school(base: Path, *, link: str | None = None, **folders: str) -> SchoolConfig:
    return make_school(base, reports={"link": link, "folders": folders})


def findings(school: SchoolConfig, *keys: ListKey) -> list[Finding]:
    return list(folder_findings(school, keys))


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("8A1", "8A1"),
        ("8A/1", "8A-1"),
        ("..", "-"),
        ("..\\..\\Windows", "-..-Windows"),
        ("CON", "CON_"),
        ("lpt1.old", "lpt1.old_"),
        ("Brontë. ", "Brontë"),
        ("", "-"),
    ],
)
def test_a_name_becomes_a_folder_that_every_system_takes(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_two_names_that_map_to_one_folder_are_refused_by_a_sentence(tmp_path: Path) -> None:
    found = school(tmp_path, groups="lists/{group}", houses="lists/{house}")
    keys = [ListKey(GROUP, "8A/1"), ListKey(GROUP, "8a-1"), ListKey(GROUP, "8B1"), ListKey(HOUSE, "8B1")]
    laid = places(found, [*keys, ListKey(GROUP, "9A1")])
    assert list(laid.paths) == [ListKey(GROUP, "9A1")]
    assert [finding.severity for finding in findings(found, *keys)[:2]] == [Severity.WRONG] * 2
    assert "group 8A/1 and group 8a-1 would share one folder" in findings(found, *keys)[0].what


@pytest.mark.parametrize("template", ["lists", "lists/{group}", "lists/{house}/{group}", "lists/{house}{", " "])
def test_a_template_that_does_not_say_whose_it_is_is_refused(template: str, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match=r"must hold \{house\}"):
        school(tmp_path, houses=template)


def test_a_missing_folder_is_warned_about(tmp_path: Path) -> None:
    (missing, total) = findings(school(tmp_path, lead="lead"), LEAD)[:2]
    assert (missing.severity, total.what) == (Severity.WARN, "0 of 1 folders are fit for lists.")


@pytest.mark.skipif(os.name != "posix", reason="rights are not looked at there")
def test_a_folder_that_everyone_may_read_is_warned_about(open_folder: Path) -> None:
    found = school(open_folder, lead="lead")
    (open_folder / "lead").mkdir(mode=WORLD_READABLE)
    (open_folder / "lead").chmod(WORLD_READABLE)
    assert "may be read by everyone" in findings(found, LEAD)[0].what
    (open_folder / "lead").chmod(stat.S_IRWXU)
    assert {finding.severity for finding in findings(found, LEAD)} == {Severity.FINE}
    (open_folder / "lead").chmod(WORLD_READABLE)
    open_folder.chmod(stat.S_IRWXU)
    assert {finding.severity for finding in findings(found, LEAD)} == {Severity.FINE}


def test_on_windows_check_says_that_rights_were_not_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = school(tmp_path, lead=".")
    laid = places(found, [LEAD])  # a path is made before the system is another
    monkeypatch.setattr("sims_sync.lists.folders.places", lambda *_: laid)
    monkeypatch.setattr("sims_sync.lists.folders.os.name", "nt")
    said = [finding.what for finding in folder_findings(found, [LEAD])]
    assert any("was not looked at" in text for text in said)


def test_a_mail_points_to_the_link_else_to_the_houses_folders(tmp_path: Path) -> None:
    unc = "\\\\server\\mentoring\\{house}"
    with_folders = school(tmp_path, houses=unc)
    pointer = pointer_for(with_folders, ["Austen"])
    assert pointer is not None
    assert pointer.endswith("\\\\server\\mentoring\\Austen")
    assert pointer_for(with_folders, []) is None
    assert pointer_for(school(tmp_path, houses=unc, link="https://x.example/"), ["Austen"]) == "https://x.example/"
    assert pointer_for(school(tmp_path, lead="lead"), []) == str(tmp_path / "lead")
    assert pointer_for(school(tmp_path), ["Austen"]) is None
