"""How do rows become the XML that CommandReporter writes (SIMS §2)?"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from html import escape

ROOT = "SuperStarReport"
XML_SCHEMA = "http://www.w3.org/2001/XMLSchema"
DATA_SET_EXTENSIONS = "urn:schemas-microsoft-com:xml-msdata"
DECLARATION = '<?xml version="1.0" standalone="yes"?>'


def superstar_xml(
    rows: Iterable[Mapping[str, str]], columns: Sequence[str], *, dates: frozenset[str], inline_schema: bool
) -> bytes:
    """The whole document in UTF-8, with one Record for each row, and with or without a schema before them.

    `columns` are all captions of the report, those in `dates` date-times; an absent caption gives no element.
    """
    parts = [DECLARATION, f"<{ROOT}>"]
    if inline_schema:
        parts.append(_schema(columns, dates))
    parts.extend(_record(row) for row in rows)
    parts.append(f"</{ROOT}>")
    return "\n".join(parts).encode("utf-8")


@cache
def element_name(caption: str) -> str:
    """A caption as an XML name: "Legal Surname" → "Legal_x0020_Surname", "A/B" → "A_x002F_B"."""
    name = re.sub(r"[^\w.-]", lambda found: f"_x{ord(found.group()):04X}_", caption)
    return re.sub(r"^[\d.-]", lambda found: f"_x{ord(found.group()):04X}_", name)


def _record(row: Mapping[str, str]) -> str:
    names = {caption: element_name(caption) for caption in row}
    lines = [f"    <{names[caption]}>{escape(text, quote=False)}</{names[caption]}>" for caption, text in row.items()]
    return "\n".join(["  <Record>", *lines, "  </Record>"])


def _schema(columns: Sequence[str], dates: frozenset[str]) -> str:
    """An inline schema of the shape .NET data sets write."""
    types = {column: "dateTime" if column in dates else "string" for column in columns}
    elements = [
        f'              <xs:element name="{element_name(column)}" type="xs:{types[column]}" minOccurs="0" />'
        for column in columns
    ]
    return "\n".join(
        [
            f'  <xs:schema id="{ROOT}" xmlns="" xmlns:xs="{XML_SCHEMA}" xmlns:msdata="{DATA_SET_EXTENSIONS}">',
            f'    <xs:element name="{ROOT}" msdata:IsDataSet="true" msdata:UseCurrentLocale="true">',
            "      <xs:complexType>",
            '        <xs:choice minOccurs="0" maxOccurs="unbounded">',
            '          <xs:element name="Record">',
            "            <xs:complexType><xs:sequence>",
            *elements,
            "            </xs:sequence></xs:complexType>",
            "          </xs:element>",
            "        </xs:choice>",
            "      </xs:complexType>",
            "    </xs:element>",
            "  </xs:schema>",
        ]
    )
