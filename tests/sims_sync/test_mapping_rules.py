"""Loading mapping files: whose file wins, and what is wrong with one."""

from pathlib import Path

import pytest

from sims_sync.errors import ConfigurationError
from sims_sync.mapping import load_mapping, packaged_mappings
from sims_sync.mapping_rules import is_sensitive, normalise_caption, packaged_text
from sims_sync.records import Kind

STAFF = """
version = 1
kind = "staff"
description = "Staff of a test."
[report]
menu_path = "Reports"
permissions = "Third Party Reporter."
[fields.staff_code]
columns = ["Kennung"]
converter = "code"
description = "The key."
[fields.surname]
columns = ["Nachname"]
required = true
description = "Name."
[fields.forename]
columns = ["Vorname"]
required = true
description = "Name."
"""


def written(folder: Path, text: str, *, encoding: str = "utf-8") -> Path:
    (folder / "own.toml").write_text(text, encoding=encoding)
    return folder


def problems_of(folder: Path, text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load_mapping("own", [written(folder, text)])
    return str(caught.value)


@pytest.mark.parametrize("name", packaged_mappings())
def test_every_packaged_mapping_loads_and_says_what_to_build(name: str) -> None:
    rules = load_mapping(name, [])
    assert rules.description
    assert rules.permissions
    assert all(rule.description and rule.caption for rule in rules.fields)


def test_every_kind_has_a_packaged_mapping() -> None:
    assert {load_mapping(name, []).kind for name in packaged_mappings()} == set(Kind)


def test_the_schools_own_folder_wins(tmp_path: Path) -> None:
    (tmp_path / "sims_staff.toml").write_text(STAFF, encoding="utf-8")
    own = load_mapping("sims_staff", [tmp_path / "nowhere", tmp_path])
    packaged = load_mapping("sims_staff", [])
    assert own.fields[0].columns == ("Kennung",)
    assert own.fingerprint != packaged.fingerprint


def test_a_file_saved_by_notepad_loads(tmp_path: Path) -> None:
    assert load_mapping("own", [written(tmp_path, STAFF, encoding="utf-8-sig")]).kind is Kind.STAFF


def test_an_unknown_name_lists_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="sims_students"):
        load_mapping("sims_pupils", [tmp_path])


@pytest.mark.parametrize("name", ["../secret", "a/b", "", "C:x", "own.toml"])
def test_a_name_is_never_a_path(name: str) -> None:
    with pytest.raises(ConfigurationError, match="name of its file"):
        load_mapping(name, [])


def test_every_problem_is_reported_at_once_with_its_place(tmp_path: Path) -> None:
    text = STAFF.replace('converter = "code"', 'converter = "date"').replace("required = true", "required = false")
    text += '[fields.shoe_size]\ncolumns = ["Shoe"]\ndescription = "?"\n'
    text += '[fields.email]\ncolumns = ["vor name"]\nconverter = "mail"\ndescription = "?"\n'
    found = problems_of(tmp_path, text)
    for place in ("staff_code.converter", "surname.required", "shoe_size", "email.converter", "email.columns"):
        assert f"fields.{place}" in found


def test_an_unknown_key_is_an_error(tmp_path: Path) -> None:
    found = problems_of(tmp_path, STAFF.replace("[report]", 'colour = "red"\n[report]'))
    assert "own.toml: colour" in found
    assert "correct its spelling" in found


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("version = 1", "version = 2", "version"),
        ('kind = "staff"', 'kind = "pupils"', "kind"),
        ('columns = ["Kennung"]', "columns = []", "columns"),
        ('columns = ["Kennung"]', 'columns = ["SEN Status"]', "never read"),
        ("[fields.surname]", "[fields.title]", "field surname is missing"),
        ("[fields.staff_code]", "[fields.head_of_house]", "which member of staff"),
        ('description = "Staff of a test."', "", "description"),
        ('menu_path = "Reports"', "menu_path = Reports", "not valid TOML"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, place: str) -> None:
    assert place in problems_of(tmp_path, STAFF.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("(?P<aspect>", "(?P<subject>", "aspect_columns.pattern"),
        ("(?P<aspect>", "(?P<aspect>(", "aspect_columns.pattern"),
        ("[fields.result_date]", '[fields.text]\ncolumns = ["Comment"]\n[fields.result_date]', "fields.text"),
        ('kind = "mentoring_entries"', 'kind = "staff"', "has no aspects"),
    ],
)
def test_what_is_wrong_with_aspect_columns_is_named(tmp_path: Path, old: str, new: str, place: str) -> None:
    found = problems_of(tmp_path, packaged_text("sims_mentoring_entries_by_aspect").replace(old, new))
    assert place in found


def test_a_file_in_another_encoding_is_refused_with_what_to_do(tmp_path: Path) -> None:
    text = STAFF.replace("a test", "Zoë")
    with pytest.raises(ConfigurationError, match="encoding UTF-8"):
        load_mapping("own", [written(tmp_path, text, encoding="windows-1252")])


@pytest.mark.parametrize(
    "caption", ["Legal Surname", "legal_surname", "LegalSurname", "LEGAL-SURNAME", "legal.surname"]
)
def test_captions_are_compared_without_their_looks(caption: str) -> None:
    assert normalise_caption(caption) == "legalsurname"


@pytest.mark.parametrize(
    "caption",
    [
        "SEN Status",
        "SENStatus",
        "FSM",
        "Ethnicity",
        "Medical Notes",
        "Home Address",
        "Postcode",
        "Pupil Premium",
        "SEND",
    ],
)
def test_a_column_that_is_never_read_is_known_by_its_caption(caption: str) -> None:
    assert is_sensitive(caption)


@pytest.mark.parametrize(
    "caption", ["Work Email Address", "E-mail address", "Senior Tutor", "ABSENCES", "SENIOR", "House"]
)
def test_a_harmless_caption_is_not_taken_for_a_sensitive_one(caption: str) -> None:
    assert not is_sensitive(caption)
