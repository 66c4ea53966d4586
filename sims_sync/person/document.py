"""What is held on one person, as an answer to their access request (UK GDPR Art. 15): JSON, or a PDF to read?"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sims_sync.config import RetentionSection
from sims_sync.report import pdf_blocks as blocks
from sims_sync.report.pdf import typeset
from sims_sync.school_year import shown_day
from sims_sync.store.holdings import HOLDINGS
from sims_sync.store.json_values import json_ready

CONFIDENTIAL = "Confidential: for the person named and for whoever answers their request"
_ONLY_OURS = frozenset({"school", "run_id", "record_fingerprint"})  # says nothing about the person
_OWN_KEY = "student_id"  # our own number, in each row: to read it is of no use; the JSON has it
_SETTING = re.compile(r"retention\.(\w+) ((?:academic )?(?:years|days))")
_FROM_SIMS = "The school's management information system (SIMS), and what staff entered about the mentoring programme."
_FOR = "So that tutors meet each of their students, and Heads of House see whether they do."


@dataclass(frozen=True, slots=True)
class Held:
    """Everything held. `tables`: table → rows; `files`: what kind, which file."""

    school: str
    kind: str  # "student" or "staff"
    name: str
    made_at: datetime
    tables: Mapping[str, Sequence[Mapping[str, Any]]]
    kept: RetentionSection
    files: Sequence[tuple[str, str]] = ()

    def rule(self, table: str) -> str:
        """How long rows of a table are kept, with this school's numbers: "1 academic year after …"."""
        return _SETTING.sub(self._number, HOLDINGS[table].rule.value)

    def _number(self, found: re.Match[str]) -> str:
        number = getattr(self.kept, found[1])
        words = found[2].removesuffix("s") if number == 1 else found[2]
        return f"{number} {words}"


def render_json(held: Held) -> bytes:
    """One document; every value that the store has, by table and column."""
    document = {
        "school": held.school,
        "kind": held.kind,
        "name": held.name,
        "made_at": held.made_at.isoformat(),
        "from": _FROM_SIMS,
        "for": _FOR,
        "held": [
            {
                "table": table,
                "what": HOLDINGS[table].what,
                "kept": held.rule(table),
                "rows": [json_ready(_told(row)) for row in rows],
            }
            for table, rows in held.tables.items()
        ],
        "files": [{"what": what, "file": name} for what, name in held.files],
    }
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def render_pdf(held: Held) -> bytes:
    """The same on A4, tagged (PDF/UA-1), with a heading for each kind of data and a line for each row."""
    title = f"{held.school}: what sims-sync holds on {held.name}"
    content = [blocks.heading(1, title), *_opening(held)]
    for table, rows in held.tables.items():
        content += [blocks.heading(2, HOLDINGS[table].what), blocks.paragraph(f"Kept: {held.rule(table)}.", "quiet")]
        content += [blocks.listed([" · ".join(_lines(row)) for row in rows])]
    if held.files:
        content += [blocks.heading(2, "Files that tell of them")]
        content += [blocks.listed([f"{what}: {name}" for what, name in held.files])]
    document: dict[str, object] = {"title": title, "staff_only": CONFIDENTIAL}
    return typeset(document | {"blocks": content}, held.made_at)


def _opening(held: Held) -> Iterator[blocks.Block]:
    yield blocks.paragraph(f"As held on {shown_day(held.made_at.date())}. From: {_FROM_SIMS} For: {_FOR}")
    yield blocks.paragraph("The record itself is SIMS's; what is held here is a copy that lives shorter.", "quiet")


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in _ONLY_OURS and value not in (None, "")}


def _lines(row: Mapping[str, Any]) -> Iterator[str]:
    for name, value in _told(row).items():
        if name == _OWN_KEY:
            continue
        yield f"{name.replace('_', ' ')}: {_text(value)}"


def _text(value: Any) -> str:  # noqa: ANN401 - any column's value
    if isinstance(value, datetime):
        return f"{value:%d %b %Y %H:%M} UTC"
    if isinstance(value, date):
        return shown_day(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return "; ".join(f"{name.replace('_', ' ')}: {_text(item)}" for name, item in _told(value).items())
    if isinstance(value, list | tuple):
        return ", ".join(_text(item) for item in value)
    return str(value)
