"""The pool: its articles by number, which of them tell one story, what stratum each is in, and what is left out."""

from __future__ import annotations

import hashlib
import itertools
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np

from annotate.disjoint import DisjointNumbers
from annotate.errors import SourceError
from annotate.files import sha256_text
from annotate.ingest.articles import Articles
from annotate.printing import format_count
from annotate.records import Article
from annotate.release.grouping.kinship import Kinship
from annotate.release.grouping.rows import Order
from annotate.release.grouping.stories import Names
from annotate.selection.database import TemporaryDatabase
from annotate.selection.sampling import Numbers

#: fields that `by` takes beside the keys of `meta`
FIELDS = ("publisher", "month", "year", "date", "title", "url")
WITHOUT = "none"
#: the stratum of what is in none that is large enough
OTHER = "other"


class Excluded:
    """Articles to be left out, such as those annotated already: by id, by text, and with their stories.

    What is known of them is in a temporary database. Those with texts have numbers from 0, up to `len()`, so that their
    near-duplicates and stories are found too.
    """

    def __init__(self) -> None:
        self._base = TemporaryDatabase(
            "CREATE TABLE ids (id TEXT PRIMARY KEY) WITHOUT ROWID",
            "CREATE TABLE texts (sha256 TEXT PRIMARY KEY) WITHOUT ROWID",
            "CREATE TABLE articles (number INTEGER PRIMARY KEY, article BLOB)",
        )
        self._any = False
        self._count = 0

    def add(self, id: str, *, text: str | None = None, text_sha256: str | None = None, date: str | None = None) -> None:
        """Leave out the article of this id, and those with its text or story."""
        self._any = True
        self._base.execute("INSERT OR IGNORE INTO ids VALUES (?)", (id,))
        if text:
            article = msgspec.json.encode(Article(id=id, text=text, date=date))
            self._base.execute("INSERT INTO articles VALUES (?, ?)", (self._count, article))
            self._count += 1
            text_sha256 = sha256_text(text)
        if text_sha256:
            self._base.execute("INSERT OR IGNORE INTO texts VALUES (?)", (text_sha256,))

    def has(self, id: str, text_sha256: str) -> bool:
        """Whether the article of this id or text is to be left out."""
        if not self._any:
            return False
        found = self._base.execute(
            "SELECT 1 FROM ids WHERE id = ? UNION ALL SELECT 1 FROM texts WHERE sha256 = ?", (id, text_sha256)
        )
        return found.fetchone() is not None

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: int) -> Article:
        found = self._base.execute("SELECT article FROM articles WHERE number = ?", (number,)).fetchone()
        if found is None:
            raise IndexError(f"no article {number} of {self._count}")
        return msgspec.json.decode(found[0], type=Article)


@dataclass
class Pool:
    """The articles to choose from, by number, in the order of their ids; arrays have one entry an article.

    Attributes:
        place: of each in `articles`.
        story: a number that the articles of one story share.
        stratum: the number of each in `strata`, which has the values of the fields.
        names: what each is about: hashes of the names in it.
        left_out: how many articles are excluded themselves, and how many for being of a story with such a one.
        sha256: the digest of ids and texts.
    """

    articles: Articles
    place: Order
    story: Numbers
    words: Order
    strata: list[tuple[str, ...]]
    stratum: Order
    names: Sequence[Names]
    left_out: tuple[int, int]
    sha256: str
    _base: TemporaryDatabase = field(repr=False)

    def __len__(self) -> int:
        return len(self.place)

    def __getitem__(self, number: int) -> Article:
        return self.articles[int(self.place[number])]

    def iter_ids(self) -> Iterator[str]:
        """The ids, by number."""
        return (id for (id,) in self._base.execute("SELECT id FROM articles WHERE number NOT NULL ORDER BY id"))

    def find(self, id: str) -> int | None:
        """The number of the article with this id; None where the pool has none."""
        found = self._base.execute("SELECT number FROM articles WHERE id = ?", (id,)).fetchone()
        return None if found is None else found[0]

    def name_strata(self, least: float) -> tuple[list[str], Numbers]:
        """The names of the strata, small ones put together (`merge_strata`), and the number of each article's."""
        counts = np.bincount(self.stratum).tolist()
        names = merge_strata(dict(zip(self.strata, counts, strict=True)), least)
        strata = sorted(set(names.values()))
        number_of = {name: number for number, name in enumerate(strata)}
        return strata, np.array([number_of[names[values]] for values in self.strata])[self.stratum]


def read_pool(articles: Articles, *, by: Sequence[str] = (), excluded: Excluded | None = None) -> Pool:
    """The pool of all articles that are not left out. Reads them once, and again those that may be near-duplicates.

    Memory holds some hundred bytes of numbers an article; ids and texts are in temporary files.

    Args:
        by: the fields that make the strata: of `FIELDS`, or keys of `meta`.

    Raises:
        SourceError: no article has a field of `by`, or nothing is left.
        AnnotateError: a temporary file cannot be written.
    """
    excluded = excluded or Excluded()
    kinship = Kinship()
    words, stratum = array("i"), array("i")
    strata: dict[tuple[str, ...], int] = {}
    shut = bytearray()
    seen: Counter[str] = Counter()

    def note() -> Iterator[tuple[int, str, bytes]]:
        for place, article in enumerate(articles):
            text = sha256_text(article.text)
            kinship.add(article)
            words.append(len(article.text.split()))
            values = [_value(article, name) for name in by]
            seen.update(name for name, value in zip(by, values, strict=True) if value is not None)
            stratum.append(strata.setdefault(tuple(value or WITHOUT for value in values) or ("all",), len(strata)))
            shut.append(excluded.has(article.id, text))
            yield place, article.id, hashlib.sha256(f"{article.id}\0{text}".encode("utf-8", "surrogatepass")).digest()

    base = TemporaryDatabase("CREATE TABLE articles (place INTEGER PRIMARY KEY, id TEXT, sha256 BLOB, number INTEGER)")
    base.executemany("INSERT INTO articles VALUES (?, ?, ?, NULL)", note())
    base.execute("CREATE INDEX by_id ON articles (id)")
    if unknown := [name for name in by if not seen[name]]:
        raise SourceError(
            [f"--by {name}: no article has it; expected {', '.join(FIELDS)}, or a key of meta" for name in unknown]
        )
    places = (place for (place,) in base.execute("SELECT place FROM articles ORDER BY id"))
    count = len(articles)
    order = np.fromiter(itertools.chain(places, range(count, count + len(excluded))), np.int32)
    for number in range(len(excluded)):
        kinship.add(excluded[number])
    kinship.sort(order)

    def get(number: int) -> Article:
        return articles[int(order[number])] if number < count else excluded[number - count]

    stories = DisjointNumbers(len(order))
    for one, other in kinship.links(get):
        stories.join(one, other)
    leaders = np.fromiter(map(stories.find, range(len(order))), np.int32, len(order))
    themselves = sum(shut)
    shut += b"\1" * len(excluded)
    taken = leaders[np.frombuffer(shut, np.bool_)[order]]
    leaders = leaders[:count]
    kept = np.flatnonzero(~np.isin(leaders, taken))
    if not len(kept):
        raise SourceError(
            [f"nothing to choose from: --exclude leaves out the whole pool ({format_count(count, 'article')})"]
        )
    place = order[kept]
    base.executemany("UPDATE articles SET number = ? WHERE place = ?", enumerate(map(int, place)))
    digest = hashlib.sha256()
    for (sha256,) in base.execute("SELECT sha256 FROM articles WHERE number NOT NULL ORDER BY sha256"):
        digest.update(sha256)
    present, numbers = np.unique(np.frombuffer(stratum, np.int32)[place], return_inverse=True)
    known = list(strata)
    return Pool(
        articles=articles,
        place=place,
        story=np.unique(leaders[kept], return_inverse=True)[1].astype(np.int64),
        words=np.frombuffer(words, np.int32)[place],
        strata=[known[number] for number in present.tolist()],
        stratum=numbers.astype(np.int32),
        names=kinship.names.take(kept),
        left_out=(themselves, count - len(kept) - themselves),
        sha256=digest.hexdigest(),
        _base=base,
    )


def _value(article: Article, name: str) -> str | None:
    """What the article has in a field of strata; None where it is empty."""
    if name in ("month", "year"):
        return article.date[: 7 if name == "month" else 4] if article.date else None
    found = getattr(article, name) if name in FIELDS else article.meta.get(name.removeprefix("meta."))
    return None if found is None or found == "" else str(found)


def merge_strata(counts: Mapping[tuple[str, ...], int], least: float) -> dict[tuple[str, ...], str]:
    """The name of each stratum, those that hold less than the share `least` of all articles put together.

    First with others that differ in the last field only, then in the last two, and so on.

    Args:
        counts: the articles with each combination of values.

    >>> merge_strata({("AP", "2016"): 98, ("AP", "2017"): 1, ("AP", "2018"): 1, ("X", "2016"): 1}, 0.015).values()
    dict_values(['AP / 2016', 'AP / other', 'AP / other', 'other'])
    """
    found = {values: values for values in counts}
    fewest = least * sum(counts.values())
    for depth in reversed(range(max(map(len, found), default=0))):
        held: Counter[tuple[str, ...]] = Counter()
        for values, name in found.items():
            held[name] += counts[values]
        found = {
            values: (*name[:depth], OTHER) if len(name) > depth and held[name] < fewest else name
            for values, name in found.items()
        }
    return {values: " / ".join(name) for values, name in found.items()}
