"""What should an admin know of a OneRoster server before the first text is written there?"""

import uuid
from collections.abc import Iterator, Sequence

from connectors.oneroster.options import OneRosterResultsOptions
from connectors.oneroster.paging import list_records
from connectors.oneroster.places import Places
from connectors.oneroster.token import TokenAuthority
from sims_sync.connector import Finding, Severity
from sims_sync.errors import ConfigurationError, SimsSyncError
from sims_sync.http import HttpClient

ASPECTS_NEEDED = 6  # three for targets, three for reviews
ASPECTS_SHOWN = 12


def check_results(client: HttpClient, options: OneRosterResultsOptions, authority: TokenAuthority) -> Sequence[Finding]:
    """The key and its scopes, the list of results, the filter, and the aspects; asks for few records, writes none."""
    subject = f"OneRoster {options.version} (writing)"
    try:
        return tuple(_findings(client, options, authority, subject))
    except ConfigurationError as fault:
        return tuple(Finding(Severity.WRONG, problem.path, problem.what, problem.do) for problem in fault.problems)
    except SimsSyncError as fault:
        return (Finding(Severity.WRONG, subject, fault.what, fault.do),)


def _findings(
    client: HttpClient, options: OneRosterResultsOptions, authority: TokenAuthority, subject: str
) -> Iterator[Finding]:
    results = list_records(client, options, options.results, page_size=1)
    empty = next(iter(results), None) is None
    what = f"gives a key and shows {options.results}. Writing follows the standard; no real SIMS has been tried yet."
    yield Finding(Severity.FINE, subject, what)
    missing = set(options.scope.split()) - authority.granted if authority.granted else set()
    if missing:
        what = f"The key came without {len(missing)} of the scopes that were asked for."
        yield Finding(Severity.WARN, subject, what, "Ask whoever gave client_id for the right to write results.")
    places = Places.load(lambda name: list_records(client, options, name), options)
    yield _filter_finding(client, options, places, subject, empty=empty)
    yield _aspects_finding(places, subject)


def _filter_finding(
    client: HttpClient, options: OneRosterResultsOptions, places: Places, subject: str, *, empty: bool
) -> Finding:
    """Asked for a student that there cannot be, a server that knows the filter gives nothing.

    So does one without any result yet (`empty`), whether it knows the filter or not.
    """
    line_item = next((ids[0] for ids in places.line_items.values() if ids), "none")
    nobody = f"student.sourcedId='{uuid.uuid4()}' AND {options.item}.sourcedId='{line_item}'"
    try:
        found = next(iter(list_records(client, options, options.results, {"filter": nobody}, page_size=1)), None)
    except SimsSyncError as fault:
        what = f"Results cannot be asked for by student and line item. {fault.what}"
        return Finding(Severity.WRONG, subject, what, "Ask the server's operator for filters on results.")
    if found is not None:
        what = "The server gives all results whatever filter it is asked with: each look before a write is slow."
        return Finding(Severity.WARN, subject, what, "Ask the server's operator for filters on results.")
    what = "Results can be asked for by student and line item."
    if empty:
        what = "The server has no results yet, so whether it can look for one by student and line item is not known."
    return Finding(Severity.FINE, subject, what)


def _aspects_finding(places: Places, subject: str) -> Finding:
    titles = sorted(places.titles.values())
    shown = ", ".join(titles[:ASPECTS_SHOWN]) + (" …" if len(titles) > ASPECTS_SHOWN else "")
    do = "Compare them with target_aspects and review_aspects in [entries]; see docs for making them in SIMS."
    if len(titles) < ASPECTS_NEEDED:
        what = f"Only {len(titles)} aspects stand in a result set, and {ASPECTS_NEEDED} are needed. {shown}".strip()
        return Finding(Severity.WRONG, subject, what, do)
    return Finding(Severity.FINE, subject, f"{len(titles)} aspects stand in a result set: {shown}.", do)
