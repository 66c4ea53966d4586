"""One school's broken configuration among sixty: that one is reported, and told once; fifty-nine run."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.system.command import rows, set_clock, sims_sync
from tests.system.exports import config_text, local, put_export
from tests.system.test_drop_folder_path import students

SCHOOLS = [f"school{number:02}" for number in range(60)]
BROKEN = "school07"


@pytest.fixture
def trust(tmp_path: Path) -> Path:
    """A trust's config.toml, to which each school adds its file and its folder; one of the files has a wrong key."""
    config = tmp_path / "config.toml"
    text = config_text().replace('[school]\nid = "golden"\nname = "Golden School"\ndfe_number = "801/9998"\n', "")
    text = re.sub(r"\[sources\.(staff|tutor_groups|entries|proformas)\]\n(.+\n)+\n", "", text)
    text = text.replace("exports/students", "{school}/exports/students")
    config.write_text(f'{text}\n[jobs.pull_students]\nschedule = "0 0 6 * * *"\n', encoding="utf-8")
    (tmp_path / "schools.d").mkdir()
    for school in SCHOOLS:
        wrong = 'nam = "x"\n' if school == BROKEN else ""
        own = f'[school]\nname = "School {school[-2:]}"\n{wrong}'
        (tmp_path / "schools.d" / f"{school}.toml").write_text(own, encoding="utf-8")
        put_export(tmp_path / school, "students", students(3), local("2026-12-01T05:30"))
    return config


def test_of_sixty_schools_one_is_broken_and_told_once_and_fifty_nine_run(trust: Path) -> None:
    config, store = ("--config", trust), trust.parent / "sims-sync.db"
    set_clock(trust, local("2026-12-01T05:45"), datetime.now(UTC))
    assert sims_sync("serve", "--once", *config).out == "Nothing is due.\n"
    set_clock(trust, local("2026-12-01T06:01"), datetime.now(UTC))
    served = sims_sync("serve", "--once", *config)
    assert served.code == 2  # as `run` does where a school is left out
    assert f"School {BROKEN} is left out: its configuration is broken." in served.err
    well = [school for school in SCHOOLS if school != BROKEN]
    assert sorted(line.split()[1] for line in served.out.splitlines()) == well
    assert rows(store, "SELECT DISTINCT school FROM run ORDER BY school") == [(school,) for school in well]
    assert rows(store, "SELECT count(*) FROM run WHERE outcome NOT IN ('done', 'held')") == [(0,)]

    standing = sims_sync("status", "--json", *config)
    assert standing.code == 1
    first = standing.json["schools"][0]
    assert (first["school"], first["verdict"]) == (BROKEN, "wrong")
    assert [each["verdict"] for each in standing.json["schools"]].count("wrong") == 1

    sims_sync("serve", "--once", *config)
    mails = [path.read_text(encoding="utf-8") for path in (trust.parent / "mail").glob("*.eml")]
    assert sum(f"configuration of {BROKEN} is broken" in " ".join(mail.split()) for mail in mails) == 1
