"""Pseudonyms of annotators: a release has `annotator-1`, and a private file beside the working files has the names.

The numbers follow from what each annotator did (which articles and items, which annotations), never from the name, so
that a list of likely names does not help a guesser. The file keeps them for later versions of the release.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from annotate.errors import AnnotateError, GoldError
from annotate.files import read_text, write_text
from annotate.gold.manifest import Manifest
from annotate.items import iter_items, map_items
from annotate.records import LAYERS, Annotation, GoldRecord, Prediction, get_layer

_PSEUDONYM = re.compile(r"annotator-([1-9][0-9]{0,8})", re.ASCII)
# how `decided_by` names an annotator or reviewer: single:NAME, trusted:NAME, review:NAME
_DECIDER = re.compile(r"\b(single|trusted|review):(.+?)(?=, review:|$)")

# of an annotation: what no release has, so that nobody else can compute the order
_WORK = ("task_id", "annotation_id", "created_at", "updated_at", "lead_time_s")

_encoder = msgspec.json.Encoder(order="deterministic")


class AnnotatorMap(msgspec.Struct, forbid_unknown_fields=True):
    """What the private file holds: the name of the release, and the annotator behind each pseudonym."""

    release: str
    annotators: dict[str, str]


def is_pseudonym(name: str) -> bool:
    """Whether the name is one that a release gives.

    >>> is_pseudonym("annotator-12"), is_pseudonym("annotator-1@example.org")
    (True, False)
    """
    return _PSEUDONYM.fullmatch(name) is not None


def find_map(decided: str | Path, release: str) -> Path:
    """Where the names behind a release's pseudonyms are kept: beside the decided records.

    >>> find_map(Path("work/decided.jsonl"), "news").as_posix()
    'work/news.annotators.json'
    """
    return Path(decided).parent / f"{release}.annotators.json"


@contextlib.contextmanager
def restored_map(path: Path | None, *, unless: Path) -> Iterator[None]:
    """The file is as it was before the block where the block fails and the release `unless` is not there.

    The map is written before the release appears; where the disk is full at that moment, neither is to be left.
    """
    existed = path is not None and (path.exists() or path.is_symlink())
    before = None
    with contextlib.suppress(OSError):  # whoever reads it next says so
        before = path.read_bytes() if path is not None and path.is_file() else None
    try:
        yield
    except BaseException:
        if path is not None and not unless.exists():
            with contextlib.suppress(OSError, AnnotateError):
                if not existed and path.is_file():
                    path.unlink()
                elif before is not None and path.read_bytes() != before:
                    write_text(path, before.decode(), private=True)
        raise


def read_map(path: Path, release: str) -> dict[str, str]:
    """The pseudonym of each name in the file; empty where there is no file.

    Raises:
        GoldError: it is the map of another release, or not a map.
        AnnotateError: it cannot be read.
    """
    if not path.exists():
        return {}
    try:
        found = msgspec.json.decode(read_text(path), type=AnnotatorMap)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise GoldError([f"{path}: not a map of annotators ({error})"]) from error
    if found.release != release:
        raise GoldError([f"{path}: the annotators of {found.release}; expected those of {release}"])
    names = {name: pseudonym for pseudonym, name in found.annotators.items()}
    odd = [pseudonym for pseudonym in found.annotators if not is_pseudonym(pseudonym)]
    if odd or len(names) != len(found.annotators):
        raise GoldError(
            [f"{path}: expected one name for each annotator-1, annotator-2, ...; found {odd or 'a name twice'}"]
        )
    return names


class Pseudonyms:
    """The pseudonym of each name; a name that has none, or is one already, stays.

    >>> ada = Pseudonyms({"ada@example.org": "annotator-1"})
    >>> ada.get("ada@example.org"), ada.rename_decision("majority, review:ada@example.org")
    ('annotator-1', 'majority, review:annotator-1')
    """

    def __init__(self, pseudonyms: Mapping[str, str]) -> None:
        self._pseudonyms = dict(pseudonyms)
        names = sorted((re.escape(name) for name in pseudonyms if name), key=len, reverse=True)
        self._names = re.compile(rf"(?<![\w@.+-])(?:{'|'.join(names)})(?![\w@+-]|\.\w)") if names else None

    def get(self, name: str) -> str:
        """The pseudonym of one name."""
        return self._pseudonyms.get(name, name)

    def rename_decision(self, text: str) -> str:
        """A `decided_by`, or the name of a model made from it, with pseudonyms in place of names."""
        text = _DECIDER.sub(lambda match: f"{match[1]}:{self.get(match[2])}", text)
        return text if self._names is None else self._names.sub(lambda match: self.get(match[0]), text)

    def rename_record(self, record: GoldRecord) -> GoldRecord:
        """The record with pseudonyms for all annotators; notes and `meta` are the user's, and stay."""
        replace = msgspec.structs.replace

        def rename(item: Any) -> Any:
            return replace(item, annotators=self._all(item.annotators), preannotator=self._model(item.preannotator))

        return replace(
            map_items(record, rename),
            annotators=self._all(record.annotators) or [],
            decided_by=None if record.decided_by is None else self.rename_decision(record.decided_by),
            model=self._model(record.model),
        )

    def rename_annotation(self, annotation: Annotation) -> Annotation:
        """The annotation under its annotator's pseudonym."""
        return msgspec.structs.replace(
            annotation, annotator=self.get(annotation.annotator), model=self._model(annotation.model)
        )

    def rename_prediction(self, prediction: Prediction) -> Prediction:
        """The prediction, its model under pseudonyms where that was made from an annotation."""
        return msgspec.structs.replace(prediction, model=self._model(prediction.model))

    def write(self, path: Path, release: str) -> None:
        """Keep the names in the file, readable by its owner only.

        Raises:
            AnnotateError: it cannot be written.
        """
        ordered = sorted(self._pseudonyms.items(), key=lambda pair: _number(pair[1]))
        content = AnnotatorMap(release, {pseudonym: name for name, pseudonym in ordered})
        text = json.dumps(msgspec.to_builtins(content), ensure_ascii=False, indent=1) + "\n"
        if path.exists() and read_text(path) == text:
            return
        write_text(path, text, private=True)

    def _all(self, names: list[str] | None) -> list[str] | None:
        return None if names is None else sorted({self.get(name) for name in names})

    def _model(self, model: str | None) -> str | None:
        """Models carry a name only where a review made them, or as an address: other names may be words."""
        if model is None or not (_DECIDER.search(model) or "@" in model):
            return model
        return self.rename_decision(model)


def assign_pseudonyms(
    records: Iterable[GoldRecord],
    annotations: Iterable[Annotation],
    known: Mapping[str, str],
    *,
    predictions: Iterable[Prediction] = (),
    taken: Iterable[str] = (),
) -> Pseudonyms:
    """A pseudonym for every annotator, reviewer and trusted annotator of the records and annotations.

    Whoever is named by a model only, because a draft was made from what they had annotated, gets one too.

    Args:
        records: in a fixed order.
        annotations: submitted ones, in any order.
        predictions: what was offered, in any order.
        known: pseudonyms that were given before, by name; they stay.
        taken: the pseudonyms in the parent release; no new annotator gets one of them.

    Raises:
        GoldError: there are names without a pseudonym, and earlier versions have pseudonyms that `known` does not
            explain: they could be those annotators'.
    """
    work = _collect_work(records, annotations, predictions)
    names = [name for name in work if name not in known and not is_pseudonym(name)]
    unexplained = sorted(set(taken) - set(known.values()), key=_number)
    if names and unexplained:
        raise GoldError(
            [
                f"earlier versions of this release have {', '.join(unexplained)}, and the map of annotators does not "
                "explain them; give the map that was written with them (--annotator-map), or --names"
            ]
        )
    first = max((_number(name) for name in {*known.values(), *taken, *filter(is_pseudonym, work)}), default=0) + 1
    names.sort(key=lambda name: (work[name], name))
    return Pseudonyms({**known, **{name: f"annotator-{first + number}" for number, name in enumerate(names)}})


def find_pseudonyms(manifest: Manifest) -> set[str]:
    """The pseudonyms that a release gives to its annotators, reviewers and trusted annotators."""
    deciders = [match[2] for text in manifest.provenance.get("decided_by", {}) for match in _DECIDER.finditer(text)]
    return {
        name for name in [*manifest.provenance.get("annotators", {}), *manifest.work, *deciders] if is_pseudonym(name)
    }


def _collect_work(
    records: Iterable[GoldRecord], annotations: Iterable[Annotation], predictions: Iterable[Prediction]
) -> dict[str, bytes]:
    """For each name a digest of what is known of its work, the name itself left out."""
    found: dict[str, Any] = defaultdict(hashlib.sha256)
    drafts: dict[str, set[str]] = defaultdict(set)  # whoever a model names: the articles of the drafts

    def note_model(model: str | None, article: str) -> None:
        for match in _DECIDER.finditer(model or ""):
            drafts[match[2]].add(article)

    for record in records:
        for name, what in _list_work(record):
            found[name].update(f"{record.id}\0{what}\0".encode("utf-8", "surrogatepass"))
        note_model(record.model, record.id)
        for _, item in iter_items(record):
            note_model(item.preannotator, record.id)
    pieces: dict[str, list[bytes]] = defaultdict(list)
    for annotation in annotations:
        known = [annotation.id, *(getattr(annotation, field) for field in _WORK)]
        pieces[annotation.annotator].append(hashlib.sha256(_encoder.encode(known)).digest())
        note_model(annotation.model, annotation.id)
    for prediction in predictions:
        note_model(prediction.model, prediction.id)
    for name, digests in pieces.items():
        found[name].update(b"".join(sorted(digests)))
    for name in drafts.keys() - found.keys():
        found[name].update("\0".join(sorted(drafts[name])).encode("utf-8", "surrogatepass"))
    return {name: digest.digest() for name, digest in found.items()}


def _list_work(record: GoldRecord) -> Iterator[tuple[str, str]]:
    for name in record.annotators:
        yield name, "annotated"
    for match in _DECIDER.finditer(record.decided_by or ""):
        yield match[2], match[1]
    for layer in LAYERS:
        for number, item in enumerate(get_layer(record, layer) or ()):
            for name in item.annotators or ():
                yield name, f"{layer}[{number}]"


def _number(name: str) -> int:
    match = _PSEUDONYM.fullmatch(name)
    return int(match[1]) if match else 0
