"""What does each of SIMS's reports really give this account: which columns, how many rows, what is missing, and why?"""

from collections.abc import Iterator

from sims_sync.config import SourceSection
from sims_sync.connector import Finding, MayBeTried, Severity
from sims_sync.context import RunContext, connector_context
from sims_sync.errors import RecordError, SimsSyncError
from sims_sync.mapping import Mapper, load_mapping
from sims_sync.registry import build_source

CHECKED_ROWS = 500  # enough to see which columns are filled; the others are only counted


def report_findings(context: RunContext) -> Iterator[Finding]:
    """Run every report that is switched on, keep nothing of it, and say what came. May take minutes."""
    school = context.school
    place = connector_context(school, context.clock)
    for name, section in school.sources.items():
        source = build_source(section.connector, school.source_options[name], place)
        if not section.enabled or not isinstance(source, MayBeTried):
            continue
        subject = f"{school.id}: sources.{name}: report"
        context.progress(f"{subject} is run …")
        try:
            yield from _tried(context, source, section, subject)
        except SimsSyncError as error:
            yield Finding(Severity.WRONG, subject, error.what, error.do)


def _tried(context: RunContext, source: MayBeTried, section: SourceSection, subject: str) -> Iterator[Finding]:
    rules = load_mapping(section.mapping, [context.school.path(context.school.mappings_folder)])
    mapper = Mapper(rules, result_set=section.result_set)
    rows = held = 0
    with source.trial(section.kind) as reading:
        for row in reading.rows():
            rows += 1
            if rows <= CHECKED_ROWS:
                try:
                    mapper.map(row)
                except RecordError:
                    held += 1
    if not rows:
        what = "ran, and gave no record at all."
        yield Finding(Severity.WRONG, subject, what, f"Is its filter right? {rules.permissions}")
        return
    missing = [" or ".join(rule.columns[:2]) for rule in mapper.missing_required()]
    empty = sorted(name for name, count in mapper.filled.items() if not count)
    got = f"ran and gave {rows:,} records"
    if missing:
        what = f"{got}; expected and not there: {', '.join(missing)}."
        yield Finding(Severity.WRONG, subject, what, rules.permissions)
        return
    if held:
        what = f"{got}; {held} of the first {min(rows, CHECKED_ROWS)} cannot be used."
        yield Finding(Severity.WARN, subject, what, "Run its job, then: sims-sync quarantine list")
    also = f"; optional and not filled: {', '.join(empty)}" if empty else ""
    yield Finding(Severity.FINE, subject, f"{got}, with every needed column{also}.")
