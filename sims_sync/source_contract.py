"""Does a source keep the contract? The checks that every source passes, for the tests of each connector.

Each check of `CHECKS` takes a fresh `SourceTrial` and raises `ContractError`, a sentence, when a promise is broken.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sims_sync.connector import Finding, Options, Reading, Severity, Source
from sims_sync.errors import SimsSyncError, SourceFailed, SourceRefused, SourceUnavailable
from sims_sync.records import Kind

SECRET_TEXT = "Zorbinquist"  # put it into the broken source's data: no error may repeat it  # noqa: S105 - no password
TABLE: Sequence[Mapping[str, str]] = (
    {"Adno": "000123", "Legal Surname": "O'Quimby-Straße", "Reg": "8A1"},
    {"Adno": "000124", "Legal Surname": " padded ", "Reg": "8A1"},
    {"Adno": "000123", "Legal Surname": "O'Quimby-Straße", "Reg": "8A1"},
    {"Adno": "007", "Legal Surname": "Šarvez & <Co>", "Reg": "=1+1"},
)


class ContractError(AssertionError):
    """The source broke a promise; the sentence says which."""


@dataclass(frozen=True, slots=True)
class SourceTrial:
    """Sources of one kind of connector under test.

    `source` has `TABLE` waiting as one reading of `kind`. `broken` has content that begins with good rows and is cut
    or refused after them, with `SECRET_TEXT` among it. `unreachable` has nowhere to read from; None = cannot happen.
    """

    kind: Kind
    source: Source
    broken: Source
    unreachable: Source | None


def it_describes_itself(trial: SourceTrial) -> None:
    """A connector carries its Options, its kind and one sentence, which the configuration and `check` show."""
    described = type(trial.source)
    _require(isinstance(trial.source, Source), "it has not the methods of a source")
    _require(issubclass(getattr(described, "Options", object), Options), "it has no Options model")
    _require(getattr(described, "kind_of_connector", "") == "source", "it does not say that it is a source")
    _require(bool(str(getattr(described, "description", "")).strip()), "it has no description")


def rows_come_whole_and_in_order(trial: SourceTrial) -> None:
    """Every row, the first and the repeated one too, in source order, each value exactly as it was written."""
    rows = list(_only(trial).rows())
    _require([dict(row.values) for row in rows] == [dict(values) for values in TABLE], "rows are lost or changed")
    _require([row.number for row in rows] == [1, 2, 3, 4], "the rows are not numbered from 1 in source order")


def columns_are_known_after_the_last_row(trial: SourceTrial) -> None:
    """After the last row `columns` lists every column once, in order of first appearance."""
    reading = _only(trial)
    for _ in reading.rows():
        pass
    _require(tuple(reading.columns) == tuple(TABLE[0]), "the columns are not those of the source in their order")


def the_state_is_known_before_the_first_row(trial: SourceTrial) -> None:
    """When the data was true is known at once, aware, and does not change by reading."""
    reading = _only(trial)
    before = reading.state
    _require(before.began.tzinfo is not None, "the time of the data is not aware")
    _require(bool(before.name), "the source has no name")
    list(reading.rows())
    _require(reading.state == before, "the state changed while it was read")


def a_broken_source_never_ends_well(trial: SourceTrial) -> None:
    """Content that is cut or wrong ends in an error, at the latest after the last row that could be read."""
    error = _failure(trial)
    _require(isinstance(error, SourceFailed | SourceRefused | SourceUnavailable), "the error is not one of a source")
    _require(bool(error.code and error.what and error.do), "the error does not say what happened and what to do")


def errors_repeat_nothing_of_the_content(trial: SourceTrial) -> None:
    """What an error says goes into logs and mails: none of the data may be in it."""
    _require(SECRET_TEXT.casefold() not in str(_failure(trial)).casefold(), "an error repeats something of the data")


def settling_twice_is_harmless(trial: SourceTrial) -> None:
    """A run that is told twice how it went is no fault."""
    reading = _only(trial)
    list(reading.rows())
    reading.settle("run-1", good=True)
    reading.settle("run-1", good=True)


def a_reading_left_half_way_can_be_settled(trial: SourceTrial) -> None:
    """A run may stop after any row; nothing is left open that would stop the source from clearing up."""
    reading = _only(trial)
    rows = reading.rows()
    next(rows)
    getattr(rows, "close", list)()
    reading.settle("run-1", good=False)


def check_never_raises_and_tells_good_from_bad(trial: SourceTrial) -> None:
    """`check` finds something wrong exactly where nothing can be read, says what to do, and takes nothing away."""
    findings = trial.source.check()
    _require(bool(findings), "check says nothing")
    _require(all(finding.severity is not Severity.WRONG for finding in findings), "check finds a good source wrong")
    _require(len(trial.source.read(trial.kind)) == 1, "check took the reading away")
    if trial.unreachable is not None:
        _require(_all_say_what_to_do(trial.unreachable.check()), "check does not say what is wrong and what to do")


def unreachable_says_what_to_do(trial: SourceTrial) -> None:
    """With nowhere to read from, `read` raises `SourceUnavailable`: it may work later, nothing is to be removed."""
    if trial.unreachable is None:
        return
    try:
        trial.unreachable.read(trial.kind)
    except SourceUnavailable as error:
        _require(bool(error.what and error.do), "the error does not say what to do")
    else:
        raise ContractError("a source with nowhere to read from did not say so")


CHECKS: tuple[Callable[[SourceTrial], None], ...] = (
    it_describes_itself,
    rows_come_whole_and_in_order,
    columns_are_known_after_the_last_row,
    the_state_is_known_before_the_first_row,
    a_broken_source_never_ends_well,
    errors_repeat_nothing_of_the_content,
    settling_twice_is_harmless,
    a_reading_left_half_way_can_be_settled,
    check_never_raises_and_tells_good_from_bad,
    unreachable_says_what_to_do,
)


def _require(kept: bool, broken: str) -> None:
    if not kept:
        raise ContractError(broken)


def _only(trial: SourceTrial) -> Reading:
    readings = trial.source.read(trial.kind)
    _require(len(readings) == 1, "the one thing that is waiting is not offered as one reading")
    return readings[0]


def _failure(trial: SourceTrial) -> SimsSyncError:
    try:
        for reading in trial.broken.read(trial.kind):
            for _ in reading.rows():
                pass
    except SimsSyncError as error:
        return error
    raise ContractError("a broken source was read to a good end")


def _all_say_what_to_do(findings: Sequence[Finding]) -> bool:
    wrong = [finding for finding in findings if finding.severity is Severity.WRONG]
    return bool(wrong) and all(finding.do for finding in wrong)
