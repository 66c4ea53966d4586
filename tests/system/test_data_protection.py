"""What a data protection officer would try on the installed command: tell, erase, look who looked, leave."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.system.command import rows, sims_sync

# What a demo makes besides the product: the simulated SIMS, its reports and workbooks, and its own marks.
OF_THE_DEMO = ("sims/", "reports/", "workbooks-issued/", ".sims-sync-demo", "absences.csv", "oneroster-secret.txt")
SETTINGS = ("config.toml", "roles.csv", "calendar.toml", "mappings/", "secrets/")
STORE = ("sims-sync.db", "sims-sync.db-wal", "sims-sync.db-shm")
WRITTEN = ("log/", "mail/", "work/", "proformas/done/", "proformas/failed/", "workbooks/done/", "workbooks/answers/")


def run(demo: Path, *words: str, code: int = 0, entered: str = "") -> str:
    ended = sims_sync(*words, "--config", demo / "config.toml", entered=entered)
    assert ended.code == code, ended.said
    return ended.said


def somebody(demo: Path) -> tuple[str, str, str]:
    """Admission number, UPN and surname of a student with entries."""
    sql = (
        "SELECT admission_number, upn, surname FROM student JOIN entry USING (student_id) WHERE upn IS NOT NULL LIMIT 1"
    )
    ((number, upn, surname),) = rows(demo / "sims-sync.db", sql)
    return str(number), str(upn), str(surname)


def upns(demo: Path) -> set[str]:
    return {str(upn) for (upn,) in rows(demo / "sims-sync.db", "SELECT upn FROM student")}


def test_a_demo_leaves_no_file_that_is_not_in_the_data_map(pristine_demo: Path) -> None:
    known = (*OF_THE_DEMO, *SETTINGS, *STORE, *WRITTEN)
    found = [path.relative_to(pristine_demo).as_posix() for path in pristine_demo.rglob("*") if path.is_file()]
    assert [name for name in found if not name.startswith(known)] == []


def test_one_student_is_told_everything_erased_and_stays_out(demo: Path, tmp_path: Path) -> None:
    number, upn, surname = somebody(demo)
    answer = tmp_path / "answer.json"
    said = run(demo, "person", "export", number, "--kind", "student", "-o", str(answer))
    assert "Written to" in said
    told = json.loads(answer.read_text(encoding="utf-8"))
    assert {"student", "entry", "result"} <= {each["table"] for each in told["held"]}
    assert upn in answer.read_text(encoding="utf-8")
    run(demo, "person", "export", number, "--kind", "student", "-o", str(tmp_path / "answer.pdf"))
    assert (tmp_path / "answer.pdf").read_bytes().startswith(b"%PDF")
    words = ("person", "erase", number, "--kind", "student", "--reason", "asked for")
    assert "Aborted" in run(demo, *words, code=130, entered="n\n") or rows(
        demo / "sims-sync.db", "SELECT 1 FROM student"
    )
    said = run(demo, *words, entered="y\n")
    assert "Erased as" in said
    assert surname not in said
    held = b"".join(path.read_bytes() for path in demo.glob("sims-sync.db*"))
    assert upn.encode() not in held
    assert f'"admission_number": "{number}"'.encode() not in held
    run(demo, "run", "pull_students")
    assert upn not in upns(demo)
    erased = json.loads(run(demo, "person", "erased", "--json"))["erased"]
    run(demo, "person", "release", erased[0]["erasure_id"], "--reason", "came back")
    run(demo, "run", "pull_students")
    assert upn in upns(demo)


def test_who_looked_and_what_was_changed_is_listed(demo: Path) -> None:
    number, _, surname = somebody(demo)
    run(demo, "report", "compliance", "--names")
    run(demo, "why", number)
    config = demo / "config.toml"
    config.write_text(config.read_text(encoding="utf-8").replace("enabled = true", "enabled = false"), encoding="utf-8")
    lines = json.loads(run(demo, "audit", "list", "--json"))["audit"]
    assert {"view", "report-with-names", "why", "settings"} <= {line["action"] for line in lines}
    assert {"changed": ["push.enabled"]} in [line["detail"] for line in lines if line["action"] == "settings"]
    assert surname not in json.dumps(lines)
    about = json.loads(run(demo, "audit", "list", "--person", number, "--json"))["audit"]
    assert {line["action"] for line in about} == {"why"}


def test_a_command_that_shows_nobody_is_not_in_the_log(demo: Path) -> None:
    before = rows(demo / "sims-sync.db", "SELECT count(*) FROM audit WHERE action = 'view'")
    run(demo, "jobs")
    assert rows(demo / "sims-sync.db", "SELECT count(*) FROM audit WHERE action = 'view'") == before


def test_a_school_that_leaves_takes_everything_with_it_but_the_evidence(demo: Path) -> None:
    said = run(demo, "purge", "--school", "demo", "--reason", "left the trust", code=2, entered="dem\n")
    assert "nothing was deleted" in said
    run(demo, "purge", "--school", "demo", "--reason", "left the trust", entered="demo\n")
    left = set()
    with closing(sqlite3.connect(demo / "sims-sync.db")) as store:
        for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            if name != "alembic_version" and store.execute(f'SELECT 1 FROM "{name}"').fetchone():  # noqa: S608 - a table's name
                left.add(name)
    assert left == set()
    assert list((demo / "mail").iterdir()) == []
    (evidence,) = demo.glob("purged-demo-*.json")
    told = json.loads(evidence.read_text(encoding="utf-8"))
    assert told["state"] == "done"
    assert told["rows"]["student"] > 100


@pytest.mark.parametrize("words", [("person", "export", "Nobody Atall", "--kind", "student", "-o", "x.json")])
def test_whoever_is_not_held_is_one_sentence(demo: Path, words: tuple[str, ...]) -> None:
    assert "No student of that name" in run(demo, *words, code=2)
