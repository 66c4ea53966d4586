"""Which schema does the store have, without changing anything, not even making it?"""

from dataclasses import dataclass
from enum import Enum
from importlib import import_module
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from sims_sync.store.migrations import HEAD
from sims_sync.store.session import schema_revision, sqlite_file, store_as_it_is


class SchemaState(Enum):
    """How the store's schema stands to this release's."""

    NONE = "none"  # no store yet
    CURRENT = "current"
    OLDER = "older"


@dataclass(frozen=True, slots=True)
class FoundSchema:
    """The state, and the store's revision (None = none yet)."""

    state: SchemaState
    revision: str | None = None


def schema_state(url: str, base: Path) -> FoundSchema:
    """Look at the store at `url`.

    Raises:
        ConfigurationError: the address is none, or the store was written by a newer release.
        RetriableError: the database did not answer, or the file is damaged.
    """
    if _no_file(url, base):
        return FoundSchema(SchemaState.NONE)
    store = store_as_it_is(url, base)
    try:
        with store.reading() as connection:
            revision = schema_revision(connection)
    finally:
        store.close()
    if revision is None:
        return FoundSchema(SchemaState.NONE)
    if revision == HEAD:
        return FoundSchema(SchemaState.CURRENT, revision)
    import_module("sims_sync.store.upgrade").refuse_newer(revision)  # Alembic takes long to import
    return FoundSchema(SchemaState.OLDER, revision)


def _no_file(url: str, base: Path) -> bool:
    try:
        address = make_url(url)
    except ArgumentError:
        return False  # opening it says what is wrong
    return address.get_backend_name() == "sqlite" and not sqlite_file(address, base).exists()
