"""How is a backup sealed with a passphrase, so that a wrong one, a changed byte and a missing end are all noticed?

A file is a header and chunks. scrypt makes the key of the passphrase; AES-256-GCM seals each chunk, with the header as
further authenticated data and a nonce that says which chunk it is and whether it is the last (the STREAM construction):
chunks cannot be changed, exchanged, repeated or left out, and no more than two are in memory.
"""

import secrets
import struct
import unicodedata
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from sims_sync.errors import RunError

MAGIC = b"sims-sync backup 1\n"
CHUNK_BYTES = 1024 * 1024
SCRYPT_LOG2_N, SCRYPT_R, SCRYPT_P = 15, 8, 3  # 32 MB and some tenths of a second for each guess (OWASP's table)

_LOG2_N_MAX, _R_MAX, _P_MAX = 17, 8, 8  # what a forged header may ask for: 128 MB
_TAG_BYTES = 16
_KEY_BYTES = 32
_CHECK_BYTES = 16
_HEADER = struct.Struct("!BBB16s7s16s")  # scrypt's log2 n, r, p; salt; nonce's prefix; what tells a wrong passphrase
_NONCE = struct.Struct("!7sIB")


class SealingWriter:
    """Seals what is written into `file`; only `finish` writes the last chunk, without which the file is refused."""

    def __init__(self, file: BinaryIO, passphrase: str) -> None:
        salt, prefix = secrets.token_bytes(16), secrets.token_bytes(7)
        key, check = _derived(passphrase, salt, SCRYPT_LOG2_N, SCRYPT_R, SCRYPT_P)
        self._header = MAGIC + _HEADER.pack(SCRYPT_LOG2_N, SCRYPT_R, SCRYPT_P, salt, prefix, check)
        self._file, self._cipher, self._prefix = file, AESGCM(key), prefix
        self._waiting = bytearray()
        self._count = 0
        file.write(self._header)

    def write(self, data: bytes) -> int:
        """Take over all of `data`."""
        self._waiting += data
        while len(self._waiting) > CHUNK_BYTES:  # a full one may still be the last
            self._seal(bytes(self._waiting[:CHUNK_BYTES]), last=False)
            del self._waiting[:CHUNK_BYTES]
        return len(data)

    def finish(self) -> None:
        """Write the last chunk."""
        self._seal(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _seal(self, content: bytes, *, last: bool) -> None:
        nonce = _NONCE.pack(self._prefix, self._count, last)
        self._file.write(self._cipher.encrypt(nonce, content, self._header))
        self._count += 1


class UnsealingReader:
    """Reads what a `SealingWriter` sealed. Only its normal end says that nothing is missing.

    Raises:
        RunError: no backup, a wrong passphrase, or a damaged or incomplete file.
    """

    def __init__(self, file: BinaryIO, passphrase: str) -> None:
        self._header = file.read(len(MAGIC) + _HEADER.size)
        if not self._header.startswith(MAGIC):
            raise RunError("backup-foreign", "This file is no backup of sims-sync.", "Name a file that `backup` wrote.")
        if len(self._header) < len(MAGIC) + _HEADER.size:
            raise damaged()
        log2_n, r, p, salt, self._prefix, check = _HEADER.unpack(self._header[len(MAGIC) :])
        if log2_n > _LOG2_N_MAX or not 0 < r <= _R_MAX or not 0 < p <= _P_MAX or log2_n == 0:
            raise damaged()
        key, expected = _derived(passphrase, salt, log2_n, r, p)
        if not secrets.compare_digest(check, expected):
            what = "The passphrase is not the one that this backup was made with."
            raise RunError(
                "backup-passphrase", what, "Use the one of that day: a changed one opens newer backups only."
            )
        self._file, self._cipher = file, AESGCM(key)
        self._ahead = file.read(CHUNK_BYTES + _TAG_BYTES)
        self._plain = memoryview(b"")
        self._count = 0
        self._over = False

    def read(self, size: int = CHUNK_BYTES) -> bytes:
        """At most `size` bytes, as far as one chunk reaches; nothing = the end, and all of it was there."""
        while not self._plain and not self._over:
            self._plain = memoryview(self._next_chunk())
        found, self._plain = bytes(self._plain[:size]), self._plain[size:]
        return found

    def _next_chunk(self) -> bytes:
        sealed, self._ahead = self._ahead, self._file.read(CHUNK_BYTES + _TAG_BYTES)
        self._over = not self._ahead
        nonce = _NONCE.pack(self._prefix, self._count, self._over)
        self._count += 1
        try:
            return self._cipher.decrypt(nonce, sealed, self._header)
        except InvalidTag:
            raise damaged() from None


def damaged() -> RunError:
    """The one answer to everything that is not as it was written."""
    what = "This backup is damaged or incomplete: not all of it is as it was written."
    return RunError("backup-damaged", what, "Use another one (sims-sync backup --list), and look at that disk.")


def _derived(passphrase: str, salt: bytes, log2_n: int, r: int, p: int) -> tuple[bytes, bytes]:
    """The key, and what tells a wrong passphrase from a damaged file without telling the key."""
    typed = unicodedata.normalize("NFC", passphrase).encode()  # keyboards differ in how they make an é
    made = Scrypt(salt=salt, length=_KEY_BYTES + _CHECK_BYTES, n=2**log2_n, r=r, p=p).derive(typed)
    return made[:_KEY_BYTES], made[_KEY_BYTES:]
