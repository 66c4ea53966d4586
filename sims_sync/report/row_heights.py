"""How high must a row of a workbook be for its wrapped texts to be read whole?

Excel works it out when it opens a file; LibreOffice, previews and printing services do not, and lay rows over each
other. So it is written down wherever a text needs more than one line; other rows still grow while somebody types.
"""

import math
from collections.abc import Iterator
from typing import Any

FONT_POINTS = 11
LINE_POINTS_PER_FONT_POINT = 15 / 11  # Excel's own row of one line
_ORDINARY_TEXT_FITS = 1.1  # a column's unit is a digit, and most letters are narrower
_BOLD_IS_WIDER = 1.08


def lines_needed(text: str, width: float, *, points: int = FONT_POINTS, bold: bool = False) -> int:
    """How many lines a text takes in a column of `width` characters (Excel's unit), rather one more than one less."""
    room = max(1.0, width * _ORDINARY_TEXT_FITS * FONT_POINTS / points / (_BOLD_IS_WIDER if bold else 1))
    return max(1, sum(_lines_of(part, room) for part in text.split("\n")))


def _lines_of(part: str, room: float) -> int:
    lines, used = 1, 0.0
    for word in _words(part, room):
        if used and used + 1 + len(word) > room:
            lines, used = lines + 1, 0.0
        used += len(word) + (1 if used else 0)
    return lines


def _words(part: str, room: float) -> Iterator[str]:
    """Words, one longer than a line in pieces."""
    piece = math.floor(room) or 1
    for word in part.split():
        yield from (word[start : start + piece] for start in range(0, len(word), piece))


class RowHeights:
    """The heights of the rows of one workbook, set as its cells are written."""

    def __init__(self) -> None:
        self._points: dict[tuple[str, int], float] = {}

    def fit(
        self,
        sheet: Any,  # noqa: ANN401 - xlsxwriter has no types
        row: int,
        text: str,
        width: float,
        *,
        points: int = FONT_POINTS,
        bold: bool = False,
    ) -> None:
        """Make a row high enough for one more text; a row of one line of ordinary size is left to the program."""
        lines = lines_needed(text, width, points=points, bold=bold)
        if lines == 1 and points <= FONT_POINTS:
            return
        height = math.ceil(lines * points * LINE_POINTS_PER_FONT_POINT)
        key = (sheet.get_name(), row)
        if height > self._points.get(key, 0):
            self._points[key] = height
            sheet.set_row(row, height)
