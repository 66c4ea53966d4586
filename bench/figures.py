"""Which figures are told? Median seconds, the ratio of two medians, peak memory: as a table and as `bench.json`."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.rounds import Measured

TABLE_HEAD = ("measure", "median s", "ratio", "against", "peak MB")


@dataclass(frozen=True, slots=True)
class Figure:
    """One line: medians over the rounds, the highest peak; `ratio` is None where what it needs was not measured."""

    name: str
    seconds: float
    ratio: float | None
    peak_mb: float
    against: str


def figures_of(results: Sequence[Measured]) -> list[Figure]:
    """The figures of what was measured, in the same order; ratios are within one size."""
    medians = {(each.measure.name, each.size): median(each.seconds) for each in results if each.seconds}
    figures = []
    for each in results:
        measure, seconds = each.measure, medians.get((each.measure.name, each.size))
        if seconds is None:
            continue
        base = medians.get((measure.against, each.size))
        figures.append(
            Figure(
                name=f"{measure.name}-{each.size}",
                seconds=round(seconds, 4),
                ratio=round(seconds / base, 3) if base else None,
                peak_mb=round(max(each.peaks_mb), 1),
                against=f"{measure.against}-{each.size}",
            )
        )
    return figures


def write_json(figures: Sequence[Figure], path: Path) -> None:
    """A list of `{"name", "seconds", "ratio", "peak_mb", "against"}`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    listed = [{name: getattr(figure, name) for name in Figure.__slots__} for figure in figures]
    path.write_text(json.dumps(listed, indent=2) + "\n", encoding="utf-8")


def table(figures: Sequence[Figure], results: Sequence[Measured]) -> str:
    """The figures as a Markdown table, and below it what was not run and why."""
    rows = [TABLE_HEAD, *map(_cells, figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(TABLE_HEAD))]
    lines = [_line(row, widths) for row in rows]
    lines.insert(1, _rule(widths))
    notes = [f"{each.measure.name}-{each.size}: not run: {each.not_run}" for each in results if each.not_run]
    return "\n".join([*lines, *([""] if notes else []), *notes]) + "\n"


_RIGHT = frozenset({1, 2, 4})  # columns of numbers


def _cells(figure: Figure) -> tuple[str, ...]:
    ratio = "–" if figure.ratio is None else f"{figure.ratio:.3f}"
    return (figure.name, f"{figure.seconds:,.3f}", ratio, figure.against, f"{figure.peak_mb:,.0f}")


def _rule(widths: Sequence[int]) -> str:
    dashes = ("-" * (width + 1) + (":" if column in _RIGHT else "-") for column, width in enumerate(widths))
    return f"|{'|'.join(dashes)}|"


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = (
        text.rjust(width) if column in _RIGHT else text.ljust(width)
        for column, (text, width) in enumerate(zip(row, widths, strict=True))
    )
    return f"| {' | '.join(cells)} |"
