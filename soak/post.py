"""Which mails did the school's mail server take? A real SMTP server, in a process that outlives what is killed.

`python -m soak.post LOG PORT` (0 = any) prints its port and serves until its standard input is closed. It writes one
line of JSON into LOG for each message, before it says that it has it.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP

HOST = "127.0.0.1"
END_SECONDS = 10
MAILBOX = "mailbox.jsonl"  # where a school's folder has the log, so that a copy begins with what came before


@dataclass(frozen=True, slots=True)
class Mail:
    """One message as the server took it; `dated` is the school's clock when it left."""

    message_id: str
    recipient: str
    subject: str
    dated: datetime
    text: str


class Post:
    """The mail server of one proof; it may be closed for a while, and opened again at the same port."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._process: subprocess.Popen[str] | None = None
        self.port = 0

    def open(self) -> None:
        """Serve; what was taken before stays in the log.

        Raises:
            ChildProcessError: it did not start.
        """
        self._log.touch()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "soak.post", str(self._log), str(self.port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line.strip():
            raise ChildProcessError("The mail server did not start.")
        self.port = int(line)

    def close(self) -> None:
        """Refuse every connection from now on."""
        if self._process is None:
            return
        self._process.communicate(timeout=END_SECONDS)  # closes its standard input
        self._process = None

    def mails(self) -> list[Mail]:
        """Every message that was taken, in order."""
        lines = self._log.read_text(encoding="utf-8").splitlines()
        return [Mail(**{**line, "dated": datetime.fromisoformat(line["dated"])}) for line in map(json.loads, lines)]


@contextmanager
def post_office(log: Path) -> Iterator[Post]:
    """An open mail server while the block lasts."""
    post = Post(log)
    post.open()
    try:
        yield post
    finally:
        post.close()


class _Desk:
    """What the server does with a message: written down first, then accepted."""

    def __init__(self, log: Path) -> None:
        self._log = log

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: ANN401, N802 - aiosmtpd's names and untyped objects
        message = message_from_bytes(envelope.content, policy=policy.default)
        body = message.get_body(("plain", "html"))
        for recipient in envelope.rcpt_tos:
            line = {
                "message_id": str(message["Message-ID"]),
                "recipient": recipient,
                "subject": str(message["Subject"]),
                "dated": parsedate_to_datetime(str(message["Date"])).isoformat(),
                "text": body.get_content() if body is not None else "",
            }
            with self._log.open("a", encoding="utf-8") as log:
                log.write(json.dumps(line, ensure_ascii=False) + "\n")
        return "250 OK"


async def _serve(log: Path, port: int) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(_Desk(log)), HOST, port)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.buffer.read)
    server.close()


def main(arguments: list[str]) -> None:
    """Serve `LOG PORT` until standard input is closed."""
    asyncio.run(_serve(Path(arguments[0]), int(arguments[1])))


if __name__ == "__main__":
    main(sys.argv[1:])
