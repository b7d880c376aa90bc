"""What publishing a release will do to its target, worked out before anything is sent."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from annotate.gold.manifest import MANIFEST, Manifest, read_manifest

Status: TypeAlias = Literal["new", "resumed", "published"]


@dataclass(frozen=True)
class Package:
    """A checked release folder with what publishing needs of its manifest."""

    folder: Path
    manifest: Manifest

    @property
    def files(self) -> list[str]:
        """All files, the manifest last: where it stands, the release stands."""
        return [*sorted(self.manifest.files), MANIFEST]

    @property
    def bytes(self) -> int:
        """Their size together."""
        return sum((self.folder / name).stat().st_size for name in self.files)


def open_package(folder: Path) -> Package:
    """The release in the folder."""
    return Package(folder, read_manifest(folder))


@dataclass(frozen=True)
class PublishPlan:
    """What is at the target and what will be done there.

    Attributes:
        status: `new`: nothing of this version is there; `resumed`: an interrupted publication of it is; `published`:
            the very same release is there and nothing is left to do.
        add, replace, keep, remove: names of files by what becomes of them.
        foreign: files at the target that belong to no release and are left alone.
    """

    ref: str
    target: str
    status: Status
    stand_off: bool
    articles: int
    bytes: int
    add: list[str] = field(default_factory=list)
    replace: list[str] = field(default_factory=list)
    keep: list[str] = field(default_factory=list)
    remove: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    tag: str | None = None

    def __str__(self) -> str:
        texts = "without texts (stand-off)" if self.stand_off else "with texts"
        lines = [
            f"{self.ref}, {self.articles:,} article{'' if self.articles == 1 else 's'} {texts}, "
            f"{self.bytes:,} bytes -> {self.target}" + (f", tag {self.tag}" if self.tag else "")
        ]
        if self.status == "published":
            return f"{lines[0]}\n  already there, byte for byte: nothing to do"
        if self.status == "resumed":
            lines.append("  an interrupted publication of this release is there; it is completed")
        for sign, names in (("+", self.add), ("~", self.replace), ("-", self.remove)):
            lines += [f"  {sign} {name}" for name in names]
        lines += [f"    {name} (as it is there)" for name in self.keep]
        lines += [f"    {name} (not a release's file, left alone)" for name in self.foreign]
        return "\n".join(lines)


def make_plan(
    package: Package, target: str, status: Status, *, tag: str | None = None, **names: list[str]
) -> PublishPlan:
    """The plan for the package, with its size and articles."""
    return PublishPlan(
        ref=package.manifest.ref,
        target=target,
        status=status,
        stand_off=package.manifest.stand_off,
        articles=package.manifest.counts["articles"],
        bytes=package.bytes,
        tag=tag,
        **names,
    )


_OURS = re.compile(
    r"(?:data|tokens|anchors)/[A-Za-z0-9_-]+\.parquet|README\.md|CHANGES\.md|croissant\.json|schema\.toml|"
    r"origin\.json|manifest\.json"
)


def is_release_file(name: str) -> bool:
    """Whether a file of this name would be a release's.

    >>> is_release_file("data/dev-00000-of-00001.parquet"), is_release_file("LICENSE")
    (True, False)
    """
    return _OURS.fullmatch(name) is not None
