"""What would change: a source's records against the stored ones, as a described plan. Pure; nothing is written here."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from sims_sync.records import Kind

# Histories only grow: a result or an entry that a later read lacks was not taken back (DESIGN §4).
HISTORIES = frozenset({Kind.RESULTS, Kind.MENTORING_ENTRIES, Kind.PROFORMAS})


class Action(StrEnum):
    """What one change does."""

    ADD = "added"
    CHANGE = "changed"


@dataclass(frozen=True, slots=True)
class Change:
    """One record to add or change. `before` is None for an added one; `altered` names the fields that differ."""

    action: Action
    key: str
    record: Any
    before: Any = None
    altered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything one read would change in one kind, in the order of the source.

    `missing`: keys that are newly absent; `still_missing`: absent already before; `returned`: back again.
    Missing keys are never deleted: they wait out their grace (DESIGN §4). `bulk_added` and `bulk_changed` count
    changes that are staged beside the store instead of listed here (results, by the million).
    """

    kind: Kind
    changes: tuple[Change, ...] = ()
    missing: tuple[str, ...] = ()
    still_missing: tuple[str, ...] = ()
    returned: tuple[str, ...] = ()
    unchanged: int = 0
    known: int = 0
    held: int = 0
    read: int = 0
    duplicates: int = 0
    bulk_added: int = 0
    bulk_changed: int = 0

    @property
    def added(self) -> int:
        """How many records are new."""
        return self.bulk_added + sum(change.action is Action.ADD for change in self.changes)

    @property
    def changed(self) -> int:
        """How many stored records differ."""
        return self.bulk_changed + sum(change.action is Action.CHANGE for change in self.changes)

    @property
    def counts(self) -> dict[str, int]:
        """The counts every output uses: read, added, changed, missing, unchanged, held."""
        return {
            "read": self.read,
            "added": self.added,
            "changed": self.changed,
            "missing": len(self.missing),
            "unchanged": self.unchanged,
            "held": self.held,
        }

    @property
    def content(self) -> str:
        """A fingerprint of exactly these changes: what a person releases is that, and nothing else."""
        digest = hashlib.blake2b(digest_size=16)
        for change in self.changes:
            digest.update(f"{change.action}\x1f{change.key}\x1f{change.record.fingerprint}\x1e".encode())
        digest.update("\x1f".join((*self.missing, "\x1e", *self.returned)).encode())
        return digest.hexdigest()

    @property
    def is_empty(self) -> bool:
        """Whether applying it would change nothing."""
        return not (self.added or self.changed or self.missing or self.returned)


def compare(
    kind: Kind, stored: Mapping[str, Any], wanted: Mapping[str, Any], already_missing: Collection[str] = ()
) -> Plan:
    """The plan that makes `stored` (key → record) equal to `wanted` (key → record, in source order).

    Histories have no missing keys. Records are compared by their fields, so a second run over the same source plans
    nothing.
    """
    changes = tuple(change for key, record in wanted.items() if (change := _change(key, stored.get(key), record)))
    absent = [key for key in stored if key not in wanted]
    missing = () if kind in HISTORIES else tuple(key for key in absent if key not in already_missing)
    return Plan(
        kind=kind,
        changes=changes,
        missing=missing,
        still_missing=tuple(key for key in absent if key in already_missing),
        returned=tuple(key for key in already_missing if key in wanted),
        unchanged=len(wanted) - len(changes),
        known=len(stored),
        read=len(wanted),
    )


def _change(key: str, before: Any, record: Any) -> Change | None:  # noqa: ANN401 - any record type
    if before is None:
        return Change(Action.ADD, key, record)
    altered = tuple(item.name for item in fields(record) if getattr(before, item.name) != getattr(record, item.name))
    return Change(Action.CHANGE, key, record, before, altered) if altered else None
