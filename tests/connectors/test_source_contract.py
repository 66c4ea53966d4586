"""Every source connector keeps the contract of `sims_sync.source_contract`."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
import xlsxwriter

from connectors.command_reporter import CommandReporter, CommandReporterOptions
from connectors.drop_folder import DropFolder, DropFolderOptions
from connectors.memory import MemoryOptions, MemorySource
from connectors.proforma_workbook import ProformaWorkbook, ProformaWorkbookOptions
from sims_sync.connector import ConnectorContext
from sims_sync.errors import SourceRefused
from sims_sync.records import Kind
from sims_sync.source_contract import CHECKS, SECRET_TEXT, TABLE, SourceTrial

NOW = datetime(2026, 12, 16, 7, 30, tzinfo=UTC)
ROWS = "".join(
    "<Record>"
    + "".join(
        f"<{name.replace(' ', '_x0020_')}>{escape(text)}</{name.replace(' ', '_x0020_')}>"
        for name, text in values.items()
    )
    + "</Record>"
    for values in TABLE
)
WHOLE = f"<SuperStarReport>{ROWS}</SuperStarReport>"
BROKEN = f"<SuperStarReport>{ROWS}<Record><Adno>{SECRET_TEXT}</Adno><Reg>{SECRET_TEXT}"


def context(folder: Path) -> ConnectorContext:
    return ConnectorContext(base=folder, work=folder / "work", now=lambda: NOW, secret=lambda _: "invented")


def drop_folder(folder: Path) -> SourceTrial:
    def source(name: str, content: str | None) -> DropFolder:
        if content is not None:
            (folder / name).mkdir()
            (folder / name / "students.xml").write_text(content, encoding="utf-8")
        return DropFolder(DropFolderOptions(folder=name), context(folder))

    return SourceTrial(Kind.STUDENTS, source("good", WHOLE), source("broken", BROKEN), source("absent", None))


def command_reporter(folder: Path) -> SourceTrial:
    def source(name: str, content: str | None) -> CommandReporter:
        if content is not None:
            script = (
                "import sys, pathlib\n"
                "output = next(a[8:] for a in sys.argv if a.upper().startswith('/OUTPUT:'))\n"
                f"pathlib.Path(output).write_text({content!r}, encoding='utf-8')\n"
            )
            (folder / f"{name}.py").write_text(script, encoding="utf-8")
        options = CommandReporterOptions(report="Students", trusted=True, executable=f"{name}.py")
        return CommandReporter(options, context(folder))

    return SourceTrial(Kind.STUDENTS, source("good", WHOLE), source("broken", BROKEN), source("absent", None))


def memory(folder: Path) -> SourceTrial:
    source, broken = (MemorySource(MemoryOptions(), context(folder)) for _ in range(2))
    source.put(Kind.STUDENTS, TABLE)
    error = SourceRefused("truncated", "The source is incomplete.", "Export it again.")
    broken.put(Kind.STUDENTS, [*TABLE, {"Adno": SECRET_TEXT}], error=error, fail_after=2)
    return SourceTrial(Kind.STUDENTS, source, broken, None)


def proforma_workbook(folder: Path) -> SourceTrial:
    """A workbook that is none of ours is read as a plain table; what is special to ours is tested with it."""

    def source(name: str, *further: str, cut: int = 0) -> ProformaWorkbook:
        path = folder / name / "group.xlsx"
        path.parent.mkdir()
        with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as book:
            sheet = book.add_worksheet()
            for number, line in enumerate([tuple(TABLE[0]), *(row.values() for row in TABLE), further]):
                sheet.write_row(number, 0, list(line))
        path.write_bytes(path.read_bytes()[: -cut or None])
        return ProformaWorkbook(ProformaWorkbookOptions(folder=name), context(folder))

    absent = ProformaWorkbook(ProformaWorkbookOptions(folder="absent"), context(folder))
    return SourceTrial(Kind.PROFORMAS, source("good"), source("broken", SECRET_TEXT, cut=100), absent)


@pytest.mark.parametrize(
    "make", [drop_folder, command_reporter, memory, proforma_workbook], ids=lambda make: str(make.__name__)
)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: str(check.__name__))
def test_every_source_keeps_the_contract(
    check: Callable[[SourceTrial], None], make: Callable[[Path], SourceTrial], tmp_path: Path
) -> None:
    check(make(tmp_path))
