"""What lies in a bundle's folder before it is packed?"""

import shutil
from collections.abc import Sequence
from pathlib import Path

from deploy.archive import SUMS, checksums
from deploy.lock import Pin
from deploy.sbom import licence_list, sbom
from deploy.target import Target
from deploy.wheels import Wheel, missing

PRODUCT = "sims-sync"
EXTRAS = ("keyring", "postgres")
FROM_THE_TREE = ("LICENSE", "NOTICE", "CHANGELOG.md", "README.md", "SECURITY.md", "config.example.toml")


class DistError(Exception):
    """A bundle that would not install: nothing is packed. The text says why and what to do."""


def refuse_incomplete(wheels: Sequence[Wheel], target: Target) -> None:
    """Say what the target's machines would miss.

    Raises:
        DistError: something is missing.
    """
    problems = [
        problem
        for python in target.pythons
        for problem in missing(wheels, PRODUCT, EXTRAS, target.environment(python), target.tags(python))
    ]
    if problems:
        listed = "\n  ".join(problems)
        raise DistError(
            f"The {target.name} bundle would not install:\n  {listed}\nRun `make lock`, or change pyproject.toml."
        )


def requirements(pins: Sequence[Pin], wheels: Sequence[Wheel]) -> str:
    """The file the installer gives pip: every shipped release with the hashes of the shipped files, nothing else."""
    shipped: dict[str, list[str]] = {}
    for wheel in wheels:
        shipped.setdefault(wheel.name, []).append(f"sha256:{wheel.sha256}")
    lines = [pin.line(shipped[pin.name], marker=True) for pin in pins if pin.name in shipped]
    (product,) = (wheel for wheel in wheels if wheel.name == PRODUCT)
    own = f"{PRODUCT}[{','.join(EXTRAS)}]=={product.version} --hash=sha256:{product.sha256}"
    return "\n".join([*lines, own]) + "\n"


def lay_out(folder: Path, tree: Path, target: Target, pins: Sequence[Pin], wheels: Sequence[Wheel], epoch: int) -> None:
    """Write everything but the wheels, which lie in `folder`/wheels already; `tree` is the work tree."""
    for name in FROM_THE_TREE:
        shutil.copyfile(tree / name, folder / name)
    shutil.copytree(tree / "docs", folder / "docs", dirs_exist_ok=True)
    for path in sorted((tree / "deploy" / target.name).iterdir()):
        _copy_text(path, folder / path.name, crlf=target.archive == ".zip")
    _write(folder / "requirements.txt", requirements(pins, wheels))
    _write(folder / "sbom.cdx.json", sbom(wheels, PRODUCT, target.name, epoch))
    _write(folder / "LICENCES.txt", licence_list(wheels))
    _write(folder / SUMS, checksums(folder))


def _copy_text(source: Path, there: Path, *, crlf: bool) -> None:
    """Windows PowerShell 5.1 takes a script without a byte order mark for ANSI: it gets one there."""
    text = source.read_text(encoding="utf-8")
    encoding = "utf-8-sig" if crlf and source.suffix == ".ps1" else "utf-8"
    there.write_text(text, encoding=encoding, newline="\r\n" if crlf else "\n")


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
