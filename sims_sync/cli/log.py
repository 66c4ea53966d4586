"""Where log lines go: a file beside the config, or standard error with SIMS_SYNC_LOG=stderr; never a student's data."""

import logging
import os
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path

import structlog

LOG_VARIABLE = "SIMS_SYNC_LOG"
LOG_FILE_BYTES = 2_000_000
LOG_FILES_KEPT = 5


def configure_log() -> None:
    """Structlog through the standard library: one JSON line per event, with the run's id on each."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _only_where_it_happened,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    root.handlers.clear()
    root.setLevel(logging.INFO)
    root.addHandler(
        logging.StreamHandler(sys.stderr) if os.environ.get(LOG_VARIABLE) == "stderr" else logging.NullHandler()
    )
    for noisy in ("apscheduler", "alembic", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def log_into(folder: Path) -> None:
    """Write the log to `folder`/log/sims-sync.log, turned over by size."""
    if os.environ.get(LOG_VARIABLE) == "stderr":
        return
    place = folder / "log"
    try:
        place.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(
            place / "sims-sync.log", maxBytes=LOG_FILE_BYTES, backupCount=LOG_FILES_KEPT, encoding="utf-8"
        )
    except OSError:
        return  # no log is no reason not to work; `check` says that the folder cannot be written to
    logging.getLogger().addHandler(handler)


def _only_where_it_happened(
    _logger: object, _name: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Keep the class of an error and the lines it passed, never its message: a driver's quotes the row it choked on."""
    raised = event.pop("exc_info", None)
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
