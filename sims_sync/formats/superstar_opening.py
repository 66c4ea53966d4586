"""Is this XML document a CommandReporter report at all (DESIGN §10, §12)?

Asked before the real parser sees the document: a DOCTYPE is refused before anything in it can be declared, and a web
page sent in place of a report is recognised by its root instead of being read as a report without records.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import NoReturn, cast

from lxml import etree

from sims_sync.errors import SourceFailed, SourceRefused
from sims_sync.formats import refusals

ROOT = "SuperStarReport"
ERROR_ROOT = "CommandReporterError"
OPENING_BYTES_MAX = 1024 * 1024  # far more than any declaration and comment before the root

_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Opening:
    """What stood at the start: the full tag of this document's records, and the chunks taken to find it."""

    record_tag: str
    chunks: tuple[bytes, ...]

    def replay(self, rest: Iterable[bytes]) -> Iterator[bytes]:
        """The document from its first byte."""
        return chain(self.chunks, rest)


def read_opening(chunks: Iterable[bytes], name: str) -> Opening:
    """Read up to the root element and judge it.

    Raises:
        SourceFailed: the document is CommandReporter's error message (SIMS §1).
        SourceRefused: empty, not XML, a DOCTYPE, or another root.
        lxml.etree.XMLSyntaxError: the document ends or breaks before its root.
    """
    taken: list[bytes] = []
    parser = etree.XMLParser(target=cast("etree.ParserTarget", _UntilRoot()), no_network=True)
    try:
        for chunk in chunks:
            taken.append(chunk)
            _judge_bytes(b"".join(taken), name)
            parser.feed(chunk)
    except _RootFound as found:
        return Opening(_record_tag(found.tag, name), tuple(taken))
    except _DoctypeFound as found:
        raise _doctype_refusal(found.name, name) from None
    _refuse_blank(taken, name)
    return Opening(_record_tag(_last_root(parser, taken, name), name), tuple(taken))


def _last_root(parser: etree.XMLParser, taken: list[bytes], name: str) -> str:
    """The root that the parser tells of only at the end of the document: `<SuperStarReport />`, without a record.

    It completes a name that was cut as well, so only one that is closed is believed.
    """
    try:
        parser.close()
    except _RootFound as found:
        if b"".join(taken).replace(b"\0", b"").rstrip().endswith(b"/>"):
            return found.tag
    raise refusals.truncated(name, "it ends before its first element")


class _RootFound(Exception):
    def __init__(self, tag: str) -> None:
        super().__init__(tag)
        self.tag = tag


class _DoctypeFound(Exception):
    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class _UntilRoot:
    """A parser target that goes no further than the document's opening."""

    def doctype(self, name: str, _public: str | None, _system: str | None) -> NoReturn:
        raise _DoctypeFound(name)

    def start(self, tag: str, _attributes: Mapping[str, str]) -> NoReturn:
        raise _RootFound(tag)

    def close(self) -> None:
        """The parser asks for it."""


def _judge_bytes(opening: bytes, name: str) -> None:
    text = opening
    for mark in _MARKS:
        text = text.removeprefix(mark)
    text = text.lstrip(b" \t\r\n\0")
    if text and not text.startswith(b"<"):
        raise refusals.wrong_format(name, "not XML")
    if len(opening) > OPENING_BYTES_MAX:
        raise refusals.too_large(name, "its first element does not come within 1 MB")


def _refuse_blank(taken: list[bytes], name: str) -> None:
    if not b"".join(taken).strip():
        raise refusals.empty(name)


def _record_tag(root: str, name: str) -> str:
    namespace, _, local = root.rpartition("}")
    if local == ERROR_ROOT:
        raise reporter_error(name)
    if local != ROOT:
        what = _WEB_PAGE if local.casefold() == "html" else "XML of another kind than a SIMS report"
        raise refusals.wrong_format(name, what)
    return f"{namespace}}}Record" if namespace else "Record"


_WEB_PAGE = "a web page, perhaps a log-in page"


def reporter_error(name: str) -> SourceFailed:
    """What is raised where CommandReporter's error message stands in place of the report."""
    return SourceFailed(
        "reporter_error",
        f"SIMS wrote an error message instead of {name}.",
        "Run the report in SIMS by hand, as the same user, to see what is wrong.",
    )


def _doctype_refusal(doctype: str, name: str) -> SourceRefused:
    if doctype.casefold() == "html":
        return refusals.wrong_format(name, _WEB_PAGE)
    return SourceRefused(
        "doctype",
        f"{name} begins with a DOCTYPE, which no SIMS report has.",
        "Find out who put the file there before anything else.",
    )
