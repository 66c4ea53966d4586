"""Which prepared places do the system tests share: a demo of a small school, and one with every awkward case?"""

import os
import shutil
from pathlib import Path

import pytest

from tests.system.command import once, sims_sync

SMALL_SCHOOL = 120
WHOLE_SCHOOL = 400  # from so many students on every awkward case occurs
SAID_FILE = "said.txt"


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all test processes of one session have in common."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def pristine_demo(shared: Path) -> Path:
    """A demo as `sims-sync demo` left it, with what it said in `said.txt`. Only to be looked at."""
    return once(shared, "small-demo", lambda place: _make_demo(place, SMALL_SCHOOL)) / "demo"


@pytest.fixture(scope="session")
def whole_demo(shared: Path) -> Path:
    """A demo large enough for every awkward case. Only to be looked at."""
    return once(shared, "whole-demo", lambda place: _make_demo(place, WHOLE_SCHOOL)) / "demo"


@pytest.fixture
def demo(pristine_demo: Path, tmp_path: Path) -> Path:
    """A demo of one's own."""
    return Path(shutil.copytree(pristine_demo, tmp_path / "demo"))


def _make_demo(place: Path, students: int) -> None:
    ended = sims_sync("demo", place / "demo", "--students", str(students))
    (place / SAID_FILE).write_text(f"{ended.code}\n{ended.said}", encoding="utf-8")
