"""How does a group of commands import each of them only when it is asked for?"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, cast

import click


class LateCommands(click.Group):
    """A group whose commands are imported when they are asked for: `commands_in` is name → "module:attribute"."""

    def __init__(self, *arguments: Any, commands_in: Mapping[str, str], **options: Any) -> None:  # noqa: ANN401 - click's
        super().__init__(*arguments, **options)
        self._commands_in = commands_in

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, in the order given."""
        del ctx
        return list(self._commands_in)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One command, or None where there is none of that name."""
        del ctx
        if cmd_name not in self._commands_in:
            return None
        module, _, attribute = self._commands_in[cmd_name].partition(":")
        return cast("click.Command", getattr(import_module(f"sims_sync.cli.{module}"), attribute))
