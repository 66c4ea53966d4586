"""How does a file appear whole or not at all, also where a scanner holds it for a moment (DESIGN §12)?"""

import uuid
from collections.abc import Callable
from pathlib import Path

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_fixed

MOVE_ATTEMPTS = 10
MOVE_WAIT_SECONDS = 0.2


def patiently(change: Callable[[], object]) -> None:
    """Move or replace a file; on Windows a scanner may hold it for a moment.

    Raises:
        OSError: after `MOVE_ATTEMPTS` it is still held, or it fails for another reason.
    """
    waiting = Retrying(
        retry=retry_if_exception_type(PermissionError),
        stop=stop_after_attempt(MOVE_ATTEMPTS),
        wait=wait_fixed(MOVE_WAIT_SECONDS),
        reraise=True,
    )
    waiting(change)


def write_whole(path: Path, content: bytes) -> None:
    """Write `path`, its folder too if need be; whoever opens it meets the old content or the new, never half of one.

    With the folder's usual rights, unlike a temporary file: others are to read it.

    Raises:
        OSError: it cannot be written, or is held by another program; the old content stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{uuid.uuid4().hex}.part")
    try:
        unfinished.write_bytes(content)
        patiently(lambda: unfinished.replace(path))
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
