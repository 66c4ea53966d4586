"""Did config.toml or a file of schools.d change, and has it come to rest?"""

from pathlib import Path

Mark = tuple[tuple[str, int, int], ...]  # per file: its name, its time, its size


class ConfigWatch:
    """Looks at the files of a configuration from time to time."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._taken = _mark(file)
        self._seen = self._taken

    def has_changed(self) -> bool:
        """Whether they differ from those last taken and stand as they stood at the last look; then they are taken.

        An editor writes a file in several steps: half of one is no configuration.
        """
        now = _mark(self._file)
        before, self._seen = self._seen, now
        if now == self._taken or now != before:
            return False
        self._taken = now
        return True


def _mark(file: Path) -> Mark:
    found = []
    for path in (file, *sorted((file.parent / "schools.d").glob("*.toml"))):
        try:
            stat = path.stat()
        except OSError:
            continue
        found.append((path.name, stat.st_mtime_ns, stat.st_size))
    return tuple(found)
