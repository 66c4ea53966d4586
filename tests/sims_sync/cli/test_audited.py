"""Every command is decided about: does it show people, change something, or neither? And what it does is in the log."""

from collections.abc import Iterator

import click
import pytest

from sims_sync.cli.audited import CHANGES, IMPERSONAL, NOTED_BY_ITSELF, VIEWS
from sims_sync.cli.entry import sims_sync


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
