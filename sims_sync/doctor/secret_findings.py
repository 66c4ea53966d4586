"""Does each reference in the configuration lead to a secret that this account can have? None is ever shown."""

from collections.abc import Iterator

from sims_sync.config import Config
from sims_sync.connector import Finding, Severity
from sims_sync.errors import ConfigurationError
from sims_sync.secret_references import secret_references
from sims_sync.secrets import read_secret


def secret_findings(config: Config) -> Iterator[Finding]:
    """One finding for each reference."""
    for reference, keys in sorted(secret_references(config).items()):
        where = ", ".join(keys)
        try:
            read_secret(reference, config.base)
        except ConfigurationError as error:
            for problem in error.problems:
                yield Finding(Severity.WRONG, where, f"{problem.path} {problem.what}", problem.do)
        else:
            yield Finding(Severity.FINE, where, f"{reference} can be read.")
