"""How does a command start the simulated OneRoster server as its child, and how does that end with it?

The child serves until its standard input is closed, which the operating system does however the parent ends. What it is
working at then is finished first.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from sims_sync.demo.oneroster_server import serve

END_SECONDS = 15.0
PACKAGE_FOLDER = Path(__file__).resolve().parents[2]


@contextmanager
def oneroster_child(folder: Path, environment: Mapping[str, str], version: str = "1.2") -> Iterator[str]:
    """The address (`base_url`) of a server over the state in `folder`, while the block lasts.

    The child takes `SIMS_DEMO_FAULT` and `SIMS_DEMO_NOW` from `environment`, which is its whole environment.

    Raises:
        OSError: it did not start; what was wrong stands on standard error.
    """
    with subprocess.Popen(  # noqa: S603 - this very Python, and no shell
        [sys.executable, "-P", "-m", "sims_sync.demo.oneroster_child", str(folder), version],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=_with_package(environment),
        text=True,
        encoding="utf-8",
    ) as process:
        try:
            url = process.stdout.readline().strip() if process.stdout else ""
            if not url:
                raise ChildProcessError("The simulated OneRoster server did not start; create the demo again.")
            yield url
        finally:
            _end(process)


def main(arguments: Sequence[str]) -> int:
    """Serve `FOLDER [VERSION]`; the first line of the output is the address."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, whose last requests are still answered
    version = arguments[1] if len(arguments) > 1 else "1.2"
    try:
        server = serve(Path(arguments[0]), os.environ, version, remembers=False)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    with server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        sys.stdin.buffer.read()
    return 0


def _with_package(environment: Mapping[str, str]) -> dict[str, str]:
    """The child finds the product where the parent did, installed or not."""
    folders = [str(PACKAGE_FOLDER), *filter(None, [environment.get("PYTHONPATH")])]
    return {**environment, "PYTHONPATH": os.pathsep.join(folders)}


def _end(process: "subprocess.Popen[str]") -> None:
    if process.stdin:
        process.stdin.close()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
