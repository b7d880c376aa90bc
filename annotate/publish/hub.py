"""Publishing to the Hugging Face Hub: one commit on `main` with all files, then a tag of the version.

The tag is what is loaded, and it never moves. The token is the one that `huggingface_hub` finds (`HF_TOKEN`, or
`hf auth login`); it is neither read nor printed here.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from annotate.errors import AnnotateError, GoldError, PublishError
from annotate.extras import require
from annotate.files import sha256_file
from annotate.formats.progress import quiet_progress
from annotate.gold.contents import SIGNATURE
from annotate.gold.load import stream_release
from annotate.gold.manifest import MANIFEST, read_manifest
from annotate.gold.names import Version
from annotate.gold.rows import from_row, hash_row
from annotate.publish.plan import Package, PublishPlan, Status, make_plan, refuse_change
from annotate.release.check import check_release


@dataclass
class _State:
    """What the Hub has: `head` and `public` are None where the repository does not exist yet."""

    head: str | None = None
    public: bool | None = None
    files: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)


class HubTarget:
    """A dataset repository `USER/NAME`.

    Args:
        private: make a new repository private.
    """

    def __init__(self, repo: str, *, private: bool = False) -> None:
        require("publish", "publishing to the Hub", "huggingface_hub", "datasets")
        from huggingface_hub import HfApi

        if repo.count("/") != 1 or not all(repo.split("/")):
            raise PublishError(f"hf:{repo}: expected hf:USER/NAME")
        self.repo = repo
        self.shown = f"hf:{repo}"
        self._api = HfApi()
        self._private = private
        self._planned_on: str | None = None

    def plan(self, package: Package) -> PublishPlan:
        """What will be done.

        Raises:
            PublishError: the tag is of other content, the repository holds something else or a newer version,
                or the Hub cannot be reached.
        """
        tag = package.manifest.version
        with self._explained("cannot be read"):
            state = self._read_state()
            self._planned_on = state.head
            if state.public and self._private:
                raise PublishError(f"{self.shown} is public; --private makes new repositories private, not this one")
            public = not self._private if state.public is None else state.public
            if tag in state.tags:
                self._check_tag(package, state.tags[tag])
                return make_plan(
                    package, self.shown, "published", present=package.files, same=package.files, tag=tag, public=public
                )
            if MANIFEST in state.files and state.head:
                self._check_order(package, state.head)
        same = [name for name in package.files if state.files.get(name) == _identity(package.folder / name)]
        status: Status = "resumed" if same == package.files else "new"
        return make_plan(package, self.shown, status, present=state.files, same=same, tag=tag, public=public)

    def publish(self, package: Package, plan: PublishPlan) -> str:
        """Commit, tag, and load the tag back; returns how to load it."""
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete

        tag = package.manifest.version
        if plan.status != "published":
            with self._explained("cannot be written"), quiet_progress():
                if self._planned_on is None:
                    self._create()
                    self._planned_on = self._read_state().head
                commit = self._planned_on
                operations: list[Any] = [
                    CommitOperationAdd(path_in_repo=name, path_or_fileobj=str(package.folder / name))
                    for name in [*plan.add, *plan.replace]
                ]
                operations += [CommitOperationDelete(path_in_repo=name) for name in plan.remove]
                if operations:
                    commit = self._api.create_commit(
                        self.repo,
                        operations,
                        repo_type="dataset",
                        commit_message=f"Release {package.manifest.ref}",
                        parent_commit=self._planned_on,
                    ).oid
                self._api.create_tag(self.repo, tag=tag, revision=commit, repo_type="dataset")
        with self._explained("published, but cannot be loaded back"), quiet_progress():
            self._verify(package, tag)
        return f'load_dataset("{self.repo}", revision="{tag}")'

    def _create(self) -> None:
        from huggingface_hub.errors import HfHubHTTPError

        try:
            self._api.create_repo(self.repo, repo_type="dataset", private=self._private or None)
        except HfHubHTTPError as error:
            if error.response is not None and error.response.status_code == 409:
                raise PublishError(f"{self.shown} exists, but this token may not see it") from error
            raise

    def _read_state(self) -> _State:
        from huggingface_hub.errors import RepositoryNotFoundError

        try:
            refs = self._api.list_repo_refs(self.repo, repo_type="dataset")
        except RepositoryNotFoundError:
            return _State()
        head = next((branch.target_commit for branch in refs.branches if branch.name == "main"), None)
        public = not self._api.repo_info(self.repo, repo_type="dataset").private
        state = _State(head, public, tags={tag.name: tag.target_commit for tag in refs.tags})
        if head:
            for entry in self._api.list_repo_tree(self.repo, recursive=True, revision=head, repo_type="dataset"):
                if hasattr(entry, "blob_id"):
                    state.files[entry.path] = entry.lfs.sha256 if entry.lfs else entry.blob_id
        return state

    def _read_file(self, name: str, revision: str) -> bytes:
        with tempfile.TemporaryDirectory(prefix="annotate-") as folder:
            path = self._api.hf_hub_download(self.repo, name, revision=revision, repo_type="dataset", local_dir=folder)
            return Path(path).read_bytes()

    def _check_tag(self, package: Package, commit: str) -> None:
        from huggingface_hub.errors import EntryNotFoundError

        for name in (MANIFEST, SIGNATURE):
            if name not in package.files:
                continue
            try:
                there = self._read_file(name, commit)
            except EntryNotFoundError:
                there = b""
            if there != (package.folder / name).read_bytes():
                if name == SIGNATURE:
                    raise refuse_change(package, self.shown, [MANIFEST])
                raise PublishError(
                    f"{self.shown} has a tag {package.manifest.version} of other content; a tag is never "
                    "moved: release a newer version"
                )

    def _check_order(self, package: Package, head: str) -> None:
        """Refuse to put an older version, or another dataset, in the place of what is seen first."""
        with tempfile.TemporaryDirectory(prefix="annotate-") as folder:
            (Path(folder) / MANIFEST).write_bytes(self._read_file(MANIFEST, head))
            try:
                there = read_manifest(Path(folder))
            except GoldError:
                return
        if there.name != package.manifest.name:
            raise PublishError(f"{self.shown} holds {there.ref}, another dataset than {package.manifest.ref}")
        if Version.parse(there.version) > Version.parse(package.manifest.version):
            raise PublishError(
                f"{self.shown} holds {there.ref} already; publishing {package.manifest.ref} would take it back"
            )

    def _verify(self, package: Package, tag: str) -> None:
        """Load the tag back in both ways that are in use, and compare every byte and every row."""
        import datasets

        with tempfile.TemporaryDirectory(prefix="annotate-") as folder:
            place = Path(folder) / package.manifest.ref
            self._api.snapshot_download(
                self.repo,
                revision=tag,
                repo_type="dataset",
                local_dir=str(place),
                allow_patterns=package.files,
            )
            wrong = [name for name in package.files if sha256_file(place / name) != sha256_file(package.folder / name)]
            if wrong:
                raise PublishError(f"{self.shown} at {tag}: {', '.join(wrong)} came back with other bytes")
            shutil.rmtree(place / ".cache", ignore_errors=True)
            check_release(place)
            loaded = datasets.load_dataset(self.repo, revision=tag, cache_dir=f"{folder}/cache")
            for split in package.manifest.splits:
                expected = [hash_row(record) for record in stream_release(package.folder, split)]
                if [hash_row(from_row(row)) for row in loaded[split]] != expected:
                    raise PublishError(f"{self.shown} at {tag}: split {split} does not load as it was released")

    @contextlib.contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError

        try:
            yield
        except AnnotateError:
            raise
        except RepositoryNotFoundError as error:
            raise PublishError(
                f"{self.shown}: {what}: no such repository, or no right to it; set HF_TOKEN or run hf auth login"
            ) from error
        except HfHubHTTPError as error:
            status = error.response.status_code if error.response is not None else None
            if status in (409, 412):
                message = f"{self.shown}: another commit came in between; nothing was changed; run this again"
            elif status in (401, 403):
                message = f"{self.shown}: {what}: no right to it (HTTP {status}); set HF_TOKEN or run hf auth login"
            else:
                message = f"{self.shown}: {what} (HTTP {status}: {error.server_message or 'no reason given'})"
            raise PublishError(message) from error
        except Exception as error:
            # the client's HTTP library has errors of its own, and is not ours to import
            known = isinstance(error, OSError | ValueError | RuntimeError)
            if not known and not type(error).__module__.startswith("httpx"):
                raise
            if type(error).__name__ in ("ConnectError", "ConnectTimeout", "LocalEntryNotFoundError"):
                raise PublishError(
                    f"{self.shown}: {what}: no connection to {self._api.endpoint}; nothing was changed; "
                    "run this again with a connection, or publish to a folder"
                ) from error
            lines = str(error).splitlines()
            raise PublishError(f"{self.shown}: {what} ({lines[0] if lines else type(error).__name__})") from error


def _identity(path: Path) -> str:
    """How the Hub names the content: files it keeps as LFS by SHA-256, others as git does."""
    if path.suffix == ".parquet":
        return sha256_file(path)
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
