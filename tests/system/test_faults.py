"""Does each fault of docs/faults.md end as documented, in one sentence, with nothing changed and no tutor named?"""

import quopri
import re
from pathlib import Path

import pytest

from tests.system.command import Ended, files, named_in, rows, sims_sync, tables

DOCUMENTED = Path(__file__).parents[2] / "docs" / "faults.md"
SIMS_SOURCES = ["entries", "results", "staff", "students", "tutor_groups"]
FAULTS = {
    "error": 1,
    "empty": 4,
    "truncated": 4,
    "half": 4,
    "no_ids": 4,
    "missing_column": 4,
    "wrong_school": 4,
    "stale": 1,
    "short": 3,
    "slow": 0,
}
STRIKING = [fault for fault in FAULTS if fault != "slow"]
SPARED = {"no_ids": {"tutor_groups"}}  # the report of groups has no identity column
SENTENCE = re.compile(r"^(?P<source>\w+): [A-Z0-9].*[.?]$")
SLOW = {"SIMS_DEMO_FAULT": "slow", "SIMS_DEMO_SLOW_SECONDS": "0.4"}


def run_everything(demo: Path, fault: str) -> Ended:
    env = SLOW if fault == "slow" else {"SIMS_DEMO_FAULT": fault}
    return sims_sync("run", "--all", "--config", demo / "config.toml", env=env)


def report(demo: Path, *options: str) -> Ended:
    return sims_sync("report", "compliance", *options, "--config", demo / "config.toml")


def staff_surnames(demo: Path) -> list[str]:
    return sorted({str(name) for (name,) in rows(demo / "sims" / "sims.db", "SELECT surname FROM staff")})


def source_problems(ended: Ended) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for sentence in ended.problems():
        matched = SENTENCE.match(sentence)
        if matched and matched["source"] in SIMS_SOURCES:
            found.setdefault(matched["source"], []).append(sentence)
    return found


def test_the_table_in_the_docs_is_the_one_tested_here() -> None:
    lines = re.findall(r"^\| `(\w+)` \|.*\| (\d)[^|]*\|$", DOCUMENTED.read_text(encoding="utf-8"), re.MULTILINE)
    assert {name: int(code) for name, code in lines} == FAULTS


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_ends_as_documented_in_one_sentence_a_source_and_changes_nothing(demo: Path, fault: str) -> None:
    before, mail, shown = tables(demo / "sims-sync.db"), files(demo / "mail"), files(demo / "reports")
    ended = run_everything(demo, fault)
    assert ended.code == FAULTS[fault], ended.said
    assert {source: len(sentences) for source, sentences in source_problems(ended).items()} == dict.fromkeys(
        _struck_by(fault), 1
    )
    assert tables(demo / "sims-sync.db") == before
    assert files(demo / "reports") == shown
    told = {name: content for name, content in files(demo / "mail").items() if name not in mail}
    assert all(b"To: admin@" in content and b"Subject: sims-sync" in content for content in told.values())
    said = ended.said + "".join(quopri.decodestring(content).decode(errors="replace") for content in told.values())
    assert not named_in(said, staff_surnames(demo))


def test_a_short_list_of_students_holds_the_report_in_every_format(demo: Path) -> None:
    run_everything(demo, "short")
    for form in ("text", "json", "csv"):
        held = report(demo, "--format", form, "--names")
        assert held.code == 3
        assert not named_in(held.said, staff_surnames(demo))
        assert "held removals" in " ".join(held.said.split())


def test_after_refused_and_short_reads_good_ones_give_the_same_report_again(demo: Path) -> None:
    shown = report(demo, "--format", "csv").out
    run_everything(demo, "wrong_school")
    run_everything(demo, "short")
    assert report(demo).code == 3
    assert sims_sync("run", "--all", "--config", demo / "config.toml").code == 0
    again = report(demo, "--format", "csv")
    assert (again.code, again.out) == (0, shown)
    assert "Nothing is held." in sims_sync("quarantine", "list", "--config", demo / "config.toml").out


@pytest.mark.parametrize("fault", STRIKING)
def test_a_demo_with_a_fault_goes_to_its_end_and_names_no_tutor(tmp_path: Path, fault: str) -> None:
    demo = tmp_path / "demo"
    ended = sims_sync("demo", demo, "--students", "60", env={"SIMS_DEMO_FAULT": fault})
    assert ended.code == 0, ended.said
    assert staff_surnames(demo)
    assert not named_in(ended.said, staff_surnames(demo))
    assert list((demo / "mail").iterdir()) == []
    assert list((demo / "reports").iterdir()) == []


def test_after_a_demo_with_a_fault_a_report_with_names_is_a_sentence(tmp_path: Path) -> None:
    demo = tmp_path / "demo"
    sims_sync("demo", demo, "--students", "60", env={"SIMS_DEMO_FAULT": "no_ids"})
    held = report(demo, "--names", "--format", "csv")
    assert held.code == 3
    assert held.out.splitlines() == ["tutor_group,tutor,forename,surname,class"]
    assert "has not been read whole" in held.err
    kept = report(demo, "--names", "--format", "csv", "-o", str(tmp_path / "list.csv"))
    assert kept.code == 3
    assert "has not been read whole" in (tmp_path / "list.csv").read_text(encoding="utf-8")


def test_a_slow_demo_is_as_good_as_a_quick_one(tmp_path: Path) -> None:
    ended = sims_sync("demo", tmp_path / "demo", "--students", "60", env=SLOW)
    assert ended.code == 0
    assert list((tmp_path / "demo" / "mail").glob("*.eml"))


def test_a_report_past_its_time_limit_fails_and_leaves_no_process(demo: Path) -> None:
    config = demo / "config.toml"
    text = config.read_text(encoding="utf-8")
    limited = text.replace("time_limit_seconds = 60", "time_limit_seconds = 0.5")
    assert limited != text
    config.write_text(limited, encoding="utf-8")
    before = tables(demo / "sims-sync.db")
    ended = sims_sync(
        "run", "pull_entries", "--config", config, env={"SIMS_DEMO_FAULT": "slow", "SIMS_DEMO_SLOW_SECONDS": "30"}
    )
    assert ended.code == 1
    assert len(source_problems(ended)["entries"]) == 1
    assert tables(demo / "sims-sync.db") == before
    assert [path for path in (demo / "work").rglob("*") if path.is_file()] == []


def test_a_fault_that_nobody_knows_fails_like_an_error(demo: Path) -> None:
    ended = sims_sync("run", "pull_students", "--config", demo / "config.toml", env={"SIMS_DEMO_FAULT": "gremlins"})
    assert ended.code == 1


def _struck_by(fault: str) -> list[str]:
    if fault in {"slow", "short"}:
        return ["students"] if fault == "short" else []
    return [source for source in SIMS_SOURCES if source not in SPARED.get(fault, set())]
