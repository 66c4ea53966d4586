"""In which words is a file's content refused?

Every refusal names the file and what to do, never what stands in it. The codes are stable: the drop folder waits for
a young file that is refused with one of `UNFINISHED`, because it may only be half written.
"""

from sims_sync.errors import SourceRefused, SourceUnavailable

UNFINISHED = frozenset({"empty", "truncated", "nul"})

_EXPORT_AGAIN = "Run the report again and let it finish before the file is read."


def empty(name: str) -> SourceRefused:
    """Nothing is in the file."""
    return SourceRefused("empty", f"{name} is empty.", _EXPORT_AGAIN)


def truncated(name: str, how: str) -> SourceRefused:
    """The end is missing; `how` ends the sentence "NAME is incomplete: …"."""
    return SourceRefused("truncated", f"{name} is incomplete: {how}.", _EXPORT_AGAIN)


def nul(name: str) -> SourceRefused:
    """There are NUL bytes: copied before it was written, or damaged."""
    return SourceRefused("nul", f"{name} contains NUL bytes, as a half-copied file does.", _EXPORT_AGAIN)


def wrong_encoding(name: str, expected: str) -> SourceRefused:
    """The bytes are not the text they claim to be."""
    return SourceRefused(
        "wrong_encoding",
        f"{name} is not written in {expected}.",
        "Export it again without opening and saving it in another program.",
    )


def malformed(name: str, how: str) -> SourceRefused:
    """The file breaks its own format; `how` ends the sentence "NAME cannot be read: …"."""
    return SourceRefused("malformed", f"{name} cannot be read: {how}.", _EXPORT_AGAIN)


def too_large(name: str, how: str) -> SourceRefused:
    """Reading it would take more memory than any real export needs."""
    return SourceRefused(
        "too_large", f"{name} is not a plausible export: {how}.", "Look at where it came from, and export it again."
    )


def wrong_format(name: str, what_it_is: str) -> SourceRefused:
    """A file of another kind."""
    return SourceRefused(
        "wrong_format",
        f"{name} is {what_it_is}.",
        "Give a SIMS report saved as XML, a CSV file or an .xlsx workbook.",
    )


def unreadable(name: str) -> SourceUnavailable:
    """The operating system would not let us read it."""
    return SourceUnavailable(
        "file_unreadable",
        f"{name} could not be opened or read.",
        "Close it in other programs and check that the service's account may read it.",
    )
