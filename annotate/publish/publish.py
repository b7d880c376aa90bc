"""Publishing one checked release, and proving that it arrived."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from annotate.errors import PublishError
from annotate.gold.contents import ORIGIN, SIGNATURE
from annotate.gold.load import find_release
from annotate.gold.manifest import read_manifest
from annotate.publish.folder import FolderTarget
from annotate.publish.hub import HubTarget
from annotate.publish.plan import Package, PublishPlan
from annotate.publish.privacy import find_warnings
from annotate.publish.stand_off import write_stand_off
from annotate.publish.store import StoreTarget
from annotate.release.check import check_release


class Target(Protocol):
    """A place to publish to."""

    def plan(self, package: Package) -> PublishPlan:
        """What publishing the package would do."""

    def publish(self, package: Package, plan: PublishPlan) -> str:
        """Do it, load it back, compare; returns where it is now."""


@dataclass(frozen=True)
class Published:
    """The plan, and where the release is now; None after a dry run."""

    plan: PublishPlan
    place: str | None = None


def publish_release(
    release: str | Path,
    to: str,
    *,
    stand_off: bool = False,
    private: bool = False,
    yes: bool = False,
    dry_run: bool = False,
    show: Callable[[PublishPlan], None] = lambda plan: None,
) -> Published:
    """Check a release, publish it, load it back, and compare every byte.

    Doing it again changes nothing; an interrupted publication is completed. A published version never changes.

    Args:
        release: folder, or `name/version`.
        to: `hf:USER/NAME` (one commit and a tag), an fsspec URL such as `s3://bucket/gold`, or a folder; the last
            two get `<name>/<version>` below them.
        stand_off: leave the article texts out (`annotate.publish.stand_off`).
        private: make a new repository on the Hub a private one.
        yes: publish where anyone can read it, also what the plan warns of: texts of unknown licence, names, e-mail
            addresses.
        dry_run: only plan; nothing is written anywhere.
        show: called with the plan before it is carried out.

    Raises:
        GoldError: the release is damaged.
        PublishError: the target holds something else under this version, refuses, or does not give back what it got;
            or the plan warns, the target is public, and `yes` is not given.
        MissingExtraError: the target needs an extra, `publish` or `s3`, that is not installed.
    """
    target = find_target(to, private=private)
    folder, _ = find_release(release)
    check_release(folder)
    remarks = []
    with ExitStack() as stack:
        if stand_off:
            scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="annotate-"))
            if (folder / SIGNATURE).is_file():
                remarks.append("without the signature, which is of the release with its texts")
            folder = write_stand_off(folder, Path(scratch))
            check_release(folder)
        package = Package(folder, read_manifest(folder))
        if package.manifest.stand_off and ORIGIN not in package.manifest.files:
            raise PublishError(f"{folder} has only some of its texts; publish the release or the stand-off one")
        warnings = find_warnings(folder, package.manifest)
        plan = replace(target.plan(package), warnings=warnings, remarks=remarks)
        show(plan)
        if dry_run:
            return Published(plan)
        if plan.public and plan.status != "published" and warnings and not yes:
            raise PublishError(
                f"{plan.target} is public, and {package.manifest.ref} has {'; '.join(warnings)}. Nothing was "
                "published; if this is meant, give --yes; --private makes a new repository private"
            )
        return Published(plan, target.publish(package, plan))


def find_target(to: str, *, private: bool = False) -> Target:
    """The target that the text names: `hf:USER/NAME`, an fsspec URL, or a folder.

    Raises:
        PublishError: `private`, and the target is not the Hub.
    """
    if to.startswith("hf:"):
        return HubTarget(to.removeprefix("hf:"), private=private)
    if private:
        raise PublishError(f"{to}: --private is for hf:USER/NAME only; other places have their own access rights")
    if to.startswith("file://"):
        return FolderTarget(Path(to.removeprefix("file://")))
    return StoreTarget(to) if "://" in to else FolderTarget(Path(to))
