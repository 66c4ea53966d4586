"""What does the covering sheet tell the person who imports an issue? Counts and steps, never a student's name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from sims_sync.records import Delivery, Slot

COVER = "1 READ ME FIRST.txt"
RESULTS = "2 results.xml"
MARKSHEET = "3 marksheet.xlsx"

SCHOOL_TIMEZONE = ZoneInfo("Europe/London")
_SLOTS = list(Slot)


@dataclass(frozen=True, slots=True)
class Cover:
    """What an issue holds: for each result set how many texts each aspect has, in the order of the slots."""

    number: str
    issued_at: datetime
    students: int
    counts: tuple[tuple[str, tuple[tuple[str, int], ...]], ...]

    @property
    def texts(self) -> int:
        """How many texts there are in all."""
        return sum(count for _, aspects in self.counts for _, count in aspects)


def cover_of(number: str, issued_at: datetime, deliveries: Sequence[Delivery]) -> Cover:
    """The cover of an issue of these deliveries."""
    counts = [
        (result_set, tuple((aspect, len(list(each))) for aspect, each in groupby(texts, lambda one: one.aspect)))
        for result_set, texts in groupby(in_order(deliveries), lambda one: one.result_set)
    ]
    return Cover(number, issued_at, len({each.student for each in deliveries}), tuple(counts))


def in_order(deliveries: Sequence[Delivery]) -> list[Delivery]:
    """By half term and result set, then aspect by slot, then student."""
    return sorted(
        deliveries,
        key=lambda each: (
            each.half_term,
            each.result_set,
            _SLOTS.index(each.slot),
            each.aspect,
            (each.student.surname or "").casefold(),
            each.forename.casefold(),
            each.student.upn or "",
        ),
    )


def cover_lines(cover: Cover) -> list[str]:
    """The sheet's lines, for the text file and for the workbook's first sheet."""
    written = f"{cover.issued_at.astimezone(SCHOOL_TIMEZONE):%A %d %B %Y, %H:%M}"
    return [
        f"FILE {cover.number} FOR SIMS",
        f"Written {written}: {_counted(cover.texts, 'text')} of {_counted(cover.students, 'student')}.",
        "",
        "It holds children's data. Leave it in this folder: do not mail, copy or print what is in it.",
        "",
        "WHAT IS IN IT",
        *_content(cover),
        "",
        "WHAT TO DO",
        *_STEPS,
        "",
        "AFTERWARDS",
        *(line.replace("{number}", cover.number) for line in _AFTERWARDS),
        "",
        "NOT PROVEN",
        *_NOT_PROVEN,
    ]


def cover_text(cover: Cover) -> bytes:
    """The text file, as Windows's own editor shows it well."""
    return ("\r\n".join(cover_lines(cover)) + "\r\n").encode("utf-8-sig")


def _content(cover: Cover) -> list[str]:
    lines = []
    for result_set, aspects in cover.counts:
        lines.append(f'  Result set "{result_set}"')
        lines += [f"    {aspect:<40} {_counted(count, 'text'):>12}" for aspect, count in aspects]
    return lines


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


_STEPS = (
    "1. Is every result set above there in SIMS, active and not locked? If not, make or unlock it first.",
    f'2. Import "{RESULTS}" into SIMS: Routines, Data In, Assessment (menus differ between versions).',
    "   It finds aspects and result sets by the ids of our definitions file (sims-sync sims-setup). If yours were",
    "   made by hand, SIMS may not find them: then take step 3 instead.",
    f'3. Or import "{MARKSHEET}" from the same menu as a spreadsheet: one sheet for each result set. Choose the result',
    "   set named on the sheet, match students by UPN, and each column with the aspect of the same name.",
    "   Leave empty cells out: they are not ours to write.",
    "4. If SIMS asks whether to write over results that are there: yes, these are corrections of our own texts.",
    "   If a teacher has typed something else there since, leave that one out.",
    "5. Open a marksheet of one tutor group as an ordinary teacher would, and look whether the texts are there.",
)
_AFTERWARDS = (
    "  Nothing. The next export of the entries shows that the texts arrived; then this folder is deleted by itself.",
    "  If it is not seen in SIMS within two school days, file {number} is void and moves to the folder void: do not",
    "  import it any more. Its texts come again in the next file.",
)
_NOT_PROVEN = (
    "  No real SIMS has imported such a file yet. Try it with one student first, and compare what you see in SIMS.",
)
