"""What must an admin make in SIMS so that targets and reviews have a place there (SIMS §3)? Pure.

A definitions file for SIMS's own import, and a check list for what no file can make: templates, marksheets and
permissions. No real SIMS has imported a definitions file of ours yet, and both say so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sims_sync.config import EntriesSection
from sims_sync.errors import ConfigProblem, ConfigurationError
from sims_sync.formats.result_file import Naming, ResultSet, header_of, write_definitions
from sims_sync.school_year import HalfTermId, SchoolYear
from sims_sync.typed_entries import result_set_name

FILE_CONNECTOR = "assessment_file"
UNPROVEN = "No real SIMS has imported a definitions file of ours yet: try it in SIMS's training database first."

_TARGET_WORDS = ("Target 1", "Target 2", "Target 3")
_REVIEW_WORDS = ("Review 1", "Review 2", "Review 3")


@dataclass(frozen=True, slots=True)
class Places:
    """The places in SIMS of one school and academic year: (aspect, what it holds), and the result sets in order."""

    school_name: str
    year: str
    aspects: tuple[tuple[str, str], ...]
    result_sets: tuple[tuple[HalfTermId, ResultSet], ...]


def places_of(school_name: str, section: EntriesSection, school_year: SchoolYear, year: str) -> Places:
    """The aspects and the result sets by the names of `[entries]`: with the usual ones, six of each.

    Raises:
        ConfigurationError: the year is not in the calendar, or an aspect is named twice.
    """
    half_terms = [each for each in school_year.ids() if each.year == year]
    if not half_terms:
        problem = ConfigProblem("calendar", f"knows no half term of {year}.", "sims-sync calendar import FILE, first.")
        raise ConfigurationError([problem])
    aspects = tuple(
        (name, words)
        for names, slots in ((section.target_aspects, _TARGET_WORDS), (section.review_aspects, _REVIEW_WORDS))
        for name, words in zip(names, slots, strict=False)
    )
    if len({name.casefold() for name, _ in aspects}) < len(aspects):
        problem = ConfigProblem("entries", "names one aspect twice.", "Give each place an aspect of its own.")
        raise ConfigurationError([problem])
    sets = [(each, _result_set(section, school_year, each)) for each in half_terms]
    return Places(school_name, year, aspects, tuple(sets))


def naming_of(connector: str | None, options: Mapping[str, object]) -> Naming:
    """How the school's files name things: as its file route is told to, else as ours are by default."""
    return Naming.among(options) if connector == FILE_CONNECTOR else Naming()


def definitions_of(places: Places, naming: Naming, at: datetime) -> bytes:
    """The definitions file.

    Raises:
        ConfigurationError: two aspects, or two result sets, would have one id in it.
    """
    header = header_of(f"definitions {places.year}. {UNPROVEN}", at)
    try:
        return write_definitions(
            header, [name for name, _ in places.aspects], [each for _, each in places.result_sets], naming
        )
    except ValueError:
        problem = ConfigProblem(
            "entries",
            "names two aspects or two result sets so alike that a file could not tell them apart.",
            "Name them apart; each half term's result set needs {half_term} and {year}.",
        )
        raise ConfigurationError([problem]) from None


def checklist_of(places: Places, definitions_name: str) -> str:
    """The check list as Markdown, which reads as well in a plain editor."""
    lines = [
        f"# The places in SIMS for {places.school_name}, {places.year}",
        "",
        "For whoever administers Assessment in SIMS. Tick as you go; keep this list.",
        "",
        f"**Not proven.** {UNPROVEN} Everything in it can be made by hand as well.",
        "",
        *_section_on_aspects(places, definitions_name),
        *_section_on_result_sets(places),
        *_LAST_SECTIONS,
    ]
    return "\n".join(lines) + "\n"


def _result_set(section: EntriesSection, school_year: SchoolYear, half_term: HalfTermId) -> ResultSet:
    dates = school_year.dates(half_term)
    return ResultSet(result_set_name(section, half_term), dates.owns_from, dates.owns_to)


def _section_on_aspects(places: Places, definitions_name: str) -> Sequence[str]:
    return (
        "## 1. The aspects",
        "",
        f"- [ ] Import `{definitions_name}`: in SIMS 7 under *Routines, Data In, Assessment* (menus differ between",
        "      versions). Or make each by hand, of the type **Comment**, with exactly this name:",
        "",
        "| aspect | holds |",
        "|---|---|",
        *(f"| `{name}` | {what} |" for name, what in places.aspects),
        "",
        "- [ ] All are there, and their type is Comment. A Comment holds up to 1,000 characters.",
        "",
        "Imported and made by hand are not the same to SIMS: a file of results finds an aspect by the id that the",
        "import gave it. Do not make by hand what was imported, or there are two of one name.",
        "",
    )


def _section_on_result_sets(places: Places) -> Sequence[str]:
    rows = [
        f"| `{each.name}` | {half_term.shown} | {each.start:%d/%m/%Y} | {each.end:%d/%m/%Y} |"
        for half_term, each in places.result_sets
    ]
    return (
        "## 2. A result set for each half term",
        "",
        "With a result set SIMS keeps exactly one text for each student and aspect, and a correction takes the place",
        "of the text before it. Without one every correction would be added as another.",
        "",
        "| result set | half term | from | to |",
        "|---|---|---|---|",
        *rows,
        "",
        "- [ ] Each is there under exactly this name, active, and not locked: SIMS refuses to write into a locked one.",
        "",
    )


_LAST_SECTIONS = (
    "## 3. A template and a marksheet for each tutor group",
    "",
    "A result that is on no marksheet is almost invisible in SIMS. No program can make these: a person does.",
    "",
    "- [ ] A template with these aspects as columns, each with the half term's result set.",
    "- [ ] From it a marksheet for each tutor group (registration group).",
    "- [ ] At the beginning of each half term: the columns show the new result set.",
    "",
    "## 4. Permissions",
    "",
    "- [ ] Tutors may open the marksheet of their own tutor group, and type in it. By default class and registration",
    "      teachers see only their own marksheets, and no others.",
    "- [ ] Heads of House may open the marksheets of their house.",
    "- [ ] The user that runs the reports may see these results: what it may not see is left out without a word.",
    "- [ ] Only those who import files may read the folder of the files for SIMS.",
    "",
    "## 5. Confirm as an ordinary teacher that you can see the marksheet",
    "",
    "Not as an administrator: they see everything.",
    "",
    "- [ ] Log in to SIMS as a tutor, or sit beside one. Open the marksheet of their tutor group: is it there,",
    "      with every column?",
    "- [ ] Type a target for one student, save, log out. It is still there.",
    "- [ ] The report of mentoring entries shows it (`sims-sync run pull_entries`). Then take it out again.",
    "- [ ] `sims-sync push marksheet-seen`",
    "",
    "## 6. Next year",
    "",
    "- [ ] In the summer: `sims-sync calendar import`, then `sims-sync sims-setup` for the next year. The aspects",
    "      stay, new result sets come.",
)
