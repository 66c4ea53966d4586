"""Report definitions are brought into the demo's SIMS, and whatever goes wrong is told file by file."""

import json
from pathlib import Path

import pytest

from tests.system.command import Ended, rows, sims_sync


@pytest.fixture
def definitions(demo: Path) -> Path:
    folder = demo / "definitions"
    folder.mkdir()
    for name in ("tutor groups", "staff", "Students"):
        (folder / f"{name}.RptDef").write_bytes(b"enciphered")
    (folder / "read me.txt").write_text("no definition", encoding="utf-8")
    return folder


def import_from(folder: Path, *options: str, demo: Path, fault: str = "", **env: str) -> Ended:
    settings = {"SIMS_DEMO_IMPORT_FAULT": fault, **env}
    return sims_sync("reports", "import", folder, *options, "--config", demo / "config.toml", env=settings)


def in_sims(demo: Path) -> list[str]:
    path = demo / "sims" / "imported_definitions.jsonl"
    return [json.loads(line)["file"] for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def audited(demo: Path) -> list[dict[str, str]]:
    found = rows(demo / "sims-sync.db", "SELECT detail FROM audit WHERE action = 'reports-import' ORDER BY at")
    return [json.loads(detail)["definitions"] for (detail,) in found]


def test_every_definition_is_imported_in_the_order_of_names(demo: Path, definitions: Path) -> None:
    ended = import_from(definitions, demo=demo)
    assert (ended.code, ended.err) == (0, "")
    names = ["staff.RptDef", "Students.RptDef", "tutor groups.RptDef"]
    assert ended.out.splitlines() == [*(f"✔ {name}: imported" for name in names), "3 of 3 imported."]
    assert in_sims(demo) == names
    assert audited(demo) == [dict.fromkeys(names, "imported")]


def test_one_that_fails_leaves_the_others_and_the_exit_code_says_so(demo: Path, definitions: Path) -> None:
    (definitions / "Students.RptDef").write_bytes(b"")
    ended = import_from(definitions, demo=demo)
    assert ended.code == 1
    failed = [line for line in ended.out.splitlines() if line.startswith("✖")]
    assert len(failed) == 1
    assert failed[0].startswith("✖ Students.RptDef: failed – ")
    assert ended.out.endswith("2 of 3 imported.\n")
    assert in_sims(demo) == ["staff.RptDef", "tutor groups.RptDef"]
    assert audited(demo)[0]["Students.RptDef"] == "definition_not_found"


@pytest.mark.parametrize(("fault", "said"), [("garbage", "by hand"), ("hang", "was stopped")])
def test_a_fault_has_its_sentence_and_nothing_is_imported(demo: Path, definitions: Path, fault: str, said: str) -> None:
    (definitions / "tutor groups.RptDef").unlink()
    ended = import_from(definitions, "--time-limit", "1.5", demo=demo, fault=fault)
    assert ended.code == 1
    assert ended.out.count(said) == 2
    assert "Zorbinquist" not in ended.said, "SIMS's own words are not repeated"
    assert ended.out.endswith("0 of 2 imported.\n")
    assert in_sims(demo) == []
    assert not list((demo / "work").rglob("sims-import-*"))


def test_a_password_is_named_by_where_it_is_and_appears_nowhere(demo: Path, definitions: Path) -> None:
    named = ("--user", "sync", "--password", "env:SIMS_TEST_PASSWORD")
    missing = import_from(definitions, *named, demo=demo)
    assert missing.code == 2
    assert in_sims(demo) == []
    given = import_from(definitions, *named, demo=demo, SIMS_TEST_PASSWORD="mellon-9")
    assert given.code == 0
    log = (demo / "log" / "sims-sync.log").read_text(encoding="utf-8")
    audit = repr(rows(demo / "sims-sync.db", "SELECT * FROM audit"))
    assert "mellon-9" not in missing.said + given.said + log + audit


def test_usage_that_cannot_work_ends_with_2_and_without_a_line_in_the_audit_log(demo: Path, definitions: Path) -> None:
    assert import_from(demo / "mail", demo=demo).code == 2
    config = demo / "config.toml"
    text = config.read_text(encoding="utf-8").replace('"command_reporter"', '"command_reporter"\nenabled = false')
    config.write_text(text, encoding="utf-8")
    ended = import_from(definitions, demo=demo)
    assert ended.code == 2
    assert "--trusted" in ended.err
    assert (in_sims(demo), audited(demo)) == ([], [])


def test_without_the_tool_nothing_is_tried(demo: Path, definitions: Path) -> None:
    ended = import_from(definitions, "--executable", str(demo / "absent.exe"), demo=demo)
    assert ended.code == 1
    assert "CommandReportImporter.exe is not at" in ended.err
    assert ended.out == ""
