"""Where log lines go: a file beside the config, or standard error with SIMS_SYNC_LOG=stderr; never a student's data."""

import logging
import os
import sys
import threading
from pathlib import Path

import structlog
from structlog.typing import EventDict, Processor

from sims_sync.cli.log_file import SharedLogFile
from sims_sync.cli.redaction import redacted
from sims_sync.config import ServiceSection

LOG_VARIABLE = "SIMS_SYNC_LOG"
LOG_FOLDER = "log"
LOG_FILE = "sims-sync.log"
_BYTES_PER_MB = 1_000_000
_FIRST = ("timestamp", "level", "event")  # of a line for people, before its `key=value`


def configure_log() -> None:
    """Structlog through the standard library: one line per event, with the run's id on each."""
    structlog.configure(
        processors=[*_enriched(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    root.handlers.clear()
    root.setLevel(logging.INFO)
    if _to_stderr():
        _add(logging.StreamHandler(sys.stderr), ServiceSection())
    else:
        root.addHandler(logging.NullHandler())
    for noisy in ("apscheduler", "alembic", "urllib3", "filelock"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    threading.excepthook = _log_thread_fault


def log_into(folder: Path, service: ServiceSection | None = None) -> None:
    """Write the log to `folder`/log/sims-sync.log, turned over by size, as `[service]` says; again to change that."""
    section = service or ServiceSection()
    root = logging.getLogger()
    if _to_stderr():
        for handler in root.handlers:
            handler.setFormatter(_formatter(section))
        return
    place = folder / LOG_FOLDER
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError:
        return  # no log is no reason not to work; `check` says that the folder cannot be written to
    for handler in [each for each in root.handlers if isinstance(each, SharedLogFile)]:
        root.removeHandler(handler)
    _add(SharedLogFile(place / LOG_FILE, int(section.log_file_mb * _BYTES_PER_MB), section.log_files), section)


def _add(handler: logging.Handler, section: ServiceSection) -> None:
    handler.setFormatter(_formatter(section))
    logging.getLogger().addHandler(handler)


def _to_stderr() -> bool:
    return os.environ.get(LOG_VARIABLE) == "stderr"


def _enriched() -> list[Processor]:
    """What every line gets, also that of a library."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _only_where_it_happened,
    ]


def _formatter(section: ServiceSection) -> logging.Formatter:
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False) if section.log_format == "json" else _as_text
    )
    return _Redacting(
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        foreign_pre_chain=[*_enriched(), _named],
    )


class _Redacting(structlog.stdlib.ProcessorFormatter):
    """The last look at each line."""

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))


def _named(_logger: object, _name: str, event: EventDict) -> EventDict:
    """Which library spoke."""
    return {**event, "logger": event["_record"].name}


def _as_text(_logger: object, _name: str, event: EventDict) -> str:
    moment, level, what = (str(event.pop(name, "")) for name in _FIRST)
    more = " ".join(f"{key}={value}" for key, value in event.items())
    return f"{moment[:19].replace('T', ' ')} {level:<8} {what} {more}".rstrip()


def _only_where_it_happened(_logger: object, _name: str, event: EventDict) -> EventDict:
    """Keep the class of an error and the lines it passed, never its message: a driver's quotes the row it choked on."""
    event.pop("stack_info", None)
    raised = event.pop("exc_info", None)
    if isinstance(raised, tuple):
        raised = raised[1]  # a library's
    error = sys.exc_info()[1] if raised is True else raised
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        event["where"] = _lines_of(error)
    return event


def _lines_of(error: BaseException) -> list[str]:
    lines = []
    step = error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        lines.append(f"{Path(code.co_filename).name}:{step.tb_lineno} {code.co_name}")
        step = step.tb_next
    return lines


def _log_thread_fault(fault: threading.ExceptHookArgs) -> None:
    """Not on standard error, with its message, as Python would."""
    thread = fault.thread.name if fault.thread is not None else ""
    structlog.get_logger("sims_sync").error("unforeseen fault", thread=thread, exc_info=fault.exc_value)
