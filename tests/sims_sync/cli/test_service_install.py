"""Installing on Windows, with stand-ins for its own programs on the path: what is called, with what, in which order."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sims_sync.cli import service_install
from tests.sims_sync.service_files.test_definition import CONFIG

STAND_IN = """#!{python}
import json, sys
with open({log!r}, "a", encoding="utf-8") as log:
    log.write(json.dumps([sys.argv[0].rpartition("/")[2], *sys.argv[1:]]) + "\\n")
print("stand-in spoke", file=sys.stderr)
sys.exit({code})
"""
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there the real programs would be called")

Calls = Callable[[], list[list[str]]]


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Calls:
    """Windows as seen by the command; the list of what it called."""
    log = tmp_path / "calls"
    programs = tmp_path / "system32"
    programs.mkdir()
    for name in ("schtasks.exe", "icacls.exe", "sc.exe"):
        stand_in(programs / name, log)
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setattr(service_install, "ON_WINDOWS", True)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "program" / "0.1.0"))
    (tmp_path / "program" / "service").mkdir(parents=True)
    return lambda: [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]


def stand_in(path: Path, log: Path, code: int = 0) -> None:
    path.write_text(STAND_IN.format(python=sys.executable, log=str(log), code=code), encoding="utf-8")
    path.chmod(0o755)


def install(tmp_path: Path, *arguments: str) -> Result:
    config = tmp_path / "school" / "config.toml"
    config.parent.mkdir()
    config.write_text(CONFIG.replace("/srv", str(tmp_path / "srv")), encoding="utf-8")
    return CliRunner().invoke(service_install.service, ["install", "--config", str(config), *arguments], obj={})


def test_the_task_is_given_its_rights_registered_and_started(tmp_path: Path, calls: Calls) -> None:
    result = install(tmp_path)
    assert result.exit_code == 0, result.output
    assert [call[:2] for call in calls() if call[0] == "schtasks.exe"] == [
        ["schtasks.exe", "/Create"],
        ["schtasks.exe", "/Run"],
    ]
    granted = [call[1:] for call in calls() if call[0] == "icacls.exe"]
    assert [str(tmp_path / "school"), "/grant", "NT AUTHORITY\\NETWORK SERVICE:(OI)(CI)M"] in granted
    xml = (tmp_path / "program" / "service" / "sims-sync-task.xml").read_bytes()
    assert str(tmp_path / "school" / "config.toml") in xml.decode("utf-16")


def test_a_folder_that_is_named_and_not_there_yet_is_told(tmp_path: Path, calls: Calls) -> None:
    (tmp_path / "srv" / "backup").mkdir(parents=True)
    said = install(tmp_path).output
    assert f"Not there yet: {tmp_path / 'srv' / 'share'}. Make it and run this again" in said
    assert f"Not there yet: {tmp_path / 'srv' / 'backup'}." not in said
    del calls


def test_the_wrapper_is_chosen_where_it_lies(tmp_path: Path, calls: Calls) -> None:
    wrapper = tmp_path / "program" / "service" / "sims-sync-service.exe"
    stand_in(wrapper, tmp_path / "calls")
    result = install(tmp_path)
    assert result.exit_code == 0, result.output
    assert [call[1] for call in calls() if call[0] == wrapper.name] == ["stop", "uninstall", "install", "start"]
    assert ["sc.exe", "config", "sims-sync", "obj=", "NT SERVICE\\sims-sync"] in calls()
    assert wrapper.with_suffix(".xml").is_file()


def test_a_wrapper_that_is_not_there_is_told_where_to_get(tmp_path: Path, calls: Calls) -> None:
    result = install(tmp_path, "--way", "winsw")
    assert "Put WinSW's executable there under that name" in str(result.exception)
    assert not (tmp_path / "calls").exists()
    del calls


def test_what_windows_refused_is_said_in_its_own_words(tmp_path: Path, calls: Calls) -> None:
    stand_in(tmp_path / "system32" / "icacls.exe", tmp_path / "calls", code=5)
    result = install(tmp_path)
    assert "icacls.exe" in str(result.exception)
    assert "failed: stand-in spoke" in str(result.exception)
    assert not [call for call in calls() if call[0] == "schtasks.exe"]


def test_removing_lets_the_run_in_hand_end_before_the_task_is_ended(tmp_path: Path, calls: Calls) -> None:
    install(tmp_path)
    config = tmp_path / "school" / "config.toml"
    text = "[service]\nstop_seconds = 1\n[school]"
    config.write_text(config.read_text(encoding="utf-8").replace("[school]", text), encoding="utf-8")
    (tmp_path / "school" / "work").mkdir()
    result = CliRunner().invoke(service_install.service, ["remove", "--config", str(config)], obj={})
    assert result.exit_code == 0, result.output
    assert (tmp_path / "school" / "work" / "stop").is_file()
    assert [call[1] for call in calls() if call[0] == "schtasks.exe"][-2:] == ["/End", "/Delete"]
