"""Which secrets does the configuration refer to, and where in it?"""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from sims_sync.config import Config, SchoolConfig
from sims_sync.secrets import is_reference

SECRET_KEYS = frozenset({"password", "client_secret", "token", "passphrase"})  # config_file refuses them written out


def secret_references(config: Config) -> dict[str, list[str]]:
    """Reference → the keys that name it, e.g. `"env:MAIL"` → `["austen: messages.mailer.password"]`."""
    found: dict[str, list[str]] = defaultdict(list)
    tables: list[tuple[str, object]] = [("backup.", config.backup.model_dump())]
    for school in config.schools.values():
        tables += [(f"{school.id}: {where}.", table) for where, table in _tables_of(school)]
    for where, table in tables:
        for key, value in _secrets_in(table):
            found[value].append(f"{where}{key}")
    return dict(found)


def _tables_of(school: SchoolConfig) -> Iterator[tuple[str, object]]:
    for name, source in school.sources.items():
        yield f"sources.{name}", source.options
    yield "messages.mailer", school.messages.mailer.options
    if school.push.destination is not None:
        yield "push.destination", school.push.destination.options
    yield "push.training", school.push.training
    yield "monitoring", school.monitoring.model_dump()


def _secrets_in(table: object) -> Iterator[tuple[str, str]]:
    if not isinstance(table, Mapping):
        return
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from ((f"{key}.{inner}", text) for inner, text in _secrets_in(value))
        elif isinstance(value, str) and is_reference(value) and key in SECRET_KEYS | {"ping_url"}:
            yield str(key), value
