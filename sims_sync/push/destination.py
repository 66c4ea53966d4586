"""How is the school's destination opened, and how does a stored delivery become one that it can deliver?"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from sims_sync.config import SchoolConfig
from sims_sync.connector import Destination
from sims_sync.context import RunContext
from sims_sync.delivery import StoredDelivery
from sims_sync.entry_text import normalise
from sims_sync.errors import ConfigProblem, ConfigurationError, RetriableError
from sims_sync.records import Delivery, Slot, Student
from sims_sync.registry import build_destination
from sims_sync.school_year import HalfTermId
from sims_sync.typed_entries import result_set_name, slot_aspects

_DEMO_CONNECTOR = "oneroster"
_DEMO_SERVER = "sims_sync.demo.oneroster_child"  # by name: the product does not import its demo


@contextmanager
def open_destination(context: RunContext) -> Iterator[Destination]:
    """The destination of `[push.destination]`, ready to deliver; a demo's simulated server runs as long.

    Raises:
        ConfigurationError: none is configured.
    """
    section = context.school.push.destination
    if section is None:
        problem = ConfigProblem("push.destination", "is missing.", "Say how texts get into SIMS; see docs/push.md.")
        raise ConfigurationError([problem])
    connector_context = context.connector_context()
    with _demo_server(context, section.connector, connector_context.environment) as addresses:
        yield build_destination(section.connector, {**section.options, **addresses}, connector_context)


def deliverable(row: StoredDelivery, student: Student, school: SchoolConfig) -> Delivery:
    """What a destination needs to know of a delivery.

    Raises:
        KeyError: it has a slot for which SIMS has no place.
    """
    return Delivery(
        delivery_key=row.delivery_key,
        student=replace(student.ref, surname=student.surname),
        forename=student.forename,
        half_term=row.half_term,
        slot=Slot(row.slot),
        aspect=slot_aspects(school.entries)[row.slot],
        result_set=result_set_name(school.entries, HalfTermId.parse(row.half_term)),
        text=normalise(row.text),
        result_date=row.result_date,
        revision=row.revision,
    )


@contextmanager
def _demo_server(context: RunContext, connector: str, environment: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    simulated = context.school.push.simulated_sims
    if simulated is None or connector != _DEMO_CONNECTOR:
        yield {}
        return
    folder: Path = context.school.path(simulated)
    serve = import_module(_DEMO_SERVER).oneroster_child
    try:
        with serve(folder, {**os.environ, **environment}) as url:
            yield {"base_url": url, "token_url": f"{url}/connect/token"}
    except OSError:
        what = "The simulated OneRoster server did not start."
        raise RetriableError("demo-server", what, "Create the demo again with `sims-sync demo`.") from None
