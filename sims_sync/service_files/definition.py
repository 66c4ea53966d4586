"""What does the service run, as whom, and which places and secrets does its configuration need?"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

from pydantic import BaseModel

from sims_sync.config import Config
from sims_sync.errors import ConfigProblem, ConfigurationError

SERVICE_NAME = "sims-sync"
DESCRIPTION = "Reads SIMS exports and tells Heads of House which mentoring entries are due."
STOP_MARGIN_SECONDS = 15  # on top of service.stop_seconds: the system's hard end must come after our own

_CREDENTIAL = re.compile(rf"(?:credential:|file:/run/credentials/{SERVICE_NAME}\.service/)([\w.-]+)")
_UNFIT = re.compile(r"[\x00-\x1f\"]")
_ACCOUNT = re.compile(r"[\w.$@\\ -]+")


@dataclass(frozen=True, slots=True)
class ServiceDefinition:
    """What runs, and for which configuration; every path is absolute.

    `writable` are folders outside the config's own that the configuration names; `credentials` are the names of the
    systemd credentials that it refers to.
    """

    program: PurePath
    config: PurePath
    account: str
    stop_seconds: int
    writable: tuple[PurePath, ...] = ()
    credentials: tuple[str, ...] = ()

    @property
    def base(self) -> PurePath:
        """The folder of config.toml: the service's own place."""
        return self.config.parent


def define_service(config: Config, program: PurePath, account: str) -> ServiceDefinition:
    """The service for a configuration.

    Raises:
        ConfigurationError: a path or the account cannot be written into a service file.
    """
    texts = sorted(set(_texts(config)))
    places = {place for text in texts if (place := _folder(text, config)) is not None}
    writable = tuple(sorted(place for place in places if not place.is_relative_to(config.base)))
    definition = ServiceDefinition(
        program=program,
        config=config.file,
        account=account,
        stop_seconds=config.service.stop_seconds,
        writable=writable,
        credentials=tuple(sorted({name for text in texts for name in _CREDENTIAL.findall(text)})),
    )
    _refuse_unfit(definition)
    return definition


def _texts(config: Config) -> Iterator[str]:
    """Every text of the configuration, `{school}` filled in: paths may stand in any connector's option."""
    yield config.store.url.removeprefix("sqlite:///")
    yield from _within(config.backup)
    for school in config.schools.values():
        yield from (text.replace("{school}", school.id) for text in _within(school))


def _within(value: object) -> Iterator[str]:
    if isinstance(value, BaseModel):
        yield from _within({**dict(value), **(value.model_extra or {})})
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _within(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _within(each)
    elif isinstance(value, str):
        yield value


def _folder(text: str, config: Config) -> Path | None:
    """The folder that a path means: itself, its own folder if it is a file, or what stands before a brace.

    A path that begins at the configuration's folder matters where it leads out of it: by `..`, or by a link.
    """
    text = _led_out(text, config.base)
    if "\n" in text or not Path(text).is_absolute():
        return None
    path = Path(text.partition("{")[0]) if "{" in text else Path(text)
    if "{" in text and not text.partition("{")[0].endswith(("/", "\\")):
        path = path.parent
    folder = path.parent if path.is_file() or path.suffix == ".db" else path
    return None if folder == Path(folder.anchor) else config.base / folder


def _led_out(text: str, base: Path) -> str:
    """Where a text leads that names a place from `base`; the text itself where it leads nowhere else."""
    if not text or "\n" in text or "://" in text:
        return text
    if ".." in Path(text).parts:
        return os.path.normpath(base / text)
    try:
        real = (base / text).resolve(strict=True)
    except (OSError, ValueError):  # most texts are no paths
        return text
    return text if real.is_relative_to(base.resolve()) else str(real)


def _refuse_unfit(definition: ServiceDefinition) -> None:
    for path in (definition.program, definition.config, *definition.writable):
        if _UNFIT.search(str(path)):
            what = "holds a quotation mark or a control character, which no service file can carry."
            raise ConfigurationError([ConfigProblem(ascii(str(path)), what, "Rename that folder.")])
    if not _ACCOUNT.fullmatch(definition.account):
        raise ConfigurationError(
            [ConfigProblem("--account", "is no name of an account.", "Write it as the system shows it.")]
        )
