"""A sealed file opens with its passphrase alone, and only as it was written: no byte changed, moved or missing."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sims_sync.backup import sealed
from sims_sync.backup.sealed import MAGIC, SealingWriter, UnsealingReader
from sims_sync.errors import RunError

PASSPHRASE = "five words are long enough"
CHUNK, TAG = 64, 16
HEADER_BYTES = len(MAGIC) + 3 + 16 + 7 + 16


@pytest.fixture(autouse=True)
def _small_and_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed, "CHUNK_BYTES", CHUNK)
    monkeypatch.setattr(sealed, "SCRYPT_LOG2_N", 1)


def seal(content: bytes, *, finish: bool = True) -> bytes:
    file = io.BytesIO()
    writer = SealingWriter(file, PASSPHRASE)
    for start in range(0, len(content), 50):
        writer.write(content[start : start + 50])
    if finish:
        writer.finish()
    return file.getvalue()


def unseal(found: bytes, passphrase: str = PASSPHRASE) -> bytes:
    reader = UnsealingReader(io.BytesIO(found), passphrase)
    return b"".join(iter(lambda: reader.read(13), b""))


def refusal(found: bytes, passphrase: str = PASSPHRASE) -> str:
    with pytest.raises(RunError) as caught:
        unseal(found, passphrase)
    return caught.value.code


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 5 * CHUNK + 7])
def test_what_was_sealed_comes_back(size: int) -> None:
    content = bytes(number % 251 for number in range(size))
    assert unseal(seal(content)) == content


def test_nothing_of_the_content_can_be_read() -> None:
    assert b"Zorblatt" not in seal(b"Zorblatt " * 40)


def test_another_passphrase_is_told_from_a_damaged_file() -> None:
    assert refusal(seal(b"x" * 300), "five words are long enougH") == "backup-passphrase"


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000))
def test_a_file_cut_off_anywhere_is_refused(place: int) -> None:
    whole = seal(b"x" * 300)
    assert refusal(whole[: place % len(whole)]) in {"backup-damaged", "backup-foreign"}


@settings(deadline=None, max_examples=80)
@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_changed_byte_anywhere_is_refused(place: int, change: int) -> None:
    found = bytearray(seal(b"x" * 300))
    found[place % len(found)] ^= change
    assert refusal(bytes(found)).startswith("backup-")


def test_a_chunk_left_out_repeated_or_exchanged_is_refused() -> None:
    whole = seal(bytes(300))
    head, body = whole[:HEADER_BYTES], whole[HEADER_BYTES:]
    first, second, rest = body[: CHUNK + TAG], body[CHUNK + TAG : 2 * (CHUNK + TAG)], body[2 * (CHUNK + TAG) :]
    for forged in (first + rest, first + first + second + rest, second + first + rest):
        assert refusal(head + forged) == "backup-damaged"


def test_an_end_at_a_chunk_without_the_last_one_is_refused() -> None:
    assert refusal(seal(bytes(4 * CHUNK), finish=False)) == "backup-damaged"


def test_more_behind_the_end_is_refused() -> None:
    assert refusal(seal(b"x" * 300) + b"more") == "backup-damaged"


def test_a_header_that_asks_for_gigabytes_is_refused() -> None:
    found = bytearray(seal(b"x"))
    found[len(MAGIC)] = 40
    assert refusal(bytes(found)) == "backup-damaged"


def test_a_passphrase_opens_whatever_keyboard_made_its_accents() -> None:
    file = io.BytesIO()
    writer = SealingWriter(file, "crème brûlée and more")
    writer.finish()
    assert unseal(file.getvalue(), "cre\u0300me bru\u0302le\u0301e and more") == b""


def test_another_file_is_no_backup() -> None:
    assert refusal(b"SQLite format 3\0" * 100) == "backup-foreign"
    assert refusal(b"") == "backup-foreign"
