"""How does a group of commands import each of them only when it is asked for?"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, cast

import click


class LateCommands(click.Group):
    """A group whose commands are imported when they are asked for.

    `commands_in` is name → "module:attribute", or such tables by the title under which `--help` shows them.
    """

    def __init__(
        self,
        *arguments: Any,  # noqa: ANN401 - click's
        commands_in: Mapping[str, str] | Mapping[str, Mapping[str, str]],
        **options: Any,  # noqa: ANN401 - click's
    ) -> None:
        super().__init__(*arguments, **options)
        self._commands_in: dict[str, str] = {}
        self._sections: dict[str, list[str]] = {}
        for name, found in commands_in.items():
            if isinstance(found, str):
                self._commands_in[name] = found
            else:
                self._commands_in.update(found)
                self._sections[name] = list(found)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands by section, where there are sections."""
        if not self._sections:
            super().format_commands(ctx, formatter)
            return
        widest = max(map(len, self._commands_in))
        room = formatter.width - 6 - widest
        for title, names in self._sections.items():
            commands = [(name, self.get_command(ctx, name)) for name in names]
            rows = [(f"{name:<{widest}}", each.get_short_help_str(room)) for name, each in commands if each is not None]
            with formatter.section(title):
                formatter.write_dl(rows)

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
