"""How does the service live: started with whatever it finds, told of changes, and never silent about what is wrong?

Where the configuration or the store cannot be used it does not end: it says so, tells the admin, and looks again until
it can. So a fault of the morning is mended without anyone who knows how to start a service.
"""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

from sims_sync import __version__
from sims_sync.alerts import tell
from sims_sync.alerts.emergency import tell_admin_without_store
from sims_sync.backup.opening import open_configured
from sims_sync.config import Config
from sims_sync.config_file import load_config, store_section
from sims_sync.context import system_clock
from sims_sync.errors import ConfigProblem, ConfigurationError, SimsSyncError
from sims_sync.run import RunReport
from sims_sync.service.config_watch import ConfigWatch
from sims_sync.service.heartbeat import NOTIFY_ONLY, Heartbeat
from sims_sync.service.hooks import Hooks
from sims_sync.service.serving import Service
from sims_sync.service.stopping import Stop
from sims_sync.store.session import LOCKED, Store, open_store

ONLY_LOOKING = "Nothing runs until this is put right; sims-sync goes on looking, and then starts by itself."
LOOK_AGAIN_SECONDS = 60  # between two tries to start with what was broken
CONFIG_SECONDS = 2  # between two looks whether the configuration changed

log = structlog.get_logger("sims_sync.service")


@dataclass(frozen=True, slots=True)
class Told:
    """Whom the service speaks to: `say` gets sentences for whoever started it, `problem` those about what is wrong.

    `opened` is called with each configuration that comes into force; `after_run` with each run that ended.
    """

    say: Callable[[str], None]
    problem: Callable[[str], None]
    opened: Callable[[Config], None]
    after_run: Callable[[RunReport], None]


class Lifetime:
    """The service from its start to its end."""

    def __init__(self, file: Path, told: Told, stop: Stop, *, beside: Callable[[Store, Config], None] = tell) -> None:
        self._file = file
        self._told = told
        self._stop = stop
        self._beside = beside
        self._watch = ConfigWatch(file)
        self._wrong: tuple[str, ...] = ()
        self._problems: Sequence[ConfigProblem] = ()
        self._told_at = 0.0
        self._look_at = 0.0

    def live(self) -> bool:
        """Serve until it is to stop; False: a run is still at work and the process is to be ended."""
        while not self._stop():
            found = self._usable()
            if found is None:
                self._wait_for_a_change()
                continue
            config, store = found
            well = self._serve(config, store)
            if well:
                store.close()
            return well
        self._with_store_alone(Heartbeat.leave)
        self._told.say("sims-sync has stopped.")
        return True

    def _usable(self) -> tuple[Config, Store] | None:
        """The configuration and the open store, or None and the reason is told."""
        try:
            return self._opened()
        except Exception as error:
            log.exception("unforeseen fault at the start")
            what = f"An unforeseen fault kept the service from starting ({type(error).__name__})."
            self._notify(
                [ConfigProblem("start", what, "The log file has the details; please report it.")], ONLY_LOOKING
            )
            return None

    def _opened(self) -> tuple[Config, Store] | None:
        try:
            config = load_config(self._file)
            self._told.opened(config)
        except ConfigurationError as error:
            self._notify(error.problems, ONLY_LOOKING)
            self._announce_notify_only()
            return None
        try:
            store = open_configured(config, self._told.say)
        except ConfigurationError as error:
            self._notify(error.problems, ONLY_LOOKING)
            return None
        except SimsSyncError as error:
            self._notify([ConfigProblem("store", error.what, error.do)], ONLY_LOOKING)
            return None
        self._all_well()
        return config, store

    def _serve(self, config: Config, store: Store) -> bool:
        current = [config]
        beside = self._beside
        hooks = Hooks(
            after_run=[self._told.after_run], beside=lambda: beside(store, current[0]), trouble=self._store_trouble
        )
        self._say_started(config)
        service = Service(store, config, hooks=hooks, stop=self._stop)

        def look() -> None:
            changed = self._changed_config(current[0])
            if changed is not None:
                current[0] = changed
                service.replace(changed)

        well = service.serve(look)
        log.info("service stopped" if well else "service cut off", version=__version__)
        self._told.say("sims-sync has stopped." if well else "sims-sync was cut off at work; the next start goes on.")
        return well

    def _say_started(self, config: Config) -> None:
        schools, broken = len(config.schools), len(config.broken)
        log.info("service started", version=__version__, config=str(config.file), schools=schools, left_out=broken)
        self._told.say(f"sims-sync serves {_schools(schools)}; stop it with Ctrl+C.")
        self._tell_left_out(config)

    def _tell_left_out(self, config: Config) -> None:
        for name, problems in config.broken.items():
            self._told.problem(f"School {name} is left out: its configuration is broken.")
            for problem in problems:
                self._told.problem(f"  {problem}")
            log.error("school left out", school=name, problems=len(problems))

    def _changed_config(self, current: Config) -> Config | None:
        """The new configuration where it changed and can be used; a broken one is told, and the old one stays."""
        if time.monotonic() < self._look_at:
            return None
        self._look_at = time.monotonic() + CONFIG_SECONDS
        if not self._watch.has_changed():
            self._tell_again()
            return None
        try:
            changed = load_config(self._file)
        except ConfigurationError as error:
            self._notify(error.problems, "The changed configuration is broken; the one before it stays in force.")
            return None
        self._all_well()
        if changed.store.url != current.store.url:
            changed = changed.model_copy(update={"store": current.store})
            self._told.problem("store.url has changed: stop the service and start it for that to count.")
        self._told.opened(changed)
        log.info("configuration changed", schools=len(changed.schools), left_out=len(changed.broken))
        self._told.say(f"The configuration has changed: {_schools(len(changed.schools))}.")
        self._tell_left_out(changed)
        return changed

    def _wait_for_a_change(self) -> None:
        """Until the configuration changes, or it is time to look again at what may have been mended elsewhere."""
        end = time.monotonic() + LOOK_AGAIN_SECONDS
        while not self._stop() and time.monotonic() < end:
            self._stop.wait(1)
            if time.monotonic() >= self._look_at:
                self._look_at = time.monotonic() + CONFIG_SECONDS
                if self._watch.has_changed():
                    return

    def _store_trouble(self, error: SimsSyncError | None) -> None:
        if error is None:
            self._all_well()
        else:
            is_lasting = error.what != LOCKED  # a large pull by hand locks the store for a minute, and needs nobody
            self._notify([ConfigProblem("store", error.what, error.do)], ONLY_LOOKING, mail_at_once=is_lasting)

    def _notify(self, problems: Sequence[ConfigProblem], meanwhile: str, *, mail_at_once: bool = True) -> None:
        """Say it here and in the log: once for the same problems. The admin's mail may need another try.

        Without `mail_at_once` it is mailed once it has lasted `LOOK_AGAIN_SECONDS`.
        """
        sentences = tuple(str(problem) for problem in problems)
        if sentences == self._wrong:
            self._tell_again()
            return
        self._wrong, self._problems = sentences, problems
        for problem in problems:
            self._told.problem(str(problem))
            log.error("cannot work", path=problem.path, what=problem.what)
        self._told.problem(meanwhile)
        if mail_at_once:
            self._tell_admin()
        else:
            self._told_at = time.monotonic()

    def _tell_again(self) -> None:
        """While it lasts: the mail server may have been down, and tomorrow it is said once more."""
        if self._wrong and time.monotonic() - self._told_at >= LOOK_AGAIN_SECONDS:
            self._tell_admin()

    def _tell_admin(self) -> None:
        self._told_at = time.monotonic()
        problems = self._problems
        # A mail server that does not answer must not keep the service from its work, or from stopping.
        threading.Thread(target=_tell_admin, args=[self._file, problems], name="tell-admin", daemon=True).start()

    def _all_well(self) -> None:
        if self._wrong:
            self._told.say("What was wrong has been put right.")
            log.info("put right")
        self._wrong = ()

    def _announce_notify_only(self) -> None:
        """Where the store can be opened all the same, others see a service that only looks."""
        self._with_store_alone(lambda heartbeat: heartbeat.announce(None))

    def _with_store_alone(self, act: Callable[[Heartbeat], None]) -> None:
        with suppress(SimsSyncError):
            section = store_section(self._file)
            if section is None:
                return
            store = open_store(section.url, self._file.parent)
            try:
                act(Heartbeat(store, NOTIFY_ONLY))
            finally:
                store.close()


def _tell_admin(file: Path, problems: Sequence[ConfigProblem]) -> None:
    """By a path that needs neither the store nor a good configuration; whatever goes wrong there stops nothing."""
    try:
        tell_admin_without_store(file, problems, system_clock())
    except Exception:
        log.exception("the admin could not be told")


def _schools(count: int) -> str:
    return f"{count} school" if count == 1 else f"{count} schools"
