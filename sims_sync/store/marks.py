"""The fingerprints of the records of a source's last read: what was read and applied once need not be parsed again.

A mark may be trusted only while nothing else writes results: whoever does calls `forget_marks` (DESIGN §9).
"""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Connection, delete, func, select

from sims_sync.store.rows import upsert
from sims_sync.store.tables import read_mark

DIGEST_BYTES = 16
PART_RECORDS = 65_536


class KnownRecords:
    """The last read's records in order, a window of two parts at a time: memory stays flat whatever the source."""

    def __init__(self, connection: Connection, school: str, source: str, ruling: str) -> None:
        """Marks made under other rules (`ruling`) say nothing: there are none then."""
        self._connection = connection
        self._these = (read_mark.c.school == school, read_mark.c.source == source, read_mark.c.ruling == ruling)
        # The marks of the present read are written while these are read.
        self._run_id = connection.execute(select(func.max(read_mark.c.run_id)).where(*self._these)).scalar()
        self._part = -1
        self.fields: list[list[str]] = []
        self._current = self._next_part()
        self._next = self._next_part()
        self.any = bool(self._current)

    def shapes_of(self, digests: Sequence[bytes]) -> list[int | None]:
        """Each record's shape if the last read held it, else None; in the order given."""
        found = list(map(self._current.get, digests))
        if self._next and None in found:
            following = list(map(self._next.get, digests))
            if following.count(None) < len(following):
                found = [first if first is not None else second for first, second in zip(found, following, strict=True)]
                self._current, self._next = self._next, self._next_part()
        return found

    def _next_part(self) -> dict[bytes, int]:
        self._part += 1
        columns = (read_mark.c.digests, read_mark.c.shapes, read_mark.c.shape_fields)
        this = (*self._these, read_mark.c.run_id == self._run_id, read_mark.c.part == self._part)
        part = self._connection.execute(select(*columns).where(*this)).first()
        if part is None:
            return {}
        digests, shapes, self.fields = part
        cuts = range(0, len(digests), DIGEST_BYTES)
        return dict(zip((digests[at : at + DIGEST_BYTES] for at in cuts), shapes, strict=True))


class MarkWriter:
    """Writes the marks of a read in parts; `unmarked` shapes are left out: those records are looked at every time."""

    def __init__(self, connection: Connection, school: str, source: str, run_id: str, ruling: str) -> None:
        self._connection = connection
        self._row = {"school": school, "source": source, "run_id": run_id, "ruling": ruling}
        self._digests = bytearray()
        self._shapes = bytearray()
        self._part = 0

    def add(self, digests: Sequence[bytes], shapes: Sequence[int], unmarked: int, fields: list[list[str]]) -> None:
        """Some records' marks, in order."""
        if unmarked in shapes:
            pairs = [(digest, shape) for digest, shape in zip(digests, shapes, strict=True) if shape != unmarked]
            digests, shapes = [digest for digest, _ in pairs], [shape for _, shape in pairs]
        self._digests += b"".join(digests)
        self._shapes += bytes(shapes)
        if len(self._shapes) >= PART_RECORDS:
            self.close(fields)

    def close(self, fields: list[list[str]]) -> None:
        """Write what is waiting."""
        if self._shapes:
            part = {
                "part": self._part,
                "digests": bytes(self._digests),
                "shapes": bytes(self._shapes),
                "shape_fields": fields,
            }
            upsert(self._connection, read_mark, [{**self._row, **part}])
        self._part += 1
        self._digests, self._shapes = bytearray(), bytearray()


def forget_marks(connection: Connection, school: str, source: str | None = None, *, but_of: str | None = None) -> None:
    """Forget a source's marks (or every source's), but for those of one run."""
    statement = delete(read_mark).where(read_mark.c.school == school)
    if source is not None:
        statement = statement.where(read_mark.c.source == source)
    if but_of is not None:
        statement = statement.where(read_mark.c.run_id != but_of)
    connection.execute(statement)


def filled_by(shapes: Counter[int], fields: Sequence[Sequence[str]]) -> Counter[str]:
    """How many records fill each field, from how many have each shape."""
    counts: Counter[str] = Counter()
    for shape, count in shapes.items():
        for name in fields[shape]:
            counts[name] += count
    return counts
