"""The simulated OneRoster server as a child: it serves, it ends with its parent, and it finishes what it began."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
import requests

from sims_sync.demo.days import at
from sims_sync.demo.filling import write_state
from sims_sync.demo.oneroster_child import oneroster_child
from sims_sync.demo.school import invent_school

MORNING = at(date(2026, 12, 16), 7, 30)
WAIT_SECONDS = 30
PARENT = """
import os, sys, time
from pathlib import Path
from sims_sync.demo.oneroster_child import oneroster_child
with oneroster_child(Path(sys.argv[1]), os.environ) as url:
    print(url, flush=True)
    time.sleep(60)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sims")
    write_state(invent_school(60), folder)
    return folder


def environment(fault: str = "") -> dict[str, str]:
    return {**os.environ, "SIMS_DEMO_NOW": MORNING.isoformat(), "SIMS_DEMO_FAULT": fault}


@pytest.mark.parametrize(
    ("version", "path"), [("1.1", "/ims/oneroster/v1p1"), ("1.2", "/ims/oneroster/rostering/v1p2")]
)
def test_it_serves_while_the_block_lasts(folder: Path, version: str, path: str) -> None:
    with oneroster_child(folder, environment("stale"), version) as url:
        assert requests.get(f"{url}{path}/students", timeout=WAIT_SECONDS).status_code == 401
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(url, timeout=WAIT_SECONDS)


def test_it_ends_when_its_parent_is_killed(folder: Path) -> None:
    command = [sys.executable, "-c", PARENT, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as parent:
        assert parent.stdout is not None
        url = parent.stdout.readline().strip()
        assert requests.get(url, timeout=WAIT_SECONDS).status_code == 401
        parent.kill()
        parent.wait()
    for _ in range(200):
        try:
            requests.get(url, timeout=WAIT_SECONDS)
        except requests.exceptions.ConnectionError:
            return
    pytest.fail("the child serves on though its parent is dead")


def test_without_a_state_it_says_so(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ChildProcessError, match="create the demo again"), oneroster_child(tmp_path, environment()):
        pass
    assert "sims.db is missing" in capfd.readouterr().err
