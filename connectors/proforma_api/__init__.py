"""How are entries pulled from a mentoring application that speaks our contract (docs/proforma-api.md)?

A read is whole or none. Between two whole reads only what changed is asked for; while rows are held, or the plan waits
for a person, the same changes are asked for again, so that nothing is lost on the way. No real application has been
tried yet.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from pydantic import Field

from connectors.proforma_api.pages import EntryPages
from connectors.proforma_api.rows import newest, rows_of
from sims_sync.connector import ConnectorContext, Finding, RowProblem, SecretReader, Severity, SourceState
from sims_sync.errors import ConfigProblem, ConfigurationError, SimsSyncError
from sims_sync.formats.last_read import LastRead
from sims_sync.formats.list_reading import ListReading
from sims_sync.http import HttpClient
from sims_sync.http_options import HttpOptions, HttpUrl, SecretReference
from sims_sync.records import Kind

OVERLAP = timedelta(hours=1)  # a change may be stored a little later than it is dated
OLDER_COPY = "older-copy"  # the pull's word for a row that was left alone, and is not held

_NAME = "mentoring application"


class ProformaApiOptions(HttpOptions):
    """Which application, and the token that it gave the school."""

    base_url: HttpUrl = Field(description="The application's address, to which /entries is added.")
    token: SecretReference = Field(description="Where the token is, e.g. env:MENTORING_TOKEN.")
    page_size: int = Field(default=100, ge=1, le=1000, description="How many entries to ask for at once.")
    incremental: bool = Field(default=True, description="Ask for what changed since the last good read.")
    full_read_days: int = Field(default=7, ge=1, description="After so many days everything is read again.")


class ProformaReading(ListReading):
    """What the application listed. `answer` is told which rows were held: those must come again."""

    def __init__(self, state: SourceState, records: Iterator[Mapping[str, str]], keep: "_Keep") -> None:
        super().__init__(state, records, keep)
        self._keep = keep

    def answer(self, problems: Sequence[RowProblem], *, taken: bool) -> None:
        """Ask for the same once more next time where rows were held, or nothing was taken over."""
        self._keep.is_done = taken and all(problem.code == OLDER_COPY for problem in problems)


class ProformaApi:
    """A mentoring application as a source."""

    Options: ClassVar[type[ProformaApiOptions]] = ProformaApiOptions
    kind_of_connector: ClassVar[str] = "source"
    description: ClassVar[str] = "Entries from a mentoring application over HTTP, by our documented contract."
    proven_with_sims: ClassVar[bool] = False
    is_stream: ClassVar[bool] = True  # its reads follow each other; none is a paper of its own

    def __init__(self, options: ProformaApiOptions, context: ConnectorContext) -> None:
        self._options = options
        self._context = context
        self._client = HttpClient(options.base_url, options, _Token(options, context.secret))
        whole_every = timedelta(days=options.full_read_days)
        self._last = LastRead.of_list(context.work, "proforma-api", (options.base_url, options.token), whole_every)

    def read(self, kind: Kind) -> Sequence[ProformaReading]:
        """One reading, listed to its end before it is handed out; none where nothing changed since the last good one.

        `state.began` is the moment just before the first question.

        Raises:
            SourceUnavailable, SourceFailed, SourceRefused: as for `sims_sync.connector.Source.read`.
            ConfigurationError: it is read for pro-formas only, or the token could not be had.
        """
        if kind is not Kind.PROFORMAS:
            problem = ConfigProblem(
                kind.value, "is not read from a mentoring application.", "It gives pro-formas only."
            )
            raise ConfigurationError([problem])
        began = self._context.now()
        known_until = self._last.known_until(began) if self._options.incremental else None
        pages = EntryPages(self._client, self._query(known_until))
        try:
            entries = list(pages.entries())
        finally:
            self._client.close()
        if not entries and known_until is not None:
            return ()
        state = SourceState(_NAME, began, incremental=known_until is not None)
        keep = _Keep(self._last, pages.as_of, began, whole=known_until is None)
        return (ProformaReading(state, rows_of(newest(entries)), keep),)

    def check(self) -> Sequence[Finding]:
        """Whether the token is accepted and the list has the contract's shape; asks for one entry only."""
        subject = f"mentoring application {self._options.base_url}"
        entries = EntryPages(self._client, {"limit": "1"}).entries()
        try:
            next(entries, None)
        except ConfigurationError as fault:
            return tuple(Finding(Severity.WRONG, problem.path, problem.what, problem.do) for problem in fault.problems)
        except SimsSyncError as fault:
            return (Finding(Severity.WRONG, subject, fault.what, fault.do),)
        finally:
            self._client.close()
        what = "accepts the token and lists entries. No real mentoring application has been tried yet."
        return (Finding(Severity.FINE, subject, what),)

    def _query(self, known_until: datetime | None) -> dict[str, str]:
        query = {"limit": str(self._options.page_size)}
        if known_until is not None:
            since = (known_until - OVERLAP).astimezone(UTC)
            query["updated_after"] = f"{since:%Y-%m-%dT%H:%M:%S}Z"
        return query


class _Keep:
    """Remembers a good read of which nothing was held."""

    def __init__(self, last: LastRead, as_of: datetime, began: datetime, *, whole: bool) -> None:
        self.is_done = True
        self._after = last.keep(as_of, began, whole=whole)

    def __call__(self, run_id: str, good: bool) -> None:
        self._after(run_id, good and self.is_done)


class _Token:
    """The token does not change: after it was refused there is no other."""

    def __init__(self, options: ProformaApiOptions, secret: SecretReader) -> None:
        self._options = options
        self._secret = secret

    def header(self) -> str:
        return f"Bearer {self._secret(self._options.token)}"

    def renew(self) -> bool:
        return False
