"""Does each OneRoster fault of docs/faults.md end in the right state, without help or with what to do (P4)?"""

import json
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.system.command import sims_sync

DOCUMENTED = Path(__file__).parents[2] / "docs" / "faults.md"
FAULTS = re.findall(r"^- \*\*(\w+)\*\*", DOCUMENTED.read_text(encoding="utf-8"), re.MULTILINE)
CYCLE = ("push_targets", "pull_entries", "confirm_targets")
AT_ONCE = 4  # so many writes are on their way at once
# What is left for a person, by the deliveries' reason; every other fault heals within the cycle.
LEFT = {"cut_text": "cut", "wrong_value": "other-value", "locked": "locked"}


def test_the_documentation_lists_all_ten() -> None:
    assert len(FAULTS) == 10
    assert set(LEFT) <= set(FAULTS)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_ends_in_the_right_state(fault: str, pristine_demo: Path, tmp_path: Path) -> None:
    demo = _before_the_push(pristine_demo, tmp_path)
    env = {"SIMS_DEMO_FAULT": fault}
    ended = sims_sync("run", *CYCLE, "--config", demo / "config.toml", env=env)
    assert ended.code == (3 if fault in LEFT else 0)
    listed = sims_sync("deliveries", "list", "--json", "--config", demo / "config.toml").json["deliveries"]
    states = {(each["state"], each["reason"]) for each in listed if each["reason"] != "in-sims-already"}
    left = {reason for _, reason in states} - {""}
    assert left == ({LEFT[fault]} if fault in LEFT else set())
    writes = _writes(demo)
    good = {state for state, reason in states if not reason}
    if fault == "locked":
        # The demo pushes into one result set: locked, it takes nothing but what was on its way beside the first write.
        assert len(writes) < AT_ONCE
        assert good == ({"confirmed"} if writes else set())
    else:
        assert writes
        assert good == {"confirmed"}
    assert len({(each["sourcedId"], each["revision"]) for each in writes}) == len(writes)
    if fault in LEFT:
        assert "sims-sync deliveries" in ended.out or "pro-forma" in ended.out


def _before_the_push(pristine_demo: Path, tmp_path: Path) -> Path:
    """The demo as it was before anything was written into its SIMS."""
    demo = shutil.copytree(pristine_demo, tmp_path / "demo")
    with closing(sqlite3.connect(demo / "sims-sync.db")) as db, db:
        for table in ("delivery_event", "delivery_revision", "delivery"):
            db.execute(f"DELETE FROM {table}")  # noqa: S608 - three constants
    with closing(sqlite3.connect(demo / "sims" / "sims.db")) as db, db:
        db.execute("DELETE FROM result WHERE sourced_id IS NOT NULL")
    (demo / "sims" / "writes.jsonl").unlink()
    return demo


def _writes(demo: Path) -> list[dict[str, object]]:
    log = demo / "sims" / "writes.jsonl"
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []
