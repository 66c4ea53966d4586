"""What does the service do beside the jobs: keep up the health page where one is wanted, tell what is the matter?"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sims_sync.alerts import tell
from sims_sync.config import Config
from sims_sync.errors import RunError
from sims_sync.store.session import Store

if TYPE_CHECKING:  # few ask for the page, and its library costs every start
    from sims_sync.health_page import HealthPage


@dataclass(slots=True)
class BesideTheJobs:
    """To be called after each wake, with the store and the configuration in force; `close()` at the end.

    `say` gets sentences for whoever started the service, `problem` those about what is wrong: each once.
    """

    say: Callable[[str], None]
    problem: Callable[[str], None]
    _page: "HealthPage | None" = None
    _for: tuple[int | None, Store] | None = None
    _config: list[Config] = field(default_factory=list)

    def __call__(self, store: Store, config: Config) -> None:
        """Cheap where nothing changed."""
        self._config[:] = [config]
        wanted = (config.service.health_port, store)
        if wanted != self._for:
            self._for = wanted
            self._move_page(*wanted)
        tell(store, config)

    def close(self) -> None:
        """Answer no more."""
        if self._page is not None:
            self._page.stop()
            self._page = None

    def _move_page(self, port: int | None, store: Store) -> None:
        self.close()
        if port is None:
            return
        from sims_sync.health_page import start_health_page  # noqa: PLC0415 - as above

        try:
            self._page = start_health_page(port, store, lambda: self._config[0])
        except RunError as error:  # a port that is taken stops no service
            self.problem(str(error))
        else:
            self.say(f"/healthz, /readyz and /metrics answer on http://127.0.0.1:{port}.")
