"""The mapping files themselves: what all of them promise to a reader and to the product."""

import re
from importlib import resources

import pytest

from sims_sync.mapping import load_mapping, packaged_mappings
from sims_sync.mapping_rules import normalise_caption, packaged_text


@pytest.mark.parametrize("name", packaged_mappings())
def test_captions_of_one_report_are_all_different(name: str) -> None:
    captions = [normalise_caption(rule.caption) for rule in load_mapping(name, []).fields]
    assert len(set(captions)) == len(captions)  # a duplicate is a run-time error in SIMS (SIMS §1)


@pytest.mark.parametrize("name", packaged_mappings())
def test_captions_outlive_the_xml_and_a_spreadsheet(name: str) -> None:
    columns = [column for rule in load_mapping(name, []).fields for column in rule.columns]
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z _-]*[A-Za-z]", column) for column in columns)


@pytest.mark.parametrize("name", [name for name in packaged_mappings() if "results" in name or "entries" in name])
def test_unproven_shapes_say_so(name: str) -> None:
    assert "Unproven" in packaged_text(name).splitlines()[0]


def test_the_folder_holds_mappings_and_nothing_else() -> None:
    names = {file.name for file in resources.files("mappings").iterdir() if file.is_file()}
    assert {name.rsplit(".", 1)[-1] for name in names} <= {"py", "toml"}
    assert "proforma" in packaged_mappings()


def test_no_mapping_reads_a_birthday_or_a_gender() -> None:
    for name in packaged_mappings():
        columns = {normalise_caption(column) for rule in load_mapping(name, []).fields for column in rule.columns}
        assert not columns & {"dob", "dateofbirth", "gender", "sex"}
