"""Messages as files in a folder."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from pydantic import ValidationError

from connectors.mail_folder import REPLACE_ATTEMPTS, MailFolder, MailFolderOptions
from sims_sync.connector import ConnectorContext, Mailer, SendOutcome
from sims_sync.errors import RetriableError
from sims_sync.mailer_contract import CHECKS, MailerTrial, sample_message


def mail_folder(base: Path, folder: str = "mail") -> MailFolder:
    context = ConnectorContext(base, base, lambda: datetime.now(UTC), lambda reference: reference)
    return MailFolder(MailFolderOptions(folder=Path(folder)), context)


def written(folder: Path) -> Sequence[EmailMessage]:
    files = sorted(folder.glob("*.eml"))
    return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_mail_folder_keeps_the_contract(check: Callable[[MailerTrial], None], tmp_path: Path) -> None:
    unreachable: Mailer = mail_folder(tmp_path, "no/such/parent")
    check(MailerTrial(mail_folder(tmp_path), lambda: written(tmp_path / "mail"), unreachable))


def test_the_same_message_twice_is_one_file(tmp_path: Path) -> None:
    for _ in range(2):
        assert mail_folder(tmp_path).send(sample_message()).outcome is SendOutcome.SENT
    (file,) = (tmp_path / "mail").iterdir()
    assert file.name.startswith("report-1@school.example-")
    assert file.suffix == ".eml"


def test_ids_that_differ_only_in_what_no_file_name_may_hold_are_two_files(tmp_path: Path) -> None:
    for message_id in (
        "<a/b@school.example>",
        "<a:b@school.example>",
        "<../../a@school.example>",
        "<A/b@school.example>",
    ):
        mail_folder(tmp_path).send(sample_message(message_id))
    assert len(written(tmp_path / "mail")) == 4
    assert {file.parent for file in tmp_path.rglob("*.eml")} == {tmp_path / "mail"}


def test_a_file_that_cannot_be_put_in_place_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts: list[Path] = []

    def held(self: Path, target: Path) -> Path:
        attempts.append(target)
        raise PermissionError(13, "held by a scanner", str(self))

    monkeypatch.setattr(Path, "replace", held)
    monkeypatch.setattr("connectors.mail_folder.REPLACE_WAIT_SECONDS", 0)
    with pytest.raises(RetriableError, match="cannot be written to"):
        mail_folder(tmp_path).send(sample_message())
    assert len(attempts) == REPLACE_ATTEMPTS
    assert list((tmp_path / "mail").iterdir()) == []


def test_a_file_in_the_folders_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("", encoding="utf-8")
    with pytest.raises(RetriableError, match="mail folder"):
        mail_folder(tmp_path).send(sample_message())


def test_an_unknown_key_is_an_error() -> None:
    with pytest.raises(ValidationError):
        MailFolderOptions.model_validate({"folder": "mail", "host": "x"})
