"""The loop closed, as an admin sees it: collected, pushed, seen in the next export, confirmed; and deciding by hand."""

import json
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.system.command import Ended, rows, sims_sync


@pytest.fixture
def demo(pristine_demo: Path, tmp_path: Path) -> Path:
    """A demo of its own whose cycle has ended."""
    return shutil.copytree(pristine_demo, tmp_path / "demo")


_THIRD_TARGETS = "SELECT person_id FROM result WHERE aspect = 'Mentoring Target 3'"


def run(demo: Path, *command: str, env: dict[str, str] | None = None) -> Ended:
    return sims_sync(*command, "--config", demo / "config.toml", env=env or {})


def deliveries(demo: Path) -> list[dict[str, str]]:
    return list(run(demo, "deliveries", "list", "--json").json["deliveries"])


def type_in_sims(demo: Path, text: str, *, over: str = "%") -> str:
    """Someone types over the first of our texts like `over`, at 06:45; the delivery's id."""
    with closing(sqlite3.connect(demo / "sims" / "sims.db")) as db, db:
        one = db.execute(
            "SELECT id, person_id, aspect, result_set, dated FROM result WHERE sourced_id IS NOT NULL AND text LIKE ?"
            " ORDER BY id LIMIT 1",
            (over,),
        ).fetchone()
        _, person, aspect, result_set, dated = one
        db.execute(
            "INSERT INTO result (person_id, aspect, result_set, text, dated, typed_at) VALUES (?, ?, ?, ?, ?, ?)",
            (person, aspect, result_set, text, dated, "2026-12-16T07:00:00.000000+00:00"),
        )
    student: str = dict(rows(demo / "sims-sync.db", "SELECT person_id, student_id FROM student"))[person]
    slot = aspect.removeprefix("Mentoring ").lower().replace(" ", "-")
    return next(each["id"] for each in deliveries(demo) if (each["student_id"], each["slot"]) == (student, slot))


def state(demo: Path, name: str) -> str:
    found = next(each for each in deliveries(demo) if each["id"] == name)
    return f"{found['state']} {found['reason']}".strip()


def test_the_demo_closes_the_loop_and_says_the_counts(pristine_demo: Path) -> None:
    said = (pristine_demo.parent / "said.txt").read_text(encoding="utf-8")
    sent = re.search(r"Texts sent to SIMS: (\d+)", said)
    seen = re.search(r"Texts of ours seen in SIMS: \d+ \((\d+) confirmed\)", said)
    assert sent is not None
    assert seen is not None
    assert sent[1] == seen[1]
    writes = (pristine_demo / "sims" / "writes.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(writes) == int(sent[1]) >= 20
    assert list(json.loads(writes[0])) == ["at", "sourcedId", "revision", "comment"]


def test_pushing_again_writes_nothing(demo: Path) -> None:
    log = demo / "sims" / "writes.jsonl"
    before = log.read_bytes()
    assert run(demo, "run", "push_targets", "confirm_targets", "check_drift").code == 0
    assert log.read_bytes() == before


def test_a_rehearsal_of_the_push_writes_nothing(demo: Path) -> None:
    before = (demo / "sims" / "writes.jsonl").read_bytes()
    ended = run(demo, "run", "push_targets", "--as-of", "2026-12-17T07:30")
    assert ended.code == 0
    assert "Texts that would be sent to SIMS: 0." in ended.said
    assert (demo / "sims" / "writes.jsonl").read_bytes() == before


def test_a_value_typed_over_ours_is_adopted_by_the_nightly_comparison(demo: Path) -> None:
    name = type_in_sims(demo, "Review: achieved | Evidence: Seen by the tutor in every lesson", over="Review%")
    ended = run(demo, "run", "check_drift")
    assert "Newer values typed in SIMS and adopted: 1." in ended.said
    assert "Drift: 1 of" in ended.said
    assert state(demo, name) == "confirmed typed-in-sims"


def test_show_tells_the_whole_story_and_the_list_no_text(demo: Path) -> None:
    listed = run(demo, "deliveries", "list").out
    assert "Evidence" not in listed
    name = next(each["id"] for each in deliveries(demo) if each["state"] == "confirmed")
    shown = run(demo, "deliveries", "show", name).out
    assert re.findall(r"\d\d:\d\d  (\w+), revision 1", shown) == ["queued", "sent", "confirmed"]
    (looked,) = rows(demo / "sims-sync.db", "SELECT count(*) FROM audit WHERE action = 'delivery-view'")
    assert looked == (1,)


@pytest.mark.parametrize(
    ("decision", "after"), [("keep-sims", "confirmed typed-in-sims"), ("discard", "withdrawn discarded")]
)
def test_what_sims_changed_waits_for_a_person_who_decides(tmp_path: Path, decision: str, after: str) -> None:
    demo = tmp_path / "demo"
    sims_sync("demo", demo, "--no-serve", "--students", "60", env={"SIMS_DEMO_FAULT": "wrong_value"})
    ended = run(demo, "status")
    assert ended.code == 3
    assert "texts need a person" in ended.out
    name = next(each["id"] for each in deliveries(demo) if each["reason"] == "other-value")
    assert run(demo, "deliveries", decision, name, "--reason", "looked at it").code == 0
    assert state(demo, name) == after


def test_resend_puts_ours_back_as_a_new_revision(tmp_path: Path) -> None:
    demo = tmp_path / "demo"
    sims_sync("demo", demo, "--no-serve", "--students", "60", env={"SIMS_DEMO_FAULT": "cut_text"})
    names = [each["id"] for each in deliveries(demo) if each["reason"] == "cut"]
    assert run(demo, "deliveries", "resend", *names, "--reason", "cut short").code == 0
    assert run(demo, "run", "push_targets", "confirm_targets").code == 0
    assert {state(demo, name) for name in names} == {"confirmed"}
    lines = (demo / "sims" / "writes.jsonl").read_text(encoding="utf-8").splitlines()
    keys = [(each["sourcedId"], each["revision"]) for each in map(json.loads, lines)]
    assert len(keys) == len(set(keys))


def test_a_decision_on_what_needs_none_is_refused_with_a_sentence(demo: Path) -> None:
    name = next(each["id"] for each in deliveries(demo) if each["state"] == "confirmed")
    ended = run(demo, "deliveries", "resend", name, "--reason", "no reason")
    assert ended.code == 2
    assert "does not compete with a value in SIMS (confirmed)" in ended.err
    assert run(demo, "deliveries", "show", "00000000").code == 2


def test_why_tells_class_rule_entries_and_deliveries_of_one_student(demo: Path) -> None:
    with_text = next(each for each in deliveries(demo) if each["state"] == "confirmed")
    key = with_text["student_id"]
    everyone = rows(demo / "sims-sync.db", "SELECT student_id, admission_number, forename, surname FROM student")
    number, forename, surname = next(rest for student, *rest in everyone if student == key)
    said = run(demo, "why", str(number)).out
    assert said.startswith(f"{forename} {surname}, ")
    assert "done" in said
    assert re.search(r"from workbooks|from proformas", said)
    assert f"{with_text['id']}  2026-27/autumn-2" in said
    assert run(demo, "why", f"{forename} {surname}").code == 0
    assert run(demo, "why", "Nobody Atall").code == 2


def test_a_trial_is_recorded_as_a_proof_and_check_says_so(demo: Path) -> None:
    assert "proven_with_sims = no" in run(demo, "check").out
    taken = {person for (person,) in rows(demo / "sims" / "sims.db", _THIRD_TARGETS)}
    person = next(each for (each,) in rows(demo / "sims-sync.db", "SELECT person_id FROM student") if each not in taken)
    ended = run(demo, "push", "trial", "--person-id", str(person), "--surname", "Test", "--forename", "Tina")
    assert "read back equal" in ended.out
    assert "proven in the training database" in run(demo, "check").out
