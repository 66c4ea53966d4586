"""`make dist`: one bundle for each target, from the locked releases and the product's own wheel."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from deploy.archive import SUMS, checksums, pack
from deploy.bundle import PRODUCT, DistError, lay_out, refuse_incomplete
from deploy.lock import LOCK, Pin, needed, read_lock
from deploy.target import TARGETS, Target
from deploy.wheels import Wheel, read_wheel

TREE = Path(__file__).parents[1]
OUT = TREE / "dist"
EPOCH_VARIABLE = "SOURCE_DATE_EPOCH"


def main() -> None:
    """Build what the arguments name, or every target."""
    chosen = [target for target in TARGETS if target.name in sys.argv[1:] or not sys.argv[1:]]
    try:
        epoch = _epoch_seconds()
        pins = read_lock(LOCK.read_text(encoding="utf-8"))
        OUT.mkdir(exist_ok=True)
        for target in chosen:
            archive = build(target, pins, epoch, OUT)
            print(f"{archive.relative_to(TREE)}: {archive.stat().st_size / 1e6:.1f} MB")
        bundles = "".join(line for line in checksums(OUT).splitlines(keepends=True) if PRODUCT in line)
        (OUT / SUMS).write_text(bundles, encoding="utf-8", newline="\n")
    except (DistError, ValueError) as error:
        sys.exit(str(error))


def build(target: Target, pins: tuple[Pin, ...], epoch: int, out: Path) -> Path:
    """Build one bundle and return its path.

    Raises:
        DistError: a wheel is missing.
    """
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "wheels").mkdir()
        for python in target.pythons:
            _download(target, python, pins, folder / "wheels")
        _build_own_wheel(folder / "wheels", epoch)
        wheels = [read_wheel(path) for path in sorted((folder / "wheels").glob("*.whl"))]
        refuse_incomplete(wheels, target)
        lay_out(folder, TREE, target, pins, wheels, epoch)
        archive = out / f"{PRODUCT}-{_version(wheels)}-{target.name}{target.archive}"
        pack(folder, archive, epoch)
    return archive


def _version(wheels: list[Wheel]) -> str:
    return next(wheel.version for wheel in wheels if wheel.name == PRODUCT)


def _download(target: Target, python: str, pins: tuple[Pin, ...], there: Path) -> None:
    """The wheels of the lock for one Python; the lock's hashes decide whether a file is the right one."""
    lines = [pin.line(pin.hashes, marker=False) for pin in needed(pins, target.environment(python))]
    wanted = there.parent / "wanted.txt"
    wanted.write_text("\n".join(lines), encoding="utf-8")
    platforms = [part for platform in target.platforms for part in ("--platform", platform)]
    exactly = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--implementation", "cp"]
    command = ["download", "--quiet", *exactly, "--python-version", python, *platforms, "-r", str(wanted)]
    _run(["pip", *command, "--dest", str(there)], os.environ, f"A wheel for {target.name}, Python {python}, is missing")
    wanted.unlink()


def _build_own_wheel(there: Path, epoch: int) -> None:
    environment = {**os.environ, EPOCH_VARIABLE: str(epoch)}
    _run(["hatchling", "build", "-t", "wheel", "-d", str(there)], environment, "The product's own wheel was not built")


def _run(module_and_arguments: list[str], environment: Mapping[str, str], otherwise: str) -> None:
    command = [sys.executable, "-m", *module_and_arguments]
    done = subprocess.run(command, cwd=TREE, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise DistError(f"{otherwise}: nothing is packed.\n{done.stderr.strip()[-2000:]}")


def _epoch_seconds() -> int:
    """The moment every file in a bundle is dated: the commit's, so that the same commit gives the same bytes."""
    if given := os.environ.get(EPOCH_VARIABLE):
        return int(given)
    git = shutil.which("git")
    if git is None or not (TREE / ".git").exists():
        raise DistError(f"There is no commit to date the files by: set {EPOCH_VARIABLE} to seconds since 1970.")
    if subprocess.run([git, "status", "--porcelain"], cwd=TREE, capture_output=True, check=True).stdout.strip():
        print("The work tree differs from its commit: this bundle is for trying, not for a school.", file=sys.stderr)
    said = subprocess.run(
        [git, "log", "-1", "--format=%ct"], cwd=TREE, capture_output=True, text=True, check=True, encoding="utf-8"
    )
    return int(said.stdout)


if __name__ == "__main__":
    main()
