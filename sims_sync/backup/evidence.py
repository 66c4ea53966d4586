"""What is written down of a backup: the run of one made by hand, and how many older ones were deleted (DOMAIN §8)."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import insert

from sims_sync.backup.making import BackupMade, backup_folder, make_backup
from sims_sync.config import Config
from sims_sync.errors import SimsSyncError
from sims_sync.outcome import Ending, ending_of, problem_of
from sims_sync.store.runs import lease_owner
from sims_sync.store.session import Store
from sims_sync.store.tables import disposal, run

JOB = "backup"
RULE = "[backup] keep_daily, keep_weekly, keep_monthly; 183 days"


def make_by_hand(config: Config, store: Store, now: datetime) -> BackupMade:
    """Make a backup and keep its run beside those of the job, without a lease: another run may be at work.

    Raises:
        ConfigurationError, RunError: as `make_backup`; the failed run is kept too.
    """
    backup_folder(config)  # who has configured none is told, and that is no failure of the school's
    school = next(iter(config.schools))
    run_id = f"{now:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"
    try:
        made = make_backup(config, store, now)
    except SimsSyncError as error:
        problems = [problem_of(error).as_json()]
        _keep_run(store, school, run_id, now, {"outcome": ending_of(error).value, "problems": problems})
        raise
    _keep_run(store, school, run_id, now, {"outcome": Ending.DONE.value, "counts": {"read": made.rows}})
    keep_evidence(store, school, run_id, made, now)
    return made


def keep_evidence(store: Store, school: str, run_id: str, made: BackupMade, now: datetime) -> None:
    """Write down how many backups were deleted by rule; nothing where none was."""
    if not made.removed:
        return
    values = {"what": "backups", "rule": RULE, "count": made.removed, "before": None, "detail": {}}
    with store.writing() as connection:
        row = {"school": school, "disposal_id": uuid.uuid4().hex, "at": now, "run_id": run_id, **values}
        connection.execute(insert(disposal).values(row))


def _keep_run(store: Store, school: str, run_id: str, now: datetime, ended: dict[str, Any]) -> None:
    row = {"school": school, "run_id": run_id, "job": JOB, "owner": lease_owner(), "attempt": 1}
    moments = {"started": now, "heartbeat": now, "ended": now}
    with store.writing() as connection:
        connection.execute(insert(run).values({**row, **moments, "counts": {}, "problems": [], **ended}))
