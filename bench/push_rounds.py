"""How fast is a push against a bare loop of requests? Both in turn, each on a fresh copy of one school."""

import json
import os
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench.place import fresh_folder
from bench.push_school import PUTS_FILE, SCHOOL
from bench.pushes import PARTS_FILE, SERVER_FILE
from bench.rounds import run_alone
from sims_sync.demo.oneroster_child import oneroster_child

SIZES = (1_280, 12_800)
MEASURES = ("bare", "ours")


@dataclass(slots=True)
class Pushed:
    """What the rounds gave for one measure of one size; `parts` = seconds of each job, in each round."""

    name: str
    size: int
    seconds: list[float] = field(default_factory=list)
    peaks_mb: list[float] = field(default_factory=list)
    parts: list[dict[str, float]] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        """Texts in a second: of the median round."""
        return self.size / median(self.seconds)


def run_pushes(sizes: Sequence[int], repeats: int, folder: Path, say: Callable[[str], None]) -> list[Pushed]:
    """Measure both for each size, `repeats` times in turn.

    Raises:
        BenchFault: a measure failed.
    """
    found: list[Pushed] = []
    for size in sizes:
        made = fresh_folder(folder) / "made"
        made.mkdir()
        run_alone("bench.push_school:prepare", made, size)
        results = {name: Pushed(name, size) for name in MEASURES}
        for number in range(1, repeats + 1):
            for result in results.values():
                _measure(result, made, folder / "measured")
                say(f"{size:>9,}  {number} of {repeats}  {result.name:<6} {result.seconds[-1]:9.3f} s")
        found += results.values()
    return found


def push_table(results: Sequence[Pushed]) -> str:
    """Texts in a second, the ratio to the bare loop, peak memory, and how the time is shared, as Markdown."""
    bare = {each.size: each.per_second for each in results if each.name == "bare"}
    lines = ["| measure | median s | texts/s | ratio | peak MB |", "|---|---:|---:|---:|---:|"]
    for each in results:
        cells = f"{median(each.seconds):,.2f} | {each.per_second:,.0f} | {each.per_second / bare[each.size]:.3f}"
        lines.append(f"| push-{each.name}-{each.size} | {cells} | {max(each.peaks_mb):,.0f} |")
    shares = [f"push-{each.name}-{each.size}: {', '.join(_shares(each.parts))}." for each in results if any(each.parts)]
    return "\n".join([*lines, "", *shares]) + "\n"


def write_push_json(results: Sequence[Pushed], path: Path) -> None:
    """A list of `{"name", "seconds", "per_second", "ratio", "peak_mb"}`; the ratio is to the bare loop's rate."""
    bare = {each.size: each.per_second for each in results if each.name == "bare"}
    listed = [
        {
            "name": f"push-{each.name}-{each.size}",
            "seconds": round(median(each.seconds), 4),
            "per_second": round(each.per_second, 1),
            "ratio": round(each.per_second / bare[each.size], 3),
            "peak_mb": round(max(each.peaks_mb), 1),
        }
        for each in results
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(listed, indent=2) + "\n", encoding="utf-8")


def _measure(result: Pushed, made: Path, place: Path) -> None:
    """A fresh copy, a server over it in a process of its own, and the task in another."""
    fresh_folder(place)
    shutil.copytree(made / SCHOOL, place / SCHOOL)
    shutil.copyfile(made / PUTS_FILE, place / PUTS_FILE)
    with oneroster_child(place / SCHOOL / "sims", os.environ) as url:
        (place / SERVER_FILE).write_text(url, encoding="utf-8")
        _point_to(url, place / SCHOOL / "config.toml")
        seconds, peak = run_alone(f"bench.pushes:{result.name}", place, result.size)
    result.seconds.append(seconds)
    result.peaks_mb.append(peak)
    parts = place / PARTS_FILE
    result.parts.append(json.loads(parts.read_text(encoding="utf-8")) if parts.exists() else {})


def _point_to(url: str, config: Path) -> None:
    """The jobs ask this server; they start none of their own."""
    text = config.read_text(encoding="utf-8")
    for name, value in (("base_url", url), ("token_url", f"{url}/connect/token")):
        text = re.sub(rf"(?m)^{name} = .*$", f'{name} = "{value}"', text)
    config.write_text(re.sub(r"(?m)^simulated_sims = .*$", "", text), encoding="utf-8")


def _shares(parts: Sequence[dict[str, float]]) -> list[str]:
    return [f"{job} {median(each[job] for each in parts):,.2f} s" for job in parts[0]]
