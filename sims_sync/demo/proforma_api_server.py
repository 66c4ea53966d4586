"""How does a mentoring application that keeps to our contract answer (docs/proforma-api.md), and with which faults?

`python -m sims_sync.demo.proforma_api_server FOLDER` invents entries for some students of a demo's folder, serves them
and prints the address.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Self

from sims_sync.demo.clock import demo_now
from sims_sync.demo.days import local_day
from sims_sync.demo.sims_state import ListedStudent, SimsState
from sims_sync.demo.web_server import Asked, Faults, Reply, WebFault, WebServer, strike

TOKEN = "demo-token"  # noqa: S105 - guards an invented school on this machine only
DEFAULT_LIMIT = 100
FOREVER_SECONDS = 3600
EVERY_STUDENT = 10  # of the demo's students, the first of so many has an entry here

Item = dict[str, object]
# What changed after a moment (None: everything), in the order in which it is listed.
Listing = Callable[[datetime | None], Sequence[Item]]


class MentoringApplication:
    """What the application knows: every revision of every entry. `now` is its own clock."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._revisions: dict[str, list[Item]] = {}
        self._stale: list[Item] = []

    def save(self, entry_id: str, **content: object) -> None:
        """A new entry, or the next revision of one; what is not named stays as it was."""
        known = self._revisions.setdefault(entry_id, [])
        before = known[-1] if known else {"id": entry_id, "recorded_at": written(self._now())}
        stamp = {"revision": len(known) + 1, "updated_at": written(self._now())}
        known.append({**before, **content, **stamp})

    def list_stale(self, entry_id: str, revision: int) -> None:
        """From now on list an old revision too, as a copy that lags behind does; the contract forbids it."""
        self._stale.append(self._revisions[entry_id][revision - 1])

    def __call__(self, updated_after: datetime | None) -> Sequence[Item]:
        """Each entry that changed since, as it is now, the longest unchanged first."""
        present = [revisions[-1] for revisions in self._revisions.values()]
        changed = [entry for entry in present if updated_after is None or _updated(entry) > updated_after]
        return [*sorted(changed, key=lambda entry: (_updated(entry), str(entry["id"]))), *self._stale]


class ProformaApiServer:
    """The application on this machine; use it as a context manager. `largest_page`: it never gives more."""

    def __init__(
        self,
        listing: Listing,
        now: Callable[[], datetime],
        *,
        largest_page: int = DEFAULT_LIMIT,
        faults: Faults | None = None,
    ) -> None:
        self._listing = listing
        self._now = now
        self._largest_page = largest_page
        self._faults = faults or Faults()
        self._list_requests = 0
        self._lists: list[Sequence[Item]] = []
        self._last = (0, 0)
        self.web = WebServer(self._answer)

    @property
    def url(self) -> str:
        """What `base_url` is set to."""
        return f"{self.web.url}/mentoring/v1"

    def __enter__(self) -> Self:
        self.web.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.web.__exit__(kind, error, trace)

    def _answer(self, asked: Asked) -> Reply:
        if asked.method != "GET" or asked.path != "/mentoring/v1/entries":
            return _failure(HTTPStatus.NOT_FOUND)
        self._list_requests += 1
        fault = self._faults.strikes(self._list_requests)
        if fault is WebFault.EXPIRED or asked.headers.get("Authorization") != f"Bearer {TOKEN}":
            return _failure(HTTPStatus.UNAUTHORIZED)
        return strike(fault, self._faults, lambda: self._page(asked, repeat=fault is WebFault.REPEATING))

    def _page(self, asked: Asked, *, repeat: bool) -> Reply:
        """One page of the list as it stood when its first page was asked for."""
        try:
            number, start = self._last if repeat else self._place(asked.query)
        except ValueError:
            return _failure(HTTPStatus.BAD_REQUEST)
        self._last = number, start
        entries = self._lists[number]
        end = start + min(int(asked.query.get("limit", DEFAULT_LIMIT)), self._largest_page)
        following = f"{number}.{end}" if end < len(entries) else None
        content = {"entries": entries[start:end], "next_cursor": following, "as_of": written(self._now())}
        return Reply(HTTPStatus.OK, content)

    def _place(self, query: Mapping[str, str]) -> tuple[int, int]:
        """Which list, and where in it."""
        if "cursor" in query:
            number, start = (int(part) for part in query["cursor"].split("."))
            if number >= len(self._lists):
                raise ValueError("no list has this cursor")
            return number, start
        since = query.get("updated_after")
        self._lists.append(self._listing(datetime.fromisoformat(since) if since else None))
        return len(self._lists) - 1, 0


def invented(state: SimsState, now: Callable[[], datetime]) -> MentoringApplication:
    """An application in which some of the simulated SIMS's students have had an interview a week ago."""
    application = MentoringApplication(now)
    for student in state.students(now())[::EVERY_STUDENT]:
        day = date.fromordinal(local_day(now()).toordinal() - 7)
        application.save(f"e{student.person_id}", **_interview(student, day))
    return application


def serve(folder: Path, environment: Mapping[str, str]) -> ProformaApiServer:
    """A server over invented entries for the school in `folder`, by the demo's clock.

    Raises:
        FileNotFoundError: there is no simulated SIMS.
    """

    def now() -> datetime:
        return demo_now(folder, environment)

    return ProformaApiServer(invented(SimsState(folder), now), now)


def main(arguments: Sequence[str]) -> int:
    """Serve until the process is ended; the first line of the output is the address."""
    with serve(Path(arguments[0]), os.environ) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        while True:
            time.sleep(FOREVER_SECONDS)


def written(moment: datetime) -> str:
    """A moment as the contract has it."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _interview(student: ListedStudent, day: date) -> Item:
    return {
        "state": "submitted",
        "interview_date": day.isoformat(),
        "student": dict(_ids(student)),
        "targets": [
            {"id": "t1", "state": "current", "area": "Study skills", "text": "Plan every week's homework on Sunday"}
        ],
    }


def _ids(student: ListedStudent) -> Iterator[tuple[str, str]]:
    yield "person_id", student.person_id
    if student.upn:
        yield "upn", student.upn


def _updated(entry: Item) -> datetime:
    return datetime.fromisoformat(str(entry["updated_at"]))


def _failure(status: HTTPStatus) -> Reply:
    return Reply(status, {"error": status.phrase})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
