"""A SQLite store on a network share is refused in a sentence; a disk of this machine is not."""

import sys
from pathlib import Path

import pytest

from sims_sync.errors import ConfigurationError
from sims_sync.store.place import share_of
from sims_sync.store.session import open_store

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows knows drives instead of mounts")

MOUNTS = """/dev/sda1 / ext4 rw 0 0
fileserver:/export /srv/school nfs4 rw 0 0
//nas/sims /srv/with\\040blank cifs rw 0 0
/dev/sdb1 /srv/school/disk xfs rw 0 0
me@host: /mnt/far fuse.sshfs rw 0 0
tmpfs /run tmpfs rw 0 0
"""


@pytest.mark.parametrize(
    ("place", "share"),
    [
        ("/srv/school/x.db", "nfs4 at /srv/school"),
        ("/srv/school/deep/er/x.db", "nfs4 at /srv/school"),
        ("/srv/with blank/x.db", "cifs at /srv/with blank"),
        ("/mnt/far/x.db", "fuse.sshfs at /mnt/far"),
        ("//nas/sims/x.db", "a UNC path"),
        ("\\\\nas\\sims\\x.db", "a UNC path"),
        ("/srv/school/disk/x.db", None),
        ("/srv/schools/x.db", None),
        ("/run/x.db", None),
    ],
)
def test_the_mount_that_holds_a_path_decides(place: str, share: str | None, tmp_path: Path) -> None:
    (tmp_path / "mounts").write_text(MOUNTS, encoding="utf-8")
    assert share_of(Path(place), tmp_path / "mounts") == share


def test_where_mounts_cannot_be_read_nothing_is_refused(tmp_path: Path) -> None:
    assert share_of(tmp_path / "x.db", tmp_path / "gone") is None


def test_a_store_on_a_share_is_refused_before_anything_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mounts").write_text(f"nas:/x {tmp_path.resolve()}/share nfs rw 0 0\n", encoding="utf-8")
    monkeypatch.setattr("sims_sync.store.place.MOUNTS", tmp_path / "mounts")
    with pytest.raises(ConfigurationError, match="network share"):
        open_store("sqlite:///share/x.db", tmp_path)
    assert not (tmp_path / "share").exists()


def test_a_new_store_is_this_accounts_alone(tmp_path: Path) -> None:
    open_store("sqlite:///x.db", tmp_path).close()
    assert (tmp_path / "x.db").stat().st_mode & 0o777 == 0o600
