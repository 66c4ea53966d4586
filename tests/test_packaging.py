"""What is in the wheel and the sdist: all that an installed product needs, and no file of a school."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
IMPORT_ROOTS = ("sims_sync", "connectors", "jobs", "mappings")
TOP_FILES = ("pyproject.toml", ".gitignore", "README.md", "CHANGELOG.md", "LICENSE", "NOTICE", "config.example.toml")
SUFFIXES = {".py", ".toml", ".j2", ".mako", ".typed", ".css"}
SDIST_TOP = {*TOP_FILES, "PKG-INFO"}
STRAY = (
    "students.xml",
    "roles.csv",
    "sims-sync.db",
    "exports/students.toml",
    "mappings/students.xml",
    "sims_sync/entries.csv",
    "sims_sync/setup_templates/list.xlsx",
    "connectors/report.eml",
    "jobs/notes.txt",
)
BUILD_SECONDS = 60


@dataclass(frozen=True)
class Built:
    wheel: Path
    wheel_names: frozenset[str]
    sdist_names: frozenset[str]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Wheel and sdist of a copy of the tree in which exports of a school lie about."""
    tree = tmp_path_factory.mktemp("tree")
    for name in TOP_FILES:
        shutil.copy(ROOT / name, tree / name)
    for name in IMPORT_ROOTS:
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in STRAY:
        (tree / name).parent.mkdir(exist_ok=True)
        (tree / name).write_text("of one school", encoding="utf-8")
    out = tree / "out"
    _run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-t", "sdist", "-d", str(out)], tree)
    (wheel,), (sdist,) = out.glob("*.whl"), out.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive, tarfile.open(sdist) as tar:
        inside = {name.partition("/")[2] for name in tar.getnames()}
        return Built(wheel, frozenset(archive.namelist()), frozenset(inside))


def test_the_wheel_holds_the_four_roots_and_its_metadata_and_nothing_else(built: Built) -> None:
    tops = {name.split("/")[0] for name in built.wheel_names}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(IMPORT_ROOTS)


def test_the_wheel_holds_only_files_of_known_suffixes(built: Built) -> None:
    assert {Path(name).suffix for name in built.wheel_names if ".dist-info/" not in name} == SUFFIXES


def test_the_sdist_holds_only_the_roots_and_files_of_known_suffixes(built: Built) -> None:
    files = {name for name in built.sdist_names if Path(name).suffix} - SDIST_TOP
    assert {Path(name).suffix for name in files} == SUFFIXES
    assert {name.split("/")[0] for name in files} == set(IMPORT_ROOTS)


@pytest.mark.parametrize("name", STRAY)
def test_a_stray_export_ships_in_neither(built: Built, name: str) -> None:
    assert name not in built.wheel_names | built.sdist_names


def test_every_module_template_and_mapping_is_in_both(built: Built) -> None:
    wanted = _product_files()
    assert wanted["sims_sync/store/migrations/versions/0001_first.py"]
    assert wanted["sims_sync/setup_templates/config.toml.j2"]
    assert wanted["sims_sync/report/templates/report.html.j2"]
    assert wanted["mappings/sims_students.toml"]
    assert not wanted.keys() - built.wheel_names
    assert not wanted.keys() - built.sdist_names


def test_the_licence_and_the_notice_ship(built: Built) -> None:
    licences = {name.rpartition("/")[2] for name in built.wheel_names if "/licenses/" in name}
    assert licences == {"LICENSE", "NOTICE"}


def test_an_installed_wheel_says_its_version_and_plays_the_demo(built: Built, tmp_path: Path) -> None:
    """Outside the work tree, so that nothing but the wheel and its dependencies can be found."""
    command = _installed(built.wheel, tmp_path / "fresh")
    assert _run([command, "--version"], tmp_path).startswith("sims-sync, version ")
    said = _run([command, "demo", "demo", "--students", "40", "--no-serve"], tmp_path)
    assert "Staff only" in said
    assert (tmp_path / "demo" / "config.toml").is_file()


def _product_files() -> Mapping[str, bool]:
    found = [path for root in IMPORT_ROOTS for path in (ROOT / root).rglob("*") if path.suffix in SUFFIXES]
    return {path.relative_to(ROOT).as_posix(): path.is_file() for path in found}


def _installed(wheel: Path, place: Path) -> str:
    """A new environment with the wheel in it; its dependencies are the ones of this environment, without its .pth."""
    venv.create(place, with_pip=False)
    base = {"base": str(place), "platbase": str(place)}
    library = Path(sysconfig.get_path("purelib", "venv", base))
    dependencies = sysconfig.get_path("purelib")
    (library / "dependencies.pth").write_text(f"{dependencies}\n", encoding="utf-8")
    scripts = Path(sysconfig.get_path("scripts", "venv", base))
    python = scripts / Path(sys.executable).name
    install = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--ignore-installed"]
    _run([*install, "--no-compile", str(wheel)], place)
    return str(scripts / "sims-sync")


def _run(command: list[str], folder: Path) -> str:
    clean = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "SIMS_SYNC_CONFIG"}}
    done = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=clean,
        timeout=BUILD_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout
