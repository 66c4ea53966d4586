"""Does this service show its health page, and what if the port is taken?"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sims_sync.config import Config
from sims_sync.errors import RunError
from sims_sync.store.session import Store


@contextmanager
def health_page(
    store: Store, config: Callable[[], Config], say: Callable[[str], None], problem: Callable[[str], None]
) -> Iterator[None]:
    """Where [service] health_port asks for it; a port that is taken stops no service."""
    port, page = config().service.health_port, None
    if port is not None:
        from sims_sync.health_page import start_health_page  # noqa: PLC0415 - few ask for it, and it costs a start-up

        try:
            page = start_health_page(port, store, config)
            say(f"/healthz, /readyz and /metrics answer on http://127.0.0.1:{port}.")
        except RunError as error:
            problem(str(error))
    try:
        yield
    finally:
        if page is not None:
            page.stop()
