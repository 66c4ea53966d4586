"""How does the report become a PDF that a screen reader can read (PDF/UA-1), the same bytes for the same summary?"""

import json
import unicodedata
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import typst

from sims_sync.report.pdf_content import pdf_content
from sims_sync.report.pdf_layout import LAYOUT, TRIAL, TYPEFACES
from sims_sync.report.summary import ComplianceSummary, clean

STANDARD: Final = (
    "ua-1"  # typst refuses to write a file that breaks it: no title, a skipped heading, a bar without words
)
STAND_IN = "□"
STAND_IN_NOTE = f"{STAND_IN} stands for a character that this PDF's typefaces lack; the page and the workbook show it."


def render_pdf(summary: ComplianceSummary) -> bytes:
    """The whole report on A4: tagged, typefaces embedded, pages numbered; names only where the summary holds them.

    Nothing of this machine gets in: no typeface, package or clock. Its date is the summary's moment.
    """
    return typeset(pdf_content(summary), summary.as_of)


def typeset(content: dict[str, object], as_of: datetime) -> bytes:
    """The PDF of any report's content: title, staff_only and blocks as `pdf_content` documents; `as_of` is its date."""
    compiler = _compiler(LAYOUT, {"report": json.dumps(_printable(content))})
    return _pdf(compiler, int(as_of.timestamp()))


def printable(summary: ComplianceSummary) -> dict[str, object]:
    """The content with a stand-in for each character that the typefaces lack, and a note where there is one.

    Otherwise one student's name could keep the whole report from being written: PDF/UA forbids missing characters.
    """
    return _printable(pdf_content(summary))


def _printable(content: dict[str, object]) -> dict[str, object]:
    report: dict[str, object] = _with_known_characters(content)
    if STAND_IN in json.dumps(report, ensure_ascii=False) and isinstance(blocks := report["blocks"], list):
        blocks.append({"kind": "paragraph", "style": "plain", "text": STAND_IN_NOTE})
    return report


def _with_known_characters(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, str):
        return _known(value)
    if isinstance(value, list):
        return [_with_known_characters(item) for item in value]
    if isinstance(value, dict):
        return {key: _with_known_characters(item) for key, item in value.items()}
    return value


def _known(text: str) -> str:
    line = unicodedata.normalize("NFC", clean(text))
    if _can_show(line):
        return line
    kept = "".join(char if _can_show(char) else STAND_IN for char in line)
    # Marks may be known one by one and not together with the letter below them.
    return kept if _can_show(kept) else "".join(char if char.isascii() else STAND_IN for char in line)


@lru_cache(maxsize=4096)
def _can_show(text: str) -> bool:
    if text.isascii():
        return True
    try:
        _pdf(_compiler(TRIAL, {"text": text}), 0)
    except typst.TypstError:
        return False
    return True


def _compiler(source: str, inputs: dict[str, str]) -> typst.Compiler:
    given = inputs | {"typefaces": json.dumps(TYPEFACES)}
    return typst.Compiler(source.encode(), font_paths=_fonts(), ignore_system_fonts=True, sys_inputs=given)


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True)


def _pdf(compiler: typst.Compiler, timestamp: int) -> bytes:
    made = compiler.compile(format="pdf", pdf_standards=STANDARD, timestamp=timestamp)
    if not isinstance(made, bytes):
        raise TypeError("typst gave no single document")
    return made
