"""Which machines is a bundle for: their system, their Pythons, and which wheels run there?"""

from collections.abc import Mapping
from dataclasses import dataclass

from packaging.tags import Tag, compatible_tags, cpython_tags

_WINDOWS = {"os_name": "nt", "platform_machine": "AMD64", "platform_system": "Windows", "sys_platform": "win32"}
_LINUX = {"os_name": "posix", "platform_machine": "x86_64", "platform_system": "Linux", "sys_platform": "linux"}
_CPYTHON = {"implementation_name": "cpython", "platform_python_implementation": "CPython"}


@dataclass(frozen=True, slots=True)
class Target:
    """One kind of machine. `platforms` are wheel tags, the most wanted first; `archive` is the bundle's suffix."""

    name: str
    pythons: tuple[str, ...]
    platforms: tuple[str, ...]
    system: Mapping[str, str]
    archive: str

    def environment(self, python: str) -> dict[str, str]:
        """What the markers of a requirement are judged by there: this machine's own values would be wrong."""
        versions = {"python_version": python, "python_full_version": f"{python}.0", "implementation_version": python}
        return {**_CPYTHON, **self.system, **versions, "platform_release": "", "platform_version": "", "extra": ""}

    def tags(self, python: str) -> frozenset[Tag]:
        """The tags of every wheel that runs there."""
        major, minor = (int(part) for part in python.split("."))
        version, platforms = (major, minor), list(self.platforms)
        own = cpython_tags(version, platforms=platforms)
        general = compatible_tags(version, interpreter=f"cp{major}{minor}", platforms=platforms)
        return frozenset({*own, *general})


# Windows: one fixed Python, which the page for it names. Linux: those of Debian 12, Ubuntu 24.04 and Debian 13, and a
# C library no newer than Red Hat 8's.
TARGETS = (
    Target("windows", ("3.13",), ("win_amd64",), _WINDOWS, ".zip"),
    Target(
        "linux",
        ("3.11", "3.12", "3.13"),
        (*(f"manylinux_2_{minor}_x86_64" for minor in range(28, 16, -1)), "manylinux2014_x86_64"),
        _LINUX,
        ".tar.gz",
    ),
)
