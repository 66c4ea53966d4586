"""Which class or function a name in the configuration means.

The product imports no connector and no job by name: their packages are looked up here, through the index tables
`connectors.CONNECTORS`, `connectors.DESTINATIONS` and `jobs.JOBS` (DESIGN §2).
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Protocol, cast

from sims_sync.connector import ConnectorContext, Destination, Mailer, Options, Source
from sims_sync.errors import ConfigProblem, ConfigurationError


class ConnectorClass(Protocol):
    """What every connector class carries."""

    Options: type[Options]
    kind_of_connector: str
    description: str

    def __call__(self, options: Any, context: ConnectorContext) -> Any:  # noqa: ANN401 - each class has its own Options
        """Build the connector; touches nothing outside yet."""


def connector_names(kind: str) -> tuple[str, ...]:
    """The names usable as `connector = "…"` for a kind ("source", "mailer", "destination"), sorted."""
    return tuple(sorted(name for name, place in _places(kind).items() if _class(place).kind_of_connector == kind))


def connector_class(name: str, kind: str) -> ConnectorClass:
    """The class of one connector.

    Raises:
        KeyError: no connector of that kind has this name.
    """
    found = _class(_places(kind)[name])
    if found.kind_of_connector != kind:
        raise KeyError(name)
    return found


def build_source(name: str, options: Options, context: ConnectorContext) -> Source:
    """A source, ready to read."""
    return cast("Source", connector_class(name, "source")(options, context))


def build_mailer(name: str, options: Mapping[str, object], context: ConnectorContext) -> Mailer:
    """A mailer, ready to send; its options were checked with the configuration."""
    found = connector_class(name, "mailer")
    return cast("Mailer", found(found.Options.model_validate(dict(options)), context))


def build_destination(name: str, options: Mapping[str, object], context: ConnectorContext) -> Destination:
    """A destination, ready to deliver; its options were checked with the configuration."""
    found = connector_class(name, "destination")
    return cast("Destination", found(found.Options.model_validate(dict(options)), context))


def job_names() -> tuple[str, ...]:
    """Every job, in the order of the cycle."""
    return tuple(_index("jobs", "JOBS"))


def job_function(name: str) -> Callable[..., Any]:
    """The `run` function of one job.

    Raises:
        ConfigurationError: no job has this name; the sentence lists those there are.
    """
    jobs = _index("jobs", "JOBS")
    if name not in jobs:
        known = ", ".join(jobs)
        raise ConfigurationError([ConfigProblem(name, "is no job.", f"The jobs are: {known}.")])
    return cast("Callable[..., Any]", _load(jobs[name]))


def _places(kind: str) -> Mapping[str, str]:
    """A system may be read and written to under one name: destinations have a table of their own."""
    return _index("connectors", "DESTINATIONS" if kind == "destination" else "CONNECTORS")


def _class(place: str) -> ConnectorClass:
    return cast("ConnectorClass", _load(place))


def _index(package: str, table: str) -> Mapping[str, str]:
    return cast("Mapping[str, str]", getattr(import_module(package), table))


def _load(place: str) -> object:
    module, _, attribute = place.partition(":")
    return getattr(import_module(module), attribute)
