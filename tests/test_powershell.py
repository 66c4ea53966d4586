"""The PowerShell scripts are well-formed, as far as a parser can tell: the tests run where there is no Windows."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

SCRIPTS = sorted((Path(__file__).parents[1] / "deploy" / "windows").glob("*.ps1"))
PARSER = Parser(Language(tree_sitter_powershell.language()))


def faults(node: Node) -> Iterator[str]:
    if node.is_error or node.is_missing:
        yield f"line {node.start_point.row + 1}: {(node.text or b'')[:60]!r}"
    for child in node.children:
        if child.has_error or child.is_missing:
            yield from faults(child)


def commands(node: Node) -> Iterator[str]:
    if node.type == "command_name":
        yield (node.text or b"").decode()
    for child in node.children:
        yield from commands(child)


def test_there_are_scripts_to_look_at() -> None:
    assert {path.name for path in SCRIPTS} == {"install.ps1", "uninstall.ps1"}


def test_the_parser_notices_a_broken_script() -> None:
    assert list(faults(PARSER.parse(b"if ($a { Write-Host 'x'").root_node))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_parsed_without_a_fault(script: Path) -> None:
    assert list(faults(PARSER.parse(script.read_bytes()).root_node)) == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_calls_only_what_windows_powershell_5_has_or_it_defines_itself(script: Path) -> None:
    known = {
        *(
            "exit",
            "Get-Command",
            "Get-Content",
            "Get-FileHash",
            "Get-ScheduledTask",
            "Get-Service",
            "Join-Path",
            "Move-Item",
        ),
        *("New-Item", "New-Object", "Out-Null", "Remove-Item", "Set-StrictMode", "Split-Path", "Start-ScheduledTask"),
        *("Start-Service", "Start-Sleep", "Stop-ScheduledTask", "Stop-Service", "Test-Path", "Where-Object"),
        "Write-Host",
    }
    text = script.read_text(encoding="utf-8")
    root = PARSER.parse(text.encode()).root_node
    own = {line.split("(")[0].split()[1] for line in text.splitlines() if line.startswith("function ")}
    assert {name for name in commands(root) if not name.startswith(("$", "'", "("))} - known - own == set()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_can_say_what_it_would_do(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    assert "SupportsShouldProcess = $true" in text
    assert "$PSCmdlet.ShouldProcess(" in text
