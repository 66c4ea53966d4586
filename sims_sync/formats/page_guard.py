"""Has a page of a list come before? Then the server's paging turns in circles, and the read must not end well."""

import hashlib
import json
from collections.abc import Sequence

from sims_sync.errors import SourceRefused

PAGES_MAX = 100_000  # more than any school's results, a record to a page


class PageGuard:
    """Remembers the pages of one list by a hash of each."""

    def __init__(self) -> None:
        self._seen: set[bytes] = set()
        self._pages = 0

    def look_at(self, page: Sequence[object]) -> None:
        """Let a new page pass.

        Raises:
            SourceRefused: it came before, there is no end of pages, or it is nested beyond reason.
        """
        self._pages += 1
        mark = _mark(page)
        if self._pages > PAGES_MAX or (page and mark in self._seen):
            what = "The server gives the same page again and again."
            raise SourceRefused("repeating_page", what, "Run again; if it goes on, tell the server's operator.")
        self._seen.add(mark)


def _mark(page: Sequence[object]) -> bytes:
    try:
        text = json.dumps(page, sort_keys=True)
    except RecursionError:
        what = "The server's answer is nested deeper than any real one."
        raise SourceRefused("too_deep", what, "Check the address in the config.") from None
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
