"""Publishing to whatever fsspec reaches (`s3://bucket/path`, `gs://`, `sftp://`): `TARGET/<name>/<version>`.

Such stores cannot put several files in place in one step. The manifest goes last, after every other file
was read back and its hash compared: where there is no manifest, there is no release, and a killed publication is
completed by the next one.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from annotate.errors import AnnotateError, GoldError, PublishError
from annotate.extras import require
from annotate.files import sha256_file
from annotate.gold.manifest import MANIFEST
from annotate.publish.plan import Package, PublishPlan, Status, is_release_file, make_plan, refuse_change
from annotate.release.check import check_release

_BUCKETS = {"s3", "s3a", "gs", "gcs", "abfs", "az", "oss", "oci"}


def hide_login(url: str) -> str:
    """The URL without user name and password, for messages.

    >>> hide_login("sftp://me:secret@host/gold")
    'sftp://host/gold'
    """
    return re.sub(r"(?<=://)[^/@]*@", "", url)


class StoreTarget:
    """A folder of an fsspec file system."""

    def __init__(self, url: str) -> None:
        self.shown = hide_login(url).rstrip("/")
        if url.startswith(("s3:", "s3a:")):
            require("s3", f"publishing to {self.shown}", "fsspec", "s3fs")
        require("publish", f"publishing to {self.shown}", "fsspec")
        import fsspec

        with self._explained("cannot be opened"):
            self._fs, path = fsspec.core.url_to_fs(url)
        self._home = str(path).rstrip("/")

    def plan(self, package: Package) -> PublishPlan:
        """What will be done; files that are there already are compared by their hashes.

        Raises:
            PublishError: the version is there with other content, or the store cannot be read.
        """
        place, shown = self._place(package), self._shown(package)
        with self._explained("cannot be read"):
            present = self._list(place)
            same = [name for name in package.files if name in present and self._same(package, place, name)]
        if MANIFEST in present:
            if same != package.files:
                raise refuse_change(package, shown, same)
            return make_plan(package, shown, "published", present=same, same=same)
        status: Status = "resumed" if any(is_release_file(name) for name in present) else "new"
        return make_plan(package, shown, status, present=present, same=same)

    def publish(self, package: Package, plan: PublishPlan) -> str:
        """Send what is missing, prove it, send the manifest, then load the release back and check it."""
        place, shown = self._place(package), self._shown(package)
        with self._explained("cannot be written"):
            for name in plan.remove:
                self._fs.rm_file(f"{place}/{name}")
            for name in [*plan.add, *plan.replace]:
                if name == MANIFEST:
                    continue
                self._send(package, place, name)
                if not self._same(package, place, name):
                    raise PublishError(f"{shown}/{name} does not come back as it was sent; nothing is published")
            if MANIFEST in (*plan.add, *plan.replace):
                self._send(package, place, MANIFEST)
            with tempfile.TemporaryDirectory(prefix="annotate-") as folder:
                back = Path(folder) / package.manifest.ref
                for name in package.files:
                    (back / name).parent.mkdir(parents=True, exist_ok=True)
                    self._fs.get_file(f"{place}/{name}", str(back / name))
                try:
                    check_release(back)
                except GoldError as error:
                    raise PublishError(f"{shown} did not arrive intact: {error}") from error
        return shown

    def _place(self, package: Package) -> str:
        return f"{self._home}/{package.manifest.ref}"

    def _shown(self, package: Package) -> str:
        return f"{self.shown}/{package.manifest.ref}"

    def _list(self, place: str) -> set[str]:
        self._fs.invalidate_cache()
        try:
            found = self._fs.find(place)
        except FileNotFoundError:
            return set()
        root = place.lstrip("/") + "/"  # file systems differ in the slash before it
        return {str(name).lstrip("/").removeprefix(root) for name in found}

    def _send(self, package: Package, place: str, name: str) -> None:
        if not self._is_object_store():
            self._fs.makedirs(f"{place}/{name}".rpartition("/")[0], exist_ok=True)
        self._fs.put_file(str(package.folder / name), f"{place}/{name}")

    def _is_object_store(self) -> bool:
        """Whether folders exist without being created; creating one there would make a bucket with a misspelt name."""
        protocol = self._fs.protocol
        return not _BUCKETS.isdisjoint([protocol] if isinstance(protocol, str) else protocol)

    def _same(self, package: Package, place: str, name: str) -> bool:
        digest = hashlib.sha256()
        with self._fs.open(f"{place}/{name}", "rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
        return digest.hexdigest() == sha256_file(package.folder / name)

    @contextlib.contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        """Explain in one message whatever the store's client raises; each client has its own errors."""
        try:
            yield
        except AnnotateError:
            raise
        except Exception as error:
            text = hide_login(str(error)).splitlines()
            raise PublishError(f"{self.shown}: {what} ({text[0] if text else type(error).__name__})") from error
