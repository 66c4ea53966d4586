"""Which exports are damaged: cut, half written, or in an encoding that they do not state?"""

from sims_sync.self_test.school import InventedSchool
from sims_sync.self_test.written import CLOSING, DECLARATION, csv_file, workbook, xml

_BOM = b"\xef\xbb\xbf"


def empty(_school: InventedSchool) -> bytes:
    """A file of no bytes."""
    return b""


def blank(_school: InventedSchool) -> bytes:
    """A file of blank lines."""
    return b"\r\n" * 20


def cut_at_5_percent(school: InventedSchool) -> bytes:
    """Cut after 5 % of the file."""
    return _cut(school, 5)


def cut_at_15_percent(school: InventedSchool) -> bytes:
    """Cut after 15 % of the file."""
    return _cut(school, 15)


def cut_at_35_percent(school: InventedSchool) -> bytes:
    """Cut after 35 % of the file."""
    return _cut(school, 35)


def cut_at_60_percent(school: InventedSchool) -> bytes:
    """Cut after 60 % of the file."""
    return _cut(school, 60)


def cut_at_95_percent(school: InventedSchool) -> bytes:
    """Cut after 95 % of the file."""
    return _cut(school, 95)


def cut_within_declaration(school: InventedSchool) -> bytes:
    """Cut within the XML declaration."""
    return xml(school.students)[: len(DECLARATION) // 2]


def cut_within_tag(school: InventedSchool) -> bytes:
    """Cut within a tag."""
    return _up_to(school, b"<Legal_x0020_Sur")


def cut_within_value(school: InventedSchool) -> bytes:
    """Cut within a value."""
    return _up_to(school, b"<Legal_x0020_Surname>Al")


def cut_within_entity(school: InventedSchool) -> bytes:
    """Cut within an entity."""
    return _up_to(school, b"Elm &am")


def cut_within_character(school: InventedSchool) -> bytes:
    """Cut within a character of two bytes."""
    return _up_to(school, "Zoë".encode()[:-1])


def cut_between_records(school: InventedSchool) -> bytes:
    """Cut between two records."""
    return _up_to(school, b"</Record>\n")


def cut_before_closing_tag(school: InventedSchool) -> bytes:
    """Half written: every record is there, the closing tag is not."""
    return xml(school.students).rpartition(CLOSING)[0]


def still_being_written(school: InventedSchool) -> bytes:
    """Cut in the middle, one minute old: left alone until it is complete, or old enough to be refused."""
    return _cut(school, 50)


def cut_within_closing_tag(school: InventedSchool) -> bytes:
    """Cut within the closing tag."""
    return xml(school.students).rstrip()[:-4]


def entries_cut(school: InventedSchool) -> bytes:
    """The entries, cut in the middle."""
    whole = xml(school.entries)
    return whole[: len(whole) // 2]


def results_cut(school: InventedSchool) -> bytes:
    """The results, cut in the middle."""
    whole = xml(school.results)
    return whole[: len(whole) // 2]


def csv_cut_within_last_line(school: InventedSchool) -> bytes:
    """CSV, cut within its last line."""
    return csv_file(school.students)[:-12]


def csv_cut_within_last_cell(school: InventedSchool) -> bytes:
    """CSV, cut within its last cell."""
    return csv_file(school.students).rstrip()[:-2]


def csv_with_open_quotation_mark(school: InventedSchool) -> bytes:
    """CSV with a quotation mark that is never closed."""
    return csv_file(school.students).replace(b",Alder", b',"Alder', 1)


def csv_with_short_rows(school: InventedSchool) -> bytes:
    """CSV whose rows have fewer cells than the header."""
    header, *lines = csv_file(school.students).splitlines(keepends=True)
    return header + b"".join(line.rsplit(b",", 3)[0] + b"\r\n" for line in lines)


def nul_bytes_at_end(school: InventedSchool) -> bytes:
    """The second half is NUL bytes, as a copy leaves it that reserved the room first."""
    whole = xml(school.students)
    return whole[: len(whole) // 2] + b"\0" * (len(whole) // 2)


def nul_byte_in_value(school: InventedSchool) -> bytes:
    """One NUL byte within a value."""
    return xml(school.students).replace(b"<Legal_x0020_Surname>Al", b"<Legal_x0020_Surname>A\0", 1)


def csv_with_nul_byte(school: InventedSchool) -> bytes:
    """CSV with a NUL byte within a value."""
    return csv_file(school.students).replace(b",Al", b",A\0", 1)


def undeclared_encoding(school: InventedSchool) -> bytes:
    """XML in Windows-1252 that states no encoding."""
    return xml(school.students, encoding="cp1252")


def declares_windows_but_is_utf8(school: InventedSchool) -> bytes:
    """XML that states Windows-1252 and is UTF-8: every accent would become two wrong letters."""
    return xml(school.students, '<?xml version="1.0" encoding="windows-1252"?>')


def declares_ascii_but_is_utf8(school: InventedSchool) -> bytes:
    """XML that states US-ASCII and is UTF-8."""
    return xml(school.students, '<?xml version="1.0" encoding="us-ascii"?>')


def declares_utf16_but_is_utf8(school: InventedSchool) -> bytes:
    """XML that states UTF-16 and is UTF-8."""
    return xml(school.students, '<?xml version="1.0" encoding="utf-16"?>').replace("Zoë".encode(), b"\xff\xfe")


def declares_unknown_encoding(school: InventedSchool) -> bytes:
    """XML that states an encoding nobody knows."""
    return xml(school.students, '<?xml version="1.0" encoding="x-sims-8"?>')


def csv_in_mixed_encodings(school: InventedSchool) -> bytes:
    """CSV in UTF-8, with some lines in Windows-1252."""
    lines = csv_file(school.students).splitlines(keepends=True)
    return b"".join(
        line.decode("utf-8").encode("cp1252") if number > len(lines) // 2 else line for number, line in enumerate(lines)
    )


def csv_in_utf16(school: InventedSchool) -> bytes:
    """CSV in UTF-16, as Excel's "Unicode text" is."""
    return csv_file(school.students, "utf-16")


def byte_order_mark_within_tag(school: InventedSchool) -> bytes:
    """A byte order mark within a tag, where two pieces were joined."""
    return xml(school.students).replace(b"<Reg>", b"<R" + _BOM + b"eg>", 1)


def two_exports_joined(school: InventedSchool) -> bytes:
    """Two whole exports in one file."""
    return xml(school.students) * 2


def damaged_workbook(school: InventedSchool) -> bytes:
    """A workbook with 200 bytes overwritten."""
    whole = workbook(school.students)
    middle = len(whole) // 2
    return whole[:middle] + b"\x55" * 200 + whole[middle + 200 :]


def cut_workbook(school: InventedSchool) -> bytes:
    """A workbook that was not copied to its end."""
    whole = workbook(school.students)
    return whole[: len(whole) * 2 // 3]


def _cut(school: InventedSchool, percent: int) -> bytes:
    whole = xml(school.students)
    return whole[: len(whole) * percent // 100]


def _up_to(school: InventedSchool, mark: bytes) -> bytes:
    """Cut after the last occurrence of `mark`: most of the file is there."""
    before, found, _ = xml(school.students).rpartition(mark)
    return before + found
