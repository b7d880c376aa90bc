"""What publishing a release will do to its target, worked out before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from annotate.errors import PublishError
from annotate.gold.contents import SIGNATURE
from annotate.gold.manifest import MANIFEST, Manifest, spell_digest
from annotate.printing import format_count

Status: TypeAlias = Literal["new", "resumed", "published"]


@dataclass(frozen=True)
class Package:
    """A checked release folder with what publishing needs of its manifest."""

    folder: Path
    manifest: Manifest

    @property
    def files(self) -> list[str]:
        """All files, the manifest last: where it is, the release is complete."""
        signature = [SIGNATURE] if (self.folder / SIGNATURE).is_file() else []
        return [*sorted(self.manifest.files), *signature, MANIFEST]

    @property
    def bytes(self) -> int:
        """Their total size in bytes."""
        return sum((self.folder / name).stat().st_size for name in self.files)


@dataclass(frozen=True)
class PublishPlan:
    """What is at the target and what will be done there.

    Attributes:
        status: `new`: nothing of this version is there; `resumed`: an interrupted publication of it is; `published`:
            the very same release is there and nothing is left to do.
        add, replace, keep, remove: names of files by what becomes of them.
        foreign: files at the target that belong to no release and are left alone.
        digest: of the release as it is published, `sha256:HEX`.
        public: whether anyone can read it there.
        warnings: what the release would make public and should be looked at first.
        remarks: what else is different from the release.
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
    digest: str = ""
    public: bool = False
    warnings: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        texts = "without texts (stand-off)" if self.stand_off else "with texts"
        lines = [
            f"{self.ref}, {format_count(self.articles, 'article')} {texts}, {format_count(self.bytes, 'byte')} -> "
            f"{self.target}" + (f", tag {self.tag}" if self.tag else "")
        ]
        if self.status == "published":
            return f"{lines[0]}\n  already there, byte for byte: nothing to do"
        lines += [f"  ! {'public: ' if self.public else ''}{warning}" for warning in self.warnings]
        lines += [f"  {remark}" for remark in self.remarks]
        if self.status == "resumed":
            lines.append("  an interrupted publication of this release is there; it is completed")
        for sign, names in (("+", self.add), ("~", self.replace), ("-", self.remove)):
            lines += [f"  {sign} {name}" for name in names]
        lines += [f"    {name} (as it is there)" for name in self.keep]
        lines += [f"    {name} (not a release's file, left alone)" for name in self.foreign]
        return "\n".join(lines)


def make_plan(
    package: Package,
    target: str,
    status: Status,
    *,
    present: Collection[str] = (),
    same: Sequence[str] = (),
    tag: str | None = None,
    public: bool = False,
) -> PublishPlan:
    """The plan for the package.

    Args:
        present: the files that are at the target.
        same: those of the package that are there as they are.
    """
    files = package.files
    return PublishPlan(
        ref=package.manifest.ref,
        target=target,
        status=status,
        stand_off=package.manifest.stand_off,
        articles=package.manifest.counts["articles"],
        bytes=package.bytes,
        add=[name for name in files if name not in present],
        replace=[name for name in files if name in present and name not in same],
        keep=list(same),
        remove=sorted(name for name in present if name not in files and is_release_file(name)),
        foreign=sorted(name for name in present if not is_release_file(name)),
        tag=tag,
        digest=spell_digest(package.manifest),
        public=public,
    )


def refuse_change(package: Package, place: str, same: list[str]) -> PublishError:
    """The error for a published version that differs in any byte from what is to be published.

    Args:
        same: the files that are the same there.
    """
    if MANIFEST in same and SIGNATURE in package.files and SIGNATURE not in same:
        return PublishError(
            f"{place} has {package.manifest.ref} without this signature; a published version is never changed: "
            "sign before you publish, or release a newer version"
        )
    return PublishError(
        f"{place} has another {package.manifest.ref}; a published version is never changed: release a newer version"
    )


_OURS = re.compile(
    r"(?:data|tokens|anchors)/[A-Za-z0-9_-]+\.parquet|README\.md|CHANGES\.md|croissant\.json|schema\.toml|"
    r"origin\.json|manifest\.json(?:\.sig)?"
)


def is_release_file(name: str) -> bool:
    """Whether a file of this name would be a release's.

    >>> is_release_file("data/dev-00000-of-00001.parquet"), is_release_file("LICENSE")
    (True, False)
    """
    return _OURS.fullmatch(name) is not None
