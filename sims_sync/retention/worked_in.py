"""Has somebody written in a workbook since it was issued? Then what it holds may be nowhere else yet."""

import re
import zipfile
from pathlib import Path

_PROPERTIES = "docProps/core.xml"
_MOMENT = re.compile(rb"<dcterms:(created|modified)\b[^>]*>([^<]*)<")


def is_worked_in(path: Path) -> bool:
    """Whether a workbook was saved by another program: its own words say when it was made and when last saved.

    False for what is no workbook, such as one that was cut off while it was written.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            moments = dict(_MOMENT.findall(archive.read(_PROPERTIES)))
    except KeyError:  # a workbook of another make
        return True
    except (OSError, zipfile.BadZipFile, RuntimeError, ValueError):
        return False
    return moments.get(b"created") != moments.get(b"modified")
