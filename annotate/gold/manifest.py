"""The manifest of a release: what it consists of, where it comes from, and the hash of every file and row."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path
from typing import Any

import msgspec

from annotate.display import Displayed
from annotate.errors import GoldError
from annotate.files import sha256_text
from annotate.gold.names import check_name, is_split, is_version
from annotate.printing import format_count, short_repr
from annotate.records import Layer, describe_counts

MANIFEST = "manifest.json"
#: 1: written by toolkit 0.1. 2: the card and `CHANGES.md` follow from the manifest and the tables, and `check`
#: renders them again; a change to how they are rendered needs a new number.
FORMAT = 2
#: bytes; a million articles take about 40 MB of row hashes
MANIFEST_LIMIT = 128 << 20

_FILE = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}/)?[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}", re.ASCII)


class FileEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of the release: its SHA-256, its size in bytes and, for tables, its rows."""

    sha256: str
    bytes: int
    rows: int | None = None


class SchemaEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The label schema: `digest` is that of its content (`Schema.digest`)."""

    name: str
    version: str
    digest: str


class ParentEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The release that this one follows, by the digest of its manifest."""

    version: str
    digest: str


class SplitEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One split: how many articles, its share of all, and the share that was asked for.

    `row_hashes` has the hash of each row (`rows.hash_row`), in the order of the tables.
    """

    articles: int
    share: float
    wanted: float
    row_hashes: list[str]


class Placed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The split and the cluster of an article."""

    split: str
    cluster: str


class LeftOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An article that no split can take, because it is related to articles in several."""

    id: str
    kin: list[str]


class Manifest(Displayed, msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `manifest.json` holds.

    `counts` has articles, clusters and the spans of each layer and label; `provenance` counts articles by
    annotator, pre-annotation, guideline and rule of decision, and spans by origin and preannotator. `agreement`
    and `ceiling` are those of `annotate.agreement`; `work` has articles and time by annotator, `preannotators` the
    scores of what annotators started from against the release. `withdrawn` remembers the place of articles that an
    earlier version had, so that they come back to it. `about` is the user's own part of the card. `made_from` is the
    digest of the release whose texts were left out, or put back in another wording; None for a release as it was built.
    `selection` has the pools that articles with a weight were selected from (`annotate.selected.Pools`);
    None where no article has a weight, and then the tables have no such column.
    """

    format: int = FORMAT
    name: str
    version: str
    toolkit: str
    licence: str | None = None
    schema: SchemaEntry
    parent: ParentEntry | None = None
    date: str | None = None
    stand_off: bool = False
    counts: dict[str, Any]
    splits: dict[str, SplitEntry]
    grouping: dict[str, Any]
    withdrawn: dict[str, Placed] = {}
    left_out: list[LeftOut] = []
    provenance: dict[str, dict[str, int]]
    agreement: dict[str, Any] | None = None
    ceiling: dict[str, float | None] = {}
    work: dict[str, Any] = {}
    preannotators: dict[str, Any] = {}
    tokens: dict[str, Any] = {}
    about: str | None = None
    made_from: str | None = None
    selection: list[dict[str, Any]] | None = None
    files: dict[str, FileEntry]

    @property
    def ref(self) -> str:
        """The release as it is cited, `name/version`."""
        return f"{self.name}/{self.version}"

    @property
    def items(self) -> dict[Layer, int]:
        """How many items of each layer are in the release."""
        return {layer: counts["spans"] for layer, counts in self.counts["layers"].items()}

    def __repr__(self) -> str:
        articles = format_count(self.counts["articles"], "article")
        return short_repr(self, self.ref, articles, describe_counts(self.items))


class _LayerForm(msgspec.Struct, forbid_unknown_fields=True):
    articles: int
    spans: int
    labels: dict[str, int]
    check_worthy: dict[str, int] | None = None


class _CountsForm(msgspec.Struct, forbid_unknown_fields=True):
    articles: int
    clusters: int
    layers: dict[str, _LayerForm]
    splits: dict[str, dict[str, int]]


class _FigureForm(msgspec.Struct):
    value: float | None
    low: float | None
    high: float | None


class _AgreementForm(msgspec.Struct):
    annotators: dict[str, int]
    articles: int
    measures: dict[str, _FigureForm]


class _WorkForm(msgspec.Struct, forbid_unknown_fields=True):
    articles: int
    without_draft: int
    median_seconds: float | None


class _PartForm(msgspec.Struct, forbid_unknown_fields=True):
    articles: int
    measures: dict[str, float | None]


class _TagForm(msgspec.Struct, forbid_unknown_fields=True):
    spans: int
    exact: int
    widened: int
    dropped: int


class _TokensForm(msgspec.Struct, forbid_unknown_fields=True):
    rule: str
    layers: dict[str, _TagForm]


class _PoolForm(msgspec.Struct, forbid_unknown_fields=True):
    articles: int
    sha256: str
    drawn: str | None
    selected: int
    here: int
    order: str
    chance: float
    by: list[str]
    shares: str
    per_story: int
    seed: int


class _Form(msgspec.Struct):
    """The shape of what `Manifest` holds as plain dicts, so that readers can rely on it."""

    counts: _CountsForm
    work: dict[str, _WorkForm]
    preannotators: dict[str, dict[str, _PartForm]]
    agreement: _AgreementForm | None = None
    selection: list[_PoolForm] | None = None


def _encode_body(manifest: Manifest) -> str:
    """The manifest as JSON without its digest."""
    content: dict[str, Any] = msgspec.to_builtins(manifest)
    # fields that toolkit 0.1 did not know: left out where they are empty, so that its manifests keep their bytes
    for name in ("about", "made_from", "selection"):
        if content[name] is None:
            del content[name]
    return json.dumps(content, ensure_ascii=False, indent=1)


def encode_manifest(manifest: Manifest) -> str:
    """The text of `manifest.json`; its last line is the digest of everything else in it."""
    body = _encode_body(manifest)
    return f'{body[:-2]},\n "digest": "{sha256_text(body)}"\n}}\n'


def manifest_digest(manifest: Manifest) -> str:
    """The digest at the end of the manifest, in hex; it identifies the content of the release."""
    return sha256_text(_encode_body(manifest))


def spell_digest(manifest: Manifest) -> str:
    """The digest as commands print it and `annotate check --digest` takes it: `sha256:` and 64 hex digits."""
    return f"sha256:{manifest_digest(manifest)}"


def read_manifest(folder: str | Path) -> Manifest:
    """The manifest of the release in the folder, its own bytes proved by its digest.

    Raises:
        GoldError: there is none, it is not a plain file of reasonable size, a byte of it was changed, a newer toolkit
            wrote it, or it names something that no release can have.
    """
    path = Path(folder) / MANIFEST
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise GoldError([f"{path}: not a plain file; get the release again"])
        if status.st_size > MANIFEST_LIMIT:
            raise GoldError([f"{path}: {status.st_size:,} bytes; a manifest has at most {MANIFEST_LIMIT:,}"])
        data = path.read_bytes()
    except OSError as error:
        raise GoldError([f"{folder}: not a release: {MANIFEST} cannot be read ({error.strerror or error})"]) from error
    try:
        content = json.loads(data.decode("utf-8"))
        content.pop("digest")
        manifest = msgspec.convert(content, Manifest)
        msgspec.convert(content, _Form)
        if manifest.tokens:
            msgspec.convert(manifest.tokens, _TokensForm)
        same = encode_manifest(manifest).encode("utf-8") == data
    except RecursionError as error:
        raise GoldError([f"{path}: not the manifest of a release (nested too deeply)"]) from error
    except (ValueError, KeyError, TypeError, AttributeError, msgspec.ValidationError) as error:
        raise GoldError([f"{path}: not the manifest of a release ({error})"]) from error
    if not same:
        raise GoldError([f"{path}: changed since it was written: its digest does not fit; get the release again"])
    problems = _find_name_problems(manifest)
    if problems:
        raise GoldError([f"{path}: {problem}" for problem in problems])
    return manifest


def _find_name_problems(manifest: Manifest) -> list[str]:
    problems = []
    if manifest.format not in range(1, FORMAT + 1):
        problems.append(f"format {manifest.format}; expected 1 to {FORMAT}: a newer version of the toolkit can read it")
    try:
        check_name(manifest.name)
    except GoldError as error:
        problems.append(str(error))
    if not is_version(manifest.version):
        problems.append(f"version {manifest.version!r}; expected MAJOR.MINOR.PATCH")
    problems += [f"split {split!r}; expected a lower-case word" for split in manifest.splits if not is_split(split)]
    # the names of a split's tables follow from how many articles it has: no number is believed without its rows
    problems += [
        f"split {split!r} has {format_count(entry.articles, 'article')}, "
        f"expected {len(entry.row_hashes):,}, one per row hash"
        for split, entry in manifest.splits.items()
        if entry.articles != len(entry.row_hashes)
    ]
    problems += [
        f"file {name!r}; expected a plain name, at most one folder deep"
        for name in manifest.files
        if _FILE.fullmatch(name) is None
    ]
    return problems
