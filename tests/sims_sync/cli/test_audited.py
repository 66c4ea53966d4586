"""Every command is decided about: does it show people, change something, or neither? And what it does is in the log."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from structlog.testing import capture_logs

from sims_sync.cli import audited
from sims_sync.cli.audited import CHANGES, IMPERSONAL, NOTED_BY_ITSELF, VIEWS
from sims_sync.cli.entry import sims_sync
from sims_sync.cli.problem_commands import problems, problems_list
from sims_sync.store.audits import load_audit
from sims_sync.store.session import open_store
from tests.sims_sync.builders import at, make_school


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[str]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name))


@pytest.mark.parametrize("name", sorted(commands(sims_sync)))
def test_each_command_is_in_one_of_the_lists(name: str) -> None:
    lists = (VIEWS, CHANGES, NOTED_BY_ITSELF, IMPERSONAL)
    assert sum(name in each for each in lists) == 1


def test_the_lists_name_no_command_that_is_gone() -> None:
    assert set(commands(sims_sync)) >= VIEWS | CHANGES | NOTED_BY_ITSELF | IMPERSONAL


def test_a_view_is_shown_while_the_store_is_in_use_and_the_log_says_what_the_audit_log_cannot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audited, "PATIENCE_SECONDS", 0.05)
    store, school = open_store("sqlite:///store.db?timeout=0.05", tmp_path), make_school(tmp_path)
    above = click.Context(problems, info_name="problems", parent=click.Context(sims_sync, info_name="sims-sync"))
    context = click.Context(problems_list, info_name="list", parent=above)
    other = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with context, capture_logs() as logged:
        assert audited.command_name(context) == "problems list"
        audited.note_command(store, school, who="it", at=at("2026-12-16"))
    assert [(line["who"], line["command"]) for line in logged] == [("it", "problems list")]
    other.execute("ROLLBACK")
    with context:
        audited.note_command(store, school, who="it", at=at("2026-12-16"))
    with store.reading() as connection:
        assert [line.subject for line in load_audit(connection, school.id)] == ["problems list"]
    other.close()
    store.close()
