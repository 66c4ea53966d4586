"""Which files are no export of a report at all: an error message, a web page, another program's, or an attack?"""

import zipfile
from io import BytesIO

from sims_sync.self_test.school import InventedSchool
from sims_sync.self_test.written import CLOSING, DECLARATION, ROOT, csv_file, workbook, xml

TEN_MEGABYTES = 10 * 1024 * 1024
NESTED_ELEMENTS = 10_000
BOMB_BYTES = 160 * 1024 * 1024
_SHEET_PART = "xl/worksheets/sheet1.xml"


def error_message(_school: InventedSchool) -> bytes:
    """SIMS's error message in place of the report."""
    return f"{DECLARATION}\n<CommandReporterError><Message>Login failed</Message></CommandReporterError>\n".encode()


def log_in_page(_school: InventedSchool) -> bytes:
    """A log-in page, as a server sends it with "all is well"."""
    return b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><form></form></body></html>\n"


def log_in_page_without_doctype(_school: InventedSchool) -> bytes:
    """A log-in page that could pass for XML."""
    return b"<html><head><title>Sign in</title></head><body><form></form></body></html>\n"


def other_xml(_school: InventedSchool) -> bytes:
    """XML of another program."""
    return f"{DECLARATION}\n<Workforce><Member><Name>A</Name></Member></Workforce>\n".encode()


def prose(_school: InventedSchool) -> bytes:
    """A text of one sentence."""
    return b"The report could not be run because the server is being upgraded.\n"


def document_type(school: InventedSchool) -> bytes:
    """The right report, with a DOCTYPE."""
    return _with_document_type(school, "<!ELEMENT Record ANY>")


def entity_bomb(school: InventedSchool) -> bytes:
    """Entities that unfold to a billion texts."""
    entities = "".join(f'<!ENTITY e{level} "{f"&e{level - 1};" * 10}">' for level in range(1, 10))
    declared = _with_document_type(school, f'<!ENTITY e0 "ha">{entities}')
    return declared.replace(b"<Forename>", b"<Forename>&e9;", 1)


def external_entity(school: InventedSchool) -> bytes:
    """An entity that would fetch a file of this computer."""
    declared = _with_document_type(school, '<!ENTITY file SYSTEM "file:///c:/windows/win.ini">')
    return declared.replace(b"<Forename>", b"<Forename>&file;", 1)


def undeclared_entity(school: InventedSchool) -> bytes:
    """An entity that is declared nowhere."""
    return xml(school.students).replace(b"<Forename>", b"<Forename>&nbsp;", 1)


def huge_field(school: InventedSchool) -> bytes:
    """One value of 10 MB."""
    return xml(school.students).replace(b"<Forename>", b"<Forename>" + b"A" * TEN_MEGABYTES, 1)


def huge_csv_cell(school: InventedSchool) -> bytes:
    """CSV with one cell of 10 MB."""
    return csv_file(school.students).replace(b",Alder", b"," + b"A" * TEN_MEGABYTES + b"Alder", 1)


def deep_nesting(school: InventedSchool) -> bytes:
    """Elements nested 10,000 deep within a value."""
    nested = b"<a>" * NESTED_ELEMENTS + b"</a>" * NESTED_ELEMENTS
    return xml(school.students).replace(b"<Forename>", b"<Forename>" + nested, 1)


def zip_bomb(school: InventedSchool) -> bytes:
    """A workbook that unpacks to 160 MB."""
    return _with_sheet(workbook(school.students), b"<worksheet>" + b" " * BOMB_BYTES)


def far_cell(school: InventedSchool) -> bytes:
    """A workbook whose one far cell would make a table of 17 milliard cells."""
    sheet = b'<worksheet><sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
    return _with_sheet(workbook(school.students), sheet)


def old_workbook(_school: InventedSchool) -> bytes:
    """An old .xls workbook; one protected by a password begins alike."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2048


def pdf(_school: InventedSchool) -> bytes:
    """A PDF document under the name of a CSV file."""
    return b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF\n"


def empty_zip(_school: InventedSchool) -> bytes:
    """An archive without anything in it under the name of a workbook."""
    data = BytesIO()
    zipfile.ZipFile(data, "w").close()
    return data.getvalue()


def report_within_report(school: InventedSchool) -> bytes:
    """Half of the records stand within a second report inside the first."""
    half = len(school.students) // 2
    inner = xml(school.students[half:]).removeprefix(DECLARATION.encode())
    return xml(school.students[:half]).replace(CLOSING, inner + CLOSING)


def _with_document_type(school: InventedSchool, declared: str) -> bytes:
    return xml(school.students, f"{DECLARATION}\n<!DOCTYPE {ROOT} [{declared}]>")


def _with_sheet(whole: bytes, sheet: bytes) -> bytes:
    """The same workbook with another text for its sheet."""
    data = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(whole)) as old,
        zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new,
    ):
        for name in old.namelist():
            new.writestr(name, sheet if name == _SHEET_PART else old.read(name))
    return data.getvalue()
