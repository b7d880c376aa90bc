"""Names of releases: `name/version[/split]`, checked before any of it becomes a path."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from annotate.errors import GoldError

#: in the place of a version: the newest one
LATEST = "latest"

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}", re.ASCII)
_VERSION = re.compile(r"(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})", re.ASCII)
_SPLIT = re.compile(r"[a-z][a-z0-9_]{0,31}", re.ASCII)


@dataclass(frozen=True, order=True)
class Version:
    """A version MAJOR.MINOR.PATCH; compares by number.

    >>> Version.parse("1.10.0") > Version.parse("1.9.3")
    True
    """

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> Version:
        """The version that the text spells.

        Raises:
            GoldError: it is not MAJOR.MINOR.PATCH.
        """
        match = _VERSION.fullmatch(text)
        if match is None:
            raise GoldError([f"version {text!r}; expected MAJOR.MINOR.PATCH, such as 1.0.0"])
        major, minor, patch = (int(part) for part in match.groups())
        return cls(major, minor, patch)

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


def check_name(name: str) -> str:
    """The name, if it can be that of a release.

    Raises:
        GoldError: it holds anything but lower-case letters, digits, - and _.
    """
    if _NAME.fullmatch(name) is None:
        raise GoldError([f"release name {name!r}; expected lower-case letters, digits, - and _, such as news"])
    return name


def is_split(text: str) -> bool:
    """Whether the text can be the name of a split.

    >>> is_split("dev"), is_split("../dev")
    (True, False)
    """
    return _SPLIT.fullmatch(text) is not None


def is_version(text: str) -> bool:
    """Whether the text spells a version."""
    return _VERSION.fullmatch(text) is not None


def find_versions(folder: Path) -> list[Version]:
    """The versions released in `folder` (`<to>/<name>`), oldest first.

    >>> find_versions(Path("/nowhere"))
    []
    """
    if not folder.is_dir():
        return []
    return sorted(
        Version.parse(child.name)
        for child in folder.iterdir()
        if is_version(child.name) and (child / "manifest.json").is_file()
    )
