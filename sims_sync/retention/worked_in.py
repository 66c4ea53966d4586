"""Has somebody written in a workbook since it was issued? Then what it holds may be nowhere else yet."""

import re
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

_PROPERTIES = "docProps/core.xml"
WRITING = timedelta(minutes=10)  # from when a workbook says that it was made until the last of an issue is written
_MOMENT = re.compile(rb"<dcterms:(created|modified)\b[^>]*>([^<]*)<")


def is_worked_in(path: Path) -> bool:
    """Whether a workbook was saved after it was made: by its own words, or by the disk's.

    False for what is no workbook, such as one that was cut off while it was written.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            moments = dict(_MOMENT.findall(archive.read(_PROPERTIES)))
        made, saved = (datetime.fromisoformat(moments[name].decode()) for name in (b"created", b"modified"))
        written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        return saved != made or written > made + WRITING
    except (KeyError, TypeError):  # a workbook of another make
        return True
    except (OSError, zipfile.BadZipFile, RuntimeError, ValueError):
        return False
