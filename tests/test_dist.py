"""The bundles themselves, built from the lock: complete for their machines, unchanged on the way, installable alone."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest
from packaging.utils import parse_wheel_filename
from packaging.version import Version

from deploy.__main__ import build
from deploy.bundle import DistError
from deploy.lock import LOCK, needed, read_lock
from deploy.target import TARGETS, Target

EPOCH = 1_790_000_000
TIME_LIMIT_SECONDS = 120
THIS_PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"
ALONE = shutil.which("unshare")


def built(target: Target, folder: Path) -> Path:
    """The unpacked bundle."""
    try:
        archive = build(target, read_lock(LOCK.read_text(encoding="utf-8")), EPOCH, folder)
    except DistError as error:
        if "is missing" in str(error) and ("ConnectionError" in str(error) or "Retry" in str(error)):
            pytest.skip("the package index cannot be reached")
        raise
    shutil.unpack_archive(archive, folder)
    return folder / archive.name.removesuffix(target.archive)


@pytest.fixture(scope="module")
def windows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(TARGETS[0], tmp_path_factory.mktemp("windows"))


def run(command: list[str], folder: Path) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON", "SIMS_SYNC"))}
    done = subprocess.run(
        command,
        cwd=folder,
        env=clean,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=TIME_LIMIT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout + done.stderr


def test_the_windows_bundle_holds_a_wheel_of_every_locked_release_for_its_python(windows: Path) -> None:
    wanted = needed(read_lock(LOCK.read_text(encoding="utf-8")), TARGETS[0].environment(TARGETS[0].pythons[0]))
    found = {parse_wheel_filename(path.name)[:2] for path in (windows / "wheels").iterdir()}
    assert {(pin.name, Version(pin.version)) for pin in wanted} <= found
    assert not [path.name for path in (windows / "wheels").iterdir() if "linux" in path.name or "macos" in path.name]


def test_every_file_of_the_windows_bundle_has_its_hash(windows: Path) -> None:
    lines = [line.partition("  ") for line in (windows / "SHA256SUMS").read_text("utf-8").splitlines()]
    sums = {name: digest for digest, _, name in lines}
    files = {path.relative_to(windows).as_posix(): path for path in windows.rglob("*") if path.is_file()}
    assert set(files) - set(sums) == {"SHA256SUMS"}
    assert {name for name, path in files.items() if sums.get(name, "") != _hash(path)} == {"SHA256SUMS"}


def test_the_scripts_are_as_windows_powershell_reads_them(windows: Path) -> None:
    script = (windows / "install.ps1").read_bytes()
    assert script.startswith(b"\xef\xbb\xbf")
    assert script.count(b"\n") == script.count(b"\r\n")


def test_the_bill_of_materials_counts_every_wheel(windows: Path) -> None:
    found = json.loads((windows / "sbom.cdx.json").read_text("utf-8"))
    assert len(found["components"]) + 1 == len(list((windows / "wheels").iterdir()))


def test_the_windows_bundle_resolves_for_windows_with_the_index_switched_off(windows: Path, tmp_path: Path) -> None:
    """By a second resolver than our own: pip would judge by the system it runs on."""
    system = ["--python-platform", "x86_64-pc-windows-msvc", "--python-version", TARGETS[0].pythons[0]]
    offline = ["--offline", "--no-index", "--no-config", "--find-links", str(windows / "wheels"), "--no-build"]
    place = ["--dry-run", "--target", str(tmp_path / "none"), "--cache-dir", str(tmp_path / "cache")]
    listed = ["--require-hashes", "-r", str(windows / "requirements.txt")]
    said = run([sys.executable, "-m", "uv", "pip", "install", *system, *offline, *place, *listed], tmp_path)
    wheels = len(list((windows / "wheels").iterdir()))
    assert f"Would install {wheels} packages" in said, said


def test_the_product_in_the_windows_bundle_is_whole(windows: Path) -> None:
    (wheel,) = (windows / "wheels").glob("sims_sync-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {"mappings/sims_students.toml", "sims_sync/report/templates/report.html.j2"} <= names


@pytest.mark.skipif(sys.platform == "win32", reason="the Linux bundle")
@pytest.mark.skipif(THIS_PYTHON not in TARGETS[1].pythons, reason=f"the Linux bundle is not for Python {THIS_PYTHON}")
def test_the_linux_bundle_installs_without_a_network_and_lacks_nothing(tmp_path: Path) -> None:
    linux = TARGETS[1]
    only_this = Target(linux.name, (THIS_PYTHON,), linux.platforms, linux.system, linux.archive)
    bundle = built(only_this, tmp_path)
    run(["sha256sum", "--check", "--quiet", "--strict", "SHA256SUMS"], bundle)
    venv.create(tmp_path / "fresh", with_pip=False)
    scripts = Path(sysconfig.get_path("scripts", "venv", {"base": str(tmp_path / "fresh")}))
    alone = [ALONE, "--net", "--map-root-user"] if ALONE and _may_be_alone() else []
    offline = ["--no-index", "--find-links", str(bundle / "wheels"), "--require-hashes", "--no-compile"]
    pip = [sys.executable, "-m", "pip", "--python", str(scripts / "python")]
    run([*alone, *pip, "install", "--quiet", *offline, "-r", str(bundle / "requirements.txt")], tmp_path)
    assert run([*alone, str(scripts / "sims-sync"), "--version"], tmp_path).startswith("sims-sync, version ")
    assert "No broken requirements found" in run([*pip, "check"], tmp_path)


def _may_be_alone() -> bool:
    """Whether a process without a network can be made here at all."""
    command = [str(ALONE), "--net", "--map-root-user", "true"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
