"""How do rows become the bytes of an export: XML as SIMS writes it, CSV, or a workbook?"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from io import BytesIO, StringIO

from sims_sync.self_test.school import Row

DECLARATION = '<?xml version="1.0" standalone="yes"?>'
ROOT = "SuperStarReport"
CLOSING = f"</{ROOT}>".encode("ascii")
SHEET = "Report"


def xml(rows: Iterable[Row], declaration: str = DECLARATION, encoding: str = "utf-8") -> bytes:
    """A report of SIMS (SIMS §2); an absent caption gives no element."""
    return f"{declaration}\n<{ROOT}>\n{''.join(map(_record, rows))}</{ROOT}>\n".encode(encoding)


def csv_file(rows: Sequence[Row], encoding: str = "utf-8") -> bytes:
    """A CSV file with the captions of all rows."""
    text = StringIO(newline="")
    writer = csv.DictWriter(text, captions(rows), restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


def workbook(rows: Sequence[Row], formulas: Mapping[str, bool] | None = None) -> bytes:
    """A workbook; cells under the captions of `formulas` are formulas, which were calculated before saving if True."""
    from xlsxwriter import Workbook  # noqa: PLC0415 - 50 ms of every command's start, which only the self-test needs

    chosen, names = formulas or {}, captions(rows)
    data = BytesIO()
    book = Workbook(data, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet(SHEET)
    for column, name in enumerate(names):
        sheet.write_string(0, column, name)
        for line, row in enumerate(rows, 1):
            text = row.get(name, "")
            if name in chosen:
                sheet.write_formula(line, column, f'="{text}"', None, text if chosen[name] else 0)
            else:
                sheet.write_string(line, column, text)
    book.close()
    return data.getvalue()


def captions(rows: Iterable[Row]) -> list[str]:
    """Every caption in order of first appearance."""
    return list(dict.fromkeys(caption for row in rows for caption in row))


def without(rows: Iterable[Row], *names: str) -> list[Row]:
    """The rows without some of their columns."""
    return [{caption: text for caption, text in row.items() if caption not in names} for row in rows]


def with_values(rows: Iterable[Row], values: Mapping[str, str]) -> list[Row]:
    """The rows with the same value for all in some columns."""
    return [{**row, **values} for row in rows]


def _record(row: Row) -> str:
    cells = ((caption.replace(" ", "_x0020_"), escape(text, quote=False)) for caption, text in row.items())
    lines = "".join(f"    <{name}>{text}</{name}>\n" for name, text in cells)
    return f"  <Record>\n{lines}  </Record>\n"
