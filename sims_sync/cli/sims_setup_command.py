"""`sims-setup`: a definitions file for SIMS and a check list for its administrator."""

from pathlib import Path

import click

from sims_sync.cli.shared import config_option, opened, school_option
from sims_sync.config import SchoolConfig
from sims_sync.errors import ConfigProblem, ConfigurationError
from sims_sync.school_year.model import first_year
from sims_sync.sims_setup import UNPROVEN, Places, checklist_of, definitions_of, naming_of, places_of

FOLDER = "sims-setup"


class AcademicYear(click.ParamType[str]):
    """`--year`: an academic year such as 2026-27."""

    name = "year"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The same text."""
        try:
            first_year(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        return value


@click.command("sims-setup")
@click.option("--year", type=AcademicYear(), required=True, metavar="Y", help="E.g. 2026-27.")
@school_option
@click.option(
    "-o",
    "--output",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write into this folder; else sims-setup beside config.toml.",
)
@config_option
def sims_setup(year: str, school_id: str | None, folder: Path | None) -> None:
    """Write what an administrator of SIMS needs to make the places for targets and reviews; nothing is overwritten."""
    with opened() as place:
        school = place.one_school(school_id)
        context = place.context(school)
        places = places_of(school.school.name, school.entries, context.school_year(), year)
        push = school.push.destination
        naming = naming_of(push.connector if push else None, push.options if push else {})
        definitions_name = f"{school.id} {year} definitions.xml"
        contents = {
            definitions_name: definitions_of(places, naming, context.now()),
            f"{school.id} {year} checklist.md": checklist_of(places, definitions_name).encode("utf-8"),
        }
    written = _write(folder or _beside_config(school), contents)
    _tell(places, written)


def _beside_config(school: SchoolConfig) -> Path:
    return school.base / FOLDER


def _write(folder: Path, contents: dict[str, bytes]) -> list[Path]:
    """Both or none: a check list may carry somebody's ticks.

    Raises:
        ConfigurationError: one of them is there already, or the folder cannot be written to.
    """
    paths = {folder / name: content for name, content in contents.items()}
    there = [path for path in paths if path.exists()]
    if there:
        problem = ConfigProblem(str(there[0]), "is there already.", "Move it away, or choose another folder with -o.")
        raise ConfigurationError([problem])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, content in paths.items():
            path.write_bytes(content)
    except OSError:
        problem = ConfigProblem(str(folder), "cannot be written to.", "Check its rights, or choose another with -o.")
        raise ConfigurationError([problem]) from None
    return list(paths)


def _tell(places: Places, written: list[Path]) -> None:
    for path in written:
        click.echo(f"Written: {path}")
    click.echo(f"{len(places.aspects)} Comment aspects and {len(places.result_sets)} result sets of {places.year}.")
    click.echo(f"Not proven: {UNPROVEN}")
    click.echo("Next: go through the check list with whoever administers Assessment in SIMS.")
