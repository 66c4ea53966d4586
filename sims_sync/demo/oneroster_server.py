"""How does the simulated SIMS answer OneRoster over HTTP: keys, lists in pages, single results, and its faults?

`python -m sims_sync.demo.oneroster_server FOLDER` serves the state in a demo's folder and prints the address.
"""

import base64
import os
import re
import secrets
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, unquote, urlencode

from sims_sync.demo.clock import demo_now
from sims_sync.demo.oneroster_faults import OneRosterFault, Pauses, oneroster_fault_of
from sims_sync.demo.oneroster_gradebook import RESULT_LISTS, WRITES_FILE, Gradebook, Refused
from sims_sync.demo.oneroster_lists import Item, Lists, SimsLists
from sims_sync.demo.oneroster_query import (
    WRAPPERS,
    MakeList,
    filtered,
    linked,
    list_at,
    ordered,
    record,
    selected,
    singular,
    unknown,
)
from sims_sync.demo.sims_state import SimsState
from sims_sync.demo.web_server import Asked, Faults, Reply, WebFault, WebServer, strike

CLIENT_ID = "sims-sync-demo"
CLIENT_SECRET = "demo-secret"  # noqa: S105 - guards an invented school on this machine only
TOKEN_PATH = "/connect/token"  # noqa: S105 - an address
KEY_SECONDS = 3600
DEFAULT_LIMIT = 100
PARTS_OF_RECORD = 2  # of an address: a list and an id

_SERVICE = re.compile(r"/ims/oneroster/(v1p1|(?:rostering|gradebook)/v1p2)/(.+)")
# Asked for so, results come from the state by its index; any other filter is held against the whole list.
_BY_PLACE = re.compile(r"(?:(?:^| AND )(?:student|(?:assessmentL|l)ineItem)\.sourcedId\s*=\s*'[^']*'){1,2}")
_OUR_SECRETS = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}


class Paging(Enum):
    """How the server says that more follow."""

    LINK = "link"  # with Link: rel="next"
    TOTAL = "total"  # with X-Total-Count
    BARE = "bare"  # not at all


class OneRosterServer:
    """A OneRoster server on this machine; use it as a context manager.

    `largest_page`: it never gives more, whatever is asked for. `key_seconds`: how long it says that a key is good.
    `gradebook`: where results are written and looked for; without one it only reads. `ignores_filter`: as some servers
    do, it gives everything whatever the filter says.
    """

    def __init__(
        self,
        lists: Lists,
        *,
        gradebook: Gradebook | None = None,
        ignores_filter: bool = False,
        remembers: bool = True,
        paging: Paging = Paging.LINK,
        largest_page: int = DEFAULT_LIMIT,
        faults: Faults | None = None,
        key_seconds: int = KEY_SECONDS,
    ) -> None:
        self._lists = lists
        self._gradebook = gradebook
        self._ignores_filter = ignores_filter
        self._keys_given = 0
        self._paging = paging
        self._largest_page = largest_page
        self._faults = faults or Faults()
        self._key_seconds = key_seconds
        self._keys: set[str] = set()
        self._list_requests = 0
        self._last_offset = 0
        self._made: dict[str, list[Item] | None] = {}
        self._answers: Mapping[str, Callable[[Asked], Reply]] = {
            "GET": self._list,
            "POST": self._key,
            **({"PUT": self._put} if gradebook else {}),
        }
        self.web = WebServer(self._answer, remembers=remembers)

    @property
    def url(self) -> str:
        """What `base_url` is set to."""
        return self.web.url

    @property
    def token_url(self) -> str:
        """What `token_url` is set to."""
        return f"{self.web.url}{TOKEN_PATH}"

    @property
    def keys_given(self) -> int:
        """How many keys were fetched so far."""
        return self._keys_given

    def __enter__(self) -> Self:
        self.web.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.web.__exit__(kind, error, trace)
        if self._gradebook:
            self._gradebook.close()

    def _answer(self, asked: Asked) -> Reply:
        answer = self._answers.get(asked.method)
        if answer is None:
            return _failure(HTTPStatus.METHOD_NOT_ALLOWED, "invaliddata")
        try:
            return answer(asked)
        except Refused as refused:
            return _failure(refused.status, refused.code, refused.headers)

    def _key(self, asked: Asked) -> Reply:
        if asked.path != TOKEN_PATH:
            raise Refused(HTTPStatus.METHOD_NOT_ALLOWED, "invaliddata")
        self._keys_given += 1
        form = {name: texts[0] for name, texts in parse_qs(asked.body.decode("utf-8")).items()}
        stated = {name: form.get(name) for name in _OUR_SECRETS}
        if form.get("grant_type") != "client_credentials":
            return Reply(HTTPStatus.BAD_REQUEST, {"error": "unsupported_grant_type"})
        if stated != _OUR_SECRETS and not _is_basic(asked.headers):
            return Reply(HTTPStatus.BAD_REQUEST, {"error": "invalid_client"})
        key = secrets.token_urlsafe(16)
        self._keys.add(key)
        content = {"access_token": key, "token_type": "Bearer", "expires_in": self._key_seconds}
        return Reply(HTTPStatus.OK, content | ({"scope": form["scope"]} if "scope" in form else {}))

    def _put(self, asked: Asked) -> Reply:
        gradebook, parts = self._gradebook, _parts_of(asked.path)
        if gradebook is None or len(parts) != PARTS_OF_RECORD or parts[0] not in RESULT_LISTS:
            raise Refused(HTTPStatus.METHOD_NOT_ALLOWED, "invaliddata")
        fault = gradebook.fault_of_next_write()
        if fault is OneRosterFault.TOKEN_EXPIRY:
            self._keys.clear()
        self._let_in(asked)
        status, content = gradebook.put(parts[0], parts[1], asked.body, fault)
        return Reply(status, {name: self._linked(item, asked) for name, item in content.items()})

    def _let_in(self, asked: Asked) -> None:
        if asked.headers.get("Authorization", "").removeprefix("Bearer ") not in self._keys:
            raise Refused(HTTPStatus.UNAUTHORIZED, "unauthorisedrequest")

    def _list(self, asked: Asked) -> Reply:
        self._list_requests += 1
        fault = self._faults.strikes(self._list_requests)
        if fault is WebFault.EXPIRED:
            self._keys.clear()
        self._let_in(asked)
        return strike(fault, self._faults, lambda: self._shown(asked, repeat=fault is WebFault.REPEATING))

    def _shown(self, asked: Asked, *, repeat: bool) -> Reply:
        parts = _parts_of(asked.path)
        if len(parts) == PARTS_OF_RECORD:
            return self._record(asked, parts[0], parts[1])
        name, make = list_at(self._lists, parts)
        return self._page(asked, name, make, repeat=repeat)

    def _record(self, asked: Asked, name: str, sourced_id: str) -> Reply:
        if self._gradebook and name in RESULT_LISTS:
            content = self._gradebook.result(name, sourced_id)
        else:
            content = {singular(name): record(self._lists(name), sourced_id)}
        return Reply(HTTPStatus.OK, {wrapper: self._linked(item, asked) for wrapper, item in content.items()})

    def _page(self, asked: Asked, name: str, make: MakeList, *, repeat: bool) -> Reply:
        offset = self._last_offset if repeat else _number(asked, "offset", 0)
        self._last_offset = offset
        items = ordered(self._chosen(asked, name, offset, make), asked.query)
        limit = min(_number(asked, "limit", DEFAULT_LIMIT), self._largest_page)
        shown = selected(items[offset : offset + limit], items, asked.query)
        page = [self._linked(item, asked) for item in shown]
        return Reply(
            HTTPStatus.OK, {WRAPPERS.get(name, name): page}, self._headers(asked, items, offset, limit, repeat)
        )

    def _chosen(self, asked: Asked, name: str, offset: int, make: MakeList) -> list[Item]:
        """What a filter leaves of a list; results by student and line item are asked of the state, which is quick."""
        conditions = "" if self._ignores_filter else asked.query.get("filter", "")
        plain = name in RESULT_LISTS and _parts_of(asked.path) == [name]
        if self._gradebook and plain and _BY_PLACE.fullmatch(conditions):
            return self._placed(self._gradebook, asked.path, name, conditions, offset)
        if offset == 0 or asked.path not in self._made:
            # Made anew for each first page: one reader sees one state of the list on all its pages.
            self._made[asked.path] = make()
        items = self._made[asked.path]
        if items is None:
            raise unknown()
        return filtered(items, conditions)

    def _placed(self, gradebook: Gradebook, path: str, name: str, conditions: str, offset: int) -> list[Item]:
        """Results by place; those that fill several pages are kept for the next ones, as a real server's cursor."""
        mark = f"{path}?{conditions}"
        found = (self._made.get(mark) if offset else None) or gradebook.results(name, conditions)
        self._made |= {mark: found} if len(found) > DEFAULT_LIMIT else {}
        return found

    def _linked(self, item: Item, asked: Asked) -> Item:
        return linked(item, f"{self.url}/ims/oneroster", old="/v1p1/" in asked.path)

    def _headers(self, asked: Asked, items: Sequence[Item], offset: int, limit: int, repeat: bool) -> Mapping[str, str]:
        if self._paging is Paging.TOTAL:
            return {"X-Total-Count": str(len(items))}
        if self._paging is Paging.BARE or (offset + limit >= len(items) and not repeat):
            return {}
        query = urlencode({**asked.query, "limit": str(limit), "offset": str(offset + limit)})
        return {"Link": f'<{self.url}{asked.path}?{query}>; rel="next"'}


def serve(
    folder: Path,
    environment: Mapping[str, str],
    version: str = "1.1",
    *,
    pauses: Pauses | None = None,
    ignores_filter: bool = False,
    remembers: bool = True,
) -> OneRosterServer:
    """A server over the state in `folder`, by the demo's clock and with the fault of the environment.

    Raises:
        FileNotFoundError: there is no state.
        ValueError: the environment names no fault there is.
    """
    now: Callable[[], datetime] = lambda: demo_now(folder, environment)  # noqa: E731 - one line says it
    state = SimsState(folder, kept=True)
    lists = SimsLists(state, now, version)
    fault = oneroster_fault_of(environment)
    gradebook = Gradebook(state, now, lists, folder / WRITES_FILE, fault=fault, pauses=pauses)
    return OneRosterServer(lists, gradebook=gradebook, ignores_filter=ignores_filter, remembers=remembers)


def main(arguments: Sequence[str]) -> int:
    """Serve until the process is ended; the first line of the output is the address."""
    version = arguments[1] if len(arguments) > 1 else "1.1"
    with serve(Path(arguments[0]), os.environ, version, remembers=False) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        while True:
            time.sleep(KEY_SECONDS)


def _parts_of(path: str) -> list[str]:
    """What is asked for: a list, the id of one of its records, a list within that. Empty: nothing of ours."""
    found = _SERVICE.fullmatch(path)
    return [unquote(part) for part in found[2].split("/")] if found else []


def _number(asked: Asked, name: str, default: int) -> int:
    text = asked.query.get(name, str(default))
    if not text.isascii() or not text.isdigit():
        raise Refused(HTTPStatus.BAD_REQUEST, "invaliddata")
    return int(text)


def _is_basic(headers: Mapping[str, str]) -> bool:
    pair = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode("ascii")
    return headers.get("Authorization") == f"Basic {pair}"


def _failure(status: HTTPStatus, code: str, headers: Mapping[str, str] | None = None) -> Reply:
    """The standard's own form, as 1.1 and 1.2 have it."""
    return Reply(
        status,
        {
            "imsx_codeMajor": "failure",
            "imsx_severity": "error",
            "imsx_description": "A sentence of the server's, which may quote what was asked.",
            "imsx_CodeMinor": {
                "imsx_codeMinorField": [
                    {"imsx_codeMinorFieldName": "TargetEndSystem", "imsx_codeMinorFieldValue": code}
                ]
            },
        },
        headers or {},
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
