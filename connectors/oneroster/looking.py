"""What does a OneRoster server hold in a place now?

A server may ignore the filter it is asked with, so each record is compared again here.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from connectors.oneroster.options import OneRosterResultsOptions
from connectors.oneroster.paging import list_records
from connectors.oneroster.places import Place
from sims_sync.connector import Holding
from sims_sync.formats.oneroster_rows import Record
from sims_sync.http import HttpClient
from sims_sync.records import Delivery

_WITHOUT_SCORE = frozenset({"not submitted", "exempt"})
_SCORES = frozenset({"score", "textScore"})


def look_at(client: HttpClient, options: OneRosterResultsOptions, place: Place) -> list[Record]:
    """The results in one place, of which there should be at most one.

    Raises:
        SourceFailed, SourceRefused, SourceUnavailable: as for `ListPages.records`.
    """
    conditions = f"student.sourcedId='{place.student_id}' AND {options.item}.sourcedId='{place.line_item_id}'"
    found = list_records(client, options, options.results, {"filter": conditions})
    return [record for record in found if place_in(record, options.item) == place]


def look_through(client: HttpClient, options: OneRosterResultsOptions, line_item_id: str) -> Iterator[Record]:
    """The results of everyone in one line item.

    Raises:
        SourceFailed, SourceRefused, SourceUnavailable: as for `ListPages.records`.
    """
    conditions = f"{options.item}.sourcedId='{line_item_id}'"
    found = list_records(client, options, options.results, {"filter": conditions})
    return (record for record in found if place_in(record, options.item).line_item_id == line_item_id)


def place_in(record: Record, item: str) -> Place:
    """Where a result stands."""
    return Place(record.get("student.sourcedId", ""), record.get(f"{item}.sourcedId", ""))


def holding_of(delivery: Delivery, records: Iterable[Record], options: OneRosterResultsOptions) -> Holding:
    """What stands there: of several results the one changed last.

    A value in another field than ours is a value too: it is not to be written over.
    """
    newest = max(records, key=lambda record: record.get("dateLastModified", ""), default=None)
    if newest is None:
        return Holding(delivery.delivery_key, known=True)
    text = _text_in(newest, options.text_field)
    return Holding(delivery.delivery_key, known=True, text=text, result_date=_day_in(newest) if text else None)


def _text_in(record: Mapping[str, str], text_field: str) -> str | None:
    """A score beside "not submitted" or "exempt" is a filler."""
    filler = record.get("scoreStatus", "").casefold() in _WITHOUT_SCORE
    names = (text_field, "textScore", "comment", "score")
    texts = (record.get(name, "") for name in names if not (filler and name in _SCORES))
    return next((text for text in texts if text.strip()), None)


def _day_in(record: Mapping[str, str]) -> date | None:
    try:
        return date.fromisoformat(record.get("scoreDate", "")[: len("2026-11-12")])
    except ValueError:
        return None
