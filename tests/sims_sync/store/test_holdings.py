"""The list of what is held of whom and the data map for the school say the same, and nothing is in neither."""

from pathlib import Path

import pytest

from sims_sync.store.holdings import HOLDINGS, who_columns
from sims_sync.store.tables import metadata

DATA_MAP = Path(__file__).parents[3] / "docs" / "data-protection.md"


@pytest.mark.parametrize("name", sorted(metadata.tables))
def test_every_table_is_in_the_data_map(name: str) -> None:
    assert f"\n| `{name}` | {HOLDINGS[name].what} | " in DATA_MAP.read_text(encoding="utf-8")


def test_whoever_is_named_as_having_done_something_is_found() -> None:
    tables = {table.name for table, _ in who_columns()}
    assert {"audit", "away", "closure", "cover", "excusal", "plan", "tutor_note"} <= tables
    assert {name for name in tables if not HOLDINGS[name].staff} == set()
