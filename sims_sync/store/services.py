"""Which processes serve, since when, and are they alive?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from sims_sync.store.json_values import json_ready
from sims_sync.store.rows import remove, upsert
from sims_sync.store.runs import is_alive
from sims_sync.store.tables import ALL_SCHOOLS, service


@dataclass(frozen=True, slots=True)
class ServingProcess:
    """One process that serves. `owner` = host/process/when it started; `detail`: mode, config, schools."""

    owner: str
    version: str
    started: datetime
    heartbeat: datetime
    detail: Mapping[str, Any]

    def is_alive(self, at: datetime) -> bool:
        """On this host: the process is there. On another: its heart has beaten of late."""
        return is_alive(self.owner, self.heartbeat, at)


def load_services(connection: Connection) -> tuple[ServingProcess, ...]:
    """Every process that announced itself and has not said good-bye, the oldest first; also dead ones."""
    rows = connection.execute(select(service).order_by(service.c.started, service.c.owner)).mappings()
    return tuple(
        ServingProcess(row["owner"], row["version"], row["started"], row["heartbeat"], dict(row["detail"]))
        for row in rows
    )


def announce_service(
    connection: Connection, owner: str, *, version: str, started: datetime, at: datetime, detail: Mapping[str, Any]
) -> None:
    """Say that a process serves; those that are dead are struck off."""
    for other in load_services(connection):
        if other.owner != owner and not other.is_alive(at):
            remove(connection, service, school=ALL_SCHOOLS, owner=other.owner)
    row = {"owner": owner, "version": version, "started": started, "heartbeat": at, "detail": json_ready(dict(detail))}
    upsert(connection, service, [{"school": ALL_SCHOOLS, **row}])


def beat_service(connection: Connection, owner: str, at: datetime) -> bool:
    """Say that it still serves; False where it was struck off."""
    chosen = update(service).where(service.c.school == ALL_SCHOOLS, service.c.owner == owner).values(heartbeat=at)
    return connection.execute(chosen).rowcount == 1


def leave_service(connection: Connection, owner: str) -> None:
    """Say that it serves no more."""
    remove(connection, service, school=ALL_SCHOOLS, owner=owner)
