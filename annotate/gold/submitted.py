"""What people submitted before the decision, as far as a release tells of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from annotate.gold.manifest import Manifest
from annotate.records import Annotation, GoldRecord


class Submitted:
    """The annotations behind a release; None = not given, and then nothing is checked against them."""

    def __init__(self, annotations: Iterable[Annotation] | None) -> None:
        self.annotations = None if annotations is None else [a for a in annotations if a.status == "submitted"]
        self._annotators: dict[str, set[str]] = defaultdict(set)
        for annotation in self.annotations or ():
            self._annotators[annotation.id].add(annotation.annotator)

    def find_problems(self, record: GoldRecord) -> Iterator[str]:
        """A sentence for each annotator of the record who is not on record as having submitted it."""
        if self.annotations is None:
            return
        known = self._annotators.get(record.id, set())
        for name in record.annotators:
            if name not in known:
                found = f"submitted by {', '.join(sorted(known))}" if known else "submitted by nobody"
                yield f"annotator {name!r} did not submit this article; by the annotations it was {found}"

    def describe(self, manifest: Manifest) -> None:
        """Add to the manifest what the annotations tell."""
        dates = [a.updated_at or a.created_at for a in self.annotations or ()]
        manifest.date = max((date[:10] for date in dates if date), default=None)
