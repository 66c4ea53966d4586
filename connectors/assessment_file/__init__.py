"""How do texts get into SIMS by a file that a person imports (SIMS §4, DESIGN §5)?

Each call writes one numbered issue: a SIMS assessment file, a workbook with the same texts, and a covering sheet. One
issue waits at a time. It cannot look into SIMS: the next export shows what arrived. No real SIMS has imported one yet.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from connectors.assessment_file.cover import COVER, MARKSHEET, RESULTS, cover_of, cover_text, in_order
from connectors.assessment_file.issues import Issue, IssueFolder
from connectors.assessment_file.marksheet import marksheet_of
from sims_sync.connector import (
    ConnectorContext,
    Finding,
    Holding,
    MayWrite,
    Options,
    Receipt,
    ReceiptOutcome,
    Severity,
    Traits,
)
from sims_sync.errors import RetriableError, RunError
from sims_sync.formats.result_file import (
    ENCODING,
    TEXT_LIMIT,
    Naming,
    ResultLine,
    SchoolPart,
    fits_xml,
    header_of,
    read_results,
    with_ids,
    write_results,
)
from sims_sync.records import Delivery

FILE_OPEN = "file-open"
_IMPORT_IT = "Import it in SIMS as its covering sheet says; if nobody needs it, delete its folder."


class AssessmentFileOptions(Options):
    """Where the files are written, and how they name things."""

    folder: str = Field(
        min_length=1, description="Where the files for SIMS are written; only those who import them may read it."
    )
    aspect_module: str = Field(default="AS", min_length=1, description="AspectModule and ResultsetModule in the file.")
    aspect_supplier: str = Field(default="SIMS-SYNC", min_length=1, description="AspectSupplier and ResultsetSupplier.")
    aspect_id: str = Field(
        default="{name}", pattern=r"\{name\}", description="AspectExternalId; {name} is the aspect's name in capitals."
    )
    result_set_id: str = Field(
        default="{name}", pattern=r"\{name\}", description="ResultsetExternalId; {name} is the result set's name."
    )
    module: str = Field(default="AS", min_length=1, description="Module of each result.")
    date_format: Literal["yyyy-mm-dd", "dd/mm/yyyy"] = Field(default="yyyy-mm-dd", description="How dates are written.")
    school_name: str = Field(default="", description="The school's name, if the file is to say it.")
    dfe_number: str = Field(
        default="", pattern=r"^([0-9]{3}/?[0-9]{4})?$", description="Its DfE number, e.g. 933/4567, likewise."
    )
    void_days: int = Field(default=14, ge=0, description="After so many days a void file is deleted.")


class AssessmentFile:
    """Files for SIMS, imported by a person."""

    Options: ClassVar[type[AssessmentFileOptions]] = AssessmentFileOptions
    kind_of_connector: ClassVar[str] = "destination"
    description: ClassVar[str] = "Files with targets and reviews that a person imports in SIMS."
    proven_with_sims: ClassVar[bool] = False

    def __init__(self, options: AssessmentFileOptions, context: ConnectorContext) -> None:
        self._now = context.now
        self._naming = Naming.among(options.model_dump())
        self._school = SchoolPart(options.school_name, options.dfe_number)
        self._issues = IssueFolder(context.base / options.folder, context.now, options.void_days)
        self._configured = options.folder

    @property
    def traits(self) -> Traits:
        """A person is needed; a second text takes the first one's place, by the result set."""
        return Traits(needs_person=True, text_limit=TEXT_LIMIT, encoding=ENCODING)

    def deliver(self, batch: Sequence[Delivery], may_write: MayWrite) -> Iterator[Receipt]:
        """All that can go, in one issue; where one waits still, only what stands in that one is said to be issued.

        An issue of which the product knows nothing was written by a run that was killed at that moment.

        Raises:
            RetriableError: the folder cannot be written to.
            RunError: what was written is not what was to be written; nothing is left of it.
        """
        if not batch:
            return
        self._issues.tidy()
        waiting = self._issues.open_issue()
        chosen = []
        for delivery in batch:
            receipt = _refusal(delivery) or self._without_writing(delivery, waiting, may_write)
            if receipt is None:
                chosen.append(delivery)
            else:
                yield receipt
        if chosen:
            number = self._issue(chosen)
            yield from (_receipt(each, ReceiptOutcome.ISSUED, file=number) for each in chosen)

    def look_up(self, deliveries: Sequence[Delivery]) -> Iterator[Holding]:
        """Nothing is known: it cannot look into SIMS."""
        yield from (_unseen(delivery) for delivery in deliveries)

    def void(self, number: str) -> None:
        """Put an issue where nobody imports it; one that is not there any more is no fault.

        Raises:
            RetriableError: it is in use.
        """
        self._issues.void(number)

    def forget(self, number: str) -> None:
        """Delete an issue: all that was in it is in SIMS.

        Raises:
            RetriableError: it is in use.
        """
        self._issues.forget(number)

    def check(self) -> Sequence[Finding]:
        """Whether files can be written, and which one waits; nothing is written."""
        subject = f"files for SIMS in {self._issues.path}"
        try:
            waiting = self._issues.open_issue()
        except RetriableError as fault:
            return (Finding(Severity.WRONG, subject, fault.what, fault.do),)
        if not self._issues.path.is_dir() and not self._issues.path.parent.is_dir():
            return (Finding(Severity.WRONG, subject, "The folder is not there, nor the one above it.", "Make it."),)
        waits = f"File {waiting.number} waits for its import. " if waiting else "No file waits. "
        findings = [Finding(Severity.FINE, subject, f"{waits}No real SIMS has imported one of our files yet.")]
        if re.match(r"[D-Zd-z]:", self._configured):
            do = r"Mapped drives do not exist for a service: write \\server\share."
            findings.append(Finding(Severity.WARN, subject, "This may be a mapped drive.", do))
        return findings

    def _without_writing(self, delivery: Delivery, waiting: Issue | None, may_write: MayWrite) -> Receipt | None:
        """The receipt of what does not go into a new issue, or None."""
        if waiting is not None:
            if waiting.marks.get(delivery.delivery_key) == _mark(delivery):
                return _receipt(delivery, ReceiptOutcome.ISSUED, file=waiting.number)
            what = f"File {waiting.number} waits for its import, and only one may wait at a time."
            return _receipt(delivery, ReceiptOutcome.NOT_SENT, code=FILE_OPEN, what=what, do=_IMPORT_IT)
        holding = _unseen(delivery)
        if not may_write(delivery, holding):
            return _receipt(delivery, ReceiptOutcome.WITHHELD, holding=holding)
        return None

    def _issue(self, deliveries: Sequence[Delivery]) -> str:
        lines = [_line(each) for each in in_order(deliveries)]
        marks = {each.delivery_key: _mark(each) for each in deliveries}
        try:
            return self._issues.write(
                partial(self._files, deliveries=deliveries, lines=lines), marks, partial(self._verify, lines=lines)
            )
        except ValueError:
            what = "The file for SIMS did not come out as it was meant to; nothing was issued."
            raise RunError("issue-wrong", what, "Check the disk, and run again; if it goes on, report it.") from None

    def _files(
        self, number: str, *, deliveries: Sequence[Delivery], lines: Sequence[ResultLine]
    ) -> Mapping[str, bytes]:
        issued_at = self._now()
        cover = cover_of(number, issued_at, deliveries)
        header = header_of(f"file {number}", issued_at)
        return {
            COVER: cover_text(cover),
            RESULTS: write_results(header, lines, self._naming, self._school),
            MARKSHEET: marksheet_of(cover, deliveries),
        }

    def _verify(self, draft: Path, *, lines: Sequence[ResultLine]) -> None:
        """Read what lies on the disk: every text in its place, word for word.

        Raises:
            ValueError: it is not so.
        """
        found = list(read_results((draft / RESULTS).read_bytes(), self._naming))
        if found != [with_ids(line, self._naming) for line in lines]:
            raise ValueError("another text came out than went in")


def _line(delivery: Delivery) -> ResultLine:
    return ResultLine(
        aspect=delivery.aspect,
        result_set=delivery.result_set,
        upn=delivery.student.upn or "",
        surname=delivery.student.surname or "",
        forename=delivery.forename,
        result_date=delivery.result_date,
        text=delivery.text,
    )


def _mark(delivery: Delivery) -> str:
    """Revision and a hash of the text: the text itself has no place in an issue's list."""
    digest = hashlib.blake2b(delivery.text.encode("utf-8"), digest_size=8).hexdigest()
    return f"{delivery.revision}-{digest}"


def _refusal(delivery: Delivery) -> Receipt | None:
    """Why a text cannot go into any file, or None."""
    refused = partial(_receipt, delivery, ReceiptOutcome.REJECTED)
    if not (delivery.student.upn and delivery.student.surname and delivery.forename):
        what = "A file names a student by UPN, surname and forename, and one of them is not known here."
        return refused(
            code="unknown-student", what=what, do="Read the UPN with the students' report, or type the text."
        )
    if len(delivery.text) > TEXT_LIMIT:
        what = f"The text has {len(delivery.text):,} characters; SIMS holds {TEXT_LIMIT:,}."
        return refused(code="too-long", what=what, do="Shorten it where it was recorded.")
    named = (delivery.student.surname, delivery.forename, delivery.aspect, delivery.result_set)
    if not _fits(delivery.text) or not all(map(fits_xml, named)):
        what = "The text has characters that SIMS cannot hold."
        return refused(code="characters", what=what, do="Write it without them where it was recorded.")
    return None


def _fits(text: str) -> bool:
    try:
        text.encode(ENCODING)
    except UnicodeEncodeError:
        return False
    return fits_xml(text) and "\n" not in text and "\r" not in text  # one line; an XML reader would change its ends


def _unseen(delivery: Delivery) -> Holding:
    what = "A file cannot look into SIMS; the next export shows what is there."
    return Holding(delivery.delivery_key, known=False, what=what, do="Wait for the next export of the entries.")


def _receipt(delivery: Delivery, outcome: ReceiptOutcome, **more: object) -> Receipt:
    return Receipt(delivery.delivery_key, delivery.revision, outcome, **more)  # type: ignore[arg-type]
