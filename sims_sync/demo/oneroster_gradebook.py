"""What happens in the simulated SIMS when a result is written, or looked for, by OneRoster?

Student, aspect and result set hold one result (SIMS §3): a write takes the place of whatever stands there, and is
shown under the id that it came with. A result is found by any id that was ever written in its place, and by the derived
id that a typed value is shown under. What is not in the standard, since no real SIMS could be asked: the minor codes
`locked` and `too_long`, and white space, which is tidied as a text box of one line does.
"""

import itertools
import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from http import HTTPStatus
from pathlib import Path

from sims_sync.demo.oneroster_faults import CUT_CHARACTERS, OTHER_TEXT, STRIKES_EVERY, OneRosterFault, Pauses
from sims_sync.demo.oneroster_lists import Column, Item, SimsLists, line_item_id
from sims_sync.demo.sims_file import Setting
from sims_sync.demo.sims_state import ListedResult, SimsState

WRITES_FILE = "writes.jsonl"
REVISION = "sims-sync.revision"  # the name in `metadata` under which a write says which revision it is
TEXT_LIMIT = 1000
# By the list's name: what wraps one of its records, and what its line items are called.
RESULT_LISTS: Mapping[str, tuple[str, str]] = {
    "results": ("result", "lineItem"),
    "assessmentResults": ("assessmentResult", "assessmentLineItem"),
}
SCORE_STATUS = frozenset({"exempt", "fully graded", "not submitted", "partially graded", "submitted"})

_BLANKS = re.compile(r"[ \t\r\n]+")
_CONDITION = re.compile(r"([A-Za-z]+(?:\.[A-Za-z]+)?)\s*=\s*'([^']*)'")


class Refused(Exception):
    """The answer is a failure of the standard's form: its status, minor code and headers."""

    def __init__(self, status: HTTPStatus, code: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.headers = headers or {}


@dataclass(frozen=True, slots=True)
class Write:
    """One result as it is to be written."""

    sourced_id: str
    person_id: str
    column: Column
    text: str
    dated: date
    revision: int | None


class Gradebook:
    """The results of one state, to be looked at and written; may be asked from several threads.

    Every write that is taken over becomes a line of `log` before it is answered: `at`, `sourcedId`, `revision` and
    `comment`, the text as it stands then.
    """

    def __init__(
        self,
        state: SimsState,
        now: Callable[[], datetime],
        lists: SimsLists,
        log: Path,
        *,
        fault: OneRosterFault | None = None,
        pauses: Pauses | None = None,
    ) -> None:
        self._state = state
        self._now = now
        self._lists = lists
        self._log = log
        self._fault = fault
        self._pauses = pauses or Pauses()
        self._numbers = itertools.count()
        self._columns: dict[str, Column] = {}
        self._writing = threading.Lock()

    def close(self) -> None:
        """Let go of the state."""
        self._state.close()

    def fault_of_next_write(self) -> OneRosterFault | None:
        """The fault that strikes the write now asked for; ask once for each."""
        return self._fault if next(self._numbers) % STRIKES_EVERY == 0 else None

    def results(self, name: str, conditions: str) -> list[Item]:
        """The results for which a filter such as `student.sourcedId='7' AND lineItem.sourcedId='a1'` holds.

        Raises:
            Refused: there is no such list, or the filter is not understood.
        """
        item = self._item_of(name)
        found = dict(_condition(text) for text in conditions.split(" AND "))
        if not found.keys() <= {"student.sourcedId", f"{item}.sourcedId"}:
            raise Refused(HTTPStatus.BAD_REQUEST, "invalid_filter_field")
        line_item = found.get(f"{item}.sourcedId")
        column = None if line_item is None else self._column(line_item)
        if line_item is not None and column is None:
            return []
        standing = self._state.results_in(self._now(), found.get("student.sourcedId"), column)
        return [self._lists.shown(result, item) for result in standing]

    def result(self, name: str, sourced_id: str) -> Mapping[str, Item]:
        """One result in its wrapper, by any id under which its place was ever written, or by its derived one.

        Raises:
            Refused: there is none.
        """
        item = self._item_of(name)
        place = self._state.place_of(sourced_id)
        if place:
            standing = self._state.results_in(self._now(), place[0], place[1:])
        else:
            everything = self._state.results_in(self._now())
            standing = [each for each in everything if self._lists.shown(each, item)["sourcedId"] == sourced_id]
        if not standing:
            raise Refused(HTTPStatus.NOT_FOUND, "unknownobject")
        return {RESULT_LISTS[name][0]: self._lists.shown(standing[-1], item)}

    def put(
        self, name: str, sourced_id: str, body: bytes, fault: OneRosterFault | None = None
    ) -> tuple[HTTPStatus, Mapping[str, Item]]:
        """Write one result: 201 where nothing stood, 200 over what did.

        Raises:
            Refused: it was not written; also past the client's patience, and where `fault` has it so.
        """
        self._before(fault)
        write = self._read(name, sourced_id, body)
        if fault is OneRosterFault.LOCKED and write.column[1]:
            self._lock(write.column[1])
        self._refuse_by_right(write)
        stood = self._state.results_in(self._now(), write.person_id, write.column)
        if fault is not OneRosterFault.DROP_AFTER_ACCEPT:
            self._take_over(write, _struck(write.text, fault))
        self._after(fault)
        shown = ListedResult(
            write.person_id, None, "", "", *write.column, write.text, write.dated, self._now(), sourced_id
        )
        item = self._item_of(name)
        status = HTTPStatus.OK if stood else HTTPStatus.CREATED
        return status, {RESULT_LISTS[name][0]: self._lists.shown(shown, item)}

    def _item_of(self, name: str) -> str:
        if name not in RESULT_LISTS or (name == "assessmentResults" and self._lists.version == "1.1"):
            raise Refused(HTTPStatus.NOT_FOUND, "unknownobject")
        return RESULT_LISTS[name][1]

    def _column(self, line_item: str) -> Column | None:
        if line_item not in self._columns:
            self._columns = {line_item_id(column): column for column in self._lists.columns()}
        return self._columns.get(line_item)

    def _read(self, name: str, sourced_id: str, body: bytes) -> Write:
        item = self._item_of(name)
        record = _record_in(body, RESULT_LISTS[name][0])
        if record.get("sourcedId", sourced_id) != sourced_id or record.get("scoreStatus") not in SCORE_STATUS:
            raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "invaliddata")
        column, person_id = self._column(_linked(record, item)), _linked(record, "student")
        if column is None or not self._state.is_listed(person_id, self._now()):
            raise Refused(HTTPStatus.NOT_FOUND, "unknownobject")
        text = _BLANKS.sub(" ", self._text_in(record)).strip()
        return Write(sourced_id, person_id, column, text, _day_in(record), _revision_in(record))

    def _text_in(self, record: Item) -> str:
        """1.1 wants a number and takes the text as a comment; 1.2 takes a text score, else the comment."""
        if self._lists.version == "1.1" and not _is_number(record.get("score")):
            raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "invaliddata")
        names = ("comment",) if self._lists.version == "1.1" else ("textScore", "comment", "score")
        texts = [str(record[name]) for name in names if record.get(name) is not None]
        text = next(filter(str.strip, texts), "")
        if len(text) > TEXT_LIMIT:
            raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "too_long")
        if not text.strip():
            raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "invaliddata")
        return text

    def _refuse_by_right(self, write: Write) -> None:
        if self._state.setting(Setting.WRITE_PERMISSION, "granted") == "missing":
            raise Refused(HTTPStatus.FORBIDDEN, "forbidden")
        if write.column[1] in self._locked():
            raise Refused(HTTPStatus.FORBIDDEN, "locked")

    def _locked(self) -> list[str]:
        return list(json.loads(self._state.setting(Setting.LOCKED_SETS, "[]")))

    def _lock(self, result_set: str) -> None:
        with self._writing:
            self._state.set(Setting.LOCKED_SETS, json.dumps(sorted({*self._locked(), result_set})))

    def _take_over(self, write: Write, text: str) -> None:
        """Commit and log as one, so that the log has the order of the state."""
        now = self._now()
        line = {"at": now.isoformat(), "sourcedId": write.sourced_id, "revision": write.revision, "comment": text}
        with self._writing:
            self._state.put_result(write.person_id, *write.column, text, write.dated, now, write.sourced_id)
            with self._log.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def _before(self, fault: OneRosterFault | None) -> None:
        if fault is OneRosterFault.TOO_MANY_REQUESTS:
            wait = {"Retry-After": self._pauses.retry_after}
            raise Refused(HTTPStatus.TOO_MANY_REQUESTS, "server_busy", wait)
        if fault is OneRosterFault.TIMEOUT_BEFORE_COMMIT:
            time.sleep(self._pauses.past_time_out)
        if fault in {OneRosterFault.SERVER_ERROR, OneRosterFault.TIMEOUT_BEFORE_COMMIT}:
            raise Refused(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_server_error")

    def _after(self, fault: OneRosterFault | None) -> None:
        if fault is OneRosterFault.TIMEOUT_AFTER_COMMIT:
            time.sleep(self._pauses.past_time_out)
        if fault is OneRosterFault.SLOW_SERVER:
            time.sleep(self._pauses.slow)


def _condition(text: str) -> tuple[str, str]:
    found = _CONDITION.fullmatch(text.strip())
    if not found:
        raise Refused(HTTPStatus.BAD_REQUEST, "invalid_filter_field")
    return found[1], found[2]


def _record_in(body: bytes, wrapper: str) -> Item:
    try:
        content = json.loads(body)
    except ValueError:
        raise Refused(HTTPStatus.BAD_REQUEST, "invaliddata") from None
    record = content.get(wrapper) if isinstance(content, dict) else None
    if not isinstance(record, dict):
        raise Refused(HTTPStatus.BAD_REQUEST, "invaliddata")
    return record


def _linked(record: Item, name: str) -> str:
    link = record.get(name)
    return str(link.get("sourcedId", "")) if isinstance(link, dict) else ""


def _day_in(record: Item) -> date:
    try:
        return date.fromisoformat(str(record.get("scoreDate", ""))[: len("2026-11-12")])
    except ValueError:
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "invaliddata") from None


def _revision_in(record: Item) -> int | None:
    metadata = record.get("metadata")
    revision = metadata.get(REVISION) if isinstance(metadata, dict) else None
    return revision if isinstance(revision, int) else None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _struck(text: str, fault: OneRosterFault | None) -> str:
    if fault is OneRosterFault.CUT_TEXT:
        return text[:CUT_CHARACTERS]
    return OTHER_TEXT if fault is OneRosterFault.WRONG_VALUE else text
