"""What does a wheel say of itself, and is anything missing that the product needs on a target machine?"""

import hashlib
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.metadata import RawMetadata, parse_email
from packaging.requirements import Requirement
from packaging.tags import Tag
from packaging.utils import canonicalize_name, parse_wheel_filename

_LONGEST_LICENCE_NAME = 60  # longer ones are the text itself
_NOT_SAID = "not said in its metadata"


@dataclass(frozen=True, slots=True)
class Wheel:
    """One wheel file, as read. `requires` are its own requirements, `licence` is as its makers wrote it."""

    file: str
    name: str
    version: str
    tags: frozenset[Tag]
    sha256: str
    requires: tuple[Requirement, ...]
    licence: str
    summary: str


def read_wheel(path: Path) -> Wheel:
    """Read a wheel's name, hash and metadata."""
    name, version, _, tags = parse_wheel_filename(path.name)
    with zipfile.ZipFile(path) as archive:
        (inside,) = (
            each for each in archive.namelist() if each.endswith(".dist-info/METADATA") and each.count("/") == 1
        )
        metadata, _ = parse_email(archive.read(inside))
    return Wheel(
        file=path.name,
        name=name,
        version=str(version),
        tags=tags,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        requires=tuple(Requirement(each) for each in metadata.get("requires_dist", [])),
        licence=_licence(metadata),
        summary=metadata.get("summary", ""),
    )


def missing(
    wheels: Sequence[Wheel], product: str, extras: Sequence[str], environment: Mapping[str, str], tags: frozenset[Tag]
) -> list[str]:
    """What the product with its extras needs there and no wheel gives, one sentence each; none = it installs.

    pip itself cannot be asked on another system: it judges markers by the machine it runs on.
    """
    usable: dict[str, list[Wheel]] = {}
    for wheel in wheels:
        if wheel.tags & tags:
            usable.setdefault(wheel.name, []).append(wheel)
    waiting = [Requirement(f"{product}[{','.join(extras)}]" if extras else product)]
    seen: set[str] = set()
    problems: list[str] = []
    while waiting:
        requirement = waiting.pop()
        if str(requirement) in seen:
            continue
        seen.add(str(requirement))
        found = [
            each
            for each in usable.get(canonicalize_name(requirement.name), [])
            if requirement.specifier.contains(each.version, prereleases=True)
        ]
        if not found:
            problems.append(
                f"No wheel for {requirement.name}{requirement.specifier} on Python {environment['python_version']}."
            )
        for wheel in found[:1]:
            waiting += _asked(wheel, requirement.extras, environment)
    return sorted(problems)


def _asked(wheel: Wheel, extras: set[str], environment: Mapping[str, str]) -> Iterator[Requirement]:
    for requirement in wheel.requires:
        marker = requirement.marker
        if marker is None or any(marker.evaluate({**environment, "extra": extra}) for extra in ["", *extras]):
            yield requirement


def _licence(metadata: RawMetadata) -> str:
    """SPDX expression, else the short name, else the classifiers."""
    if expression := metadata.get("license_expression"):
        return expression
    short = metadata.get("license", "").strip()
    if short and "\n" not in short and len(short) <= _LONGEST_LICENCE_NAME:
        return short
    classified = [each.rpartition(" :: ")[2] for each in metadata.get("classifiers", []) if each.startswith("License")]
    return ", ".join(classified) or _NOT_SAID
