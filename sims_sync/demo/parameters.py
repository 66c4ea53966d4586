"""Which parameters does a simulated report have, and what does a filled-in parameter file ask for (SIMS §1)?

The reports of results and of mentoring entries take a first and a last date. Both are exclusive, as one tool found, and
are looked at only where `bypass="FALSE"`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from lxml import etree

from sims_sync.demo.reports import Report, ReportRow

START, END = "StartDate", "EndDate"
WITH_DATES = frozenset({Report.RESULTS, Report.MENTORING_ENTRIES})
UNSET_DATE = "01/09/2026 00:00:00"
DATE_FORMATS = ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d")


@dataclass(frozen=True, slots=True)
class DateRange:
    """Results dated after `start` and before `end`; None = no bound."""

    start: date | None = None
    end: date | None = None

    def holds(self, row: ReportRow) -> bool:
        """Whether the row's result date lies between the bounds."""
        dated = date.fromisoformat(row["Result date"][:10])
        return (self.start is None or dated > self.start) and (self.end is None or dated < self.end)


def parameter_definition(report: Report) -> bytes:
    """What `/PARAMDEF` writes: the parameters of the report, each bypassed."""
    names = (START, END) if report in WITH_DATES else ()
    parameters = "".join(
        f'<Parameter id="{name}" subreportfilter="FALSE" bypass="TRUE"><Name>{name}</Name><Type>Date</Type>'
        f"<PromptText>{name}</PromptText><Values><Date>{UNSET_DATE}</Date></Values></Parameter>"
        for name in names
    )
    return f"<ReportParameters>{parameters}</ReportParameters>".encode()


def read_parameters(content: bytes) -> DateRange:
    """What a filled-in parameter document asks for.

    Raises:
        ValueError: no parameter document, or a date that is none.
    """
    try:
        root = etree.fromstring(content, etree.XMLParser(no_network=True))
    except etree.XMLSyntaxError as error:
        raise ValueError("The parameters are no XML.") from error
    if root.tag != "ReportParameters":
        raise ValueError("The parameters have another root than ReportParameters.")
    dates = {
        str(parameter.get("id")): _date(parameter.findtext("Values/Date") or "")
        for parameter in root.iter("Parameter")
        if str(parameter.get("bypass", "TRUE")).upper() == "FALSE"
    }
    return DateRange(dates.get(START), dates.get(END))


def within(report: Report, rows: Sequence[ReportRow], asked: DateRange) -> Sequence[ReportRow]:
    """The rows that the parameters ask for; a report without parameters ignores them."""
    return [row for row in rows if asked.holds(row)] if report in WITH_DATES else rows


def _date(text: str) -> date:
    for form in DATE_FORMATS:
        try:
            return datetime.strptime(text.strip(), form).date()  # noqa: DTZ007 - only the date as written counts
        except ValueError:
            continue
    raise ValueError("A date of the parameters is none.")
