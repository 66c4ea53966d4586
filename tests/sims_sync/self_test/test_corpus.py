"""Every bad export, read as a real one is: it does no harm and says one clear sentence (P2)."""

from pathlib import Path

import pytest
import structlog

from sims_sync.self_test.corpus import CORPUS, GOOD, Export
from sims_sync.self_test.corpus_docs import self_test_docs
from sims_sync.self_test.runner import EVERY_EXPORT
from sims_sync.self_test.trial import ReadWell, read_well, try_export

PAGE = Path(__file__).parents[3] / "docs" / "self-test.md"
# What the issue asks for by name.
ASKED_FOR = {
    "empty",
    "header-only",
    "error-message",
    "log-in-page",
    "staff-as-students",
    "other-school",
    "older-students",
    "third-of-students-gone",
    "half-of-students-gone",
    "most-students-gone",
    "ids-gone",
    "ids-clash",
    "surname-and-group-swapped",
    "nul-byte-in-value",
    "undeclared-encoding",
    "csv-in-mixed-encodings",
    "document-type",
    "entity-bomb",
    "external-entity",
    "huge-field",
    "deep-nesting",
    "zip-bomb",
    "formulas-never-calculated",
}


@pytest.fixture(scope="session")
def before(tmp_path_factory: pytest.TempPathFactory) -> ReadWell:
    return read_well(tmp_path_factory.mktemp("read-well"))


def named(export: Export) -> str:
    return export.name


@pytest.mark.parametrize("export", EVERY_EXPORT, ids=named)
def test_an_export_of_the_corpus_does_no_harm(export: Export, before: ReadWell, tmp_path: Path) -> None:
    with structlog.testing.capture_logs() as logged:
        trial = try_export(before, export, tmp_path)
    assert trial.faults == (), trial.sentence
    assert trial.code == export.code
    lines = str(logged).casefold()
    assert not [text for text in before.school.personal_texts() if f"{text} " in lines or f"{text}'" in lines]


def test_the_invented_school_names_two_tutors_and_six_who_are_complete(before: ReadWell) -> None:
    assert sorted(count for count in before.seen.named.values() if count) == [2, 5]
    assert len(before.seen.rows["staff_member"]) == 10
    assert not before.seen.removed


def test_the_corpus_is_as_large_as_promised_and_holds_what_was_asked_for() -> None:
    assert len(CORPUS) >= 40
    assert {export.name for export in CORPUS} >= ASKED_FOR
    assert sum(export.name.startswith("cut-") for export in CORPUS) >= 10
    assert len({export.name for export in EVERY_EXPORT}) == len(EVERY_EXPORT)


def test_every_export_is_described_in_one_line() -> None:
    assert all(export.description.endswith(".") and "\n" not in export.description for export in EVERY_EXPORT)


def test_a_good_export_ends_well_and_a_bad_one_never_does_but_where_it_waits() -> None:
    assert {export.code for export in GOOD} == {0}
    assert [export.name for export in CORPUS if export.code == 0] == ["still-being-written"]


def test_the_docs_page_is_what_the_corpus_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == self_test_docs()
