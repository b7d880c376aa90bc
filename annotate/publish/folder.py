"""Publishing into a plain folder: `DIR/<name>/<version>`, in one rename."""

from __future__ import annotations

import filecmp
import shutil
from pathlib import Path

from annotate.publish.plan import Package, PublishPlan, make_plan, refuse_change
from annotate.release.check import check_release
from annotate.release.writer import new_release


class FolderTarget:
    """A folder that holds releases, as `gold/` does."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def plan(self, package: Package) -> PublishPlan:
        """What will be done.

        Raises:
            PublishError: the version is there with other content.
        """
        place = self._place(package)
        if place.exists():
            same = [
                name
                for name in package.files
                if (place / name).is_file() and filecmp.cmp(place / name, package.folder / name, shallow=False)
            ]
            if same != package.files:
                raise refuse_change(package, str(place), same)
            return make_plan(package, str(place), "published", present=same, same=same)
        return make_plan(package, str(place), "new")

    def publish(self, package: Package, plan: PublishPlan) -> str:
        """Copy the release into place and check it there; returns where."""
        place = self._place(package)
        if plan.status != "published":
            with new_release(place.parent, place.name) as folder:
                for name in package.files:
                    (folder / name).parent.mkdir(exist_ok=True)
                    shutil.copyfile(package.folder / name, folder / name)
        check_release(place)
        return str(place)

    def _place(self, package: Package) -> Path:
        return self.home / package.manifest.name / package.manifest.version
