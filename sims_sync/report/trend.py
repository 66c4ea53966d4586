"""How has a house done over the half terms of this academic year, in numbers and bars (DOMAIN rule 22)? Pure.

The number always stands beside its bar: a bar says nothing that the text does not say, and one colour is enough.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from zlib import crc32

from sims_sync.compliance.facts import Assessment, Occasion, Status
from sims_sync.compliance.snapshot_form import Snapshot
from sims_sync.compliance.status import percent

MOST_POINTS = 6
BAR_CELLS = 10
HEADING = "Trend of this academic year"
COLUMNS = ("Half term", "Done of due", "Share done")
CAPTION = "Share of students done, half term by half term"
_FULL, _EMPTY = "█", "·"
_ROW_HEIGHT, _LABEL_WIDTH, _BAR_WIDTH, _SVG_WIDTH = 26, 150, 200, 520


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One half term's total. `percent` None = nothing was due, or only counts may be shown (rules 19, 20)."""

    label: str
    percent: int | None
    done: int
    due: int


def trend_of(
    closings: Iterable[Snapshot], now: Assessment | None = None, house: str | None = None
) -> tuple[TrendPoint, ...]:
    """Up to six half terms of one house (None = the whole school), oldest first, the last one `now`'s if given.

    `closings`: earlier closing snapshots of the same academic year. One that the guard doubted has no point: nobody
    knows its figures. Nor has one in which the house had nobody.
    """
    sure = [closing.assessment for closing in closings if not closing.doubts]
    earlier = [each for each in sure if now is None or each.half_term < now.half_term]
    everything = sorted(earlier, key=lambda each: each.half_term) + ([now] if now is not None else [])
    points = [point for each in everything if (point := _point(each, house)) is not None]
    return tuple(points[-MOST_POINTS:])


def figures_of(point: TrendPoint) -> str:
    """The numbers of a point: "59 of 92 (64 %)"."""
    share = "" if point.percent is None else f" ({point.percent} %)"
    return f"{point.done} of {point.due}{share}" if point.due else "nobody due"


def text_bar(share: int | None, cells: int = BAR_CELLS) -> str:
    """A bar of `cells` characters: "██████····" for 64; nothing where there is no share."""
    if share is None:
        return ""
    full = share * cells // 100
    return _FULL * full + _EMPTY * (cells - full)


def text_lines(points: Iterable[TrendPoint]) -> tuple[str, ...]:
    """The trend as aligned lines: label, bar, numbers."""
    known = list(points)
    width = max((len(point.label) for point in known), default=0)
    return tuple(
        f"{point.label.ljust(width)}  {text_bar(point.percent).ljust(BAR_CELLS)}  {figures_of(point)}".rstrip()
        for point in known
    )


def svg(points: Iterable[TrendPoint], title: str) -> str:
    """The trend as inline SVG for a page, every text escaped; empty where there is no point.

    Its title and description say the same in words, for whoever cannot see it.
    """
    known = list(points)
    if not known:
        return ""
    said = "; ".join(f"{point.label}: {figures_of(point)}" for point in known)
    name = f"trend-{crc32(title.encode()):08x}"  # an id within the page, the same for the same title
    rows = "".join(_svg_row(point, number * _ROW_HEIGHT) for number, point in enumerate(known))
    return (
        f'<svg class="trend" role="img" aria-labelledby="{name} {name}-words" '
        f'viewBox="0 0 {_SVG_WIDTH} {len(known) * _ROW_HEIGHT}">'
        f'<title id="{name}">{escape(title)}</title><desc id="{name}-words">{escape(said)}</desc>{rows}</svg>'
    )


def _point(found: Assessment, house: str | None) -> TrendPoint | None:
    houses = [each for each in found.houses if house in {None, each.house}]
    if not houses:
        return None
    due, done = sum(each.due for each in houses), sum(each.done for each in houses)
    before = found.occasion is Occasion.BEFORE
    only_counts = any(group.status is Status.UNKNOWN for each in houses for group in each.groups)
    label = f"{found.half_term.shown} so far" if before else found.half_term.shown
    return TrendPoint(label, None if only_counts else percent(done, due), done, due)


def _svg_row(point: TrendPoint, top: int) -> str:
    length = (point.percent or 0) * _BAR_WIDTH // 100
    middle = top + _ROW_HEIGHT * 2 // 3
    frame = "" if point.percent is None else _rect(top, _BAR_WIDTH, "none") + _rect(top, length, "#35506b")
    beside = _LABEL_WIDTH + _BAR_WIDTH + 12
    return (
        f'<text x="0" y="{middle}">{escape(point.label)}</text>{frame}'
        f'<text x="{beside}" y="{middle}">{escape(figures_of(point))}</text>'
    )


def _rect(top: int, width: int, fill: str) -> str:
    return (
        f'<rect x="{_LABEL_WIDTH}" y="{top + 5}" width="{width}" height="{_ROW_HEIGHT - 10}" '
        f'fill="{fill}" stroke="#1a1a1a"/>'
    )
