"""`service` as an admin meets it: the definition on the screen, and refusals that say what to do."""

import sys
from pathlib import Path

import pytest

from tests.system.command import sims_sync
from tests.system.exports import make_school

NOBODY = "no-such-account"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return make_school(tmp_path)


@pytest.mark.parametrize(
    ("way", "begins"),
    [("systemd", "# Written by"), ("winsw", "<?xml"), ("task", '<?xml version="1.0" encoding="UTF-16"?>')],
)
def test_each_definition_is_shown_on_any_system_and_names_this_configuration(
    config: Path, way: str, begins: str
) -> None:
    ended = sims_sync("service", "install", "--print", "--way", way, "--config", config)
    assert ended.code == 0, ended.said
    assert begins in ended.out.splitlines()[0]
    assert str(config) in ended.out


def test_a_broken_configuration_is_no_service(config: Path) -> None:
    config.write_text(config.read_text(encoding="utf-8") + "\n[nonsense]\n", encoding="utf-8")
    ended = sims_sync("service", "install", "--print", "--config", config)
    assert ended.code == 2
    assert "nonsense: is not a known key." in ended.err


@pytest.mark.skipif(sys.platform == "win32", reason="systemd's accounts")
def test_an_account_that_is_not_there_is_refused_with_the_command_that_makes_it(config: Path) -> None:
    ended = sims_sync("service", "install", "--account", NOBODY, "--config", config)
    assert ended.code == 2
    assert f"useradd --system --user-group --home-dir {config.parent} --shell /usr/sbin/nologin {NOBODY}" in ended.err


@pytest.mark.skipif(sys.platform == "win32", reason="systemd's accounts")
def test_a_service_never_runs_as_root(config: Path) -> None:
    ended = sims_sync("service", "install", "--account", "root", "--config", config)
    assert ended.code == 2
    assert "an account of its own" in ended.err


@pytest.mark.skipif(sys.platform == "win32", reason="the other system's way")
def test_the_other_systems_way_is_a_wrong_usage(config: Path) -> None:
    ended = sims_sync("service", "install", "--way", "task", "--config", config)
    assert ended.code == 2
    assert "use systemd, or --print" in ended.err
