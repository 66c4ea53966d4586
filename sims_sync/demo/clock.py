"""What time is it in the demo, in every process alike?

`SIMS_DEMO_NOW` (aware ISO text) wins. Else `clock.json` in the folder of the simulated SIMS says what the time was when
the demo was made, and it runs on at real speed from there (DESIGN §6). Without either it is the real time.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

CLOCK_FILE = "clock.json"
NOW_VARIABLE = "SIMS_DEMO_NOW"


def write_clock(folder: Path, clock: datetime, started: datetime) -> None:
    """Let it be `clock` in the demo at the real moment `started`; both aware."""
    content = {"clock": _aware(clock).isoformat(), "started": _aware(started).astimezone(UTC).isoformat()}
    (folder / CLOCK_FILE).write_text(json.dumps(content) + "\n", encoding="utf-8")


def demo_now(folder: Path, environment: Mapping[str, str]) -> datetime:
    """The demo's present moment, aware UTC.

    Raises:
        ValueError: the variable or the file holds no aware moment.
    """
    if text := environment.get(NOW_VARIABLE):
        return _aware(datetime.fromisoformat(text)).astimezone(UTC)
    path = folder / CLOCK_FILE
    if not path.is_file():
        return datetime.now(UTC)
    content = json.loads(path.read_text(encoding="utf-8"))
    try:
        clock, started = (_aware(datetime.fromisoformat(content[name])) for name in ("clock", "started"))
    except (KeyError, TypeError) as error:
        raise ValueError(f"{CLOCK_FILE} needs the moments clock and started; create the demo again.") from error
    return (clock + (datetime.now(UTC) - started)).astimezone(UTC)


def _aware(moment: datetime) -> datetime:
    """The same moment, unless it lacks a time zone."""
    if moment.tzinfo is None:
        raise ValueError("The demo's clock needs a moment with its time zone, e.g. 2026-12-16T06:00:00+00:00.")
    return moment
