"""Which exports look odd and are good by rights? They must read well, and change nothing."""

from sims_sync.self_test.school import InventedSchool
from sims_sync.self_test.written import csv_file, workbook, xml


def read_again(school: InventedSchool) -> bytes:
    """The same report once more."""
    return xml(school.students)


def with_schema(school: InventedSchool) -> bytes:
    """With an inline schema before the records."""
    schema = b'<xs:schema id="SuperStarReport" xmlns:xs="http://www.w3.org/2001/XMLSchema"></xs:schema>'
    return xml(school.students).replace(b"<Record>", schema + b"<Record>", 1)


def byte_order_mark(school: InventedSchool) -> bytes:
    """With a byte order mark at the start."""
    return b"\xef\xbb\xbf" + xml(school.students)


def utf16(school: InventedSchool) -> bytes:
    """XML in UTF-16, as it states."""
    return xml(school.students, '<?xml version="1.0" encoding="utf-16"?>', "utf-16")


def windows_1252(school: InventedSchool) -> bytes:
    """XML in Windows-1252, as it states."""
    return xml(school.students, '<?xml version="1.0" encoding="windows-1252"?>', "cp1252")


def comments(school: InventedSchool) -> bytes:
    """With comments, also within values."""
    return xml(school.students).replace(b">Alder", b">Al<!-- typed by hand -->der")


def exact_duplicates(school: InventedSchool) -> bytes:
    """Some records twice, in every column alike (SIMS §2)."""
    return xml([*school.students, *school.students[::7]])


def new_column(school: InventedSchool) -> bytes:
    """With a column that nobody asked for."""
    return xml([{**row, "Bus route": "4"} for row in school.students])


def csv_utf8(school: InventedSchool) -> bytes:
    """CSV in UTF-8 with a byte order mark, as Excel saves it."""
    return csv_file(school.students, "utf-8-sig")


def csv_windows_1252(school: InventedSchool) -> bytes:
    """CSV in Windows-1252, as SIMS writes it."""
    return csv_file(school.students, "cp1252")


def csv_with_semicolons(school: InventedSchool) -> bytes:
    """CSV with semicolons, as Excel saves it on some computers."""
    return csv_file(school.students).replace(b",", b";")


def csv_with_byte_order_marks(school: InventedSchool) -> bytes:
    """CSV with byte order marks before some rows, where pieces were joined."""
    lines = csv_file(school.students).splitlines(keepends=True)
    return b"".join(b"\xef\xbb\xbf" + line if number % 4 == 0 else line for number, line in enumerate(lines))


def plain_workbook(school: InventedSchool) -> bytes:
    """A workbook."""
    return workbook(school.students)


def workbook_with_formulas(school: InventedSchool) -> bytes:
    """A workbook with formulas: the values they had when it was saved count, nothing is calculated."""
    return workbook(school.students, {"Forename": True, "Reg": True})


def workbook_named_csv(school: InventedSchool) -> bytes:
    """A workbook under the name of a CSV file."""
    return workbook(school.students)


def csv_named_xml(school: InventedSchool) -> bytes:
    """CSV under the name of an XML file."""
    return csv_file(school.students)


def rows_in_other_order(school: InventedSchool) -> bytes:
    """The records and their columns in another order."""
    return xml([dict(reversed(list(row.items()))) for row in reversed(school.students)])


def fewer_entries(school: InventedSchool) -> bytes:
    """Half of the entries: they are history, so that nothing is taken back by one read."""
    return xml(school.entries[::2])


def fewer_results(school: InventedSchool) -> bytes:
    """Half of the results: they are history as well."""
    return xml(school.results[::2])
