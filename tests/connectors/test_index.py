"""The index table names connectors that exist."""

from importlib import import_module

import pytest

from connectors import CONNECTORS
from sims_sync.connector import Options


@pytest.mark.parametrize("name", sorted(CONNECTORS))
def test_each_connector_is_where_the_table_says_and_describes_itself(name: str) -> None:
    module, _, attribute = CONNECTORS[name].partition(":")
    connector = getattr(import_module(module), attribute)
    assert issubclass(connector.Options, Options)
    assert connector.kind_of_connector in {"source", "mailer", "importer"}
    assert connector.description.endswith(".")
