"""The command line: the one place that prints and sets exit codes (DESIGN §6)."""

from sims_sync.cli.entry import main

__all__ = ["main"]
