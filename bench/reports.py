"""How long do all reports of a trust take? Each Head of House's mail and page, school after school, in one process.

What is measured is what the job does until a mail is handed to its mailer: `compliance_report` and `report_letters`,
with a context for each school, and each letter made into bytes; beside it the page with names of each house.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import wraps
from importlib import import_module
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

from bench.place import BenchFault, fresh_folder
from bench.rounds import run_alone
from bench.trust import open_trust, schools_of
from sims_sync.compliance_report import compliance_report, summary_of
from sims_sync.context import RunContext
from sims_sync.demo.cycle import HALF_TERM, REPORT_AT
from sims_sync.messages.letters import MessageKind, envelope_of, recipient_of
from sims_sync.messages.reports import report_letters
from sims_sync.report.page import render_html

PARTS_FILE = "parts.json"
OTHER = "the rest"
# Which function of which module, looked up there by its callers, is which part of the work.
_PARTS = (
    ("calendar", "sims_sync.context", "build_school_year"),
    ("load facts", "sims_sync.compliance_report", "load_facts"),
    ("assess", "sims_sync.compliance_report", "assess"),
    ("summarise", "sims_sync.compliance_report", "summarise"),
    ("compose", "sims_sync.messages.reports", "compose_report_mail"),
    ("compose", "sims_sync.messages.reports", "compose_letter"),
    ("page", "bench.reports", "render_html"),
)


@dataclass(slots=True)
class Reported:
    """What the rounds gave for a trust of so many schools; `parts` = seconds of each part, in each round.

    `processor`: the seconds in which a processor worked for it. On a busy machine the others were spent waiting.
    """

    schools: int
    reports: int = 0
    seconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    peaks_mb: list[float] = field(default_factory=list)
    parts: list[dict[str, float]] = field(default_factory=list)


def run_reports(
    sizes: Sequence[int], students: int, repeats: int, folder: Path, say: Callable[[str], None]
) -> list[Reported]:
    """Make a trust of each size and measure its reports, `repeats` times.

    Raises:
        BenchFault: a measure failed.
    """
    found = []
    for schools in sizes:
        fresh_folder(folder)
        run_alone("bench.trust:prepare", folder, students)
        run_alone("bench.trust:copy", folder, schools)
        result = Reported(schools)
        for number in range(1, repeats + 1):
            seconds, peak = run_alone("bench.reports:reports", folder, schools)
            result.seconds.append(seconds)
            result.peaks_mb.append(peak)
            told = json.loads((folder / PARTS_FILE).read_text(encoding="utf-8"))
            result.reports = told["reports"]
            result.processor.append(told["processor"])
            result.parts.append(told["parts"])
            say(f"{schools:>9,}  {number} of {repeats}  reports {seconds:9.3f} s")
        found.append(result)
    return found


def reports(folder: Path, schools: int) -> float:
    """Seconds of every school's figures, mails and pages; how they are shared is in `parts.json`."""
    config, store = open_trust(folder)
    contexts = [
        RunContext(store, school, lambda: REPORT_AT, "bench", rehearsal=True) for school in schools_of(config, schools)
    ]
    with _timed() as parts, closing(store):
        began, worked = perf_counter(), process_time()
        count = sum(_of_school(context) for context in contexts)
        store.close()
        seconds, processor = perf_counter() - began, process_time() - worked
    parts[OTHER] = seconds - sum(parts.values())
    told = {"reports": count, "processor": processor, "parts": parts}
    (folder / PARTS_FILE).write_text(json.dumps(told), encoding="utf-8")
    return seconds


def reports_table(results: Sequence[Reported]) -> str:
    """Seconds, those in which a processor worked, peak memory, and how the time is shared, as Markdown."""
    lines = ["| measure | reports | median s | processor s | peak MB |", "|---|---:|---:|---:|---:|"]
    for each in results:
        taken = f"{median(each.seconds):,.2f} | {median(each.processor):,.2f}"
        cells = f"{each.reports:,} | {taken} | {max(each.peaks_mb):,.0f}"
        lines.append(f"| reports-{each.schools} | {cells} |")
    shares = [f"reports-{each.schools}: {', '.join(_shares(each.parts))}." for each in results]
    return "\n".join([*lines, "", *shares]) + "\n"


def write_reports_json(results: Sequence[Reported], path: Path) -> None:
    """A list of `{"name", "reports", "seconds", "processor_seconds", "peak_mb", "parts"}`; all seconds are medians."""
    listed = [
        {
            "name": f"reports-{each.schools}",
            "reports": each.reports,
            "seconds": round(median(each.seconds), 4),
            "processor_seconds": round(median(each.processor), 4),
            "peak_mb": round(max(each.peaks_mb), 1),
            "parts": {part: round(seconds, 4) for part, seconds in _medians(each.parts).items()},
        }
        for each in results
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(listed, indent=2) + "\n", encoding="utf-8")


def _of_school(context: RunContext) -> int:
    """How many reports the school's Heads of House got, each as a mail and as a page."""
    report = compliance_report(context, HALF_TERM)
    if report.held or report.assessment.not_assessed is not None:
        raise BenchFault("A school's report is held: this measures nothing.")
    mails = 0
    for letter in report_letters(context, report):
        recipient = recipient_of(context.school, letter)
        if recipient is None:
            raise BenchFault("A report has no recipient: this measures nothing.")
        letter.compose(envelope_of(context, letter, recipient)).as_bytes()
        mails += letter.kind is MessageKind.REPORT
    pages = 0
    for house in report.assessment.houses:
        render_html(summary_of(report, context.school, house=house.house, names=True)).encode()
        pages += 1
    if not mails or mails != pages:
        raise BenchFault(f"{mails} mails and {pages} pages: this measures something else.")
    return mails


@contextmanager
def _timed() -> Iterator[dict[str, float]]:
    """Seconds of each part, while it lasts; the clock is put around the product's functions where they are called."""
    parts = {part: 0.0 for part, _, _ in _PARTS}
    places = [(part, import_module(module), name) for part, module, name in _PARTS]
    before = [getattr(module, name) for _, module, name in places]
    for (part, module, name), function in zip(places, before, strict=True):
        setattr(module, name, _with_clock(function, parts, part))
    try:
        yield parts
    finally:
        for (_, module, name), function in zip(places, before, strict=True):
            setattr(module, name, function)


def _with_clock(function: Callable[..., Any], parts: dict[str, float], part: str) -> Callable[..., Any]:
    @wraps(function)
    def timed(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever the product's function takes and gives
        began = perf_counter()
        try:
            return function(*arguments, **named)
        finally:
            parts[part] += perf_counter() - began

    return timed


def _medians(parts: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {part: median(each[part] for each in parts) for part in parts[0]}


def _shares(parts: Sequence[Mapping[str, float]]) -> list[str]:
    return [f"{part} {seconds:,.2f} s" for part, seconds in _medians(parts).items()]
