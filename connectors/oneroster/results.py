"""How do targets and reviews get into SIMS, or any other system that speaks OneRoster 1.1 or 1.2 over REST?

Each text is a result of its own: one student, one line item. It is written by PUT under an id that we choose, so the
same write made twice is one result. Immediately before it the place is looked at; what may be written over is for the
caller to say. The race that is left, someone typing between look and write, no known server can close: OneRoster has no
conditional write. No real SIMS has been tried yet.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import ClassVar

from connectors.oneroster.checking import check_results
from connectors.oneroster.looking import holding_of, look_at, look_through
from connectors.oneroster.options import OneRosterResultsOptions
from connectors.oneroster.paging import list_records
from connectors.oneroster.places import NoPlace, Place, Places
from connectors.oneroster.side_by_side import FaultsInARow, SharedPace, side_by_side
from connectors.oneroster.token import TokenAuthority
from connectors.oneroster.writing import write
from sims_sync.connector import ConnectorContext, Finding, Holding, MayWrite, Receipt, ReceiptOutcome, Traits
from sims_sync.errors import SimsSyncError, SourceFailed, SourceRefused, SourceUnavailable
from sims_sync.formats.oneroster_rows import Record
from sims_sync.http import HttpClient
from sims_sync.records import Delivery

LIST_FROM = 20  # more deliveries than that of one line item: its whole list is read instead of place by place
FAULTS_IN_A_ROW_PER_THREAD = 3

Placed = tuple[Delivery, Place]

__all__ = ["OneRosterResults", "OneRosterResultsOptions"]


class OneRosterResults:
    """A OneRoster server as a destination."""

    Options: ClassVar[type[OneRosterResultsOptions]] = OneRosterResultsOptions
    kind_of_connector: ClassVar[str] = "destination"
    description: ClassVar[str] = "Writes texts as results to a server that speaks OneRoster 1.1 or 1.2 over REST."
    proven_with_sims: ClassVar[bool] = False

    def __init__(self, options: OneRosterResultsOptions, context: ConnectorContext) -> None:
        self._options = options
        self._context = context
        self._authority = TokenAuthority(options, context.secret)
        self._pace = SharedPace(options.requests_per_second)
        self._places: Places | None = None

    @property
    def traits(self) -> Traits:
        """A write without an answer may still come through as long again as we waited for it."""
        return Traits(quiet_seconds=2 * self._options.timeout_seconds)

    def deliver(self, batch: Sequence[Delivery], may_write: MayWrite) -> Iterator[Receipt]:
        """Look, ask and write, several side by side; a receipt each, as soon as it is known.

        Raises:
            RetriableError, RunError: what has no receipt yet was not written: the lists could not be read, no key
                could be had, or nothing works any more.
            ConfigurationError: the secret could not be had.
        """
        faults = FaultsInARow(FAULTS_IN_A_ROW_PER_THREAD * self._options.concurrency)

        def work(client: HttpClient, delivery: Delivery) -> Receipt:
            faults.check()
            receipt, fault = self._deliver_one(client, delivery, may_write, places)
            faults.count(fault)
            return receipt

        with self._open():
            if not batch:
                return
            places = self._load_places()
            yield from side_by_side(work, batch, self._client, self._options.concurrency)

    def look_up(self, deliveries: Sequence[Delivery]) -> Iterator[Holding]:
        """What stands in each place now; where many of one line item are asked for, from its list.

        Raises:
            RetriableError, RunError: the server could not be looked at.
            ConfigurationError: the secret could not be had.
        """
        with self._open():
            if not deliveries:
                return
            places = self._load_places()
            by_item: dict[str, list[Placed]] = defaultdict(list)
            for delivery in deliveries:
                place = places.of(delivery)
                if isinstance(place, NoPlace):
                    yield _unknown(delivery, place)
                else:
                    by_item[place.line_item_id].append((delivery, place))
            for found in side_by_side(self._look, _units(by_item), self._client, self._options.concurrency):
                yield from found

    def check(self) -> Sequence[Finding]:
        """Whether a key can be had, results be seen and asked for by place, and which aspects there are."""
        client = self._client()
        try:
            return check_results(client, self._options, self._authority)
        finally:
            client.close()
            self._authority.close()

    def _client(self) -> HttpClient:
        return HttpClient(self._options.base_url, self._options, self._authority, pace=self._pace)

    @contextmanager
    def _open(self) -> Iterator[None]:
        """No connection is left open, however it ends; and nothing is raised that a destination does not raise."""
        try:
            yield
        except SourceRefused as fault:
            raise SourceFailed(fault.code, fault.what, fault.do) from None
        finally:
            self._authority.close()

    def _load_places(self) -> Places:
        """The lists are read once: a run is short, and the next one reads them again."""
        if self._places is None:
            client = self._client()
            try:
                self._places = Places.load(lambda name: list_records(client, self._options, name), self._options)
            finally:
                client.close()
        return self._places

    def _deliver_one(
        self, client: HttpClient, delivery: Delivery, may_write: MayWrite, places: Places
    ) -> tuple[Receipt, SimsSyncError | None]:
        place = self._unsendable(delivery) or places.of(delivery)
        if isinstance(place, NoPlace):
            rejected = ReceiptOutcome.REJECTED
            return _receipt(delivery, rejected, _unknown(delivery, place)), None
        try:
            seen = holding_of(delivery, look_at(client, self._options, place), self._options)
        except (SourceUnavailable, SourceRefused) as fault:
            unseen = Holding(delivery.delivery_key, known=False, code=fault.code, what=fault.what, do=fault.do)
            return _receipt(delivery, ReceiptOutcome.NOT_SENT, unseen), fault
        if not may_write(delivery, seen):
            return _receipt(delivery, ReceiptOutcome.WITHHELD, seen), None
        return write(client, self._options, delivery, place, seen, self._context.now())

    def _unsendable(self, delivery: Delivery) -> NoPlace | None:
        if len(delivery.text) > self.traits.text_limit:
            return _TOO_LONG
        try:
            delivery.text.encode(self.traits.encoding)
        except UnicodeEncodeError:
            return _CHARACTERS
        return None

    def _look(self, client: HttpClient, unit: Sequence[Placed]) -> list[Holding]:
        """What is not in the list is looked for by itself: a list that changes while it is read may leave one out."""
        by_student: dict[str, list[Record]] = defaultdict(list)
        if len(unit) > 1:
            wanted = {place.student_id for _, place in unit}
            for record in look_through(client, self._options, unit[0][1].line_item_id):
                if (student := record.get("student.sourcedId", "")) in wanted:
                    by_student[student].append(record)
        return [
            holding_of(
                delivery, by_student.get(place.student_id) or look_at(client, self._options, place), self._options
            )
            for delivery, place in unit
        ]


def _units(by_item: dict[str, list[Placed]]) -> Iterator[Sequence[Placed]]:
    """What is looked at in one go: all of a line item, or one place."""
    for placed in by_item.values():
        if len(placed) > LIST_FROM:
            yield placed
        else:
            yield from ([each] for each in placed)


def _unknown(delivery: Delivery, place: NoPlace) -> Holding:
    return Holding(delivery.delivery_key, known=False, code=place.code, what=place.what, do=place.do)


def _receipt(delivery: Delivery, outcome: ReceiptOutcome, seen: Holding) -> Receipt:
    return Receipt(delivery.delivery_key, delivery.revision, outcome, seen, seen.code, seen.what, seen.do)


_TOO_LONG = NoPlace("too-long", "The text is longer than SIMS holds.", "Shorten it where it was recorded.")
_CHARACTERS = NoPlace(
    "characters", "The text has a character that SIMS cannot hold.", "Write it otherwise where it was recorded."
)
