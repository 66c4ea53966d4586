"""How is one OneRoster list read page by page, so that nothing is left out and no loop is endless (SIMS §5)?"""

import json
import re
from collections.abc import Iterator, Mapping

from connectors.oneroster.options import WRAPPERS, ServerOptions, last_part
from sims_sync.errors import SimsSyncError, SourceFailed, SourceRefused, SourceUnavailable
from sims_sync.formats.flat_json import flatten
from sims_sync.formats.oneroster_rows import Record, listed
from sims_sync.formats.page_guard import PageGuard
from sims_sync.http import Answer, HttpClient, refused

_CODE = re.compile(r"[A-Za-z_]{1,40}")
_MINOR = re.compile(rb'"imsx_codeMinorFieldValue"\s*:\s*"([A-Za-z_]{1,40})"')


def list_records(
    client: HttpClient,
    options: ServerOptions,
    resource: str,
    query: Mapping[str, str] | None = None,
    page_size: int | None = None,
) -> Iterator[Record]:
    """Every record of one list that is not marked as deleted, flattened; only a normal end says that it was whole.

    Raises:
        SourceFailed, SourceRefused, SourceUnavailable: as for `ListPages.records`.
    """
    wrapper = WRAPPERS.get(last_part(resource), last_part(resource))
    pages = ListPages(client, options.url_of(resource), wrapper, page_size or options.page_size, query or {})
    return listed(pages.records())


class ListPages:
    """The pages of one list. `query` goes with each question but those whose address the server gave.

    The server's `Link: rel="next"` decides; else its `X-Total-Count`; else pages are asked for until one is empty. A
    page with fewer records than asked for is no end: a server may give fewer than one asks.
    """

    def __init__(self, client: HttpClient, url: str, wrapper: str, page_size: int, query: Mapping[str, str]) -> None:
        self._client = client
        self._url = url
        self._wrapper = wrapper
        self._page_size = page_size
        self._query = query
        self._guard = PageGuard()
        self._count = 0
        self._total: int | None = None

    def records(self) -> Iterator[dict[str, str]]:
        """Every record of the list, flattened; only a normal end says that it was whole.

        Raises:
            SourceFailed: the server says that it cannot.
            SourceRefused: pages that repeat, fewer records than stated, or no list at all.
            SourceUnavailable: the server does not answer, or the list shrank while it was read.
        """
        linked = False
        answer = self._ask_from(0)
        while True:
            page = self._page_of(answer)
            for record in page:
                yield flatten(record)
            if answer.next_url and page:
                linked = True
                answer = self._ask(answer.next_url, {})
            elif answer.next_url:
                raise _empty_page()
            elif linked or not page or self._count == self._total:
                self._refuse_short()
                return
            else:
                answer = self._ask_from(self._count)

    def _ask_from(self, offset: int) -> Answer:
        return self._ask(self._url, {**self._query, "limit": str(self._page_size), "offset": str(offset)})

    def _ask(self, url: str, query: Mapping[str, str]) -> Answer:
        answer = self._client.send("GET", url, query=query)
        if not answer.good:
            raise refused(answer.status, minor_code(answer.body))
        self._look_at_total(answer.headers.get("X-Total-Count", ""))
        return answer

    def _look_at_total(self, text: str) -> None:
        """With a shorter list every later record moves up, and one of them is never seen."""
        if not text.isascii() or not text.isdigit():
            return
        total = int(text)
        if self._total is not None and total < self._total:
            what = "The server's list became shorter while it was read, so a record may have been left out."
            raise SourceUnavailable("changed_while_read", what, "Run again.")
        self._total = total

    def _page_of(self, answer: Answer) -> list[dict[str, object]]:
        page = _records_in(answer.json(), self._wrapper)
        self._guard.look_at(page)
        self._count += len(page)
        return page

    def _refuse_short(self) -> None:
        if self._total is not None and self._count < self._total:
            what = f"The server says that its list holds {self._total} records, and gave {self._count}."
            raise SourceRefused("short", what, "Run again; if it goes on, try a smaller page_size.")


def _records_in(content: object, wrapper: str) -> list[dict[str, object]]:
    """The list under its standard name, else the only list there is."""
    if not isinstance(content, dict):
        raise _no_list()
    found = content.get(wrapper)
    if found is None:
        lists = [value for value in content.values() if isinstance(value, list)]
        if len(lists) != 1 or failure_status(content):
            raise _failure_in(content)
        found = lists[0]
    if not isinstance(found, list) or not all(isinstance(record, dict) for record in found):
        raise _no_list()
    return found


def failure_status(content: Mapping[str, object]) -> Mapping[str, object]:
    """A failure may come with 200: 1.1 says it in the body itself, or under `imsx_StatusInfo`."""
    inner = content.get("imsx_StatusInfo")
    status = inner if isinstance(inner, dict) else content
    return status if str(status.get("imsx_codeMajor")) in {"failure", "unsupported"} else {}


def _failure_in(content: Mapping[str, object]) -> SimsSyncError:
    if not failure_status(content):
        return _no_list()
    code = minor_code(json.dumps(content).encode()) or "no reason given"
    return SourceFailed(
        "imsx", f"The server says that it cannot ({code}).", "Check resource and version in the config."
    )


def minor_code(body: bytes) -> str:
    """The standard's own word for what is wrong; the server's free text is never shown."""
    found = _MINOR.search(body)
    if found:
        return found[1].decode("ascii")
    code = _code_minor_text(body)
    return code if _CODE.fullmatch(code) else ""


def _code_minor_text(body: bytes) -> str:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    code = content.get("imsx_codeMinor", "") if isinstance(content, dict) else ""
    return code if isinstance(code, str) else ""


def _no_list() -> SourceRefused:
    what = "The server's answer holds no list of records."
    return SourceRefused("no_list", what, "Check base_url, version and resource in the config.")


def _empty_page() -> SourceRefused:
    what = "The server gives an empty page and says that more follow."
    return SourceRefused("empty_page", what, "Run again; if it goes on, tell the server's operator.")
