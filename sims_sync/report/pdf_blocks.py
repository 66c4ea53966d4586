"""Which blocks can any report put into its PDF: headings, paragraphs, lists, tables, bars? Pure data (`pdf_layout`)."""

from collections.abc import Iterable, Sequence

from sims_sync.report.trend import TrendPoint, figures_of

Block = dict[str, object]


def heading(level: int, text: str) -> Block:
    """A heading of level 1 to 4; none may be skipped (PDF/UA)."""
    return {"kind": "heading", "level": level, "text": text}


def paragraph(text: str, style: str = "plain") -> Block:
    """A paragraph: plain, quiet or headline."""
    return {"kind": "paragraph", "style": style, "text": text}


def page() -> Block:
    """What follows begins on a page of its own."""
    return {"kind": "page"}


def listed(lines: Sequence[str]) -> Block:
    """A list of lines."""
    return {"kind": "list", "lines": list(lines)}


def cell(text: str, *, strong: bool = False, quiet: str = "", percent: int | None = None) -> Block:
    """A cell of `table`: its text, a quiet line and a bar of 0 to 100 below it."""
    return {"text": text, "strong": strong, "quiet": quiet, "percent": percent}


def table(columns: Sequence[str], widths: Sequence[float], rows: Iterable[Sequence[Block]], caption: str = "") -> Block:
    """A table over the page's width; `widths` are shares of it."""
    return {
        "kind": "table",
        "caption": caption,
        "columns": list(columns),
        "widths": list(widths),
        "rows": [list(row) for row in rows],
    }


def bars(columns: Sequence[str], points: Iterable[TrendPoint], caption: str) -> Block:
    """Half terms with their figures and a bar each."""
    rows = [{"label": point.label, "figures": figures_of(point), "percent": point.percent} for point in points]
    return {"kind": "bars", "caption": caption, "columns": list(columns), "rows": rows}
