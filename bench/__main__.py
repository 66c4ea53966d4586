"""What can `python -m bench` be asked for? See docs/speed.md."""

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import psutil

from bench.figures import figures_of, table, write_json
from bench.place import BenchFault, fresh_folder
from bench.push_rounds import SIZES as PUSH_SIZES
from bench.push_rounds import push_table, run_pushes, write_push_json
from bench.reports import reports_table, run_reports, write_reports_json
from bench.rounds import MEASURES, Measured, chosen_measures, run_alone, run_rounds
from bench.trust import SCHOOLS, STUDENTS

SIZES = (20_000, 200_000, 1_000_000)
PROFILE_SIZES = (200_000,)
PROFILE_FILE = "profile-first.txt"
WORK_FOLDER = "bench-work"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure pulls, pushes or reports, or profile our first pull; the exit code."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    unknown = [name for name in asked.only if not _is_known(name)]
    if unknown:
        parser.error(f"nothing is called {', '.join(unknown)}")
    folder = asked.out.parent / WORK_FOLDER
    try:
        _MODES[asked.mode](asked, folder)
    except BenchFault as fault:
        _say(f"bench: {fault}")
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def _measure(asked: argparse.Namespace, folder: Path) -> None:
    _say(f"{psutil.cpu_count()} processors, load {psutil.getloadavg()[0]:.1f} before the first round.")
    results: list[Measured] = []
    for size in asked.sizes or SIZES:
        measures = chosen_measures(asked.only, size, with_peers=not asked.skip_peers)
        if measures:
            results += run_rounds(measures, size, asked.repeats, folder, _say)
    figures = figures_of(results)
    write_json(figures, asked.out)
    sys.stdout.write(table(figures, results))
    _say(f"The same figures are in {asked.out}.")


def _push(asked: argparse.Namespace, folder: Path) -> None:
    _say(f"{psutil.cpu_count()} processors, load {psutil.getloadavg()[0]:.1f} before the first round.")
    results = run_pushes(asked.sizes or PUSH_SIZES, asked.repeats, folder, _say)
    out = asked.out.with_name(f"{asked.out.stem}-push{asked.out.suffix}")
    write_push_json(results, out)
    sys.stdout.write(push_table(results))
    _say(f"The same figures are in {out}.")


def _reports(asked: argparse.Namespace, folder: Path) -> None:
    _say(f"{psutil.cpu_count()} processors, load {psutil.getloadavg()[0]:.1f} before the first round.")
    results = run_reports(asked.sizes or (SCHOOLS,), asked.students, asked.repeats, folder, _say)
    out = asked.out.with_name(f"{asked.out.stem}-reports{asked.out.suffix}")
    write_reports_json(results, out)
    sys.stdout.write(reports_table(results))
    _say(f"The same figures are in {out}.")


def _profile(asked: argparse.Namespace, folder: Path) -> None:
    """The size that was measured last is the one whose profile stays."""
    for size in asked.sizes or PROFILE_SIZES:
        fresh_folder(folder)
        for task in ("bench.load:write_load", "bench.pulls:prepare", "bench.pulls:profile_first"):
            run_alone(task, folder, size)
        written = (folder / PROFILE_FILE).replace(asked.out.parent / PROFILE_FILE)
        _say(f"Where the first pull of {size:,} results spends its time is in {written}.")


_MODES = {"measure": _measure, "profile": _profile, "push": _push, "reports": _reports}


def _parser() -> argparse.ArgumentParser:
    names = ", ".join(measure.name for measure in MEASURES)
    parser = argparse.ArgumentParser(
        "python -m bench", description="How fast is a pull of results, a push, or a trust's reports?"
    )
    parser.add_argument("mode", nargs="?", choices=tuple(_MODES), default="measure")
    parser.add_argument("--sizes", type=_sizes, metavar="N,N", help="how many results, or schools for reports")
    parser.add_argument("--students", type=_positive, default=STUDENTS, metavar="N", help="in a school, for reports")
    parser.add_argument("--repeats", type=_positive, default=3, metavar="N", help="rounds; the medians are told")
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME", help=f"this one, and what it needs: {names}"
    )
    parser.add_argument("--skip-peers", action="store_true", help="leave pandas and dlt out")
    parser.add_argument("--out", type=Path, default=Path("build", "bench.json"), metavar="FILE")
    return parser


def _is_known(name: str) -> bool:
    return any(name == each.name or name.rpartition("-")[0] == each.name for each in MEASURES)


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(_positive(each) for each in text.split(","))


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
