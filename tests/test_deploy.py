"""What a bundle is made of: the lock, the wheels' own words, what is missing, the same bytes every time."""

import hashlib
import json
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deploy.archive import SUMS, checksums, pack
from deploy.bundle import EXTRAS, PRODUCT, DistError, refuse_incomplete, requirements
from deploy.lock import LOCK, Pin, needed, read_lock
from deploy.sbom import licence_list, sbom
from deploy.target import TARGETS, Target
from deploy.wheels import Wheel, missing, read_wheel

ROOT = Path(__file__).parents[1]
WINDOWS, LINUX = TARGETS
EPOCH = 1_790_000_000
LOCKED = """
# made by a command
alpha==1.2 \\
    --hash=sha256:aaaa \\
    --hash=sha256:bbbb
win-only==3.0 ; sys_platform == 'win32' \\
    --hash=sha256:cccc
old-only==4.0 ; python_full_version < '3.12' \\
    --hash=sha256:dddd
"""


def make_wheel(folder: Path, name: str, version: str, tag: str = "py3-none-any", more: str = "") -> Wheel:
    stem = name.replace("-", "_")
    path = folder / f"{stem}-{version}-{tag}.whl"
    metadata = f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n{more}"
    with zipfile.ZipFile(path, "w") as out:
        out.writestr(f"{stem}-{version}.dist-info/METADATA", metadata)
    return read_wheel(path)


def product(folder: Path, *requires: str) -> Wheel:
    lines = "".join(f"Requires-Dist: {each}\n" for each in requires)
    extras = "".join(f"Provides-Extra: {each}\n" for each in EXTRAS)
    return make_wheel(folder, PRODUCT, "1.0", more=f"License-Expression: Apache-2.0\n{extras}{lines}")


def said_missing(wheels: list[Wheel], target: Target = WINDOWS) -> list[str]:
    python = target.pythons[0]
    return missing(wheels, PRODUCT, EXTRAS, target.environment(python), target.tags(python))


def test_the_lock_is_read_with_its_markers_and_hashes() -> None:
    pins = read_lock(LOCKED)
    assert [(pin.name, pin.version, len(pin.hashes)) for pin in pins] == [
        ("alpha", "1.2", 2),
        ("win-only", "3.0", 1),
        ("old-only", "4.0", 1),
    ]


@pytest.mark.parametrize(
    ("target", "python", "names"),
    [
        (WINDOWS, "3.13", {"alpha", "win-only"}),
        (LINUX, "3.11", {"alpha", "old-only"}),
        (LINUX, "3.13", {"alpha"}),
    ],
)
def test_markers_are_judged_for_the_target_and_not_for_this_machine(
    target: Target, python: str, names: set[str]
) -> None:
    assert {pin.name for pin in needed(read_lock(LOCKED), target.environment(python))} == names


@pytest.mark.parametrize("line", ["alpha>=1.2 --hash=sha256:aa", "alpha==1.2"])
def test_a_line_without_one_version_and_hashes_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="make lock"):
        read_lock(line)


def test_the_committed_lock_names_every_dependency_and_no_registry() -> None:
    text = LOCK.read_text(encoding="utf-8")
    names = {pin.name for pin in read_lock(text)}
    assert {"lxml", "sqlalchemy", "psycopg-binary", "keyring", "tzdata", "pywin32-ctypes"} <= names
    assert "://" not in text


@pytest.mark.parametrize(
    ("target", "python"),
    [(target, python) for target in TARGETS for python in target.pythons],
    ids=[f"{target.name}-{python}" for target in TARGETS for python in target.pythons],
)
def test_the_committed_lock_has_a_fitting_release_of_everything_pyproject_asks_for(target: Target, python: str) -> None:
    """Else somebody changed a dependency and forgot `make lock`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *(each for extra in EXTRAS for each in project["optional-dependencies"][extra])]
    environment = target.environment(python)
    locked = {pin.name: pin.version for pin in needed(read_lock(LOCK.read_text(encoding="utf-8")), environment)}
    wanted = [each for each in map(Requirement, asked) if each.marker is None or each.marker.evaluate(environment)]
    unmet = [str(each) for each in wanted if locked.get(canonicalize_name(each.name), "0") not in each.specifier]
    assert unmet == []


def test_a_bundle_carries_every_extra() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(EXTRAS) == set(project["optional-dependencies"])


def test_a_bundle_with_everything_lacks_nothing(tmp_path: Path) -> None:
    wheels = [product(tmp_path, "alpha>=1"), make_wheel(tmp_path, "alpha", "1.2", "cp313-cp313-win_amd64")]
    assert said_missing(wheels) == []


@pytest.mark.parametrize("tag", ["cp312-cp312-win_amd64", "cp313-cp313-win32", "cp313-cp313-manylinux_2_17_x86_64"])
def test_a_wheel_for_another_machine_counts_as_missing(tmp_path: Path, tag: str) -> None:
    wheels = [product(tmp_path, "alpha>=1"), make_wheel(tmp_path, "alpha", "1.2", tag)]
    assert said_missing(wheels) == ["No wheel for alpha>=1 on Python 3.13."]


def test_what_only_windows_needs_is_missed_there_alone(tmp_path: Path) -> None:
    wheels = [product(tmp_path, 'win-only ; sys_platform == "win32"')]
    assert said_missing(wheels) == ["No wheel for win-only on Python 3.13."]
    assert said_missing(wheels, LINUX) == []


def test_what_a_dependency_or_an_extra_needs_is_missed_too(tmp_path: Path) -> None:
    wheels = [
        product(tmp_path, 'alpha[fast] ; extra == "postgres"'),
        make_wheel(tmp_path, "alpha", "1.2", more='Provides-Extra: fast\nRequires-Dist: beta ; extra == "fast"\n'),
    ]
    assert said_missing(wheels) == ["No wheel for beta on Python 3.13."]


def test_a_release_that_is_too_old_counts_as_missing(tmp_path: Path) -> None:
    wheels = [product(tmp_path, "alpha>=2"), make_wheel(tmp_path, "alpha", "1.2")]
    assert said_missing(wheels) == ["No wheel for alpha>=2 on Python 3.13."]


def test_an_incomplete_bundle_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DistError, match=r"would not install:\n  No wheel for alpha on Python 3\.13"):
        refuse_incomplete([product(tmp_path, "alpha")], WINDOWS)


def test_the_installers_list_names_each_shipped_file_by_its_hash(tmp_path: Path) -> None:
    alpha, own = make_wheel(tmp_path, "alpha", "1.2"), product(tmp_path)
    pins = (Pin("alpha", "1.2", None, ("sha256:other",)), Pin("not-shipped", "1", None, ("sha256:x",)))
    lines = requirements(pins, [alpha, own]).splitlines()
    assert lines == [
        f"alpha==1.2 --hash=sha256:{alpha.sha256}",
        f"sims-sync[keyring,postgres]==1.0 --hash=sha256:{own.sha256}",
    ]


@pytest.mark.parametrize(
    ("metadata", "licence"),
    [
        ("License-Expression: MIT\nLicense: other\n", "MIT"),
        ("License: BSD-3-Clause\n", "BSD-3-Clause"),
        ("Classifier: License :: OSI Approved :: MIT License\n", "MIT License"),
        ("", "not said in its metadata"),
    ],
)
def test_a_licence_is_what_the_project_states(tmp_path: Path, metadata: str, licence: str) -> None:
    wheel = make_wheel(tmp_path, "alpha", "1.2", more=metadata)
    assert wheel.licence == licence
    assert licence in licence_list([wheel])


def test_the_bill_of_materials_names_every_wheel_and_is_the_same_twice(tmp_path: Path) -> None:
    wheels = [product(tmp_path, "Alpha_Beta"), make_wheel(tmp_path, "alpha-beta", "1.2", more="License: MIT\n")]
    first = sbom(wheels, PRODUCT, "windows", EPOCH)
    assert first == sbom(list(reversed(wheels)), PRODUCT, "windows", EPOCH)
    found = json.loads(first)
    assert found["metadata"]["component"]["name"] == PRODUCT
    assert [each["name"] for each in found["components"]] == ["alpha-beta"]
    assert found["components"][0]["hashes"][0]["content"] == wheels[1].sha256
    depends = {each["ref"]: each.get("dependsOn", []) for each in found["dependencies"]}
    assert depends[found["metadata"]["component"]["bom-ref"]] == [found["components"][0]["bom-ref"]]


@pytest.mark.parametrize("suffix", [".zip", ".tar.gz"])
def test_the_same_files_give_the_same_bytes_whenever_they_were_written(tmp_path: Path, suffix: str) -> None:
    archives = []
    for turn, names in enumerate((("b.txt", "a/c.sh"), ("a/c.sh", "b.txt"))):
        folder = tmp_path / str(turn)
        (folder / "a").mkdir(parents=True)
        for name in names:
            (folder / name).write_text(name, encoding="utf-8")
        (folder / SUMS).write_text(checksums(folder), encoding="utf-8")
        archive = tmp_path / f"out-{turn}" / f"bundle-1.0{suffix}"
        archive.parent.mkdir()
        pack(folder, archive, EPOCH)
        archives.append(archive)
    assert archives[0].read_bytes() == archives[1].read_bytes()


def test_a_bundle_unpacks_into_one_folder_and_its_installer_can_be_run(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "install.sh").write_text("#!/bin/sh\n", encoding="utf-8")
    (folder / "b.txt").write_text("b", encoding="utf-8")
    archive = tmp_path / "bundle-1.0.tar.gz"
    pack(folder, archive, EPOCH)
    with tarfile.open(archive) as packed:
        modes = {entry.name: entry.mode for entry in packed}
    assert modes == {"bundle-1.0/b.txt": 0o644, "bundle-1.0/install.sh": 0o755}


def test_the_list_of_hashes_is_what_sha256sum_reads(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("b", encoding="utf-8")
    assert checksums(tmp_path) == f"{hashlib.sha256(b'b').hexdigest()}  b.txt\n"


INSTALLER = ROOT / "deploy" / "linux" / "install.sh"
# Programs of the machine as the installer finds them; `python` makes an environment in which nothing can be installed.
MACHINE = {
    "id": "echo 0",
    "systemctl": 'echo "$1" >> "$0.log"; [ "$1" != show ] || echo active',
    "install": 'for last; do :; done; mkdir -p "$last"',
    "python": 'case "$*" in *"-m venv"*) mkdir -p "$3/bin"; printf "#!/bin/sh\\nexit 1\\n" > "$3/bin/python";'
    ' chmod +x "$3/bin/python";; esac',
}


@pytest.mark.skipif(sys.platform == "win32", reason="an installer for Linux")
def test_where_the_same_version_cannot_be_built_anew_what_ran_runs_again(tmp_path: Path) -> None:
    tree, machine = tmp_path / "tree", tmp_path / "machine"
    (tree / "deploy" / "linux").mkdir(parents=True)
    (tree / "pyproject.toml").write_text('version = "1.0"\n', encoding="utf-8")
    script = INSTALLER.read_text(encoding="utf-8").replace("/usr/local", f"{tmp_path}/local")
    (tree / "deploy" / "linux" / "install.sh").write_text(script, encoding="utf-8")
    machine.mkdir()
    for name, lines in MACHINE.items():
        (machine / name).write_text(f"#!/bin/sh\n{lines}\n", encoding="utf-8")
        (machine / name).chmod(0o755)
    program = tmp_path / "local" / "lib" / "sims-sync" / "1.0" / "bin" / "sims-sync"
    command = tmp_path / "local" / "bin" / "sims-sync"
    for path in (program, command):
        path.parent.mkdir(parents=True)
    program.write_text("what ran", encoding="utf-8")
    command.symlink_to(program)
    data = tmp_path / "data of a school"
    given = ["sh", str(tree / "deploy" / "linux" / "install.sh"), "--data", str(data), "--python", "python"]
    ended = subprocess.run(given, env={"PATH": f"{machine}:/usr/bin:/bin"}, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "what was there before is there" in ended.stderr
    assert command.read_text(encoding="utf-8") == "what ran"
    assert (machine / "systemctl.log").read_text(encoding="utf-8").split() == ["show", "stop", "start"]
