"""Where is SIMS installed on this machine, and which server and database does it use (SIMS §1)?

The blank before the dot in "SIMS .net" is right.
"""

import configparser
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

EXECUTABLE = "CommandReporter.exe"
CONNECT_INI = "CONNECT.INI"
REDIRECTS_MAX = 10

_PROGRAM_FOLDERS = (("ProgramFiles(x86)", r"C:\Program Files (x86)"), ("ProgramFiles", r"C:\Program Files"))


@dataclass(frozen=True, slots=True)
class Connection:
    """What CONNECT.INI says; None = it does not say."""

    server: str | None = None
    database: str | None = None


def find_executable(environment: Mapping[str, str]) -> Path | None:
    """CommandReporter.exe in the folder that SIMS.INI names, else in one of the two program folders; None = nowhere."""
    for folder in _folders(environment):
        path = folder / EXECUTABLE
        if path.is_file():
            return path
    return None


def read_connection(folder: Path) -> Connection:
    """The server and database that CONNECT.INI in `folder` names, following `Redirect` at most ten times.

    A circle of redirects, or a file that cannot be read, says nothing.
    """
    path = folder / CONNECT_INI
    for _ in range(REDIRECTS_MAX + 1):
        section = _section(path, "SIMSConnection")
        redirect = section.get("redirect", "").strip().strip('"')
        if not redirect:
            return Connection(section.get("servername") or None, section.get("databasename") or None)
        target = path.parent / redirect
        path = target if target.suffix.casefold() == ".ini" else target / CONNECT_INI
    return Connection()


def _folders(environment: Mapping[str, str]) -> Iterator[Path]:
    upper = {name.upper(): value for name, value in environment.items()}
    windows = upper.get("WINDIR") or upper.get("SYSTEMROOT")
    if windows:
        stated = _section(Path(windows) / "SIMS.INI", "Setup").get("simsdotnetdirectory", "").strip().strip('"')
        if stated:
            yield Path(stated)
    for variable, usual in _PROGRAM_FOLDERS:
        yield Path(upper.get(variable.upper(), usual)) / "SIMS" / "SIMS .net"


def _section(path: Path, wanted: str) -> Mapping[str, str]:
    """One section of an INI file by lower-case key; empty where file or section are missing or unreadable."""
    parser = configparser.ConfigParser(strict=False, interpolation=None, allow_no_value=True, delimiters=("=",))
    try:
        parser.read_string(_text(path.read_bytes()))
    except (OSError, configparser.Error):
        return {}
    for section in parser.sections():
        if section.casefold() == wanted.casefold():
            return {key: value or "" for key, value in parser.items(section)}
    return {}


def _text(content: bytes) -> str:
    """Windows writes INI files in its own code page, some editors in UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")
