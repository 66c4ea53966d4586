"""`init` writes a configuration that loads, and never over another."""

import csv
import itertools
from dataclasses import replace
from pathlib import Path

import pytest

from sims_sync.config_file import load_config
from sims_sync.roles_file import read_roles
from sims_sync.setup import Answers, toml_text, write_setup

ANSWERS = Answers(
    school_id="austen",
    school_name='The "Austen" Academy \\ Sixth Form',
    programme_lead="lead@austen.example",
    admin="it@austen.example",
    policy="half-term",
    starts_with="2026-27/autumn-1",
    connector="drop_folder",
    dfe_number="933/4567",
)


@pytest.mark.parametrize(
    ("policy", "connector"),
    list(itertools.product(["half-term", "termly", "any"], ["drop_folder", "command_reporter"])),
)
def test_what_it_writes_loads_as_it_was_answered_in_shadow_mode(policy: str, connector: str, tmp_path: Path) -> None:
    write_setup(tmp_path, replace(ANSWERS, policy=policy, connector=connector))
    school = load_config(tmp_path / "config.toml").schools["austen"]
    assert school.school.name == ANSWERS.school_name
    assert school.school.dfe_number == "933/4567"
    assert (school.programme.policy.value, school.programme.starts_with) == (policy, "2026-27/autumn-1")
    assert school.messages.mode == "shadow"
    assert {source.connector for source in school.sources.values()} >= {connector}


def test_without_a_dfe_number_there_is_none(tmp_path: Path) -> None:
    write_setup(tmp_path, replace(ANSWERS, dfe_number=""))
    assert load_config(tmp_path / "config.toml").schools["austen"].school.dfe_number is None


def test_every_folder_that_the_configuration_names_is_there(tmp_path: Path) -> None:
    write_setup(tmp_path, ANSWERS)
    school = load_config(tmp_path / "config.toml").schools["austen"]
    for options in school.source_options.values():
        assert school.path(str(options.model_dump()["folder"])).is_dir()
    assert (tmp_path / "mappings").is_dir()


def test_roles_csv_has_its_first_line_only(tmp_path: Path) -> None:
    write_setup(tmp_path, ANSWERS)
    lines = list(csv.reader((tmp_path / "roles.csv").read_text(encoding="utf-8").splitlines()))
    assert lines == [["staff_code", "role", "scope", "from", "to"]]
    assert read_roles(tmp_path / "roles.csv") == ()


def test_what_is_there_already_is_left_alone(tmp_path: Path) -> None:
    written, left = write_setup(tmp_path, ANSWERS)
    assert left == []
    (tmp_path / "roles.csv").unlink()
    (tmp_path / "config.toml").write_text("mine", encoding="utf-8")
    written, left = write_setup(tmp_path, ANSWERS)
    assert (written, left) == ([tmp_path / "roles.csv"], [tmp_path / "config.toml"])
    assert (tmp_path / "config.toml").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("text", "written"), [('a "b"', '"a \\"b\\""'), ("C:\\x", '"C:\\\\x"'), ("two\nlines", '"twolines"')]
)
def test_any_text_becomes_a_toml_string(text: str, written: str) -> None:
    assert toml_text(text) == written


def test_what_must_happen_by_itself_has_a_schedule(tmp_path: Path) -> None:
    """Without one nobody is mailed, no half term is kept, and nothing old is deleted, in silence."""
    write_setup(tmp_path, ANSWERS)
    jobs = load_config(tmp_path / "config.toml").schools["austen"].jobs
    assert {name for name, job in jobs.items() if job.schedule and job.enabled} == {
        *("pull_students", "pull_entries", "take_snapshots", "send_messages", "daily_digest", "retention"),
    }
