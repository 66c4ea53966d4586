"""How is a mentoring application's list of entries read page by page, so that none is left out and no loop is endless?

The contract is docs/schemas/proforma-api.openapi.yaml: `{"entries": […], "next_cursor": "…" or null, "as_of": "…"}`.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from sims_sync.errors import SourceRefused
from sims_sync.formats.page_guard import PageGuard
from sims_sync.http import Answer, HttpClient

PATH = "/entries"

Item = dict[str, object]


class EntryPages:
    """The pages of one reading of the list. `query` goes with each question."""

    def __init__(self, client: HttpClient, query: Mapping[str, str]) -> None:
        self._client = client
        self._query = query
        self._guard = PageGuard()
        self._cursors: set[str] = set()
        self._as_of: datetime | None = None

    @property
    def as_of(self) -> datetime:
        """The moment of the application's clock up to which the list shows every change, once the first page is there.

        Raises:
            SourceRefused: no page was read yet, or the application did not say.
        """
        if self._as_of is None:
            raise no_list()
        return self._as_of

    def entries(self) -> Iterator[Item]:
        """Every entry as it came; only a normal end says that the list was whole.

        Raises:
            SourceRefused: pages or cursors that repeat, an empty page that promises more, or no list at all.
            SourceFailed, SourceUnavailable: the application refuses, or does not answer.
        """
        cursor: str | None = ""
        while cursor is not None:
            answer = self._client.get(PATH, {**self._query, **({"cursor": cursor} if cursor else {})})
            page, cursor = self._page_of(answer)
            yield from page

    def _page_of(self, answer: Answer) -> tuple[list[Item], str | None]:
        """The page's entries and the cursor of the next one; None: it was the last."""
        content = answer.json()
        page = content.get("entries") if isinstance(content, dict) else None
        if not isinstance(page, list) or not all(isinstance(entry, dict) for entry in page):
            raise no_list()
        self._as_of = self._as_of or _moment(content.get("as_of"))
        self._guard.look_at(page)
        following = content.get("next_cursor")
        if following is not None:
            self._look_at_cursor(following, page)
        return page, following

    def _look_at_cursor(self, cursor: object, page: list[Item]) -> None:
        if not isinstance(cursor, str) or not cursor:
            raise no_list()
        if not page:
            what = "The application gives an empty page and says that more follow."
            raise SourceRefused("empty_page", what, "Run again; if it goes on, tell the application's support.")
        if cursor in self._cursors:
            what = "The application gives the same cursor again and again."
            raise SourceRefused("repeating_page", what, "Run again; if it goes on, tell the application's support.")
        self._cursors.add(cursor)


def no_list() -> SourceRefused:
    """The error for an answer that is not the contract's."""
    what = "The application's answer is no list of entries as docs/proforma-api.md has it."
    return SourceRefused("no_list", what, "Check base_url in the config, and ask the application's support.")


def _moment(text: object) -> datetime:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        raise no_list() from None
    if found.tzinfo is None:
        raise no_list()
    return found
