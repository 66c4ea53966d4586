"""A secret on standard input is taken as it was typed, whatever its end; what is no text is refused in a sentence."""

import click
import pytest
from click.testing import CliRunner

from sims_sync.cli.asking import ask_secret


@click.command()
def asked() -> None:
    """Show what was understood."""
    click.echo(ascii(ask_secret("Secret", twice=True)))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("pässe wört \r\n".encode(), ascii("pässe wört ")),
        (b"\xef\xbb\xbffrom a file\nsecond line\n", "'from a file'"),
        (b"", "''"),
    ],
)
def test_a_line_of_standard_input_is_the_secret(typed: bytes, said: str) -> None:
    assert CliRunner().invoke(asked, input=typed).output == f"{said}\n"


def test_what_is_no_text_is_refused_in_a_sentence() -> None:
    ended = CliRunner().invoke(asked, input=b"\xff\xfe\n")
    assert ended.exit_code == 2
    assert "holds no text" in ended.output
