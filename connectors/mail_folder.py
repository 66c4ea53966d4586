"""How a message becomes a file: one `.eml` per message in a folder, for shadow mode, rehearsals and the demo."""

import hashlib
import os
import re
import tempfile
from collections.abc import Sequence
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import ClassVar

from pydantic import Field
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_fixed

from sims_sync.connector import ConnectorContext, Finding, Options, SendOutcome, SendResult, Severity
from sims_sync.errors import RetriableError
from sims_sync.mailer_contract import refusal_of

NAME_CHARACTERS = 80
REPLACE_ATTEMPTS = 5
REPLACE_WAIT_SECONDS = 0.1
_CHOOSE_FOLDER = "Create the folder, or let the account that runs sims-sync write to it."


class MailFolderOptions(Options):
    """The keys of a mailer with `connector = "mail_folder"`."""

    folder: Path = Field(description="Where the .eml files go; a relative path starts at the folder of config.toml.")


class MailFolder:
    """Writes each message as one file named after its Message-ID: written twice, it is still one file.

    A file appears whole or not at all. Who may read it is decided by the folder's own rights.
    """

    Options: ClassVar[type[MailFolderOptions]] = MailFolderOptions
    kind_of_connector: ClassVar[str] = "mailer"
    description: ClassVar[str] = "Writes each message as an .eml file into a folder; nothing leaves the machine."

    def __init__(self, options: MailFolderOptions, context: ConnectorContext) -> None:
        self._folder = context.base / options.folder

    def send(self, message: EmailMessage) -> SendResult:
        """Write the message; the folder is made if its parent exists.

        Raises:
            RetriableError: the folder cannot be written to; no file of that name is half there.
        """
        refusal = refusal_of(message)
        if refusal:
            return SendResult(SendOutcome.REFUSED, refusal)
        try:
            self._folder.mkdir(exist_ok=True)
            _write_whole(self._folder / _file_name(str(message["Message-ID"])), _as_bytes(message))
        except OSError as error:
            raise RetriableError("mail-folder", self._cannot_write(error), _CHOOSE_FOLDER) from None
        return SendResult(SendOutcome.SENT, "Written to the mail folder.")

    def check(self) -> Sequence[Finding]:
        """Try to write to the folder; what was written is taken away again."""
        try:
            self._folder.mkdir(exist_ok=True)
            with tempfile.TemporaryFile(dir=self._folder):
                pass
        except OSError as error:
            return [Finding(Severity.WRONG, "mail folder", self._cannot_write(error), _CHOOSE_FOLDER)]
        what = f"Messages are written to {self._folder}; none leaves the machine, alerts to the admin neither."
        return [Finding(Severity.WARN, "mail folder", what, "Let mail leave when you begin in earnest: docs/mail.md.")]

    def _cannot_write(self, error: OSError) -> str:
        return f"The mail folder {self._folder} cannot be written to ({error.strerror or type(error).__name__})."


def _as_bytes(message: EmailMessage) -> bytes:
    return message.as_bytes(policy=policy.SMTP)


def _file_name(message_id: str) -> str:
    # The hash keeps two ids apart that differ only in characters no file name may hold, or in letter case.
    readable = re.sub(r"[^A-Za-z0-9.@-]+", "_", message_id.strip().strip("<>"))[:NAME_CHARACTERS]
    digest = hashlib.blake2b(message_id.strip().encode("utf-8"), digest_size=6).hexdigest()
    return f"{readable}-{digest}.eml"


def _write_whole(path: Path, content: bytes) -> None:
    """Write beside, force to disk, then put in place: a reader never sees a part."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        _replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _replace(draft: Path, path: Path) -> None:
    # On Windows a virus scanner or an open mail program holds the file for a moment (DESIGN §12).
    for attempt in Retrying(
        retry=retry_if_exception_type(PermissionError),
        stop=stop_after_attempt(REPLACE_ATTEMPTS),
        wait=wait_fixed(REPLACE_WAIT_SECONDS),
        reraise=True,
    ):
        with attempt:
            draft.replace(path)
