"""Did a school's settings change since they were last loaded, and which of them? The audit log says so (DOMAIN §8).

Only the names of the keys are told: a value may be an address or a reference to a secret. Of the files that belong to
the settings (roles, calendar) only that they changed.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from sims_sync.config import SchoolConfig
from sims_sync.store.decisions import record_audit
from sims_sync.store.rows import upsert
from sims_sync.store.session import Store
from sims_sync.store.tables import settings_seen

_LEFT_OUT = frozenset({"base", "demo"})  # where the folder lies, and the demo's clock: no settings
_HASH_BYTES = 8


def note_settings(
    store: Store,
    school: SchoolConfig,
    common: Mapping[str, Any],
    *,
    who: str,
    at: datetime,
    patience_seconds: float | None = None,
) -> tuple[str, ...]:
    """Note in the audit log which keys changed since the settings were last loaded; the keys, in order.

    `common`: the tables that all schools share, e.g. {"backup": {…}}; no address with a password may be in it.
    `who`: the account that first worked with the new settings, which need not be the one that wrote them.
    """
    settings = _hashes(school, common)
    fingerprint = _hash(settings)
    with store.reading() as connection:
        if _fingerprint(connection, school.id) == fingerprint:
            return ()
    with store.writing(patience_seconds) as connection:
        known = _known(connection, school.id)
        changed = tuple(sorted(key for key in settings.keys() | known.keys() if settings.get(key) != known.get(key)))
        row = {"seen_at": at, "fingerprint": fingerprint, "settings": settings}
        upsert(connection, settings_seen, [{"school": school.id, **row}])
        if changed:
            detail: dict[str, Any] = {"changed": list(changed)} if known else {"first": len(changed)}
            record_audit(connection, school.id, at=at, who=who, action="settings", subject="config.toml", detail=detail)
    return changed


def _fingerprint(connection: Connection, school: str) -> str | None:
    chosen = select(settings_seen.c.fingerprint).where(settings_seen.c.school == school)
    found: str | None = connection.execute(chosen).scalar()
    return found


def _known(connection: Connection, school: str) -> dict[str, str]:
    chosen = select(settings_seen.c.settings).where(settings_seen.c.school == school)
    return dict(connection.execute(chosen).scalar() or {})


def _hashes(school: SchoolConfig, common: Mapping[str, Any]) -> dict[str, str]:
    """Key ("messages.mode") → hash of its value."""
    content = {**common, **school.model_dump(mode="json", exclude=set(_LEFT_OUT))}
    found = {key: _hash(value) for key, value in _flat(content)}
    files = {"file roles": school.roles.file, "file calendar": school.calendar.file}
    for name, text in files.items():
        if text:
            found[name] = _file_hash(school, text)
    return found


def _flat(value: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for name, item in value.items():
        if isinstance(item, dict) and item:
            yield from _flat(item, f"{path}{name}.")
        else:
            yield f"{path}{name}", item


def _file_hash(school: SchoolConfig, text: str) -> str:
    try:
        return hashlib.blake2b(school.path(text).read_bytes(), digest_size=_HASH_BYTES).hexdigest()
    except OSError:
        return ""


def _hash(value: Any) -> str:  # noqa: ANN401 - any JSON value
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.blake2b(text.encode(), digest_size=_HASH_BYTES).hexdigest()
