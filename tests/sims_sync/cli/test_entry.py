"""Is every command found in `--help`, and is it said when the wrong account runs one, or there is no configuration?"""

import os
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from sims_sync.cli.entry import COMMANDS, sims_sync
from sims_sync.config_file import find_config
from sims_sync.errors import ConfigurationError
from sims_sync.setup import write_setup
from tests.sims_sync.test_setup import ANSWERS

NOBODY = 65534
ONLY_ROOT = pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root can be the wrong one")


def test_help_shows_every_command_under_its_title() -> None:
    shown = CliRunner().invoke(sims_sync, ["--help"]).output
    for title, commands in COMMANDS.items():
        section = shown.partition(f"\n{title}:\n")[2].partition("\n\n")[0]
        assert [line.split()[0] for line in section.splitlines()] == list(commands)


@ONLY_ROOT
def test_root_in_another_account_s_folder_is_told_so(tmp_path: Path) -> None:
    write_setup(tmp_path, ANSWERS)
    arguments = ["check", "--config", str(tmp_path / "config.toml")]
    assert "This is root" not in CliRunner().invoke(sims_sync, arguments).stderr
    os.chown(tmp_path, NOBODY, NOBODY)
    ended = CliRunner().invoke(sims_sync, arguments)
    assert "belongs to nobody" in ended.stderr
    assert "runuser -u nobody -- sims-sync" in ended.stderr


def test_a_folder_that_may_not_be_entered_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Root's folder, after `runuser -u sims-sync`: the configuration is looked for in it."""

    def refused(_path: Path) -> bool:
        raise PermissionError

    monkeypatch.setattr(Path, "is_file", refused)
    with pytest.raises(ConfigurationError, match="may not enter"):
        find_config(None)
