"""How does a command get a secret: typed unseen, or as one line of standard input; never from its arguments?"""

import sys

import click


def ask_secret(what: str, *, twice: bool) -> str:
    """The secret; `what` is what a person at a terminal is asked for, `twice` where a slip would go unnoticed.

    Raises:
        click.UsageError: standard input holds something else than text.
    """
    if sys.stdin.isatty():
        return str(click.prompt(what, hide_input=True, confirmation_prompt=twice))
    line = sys.stdin.buffer.readline()
    for encoding in ("utf-8-sig", sys.stdin.encoding):
        try:
            return line.decode(encoding).rstrip("\r\n")
        except (UnicodeDecodeError, LookupError):
            continue
    raise click.UsageError("Standard input holds no text: write the secret as one line of UTF-8.")
