"""Which files belong to a store, and go into its backup: the configuration and what it names, and never a secret."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sims_sync.config import Config, SchoolConfig
from sims_sync.secret_references import secret_references

FILE_BYTES_MAX = 20_000_000  # beyond it is none of the small files that a configuration names
SECRETS_FOLDER = "secrets"


@dataclass(frozen=True, slots=True)
class Belongings:
    """Files by their place below the configuration's folder, and sentences about what is left out."""

    files: dict[str, Path]
    left_out: tuple[str, ...]


def belongings(config: Config) -> Belongings:
    """What to back up besides the store. Files outside the configuration's folder, and secrets, are named only."""
    base = config.base.resolve()
    files: dict[str, Path] = {}
    left_out: list[str] = []
    secret_files = _secret_files(config)
    for path in dict.fromkeys(_named(config)):
        if not path.is_file():
            continue
        real = path.resolve()
        if real in secret_files or base / SECRETS_FOLDER in real.parents:
            continue
        if base not in real.parents:
            left_out.append(f"{path} lies outside the configuration's folder: back it up yourself.")
        elif path.stat().st_size > FILE_BYTES_MAX:
            left_out.append(f"{path} is too large for a file of the configuration: back it up yourself.")
        else:
            files[real.relative_to(base).as_posix()] = path
    secrets = sorted(secret_references(config))
    left_out += [f"The secret {reference} is left out: keep it elsewhere." for reference in secrets]
    if (config.base / SECRETS_FOLDER).is_dir():
        left_out.append(f"The folder {SECRETS_FOLDER} is left out: keep a copy of it, apart from the backups.")
    return Belongings(files, tuple(left_out))


def _named(config: Config) -> Iterator[Path]:
    yield config.file
    yield from sorted((config.base / "schools.d").glob("*.toml"))
    for school in config.schools.values():
        yield from _of_school(school)


def _of_school(school: SchoolConfig) -> Iterator[Path]:
    single = (school.roles.file, school.calendar.file, school.proformas.ideas, school.reports.tutor_answers)
    yield from (school.path(name) for name in single if name)
    yield from sorted(school.path(school.mappings_folder).glob("*.toml"))
    if school.messages.templates:
        yield from sorted(path for path in school.path(school.messages.templates).rglob("*") if path.is_file())


def _secret_files(config: Config) -> set[Path]:
    named = (reference.partition(":") for reference in secret_references(config))
    return {(config.base / rest).resolve() for scheme, _, rest in named if scheme == "file"}
