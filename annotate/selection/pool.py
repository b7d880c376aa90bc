"""The pool: its articles by number, which of them tell one story, what stratum each is in, and what is left out."""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from annotate.disjoint import DisjointSets
from annotate.errors import SourceError
from annotate.files import sha256_text
from annotate.ingest.articles import Articles
from annotate.printing import format_count
from annotate.records import Article
from annotate.release.grouping.kinship import Kinship
from annotate.release.grouping.stories import Names
from annotate.selection.sampling import Numbers

#: fields that `by` takes beside the keys of `meta`
FIELDS = ("publisher", "month", "year", "date", "title", "url")
WITHOUT = "none"
#: the stratum of what is in none that is large enough
OTHER = "other"


@dataclass
class Excluded:
    """Articles to be left out, such as those annotated already: by id, by text, and with their stories.

    `articles` have texts, so that their near-duplicates and stories are found too.
    """

    ids: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    articles: list[Article] = field(default_factory=list)

    def add(self, id: str, *, text: str | None = None, text_sha256: str | None = None, date: str | None = None) -> None:
        """Leave out the article of this id, and those with its text or story."""
        self.ids.add(id)
        if text:
            self.articles.append(Article(id=id, text=text, date=date))
            text_sha256 = sha256_text(text)
        if text_sha256:
            self.texts.add(text_sha256)


@dataclass
class Pool:
    """The articles to choose from, in the order of their ids; arrays have one entry an article.

    Attributes:
        place: of each in `articles`.
        story: a number that the articles of one story share.
        names: what each is about: hashes of the names in it.
        stratum: the values of its fields.
        left_out: how many articles are excluded themselves, and how many for being of a story with such a one.
        sha256: the digest of ids and texts.
    """

    articles: Articles
    ids: list[str]
    place: Numbers
    story: Numbers
    words: Numbers
    stratum: list[tuple[str, ...]]
    names: Sequence[Names]
    left_out: tuple[int, int]
    sha256: str

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, number: int) -> Article:
        return self.articles[int(self.place[number])]


def read_pool(articles: Articles, *, by: Sequence[str] = (), excluded: Excluded | None = None) -> Pool:
    """The pool of all articles that are not left out. Reads them once, and again those that may be near-duplicates.

    Memory holds about 200 bytes an article, its id and numbers; at the peak some 500. Texts are not held.

    Args:
        by: the fields that make the strata: of `FIELDS`, or keys of `meta`.

    Raises:
        SourceError: no article has a field of `by`, or nothing is left.
    """
    excluded = excluded or Excluded()
    kinship = Kinship()
    ids: list[str] = []
    digests = bytearray()
    words = array("q")
    strata: list[tuple[str, ...]] = []
    shut = bytearray()
    same: dict[tuple[str, ...], tuple[str, ...]] = {}
    seen: Counter[str] = Counter()
    for article in articles:
        text = sha256_text(article.text)
        kinship.add(article)
        ids.append(article.id)
        digests += hashlib.sha256(f"{article.id}\0{text}".encode("utf-8", "surrogatepass")).digest()
        words.append(len(article.text.split()))
        values = [_value(article, name) for name in by]
        seen.update(name for name, value in zip(by, values, strict=True) if value is not None)
        named = tuple(value or WITHOUT for value in values) or ("all",)
        strata.append(same.setdefault(named, named))
        shut.append(article.id in excluded.ids or text in excluded.texts)
    if unknown := [name for name in by if not seen[name]]:
        raise SourceError(
            [f"--by {name}: no article has it; expected {', '.join(FIELDS)}, or a key of meta" for name in unknown]
        )
    order = np.array(sorted(range(len(ids)), key=ids.__getitem__), np.int64)
    for article in excluded.articles:
        kinship.add(article)
    renumbered = np.concatenate([order, np.arange(len(ids), len(ids) + len(excluded.articles))])
    kinship.sort(renumbered)

    def get(number: int) -> Article:
        return articles[int(order[number])] if number < len(order) else excluded.articles[number - len(order)]

    stories: DisjointSets[int] = DisjointSets()
    for one, other in kinship.links(get):
        stories.join(one, other)
    leaders = np.fromiter(map(stories.find, range(len(order) + len(excluded.articles))), np.int64)
    themselves = sum(shut)
    shut += b"\1" * len(excluded.articles)
    taken = leaders[np.frombuffer(shut, np.bool_)[renumbered]]
    leaders = leaders[: len(order)]
    kept = np.flatnonzero(~np.isin(leaders, taken))
    if not len(kept):
        raise SourceError(
            [f"nothing to choose from: --exclude leaves out the whole pool ({format_count(len(ids), 'article')})"]
        )
    place = order[kept]
    hashes = np.frombuffer(digests, "S32")[place]
    return Pool(
        articles=articles,
        ids=[ids[i] for i in place.tolist()],
        place=place,
        story=np.unique(leaders[kept], return_inverse=True)[1].astype(np.int64),
        words=np.frombuffer(words, np.int64)[place],
        stratum=[strata[i] for i in place.tolist()],
        names=kinship.names.take(kept),
        left_out=(themselves, len(ids) - len(kept) - themselves),
        sha256=hashlib.sha256(np.sort(hashes).tobytes()).hexdigest(),
    )


def _value(article: Article, name: str) -> str | None:
    """What the article has in a field of strata; None where it is empty."""
    if name in ("month", "year"):
        return article.date[: 7 if name == "month" else 4] if article.date else None
    found = getattr(article, name) if name in FIELDS else article.meta.get(name.removeprefix("meta."))
    return None if found is None or found == "" else str(found)


def merge_strata(strata: Sequence[tuple[str, ...]], least: float) -> list[str]:
    """The name of each article's stratum, those that hold less than the share `least` of the articles put together.

    First with others that differ in the last field only, then in the last two, and so on.

    >>> strata = [("AP", "2016")] * 98 + [("AP", "2017"), ("AP", "2018"), ("X", "2016")]
    >>> sorted(set(merge_strata(strata, 0.015)))
    ['AP / 2016', 'AP / other', 'other']
    """
    found = list(strata)
    for depth in reversed(range(max(map(len, found), default=0))):
        counts = Counter(found)
        small = {name for name, count in counts.items() if len(name) > depth and count < least * len(found)}
        found = [(*name[:depth], OTHER) if name in small else name for name in found]
    spelled = {name: " / ".join(name) for name in set(found)}  # each once in memory
    return [spelled[name] for name in found]
