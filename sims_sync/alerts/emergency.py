"""How is the admin told when no job can start: the configuration is broken, or the store cannot be opened?

Neither the configuration nor the store is relied on: whom and how to mail is read from what is still readable of
config.toml, else from a small file that the last good start left behind. Secrets stand there as references only.
"""

import hashlib
import json
import os
import tempfile
import threading
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from pydantic import TypeAdapter, ValidationError

from sims_sync.alerts.direct import MailSettings, plain_context, send_directly, settings_of
from sims_sync.config import Config
from sims_sync.config_file import load_config
from sims_sync.context import WORK_FOLDER
from sims_sync.errors import ConfigProblem, ConfigurationError
from sims_sync.standing.words import lasted, shown_at

TOLD_AGAIN = timedelta(hours=24)
TRIED_AGAIN = timedelta(minutes=5)  # while the mail server does not answer either
SETTINGS_FILE = "last-good-mail.json"
STATE_FILE = "emergency.json"
_ZONE = ZoneInfo("Europe/London")
_STATE_IN_MEMORY: dict[Path, "_State"] = {}  # where nothing can be written, once per process must do
_ONE_AT_A_TIME = threading.Lock()  # the service and what looks beside it see the same fault at the same time

log = structlog.get_logger("sims_sync.alerts")


@dataclass(frozen=True, slots=True)
class _State:
    """Since when it has been so, what was told (reason → when, as ISO texts), and when it was last tried."""

    since: str
    told: Mapping[str, str] = field(default_factory=dict)
    tried: str = ""
    what: tuple[str, ...] = ()


_STATES, _SETTINGS = TypeAdapter(_State), TypeAdapter(tuple[MailSettings, ...])


def tell_admin_without_store(config_file: Path, problems: Sequence[ConfigProblem], now: datetime) -> None:
    """Mail the admin that nothing can run, and why; once for each reason, and again after 24 hours. Never raises."""
    try:
        with _ONE_AT_A_TIME:
            _tell(config_file, [str(problem) for problem in problems], now)
    except Exception:
        log.exception("unforeseen fault")


def tell_recovered(config_file: Path, now: datetime) -> None:
    """Mail once that it is over, where the admin was told that nothing could run. Never raises."""
    try:
        with _ONE_AT_A_TIME:
            _tell_over(config_file, now)
    except Exception:
        log.exception("unforeseen fault")


def remember_mail_settings(config: Config) -> None:
    """Keep how the admins are mailed, for a day on which config.toml cannot be read. Never raises."""
    found = tuple({settings.admin.casefold(): settings for settings in map(settings_of, _mailing(config))}.values())
    text = json.dumps([asdict(settings) for settings in found], indent=2, default=str)
    path = config.base / WORK_FOLDER / SETTINGS_FILE
    with suppress(OSError):
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_private(path, text)


def _mailing(config: Config) -> Iterator[Any]:
    return (school for school in config.schools.values() if school.messages.mode != "off")


def _tell(config_file: Path, sentences: Sequence[str], now: datetime) -> None:
    reason = hashlib.blake2b("\n".join(sorted(sentences)).encode(), digest_size=8).hexdigest()
    state = _read_state(config_file) or _State(now.isoformat())
    told = state.told.get(reason)
    if told is not None and _before(told, now) < TOLD_AGAIN:
        return
    if state.tried and _before(state.tried, now) < TRIED_AGAIN:
        return
    lines = [
        "sims-sync cannot run on this machine, or goes on with the configuration it had before:",
        *(f"- {sentence}" for sentence in sentences),
        "Nothing is lost, and nothing is sent to staff meanwhile. It goes on by itself once this is mended.",
        "`sims-sync check` says when that is so. What to do: docs/alerts.md#nothing-can-run",
    ]
    if _mail(config_file, "sims-sync cannot run and needs a person", lines, now, f"{state.since}/{reason}/{told}"):
        state = _State(state.since, {**state.told, reason: now.isoformat()}, "", tuple(sentences))
    else:
        state = _State(state.since, state.told, now.isoformat(), tuple(sentences))
    _write_state(config_file, state)


def _tell_over(config_file: Path, now: datetime) -> None:
    state = _read_state(config_file)
    if state is None or not _is_well(config_file):
        return
    if state.told:
        if state.tried and _before(state.tried, now) < TRIED_AGAIN:
            return
        since = datetime.fromisoformat(state.since)
        span = f"From {shown_at(since, _ZONE)} to {shown_at(now, _ZONE)}, {lasted(since, now)}, it could not:"
        lines = ["sims-sync runs again; nothing is to be done.", span, *(f"- {each}" for each in state.what)]
        if not _mail(config_file, "sims-sync runs again", lines, now, f"{state.since}/over"):
            _write_state(config_file, _State(state.since, state.told, now.isoformat(), state.what))
            return
    _forget_state(config_file)


def _is_well(config_file: Path) -> bool:
    """A service that was running goes on with the configuration it had: that alone is no end of what was told."""
    try:
        load_config(config_file)
    except ConfigurationError:
        return False
    return True


def _mail(config_file: Path, subject: str, lines: Sequence[str], now: datetime, occasion: str) -> bool:
    """Every admin that can be found; whether at least one mail is settled."""
    base = config_file.absolute().parent
    context = plain_context(base, base / WORK_FOLDER, lambda: now)
    readable = list(_readable_settings(config_file))
    for candidates in (readable, list(_remembered_settings(base))):
        sent = [send_directly(each, subject, lines, context, occasion) for each in candidates]
        if any(sent):
            return True
    log.warning("nobody could be told", code="emergency")
    return False


def _readable_settings(config_file: Path) -> Iterator[MailSettings]:
    """Whom and how, from what is still well in config.toml and in the schools' own files."""
    try:
        top = tomllib.loads(config_file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return
    tables = [top, *_tables(top.get("schools"))]
    for file in sorted((config_file.absolute().parent / "schools.d").glob("*.toml")):
        with suppress(OSError, ValueError):
            tables.append(tomllib.loads(file.read_text(encoding="utf-8-sig")))
    seen = set()
    for table in tables:
        settings = _settings_in(table, top)
        if settings is not None and settings.admin.casefold() not in seen:
            seen.add(settings.admin.casefold())
            yield settings


def _settings_in(table: Mapping[str, Any], top: Mapping[str, Any]) -> MailSettings | None:
    """A table's own words over those of the top; None where they do not say whom and how."""
    people = {**_table(top.get("people")), **_table(table.get("people"))}
    messages = {**_table(top.get("messages")), **_table(table.get("messages"))}
    mailer = dict(_table(messages.get("mailer")))
    if messages.get("mode") == "off":
        return None
    try:
        return TypeAdapter(MailSettings).validate_python(
            {
                "admin": people.get("admin"),
                "sender": messages.get("sender"),
                "allowed_domains": messages.get("allowed_domains"),
                "connector": mailer.pop("connector", "mail_folder"),
                "options": mailer,
            }
        )
    except ValidationError:
        return None


def _remembered_settings(base: Path) -> Iterator[MailSettings]:
    with suppress(OSError, ValueError):  # pydantic's error is a ValueError
        yield from _SETTINGS.validate_json((base / WORK_FOLDER / SETTINGS_FILE).read_text(encoding="utf-8"))


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _tables(value: object) -> list[Mapping[str, Any]]:
    return [_table(each) for each in _table(value).values()]


def _state_places(config_file: Path) -> tuple[Path, Path]:
    """Beside the configuration; where that cannot be written, among this machine's temporary files."""
    path = config_file.absolute()
    name = hashlib.blake2b(str(path).encode(), digest_size=8).hexdigest()
    return path.parent / WORK_FOLDER / STATE_FILE, Path(tempfile.gettempdir()) / f"sims-sync-{name}.json"


def _read_state(config_file: Path) -> _State | None:
    """The newest of what was written down: an older one may lie where nothing could be written any more."""
    found = []
    for path in _state_places(config_file):
        with suppress(OSError, ValueError):
            if _is_ours(path):
                found.append(_STATES.validate_json(path.read_text(encoding="utf-8")))
    if config_file in _STATE_IN_MEMORY:
        found.append(_STATE_IN_MEMORY[config_file])
    return max(found, key=lambda state: max((*state.told.values(), state.tried, state.since)), default=None)


def _write_state(config_file: Path, state: _State) -> None:
    _STATE_IN_MEMORY[config_file] = state
    text = json.dumps(asdict(state))
    for path in _state_places(config_file):
        with suppress(OSError):  # where there is no work folder none is made: nothing may be there to work with
            _write_private(path, text)
            return


def _forget_state(config_file: Path) -> None:
    _STATE_IN_MEMORY.pop(config_file, None)
    for path in _state_places(config_file):
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _write_private(path: Path, text: str) -> None:
    """Whole or not at all, for this account's eyes (Windows: the folder's rights decide)."""
    fresh = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        # A new file or none: among everyone's temporary files a link of that name may lead elsewhere.
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        fresh.replace(path)
    except FileExistsError:
        raise
    except OSError:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise


def _is_ours(path: Path) -> bool:
    """Whether this account wrote it: another's must not keep a mail from being sent."""
    return not hasattr(os, "getuid") or path.lstat().st_uid == os.getuid()


def _before(moment: str, now: datetime) -> timedelta:
    """How long ago it was; a clock that went back makes it long ago, never for ever."""
    ago = now - datetime.fromisoformat(moment)
    return ago if ago >= timedelta(0) else TOLD_AGAIN
