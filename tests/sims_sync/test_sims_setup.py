"""The definitions and the check list for SIMS: the school's own names, and nothing left out that a file cannot make."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import etree

from sims_sync.config import EntriesSection
from sims_sync.errors import ConfigurationError
from sims_sync.formats.result_file import NAMESPACE, Naming
from sims_sync.school_calendar import build_school_year
from sims_sync.school_year import SchoolYear
from sims_sync.sims_setup import Places, checklist_of, definitions_of, naming_of, places_of
from tests.sims_sync.builders import make_school

NOW = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
OWN = EntriesSection(
    target_aspects=("SSP Target A", "SSP Target B", "SSP Target C", "SSP Target D"),
    review_aspects=("SSP Review",),
    result_set="SSP {half_term} {year}",
    result_sets={"Tutor talk Nov 26": "2026-27/autumn-2"},
)


@pytest.fixture
def school_year(tmp_path: Path) -> SchoolYear:
    return build_school_year(make_school(tmp_path))


def places(school_year: SchoolYear, section: EntriesSection | None = None) -> Places:
    return places_of("Austen Academy", section or EntriesSection(), school_year, "2026-27")


def texts(content: bytes, path: str, name: str) -> list[str | None]:
    found = etree.fromstring(content).iterfind("/".join(f"{{{NAMESPACE}}}{part}" for part in path.split("/")))
    return [each.findtext(f"{{{NAMESPACE}}}{name}") for each in found]


def test_usually_six_comment_aspects_and_a_result_set_for_each_half_term(school_year: SchoolYear) -> None:
    content = definitions_of(places(school_year), Naming(), NOW)
    assert texts(content, "AspectNode/Aspect", "Name") == [
        f"Mentoring {kind} {number}" for kind in ("Target", "Review") for number in (1, 2, 3)
    ]
    assert set(texts(content, "AspectNode/Aspect", "Type")) == {"C"}
    sets = texts(content, "ResultsetNode/Resultset", "Name")
    assert (len(sets), sets[0], sets[-1]) == (6, "Mentoring Autumn 1 2026/27", "Mentoring Summer 2 2026/27")


def test_a_result_set_owns_the_dates_of_its_half_term(school_year: SchoolYear) -> None:
    found = places(school_year).result_sets
    assert (str(found[1][1].start), str(found[1][1].end)) == ("2026-11-02", "2027-01-03")


def test_the_schools_own_names_are_used(school_year: SchoolYear) -> None:
    found = places(school_year, OWN)
    assert found.aspects == (
        ("SSP Target A", "Target 1"),
        ("SSP Target B", "Target 2"),
        ("SSP Target C", "Target 3"),
        ("SSP Review", "Review 1"),
    )
    assert [each.name for _, each in found.result_sets][:2] == ["SSP Autumn 1 2026/27", "Tutor talk Nov 26"]


def test_the_definitions_and_the_files_of_results_name_things_alike(school_year: SchoolYear) -> None:
    naming = naming_of("assessment_file", {"folder": "for-sims", "aspect_id": "SSP-{name}", "aspect_supplier": "Own"})
    content = definitions_of(places(school_year), naming, NOW)
    assert texts(content, "AspectNode/Aspect", "ExternalId")[0] == naming.aspect("Mentoring Target 1")
    assert texts(content, "AspectNode/Aspect", "Supplier")[0] == "Own"
    assert naming_of("oneroster", {"aspect_id": "not ours"}) == naming_of(None, {}) == Naming()


def test_a_year_that_is_not_in_the_calendar_is_said(school_year: SchoolYear) -> None:
    with pytest.raises(ConfigurationError, match="knows no half term of 2027-28"):
        places_of("Austen Academy", EntriesSection(), school_year, "2027-28")


def test_names_that_cannot_be_told_apart_are_refused(school_year: SchoolYear) -> None:
    twice = EntriesSection(target_aspects=("Target", "TARGET"))
    with pytest.raises(ConfigurationError, match="one aspect twice"):
        places(school_year, twice)
    alike = EntriesSection(target_aspects=("Target 1", "Target-1"))
    with pytest.raises(ConfigurationError, match="tell them apart"):
        definitions_of(places(school_year, alike), Naming(), NOW)
    one_set = EntriesSection(result_set="Mentoring")
    with pytest.raises(ConfigurationError, match="tell them apart"):
        definitions_of(places(school_year, one_set), Naming(), NOW)


def test_both_say_that_they_are_not_proven(school_year: SchoolYear) -> None:
    assert "No real SIMS" in definitions_of(places(school_year), Naming(), NOW).decode("utf-8")
    assert "No real SIMS" in checklist_of(places(school_year), "x.xml")


def test_the_check_list_names_every_place_and_what_only_a_person_can_do(school_year: SchoolYear) -> None:
    found = places(school_year)
    text = checklist_of(found, "austen 2026-27 definitions.xml")
    assert "`austen 2026-27 definitions.xml`" in text
    assert all(f"| `{name}` | {what} |" in text for name, what in found.aspects)
    assert all(f"| `{each.name}` | {half_term.shown} |" in text for half_term, each in found.result_sets)
    for must in (
        "**Comment**",
        "not locked",
        "marksheet for each tutor group",
        "## 4. Permissions",
        "almost invisible",
    ):
        assert must in text
    assert "## 5. Confirm as an ordinary teacher that you can see the marksheet" in text
    assert "- [x]" not in text
