"""Which release of each dependency is shipped, and which file hashes are right for it?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCK = Path(__file__).with_name("requirements.txt")


@dataclass(frozen=True, slots=True)
class Pin:
    """One line of the lock: a release, where it is needed, and the hashes (`sha256:…`) of all its files."""

    name: str
    version: str
    marker: Marker | None
    hashes: tuple[str, ...]

    def line(self, hashes: Sequence[str], *, marker: bool) -> str:
        """As a requirements file writes it, with these hashes."""
        where = f" ; {self.marker}" if marker and self.marker else ""
        return " ".join([f"{self.name}=={self.version}{where}", *(f"--hash={each}" for each in sorted(hashes))])


def read_lock(text: str) -> tuple[Pin, ...]:
    """The pins of a requirements file in which every line has exactly one version, and hashes.

    Raises:
        ValueError: a line that is not so.
    """
    return tuple(_pin(line) for line in _whole_lines(text))


def needed(pins: Sequence[Pin], environment: dict[str, str]) -> tuple[Pin, ...]:
    """Those that a machine with this marker environment needs."""
    return tuple(pin for pin in pins if pin.marker is None or pin.marker.evaluate(environment))


def _whole_lines(text: str) -> Iterator[str]:
    for line in text.replace("\\\n", " ").splitlines():
        bare = line.partition(" #")[0].strip()
        if bare and not bare.startswith("#"):
            yield bare


def _pin(line: str) -> Pin:
    head, *hashes = line.split(" --hash=")
    requirement = Requirement(head.strip())
    exact = [each.version for each in requirement.specifier if each.operator == "=="]
    if len(exact) != 1 or not hashes:
        raise ValueError(f"The lock's line for {requirement.name} has no single version with hashes: run `make lock`.")
    return Pin(
        canonicalize_name(requirement.name), exact[0], requirement.marker, tuple(each.strip() for each in hashes)
    )
