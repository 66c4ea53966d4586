"""`status --all --json` has its documented shape, and its exit code says the same as its words."""

import json
import shutil
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.system.command import set_clock, sims_sync
from tests.system.exports import local

jsonschema: Any = import_module("jsonschema")  # it ships no types
SCHEMA = Path(__file__).parents[2] / "docs" / "schemas" / "status.schema.json"


def shown(demo: Path, code: int) -> dict[str, Any]:
    ended = sims_sync("status", "--all", "--json", "--config", demo / "config.toml")
    assert ended.code == code, ended.said
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(ended.json, schema, cls=jsonschema.Draft202012Validator)
    assert ended.json["healthy"] is (code == 0)
    return dict(ended.json)


def test_a_demo_is_healthy_and_the_push_is_not_called_proven(demo: Path) -> None:
    document = shown(demo, 0)
    assert document["line"] == "Austen Academy: all is well; last pull today 06:00"
    (school,) = document["schools"]
    assert (school["push"]["connector"], school["push"]["proven_with_sims"]) == ("oneroster", False)


def test_what_is_wrong_stands_first_with_its_code_and_is_over_by_itself(demo: Path) -> None:
    (demo / "schools.d").mkdir()
    (demo / "schools.d" / "aaa.toml").write_text("[school]\nnam = 1\n", encoding="utf-8")
    document = shown(demo, 1)
    assert [school["verdict"] for school in document["schools"]] == ["wrong", "fine"]
    assert document["schools"][0]["conditions"][0]["code"] == "config-broken"
    assert document["line"].startswith("2 schools: 1 wrong, 1 well; worst: aaa")
    shutil.rmtree(demo / "schools.d")
    shown(demo, 0)


@pytest.mark.parametrize(("moment", "code"), [("2027-12-16T08:00", "clock-ahead"), ("2026-12-15T08:00", "clock-back")])
def test_by_a_wrong_clock_nothing_runs_and_one_thing_is_said_and_set_right_all_goes_on(
    demo: Path, moment: str, code: str
) -> None:
    config = demo / "config.toml"
    good = config.read_text(encoding="utf-8")
    mails = sorted((demo / "mail").iterdir())
    set_clock(config, local(moment), datetime.now(UTC))
    ended = sims_sync("run", "--all", "--config", config, "--json")
    assert ended.code == 4
    assert {problem["code"] for run in ended.json["runs"] for problem in run["problems"]} == {code}
    (school,) = shown(demo, 1)["schools"]
    assert [condition["code"] for condition in school["conditions"]] == [code]
    assert sims_sync("clock", "show", "--config", config).code == 1
    assert sorted((demo / "mail").iterdir()) == mails
    config.write_text(good, encoding="utf-8")
    assert sims_sync("run", "pull_students", "--config", config).code == 0
    shown(demo, 0)


def test_a_person_who_says_that_the_clock_is_right_lets_all_go_on(demo: Path) -> None:
    config = demo / "config.toml"
    set_clock(config, local("2027-02-16T08:00"), datetime.now(UTC))
    assert sims_sync("run", "pull_students", "--config", config).code == 4
    confirmed = sims_sync("clock", "confirm", "--reason", "off all winter", "--config", config)
    assert confirmed.code == 0
    assert sims_sync("run", "pull_students", "--config", config).code != 4
