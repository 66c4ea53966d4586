"""How do others see that this process serves: its row in the store, and its heart that beats."""

from datetime import datetime

from sims_sync import __version__
from sims_sync.config import Config
from sims_sync.context import system_clock
from sims_sync.store.runs import LEASE_SECONDS, lease_owner
from sims_sync.store.services import announce_service, beat_service, leave_service
from sims_sync.store.session import Store

BEAT_SECONDS = LEASE_SECONDS / 4
FULL, NOTIFY_ONLY = "full", "notify-only"


class Heartbeat:
    """This process's row."""

    def __init__(self, store: Store, mode: str = FULL) -> None:
        self._store = store
        self._mode = mode
        self._started = system_clock()
        self._beaten: datetime | None = None

    def announce(self, config: Config | None) -> None:
        """Say that this process serves, with which configuration."""
        detail: dict[str, object] = {"mode": self._mode}
        if config is not None:
            detail |= {"config": str(config.file), "schools": len(config.schools), "broken": sorted(config.broken)}
        now = system_clock()
        with self._store.writing() as connection:
            who = {"version": __version__, "started": self._started, "at": now, "detail": detail}
            announce_service(connection, lease_owner(), **who)  # type: ignore[arg-type]  # one value per key
        self._beaten = now

    def beat(self, config: Config | None) -> None:
        """Say that it is alive, unless it has just been said."""
        now = system_clock()
        if self._beaten is not None and 0 <= (now - self._beaten).total_seconds() < BEAT_SECONDS:
            return
        with self._store.writing() as connection:
            known = beat_service(connection, lease_owner(), now)
        self._beaten = now
        if not known:
            self.announce(config)

    def leave(self) -> None:
        """Say good-bye."""
        with self._store.writing() as connection:
            leave_service(connection, lease_owner())
