"""What a log line looks like, where it lands, and what never stands in it, whoever wrote it."""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from sims_sync.cli.log import LOG_VARIABLE, configure_log, log_into
from sims_sync.cli.log_file import SharedLogFile
from sims_sync.cli.redaction import redacted
from sims_sync.config import ServiceSection
from sims_sync.secrets import read_secret

WRITER = """
import logging, sys
from pathlib import Path
from sims_sync.cli.log_file import SharedLogFile
handler = SharedLogFile(Path(sys.argv[1]), 4000, 50)
for number in range(200):
    handler.handle(logging.makeLogRecord({"msg": f"{sys.argv[2]}-{number:03}-{'x' * 40}"}))
"""


@pytest.fixture(autouse=True)
def _own_log(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The log as the command sets it up; afterwards as it was."""
    monkeypatch.delenv(LOG_VARIABLE, raising=False)
    root = logging.getLogger()
    handlers, level, config = root.handlers[:], root.level, structlog.get_config()
    configure_log()
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**config)


def lines(folder: Path) -> list[str]:
    return (folder / "log" / "sims-sync.log").read_text(encoding="utf-8").splitlines()


def test_each_line_is_json_with_the_runs_id(tmp_path: Path) -> None:
    log_into(tmp_path)
    with structlog.contextvars.bound_contextvars(run="20261216-1", job="pull_students", school="austen"):
        structlog.get_logger("here").warning("problem", code="share")
        logging.getLogger("elsewhere").warning("from a library: %s", 17)
    ours, theirs = (json.loads(line) for line in lines(tmp_path))
    assert ours["run"] == theirs["run"] == "20261216-1"
    assert (ours["event"], ours["code"], ours["level"]) == ("problem", "share", "warning")
    assert (theirs["event"], theirs["logger"]) == ("from a library: 17", "elsewhere")


def test_as_text_a_line_is_for_people(tmp_path: Path) -> None:
    log_into(tmp_path, ServiceSection(log_format="text"))
    structlog.get_logger("here").info("run ended", outcome="done", school="austen")
    (line,) = lines(tmp_path)
    assert line[4] == "-"
    assert line[19:] == " info     run ended outcome=done school=austen"


def test_said_again_only_the_last_place_and_form_count(tmp_path: Path) -> None:
    log_into(tmp_path)
    log_into(tmp_path, ServiceSection(log_format="text"))
    structlog.get_logger("here").info("once")
    assert len(lines(tmp_path)) == 1
    assert "{" not in lines(tmp_path)[0]


def test_of_a_fault_only_its_class_and_place_are_kept(tmp_path: Path) -> None:
    log_into(tmp_path)
    try:
        int("Zulpa Vorrin")
    except ValueError:
        structlog.get_logger("here").exception("unforeseen fault")
        logging.getLogger("elsewhere").exception("theirs")
    text = "\n".join(lines(tmp_path))
    assert "Vorrin" not in text
    assert text.count('"error": "ValueError"') == 2
    assert "test_log.py" in text


def test_a_secret_that_was_read_is_blotted_out_wherever_it_is_quoted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = 'sw0rd"fish\\é'
    monkeypatch.setenv("A_SECRET", secret)
    assert read_secret("env:A_SECRET", tmp_path) == secret
    log_into(tmp_path)
    logging.getLogger("elsewhere").warning("login with %s failed", secret)
    assert "sw0rd" not in lines(tmp_path)[0]
    assert "[hidden]" in json.loads(lines(tmp_path)[0])["event"]


@pytest.mark.parametrize(
    ("said", "stands"),
    [
        ("UPN A123456789012 and z12345678901b", "UPN [upn] and [upn]"),
        ("550 <kerra.tolm@austen.example>: unknown", "550 <[address]@austen.example>: unknown"),
        (
            "GET https://sims.example/users?filter=familyName='Vorrin'&limit=5 gave 500",
            "GET https://sims.example/users?… gave 500",
        ),
        ("Authorization: Bearer abc.def-123", "Authorization: Bearer [hidden]"),
        ("postgresql://sims:pass@db.example/x", "postgresql://[hidden]@db.example/x"),
        ("run 20261216T073056-9261a69c of austen, 1,063 read", "run 20261216T073056-9261a69c of austen, 1,063 read"),
        ("Is this right? Look at config.toml", "Is this right? Look at config.toml"),
    ],
)
def test_what_never_stands_in_a_line(said: str, stands: str) -> None:
    assert redacted(said) == stands


def test_the_file_is_turned_over_by_size_and_so_many_are_kept(tmp_path: Path) -> None:
    handler = SharedLogFile(tmp_path / "a.log", 100, 2)
    for number in range(50):
        handler.handle(logging.makeLogRecord({"msg": f"{number:030}"}))
    kept = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.glob("a.log*") if path.suffix != ".lock"}
    assert sorted(kept) == ["a.log", "a.log.1", "a.log.2"]
    assert all(len(text) <= 100 for text in kept.values())
    assert f"{49:030}" in kept["a.log"]


def test_two_processes_write_one_file_and_no_line_is_lost_or_torn(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), name]) for name in ("one", "two")]
    assert [writer.wait(120) for writer in writers] == [0, 0]
    found = [line for each in tmp_path.glob("a.log*") for line in each.read_text(encoding="utf-8").splitlines()]
    wanted = [f"{name}-{number:03}-{'x' * 40}" for name in ("one", "two") for number in range(200)]
    assert sorted(found) == sorted(wanted)
    assert len(list(tmp_path.glob("a.log.*"))) > 3


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("a file where the folder should be", encoding="utf-8")
    log_into(tmp_path)
    structlog.get_logger("here").info("goes nowhere")
    handler = SharedLogFile(tmp_path / "not there" / "a.log", 100, 2)
    handler.handle(logging.makeLogRecord({"msg": "goes nowhere"}))
