"""Which column of a table holds which field of an article, and what to propose where one is missing."""

from __future__ import annotations

import difflib
import functools
import itertools
import re
import shlex
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from annotate.errors import AnnotateError
from annotate.printing import shorten
from annotate.problems import appears_twice

#: The fields of an article that a column can be named for.
FIELDS = ("id", "text", "title", "date", "publisher", "url")
#: Without these there is no article.
REQUIRED = ("id", "text")
#: What such columns are called elsewhere: in content systems, crawlers, feeds and datasets. Best first.
_KNOWN_AS = {
    "id": (
        "articleid", "docid", "documentid", "storyid", "newsid", "itemid", "contentid", "uuid", "guid", "identifier",
        "docno", "key", "ids",
    ),
    "text": (
        "body", "content", "article", "fulltext", "articletext", "articlebody", "bodytext", "maintext", "plaintext",
        "story", "contents", "document", "maincontent", "articlecontent", "textbody", "rawtext", "paragraphs", "copy",
    ),
    "title": ("headline", "heading", "articletitle", "head", "hed", "newstitle"),
    "date": (
        "publishedat", "publishdate", "publicationdate", "pubdate", "published", "datepublished", "datepublish",
        "publicationdatetime", "articledate", "firstpublished", "issued", "createdat", "created", "datetime",
        "timestamp", "day",
    ),
    "publisher": ("source", "outlet", "newspaper", "publication", "sitename", "sourcedomain", "domain", "hostname"),
    "url": ("link", "uri", "href", "sourceurl", "permalink", "weburl", "canonicallink", "articleurl", "articlelink"),
}  # fmt: skip
#: Where the next FIELD= begins; a comma in the name of a column is no such place.
_NEXT_FIELD = re.compile(r",(?=\s*\w*\s*=)")
#: Columns that a message is made of; more are counted.
_MOST_COLUMNS = 200
#: The last word of a column that holds ids.
_ID = re.compile(r"[\W_](?i:id|ref|no|nr|number|key)$|(?<=[a-z])(?:Id|ID|Ref|No|Nr|Key)$")
_VALUE = re.compile(r"\d+(?:[.,-]\d+)*|.{80,}", re.DOTALL)


@dataclass(frozen=True)
class ColumnMap:
    """The name of the column (of a JSON object: of the key) that holds each field of an article.

    None is the column of the field's own name. An empty name leaves the field out: a column of that name goes to
    `meta`, and without `id`, ids are made of the file's name and the number of the row.

    >>> ColumnMap(text="body").take({"id": 1, "body": "Rain.", "text": "teaser"})
    ({'id': 1, 'text': 'Rain.'}, {'text': 'teaser'})

    Raises:
        AnnotateError: `text` is left out.
    """

    id: str | None = None
    text: str | None = None
    title: str | None = None
    date: str | None = None
    publisher: str | None = None
    url: str | None = None

    def __post_init__(self) -> None:
        if self.text == "":
            raise AnnotateError("--columns text=: an article needs a text; expected the name of a column")

    @classmethod
    def parse(cls, text: str) -> ColumnMap:
        """The map that `FIELD=NAME,FIELD=NAME` spells.

        >>> ColumnMap.parse("id=article_id,text=body")
        ColumnMap(id='article_id', text='body', title=None, date=None, publisher=None, url=None)

        Raises:
            AnnotateError: a field that articles do not have, a field twice, or no `=`.
        """
        found: dict[str, str] = {}
        for part in _NEXT_FIELD.split(text):
            field, equals, name = (one.strip() for one in part.partition("="))
            if not equals or field not in FIELDS:
                close = difflib.get_close_matches(field, FIELDS, 1)
                meant = f" (did you mean {close[0]}?)" if close and equals else ""
                raise AnnotateError(
                    f"--columns {text!r}: {part.strip()!r} is not FIELD=NAME{meant}; expected such as "
                    f"id=article_id,text=body, with the fields {', '.join(FIELDS)}"
                )
            if field in found:
                raise AnnotateError(f"--columns {text!r}: {appears_twice(field)}; name one column for it")
            found[field] = name
        return cls(**found)

    def column(self, field: str) -> str:
        """The name of the column that holds the field; empty where the field is left out."""
        name: str | None = getattr(self, field)
        return field if name is None else name

    @property
    def named(self) -> dict[str, str]:
        """The columns that were named, by field: each must be there."""
        return {field: name for field in FIELDS if (name := getattr(self, field))}

    @property
    def required(self) -> tuple[str, ...]:
        """The fields that every row must fill."""
        return tuple(field for field in REQUIRED if self.column(field))

    def take(self, row: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """The fields that the row has, under their own names, and its other columns."""
        used = self._used
        fields = {field: row[name] for field, name in self._sources if name in row}
        return fields, {name: value for name, value in row.items() if name not in used}

    @functools.cached_property
    def _sources(self) -> tuple[tuple[str, str], ...]:
        return tuple((field, name) for field in FIELDS if (name := self.column(field)))

    @functools.cached_property
    def _used(self) -> frozenset[str]:
        return frozenset(name for _, name in self._sources)

    def find_absent(self, found: Collection[str]) -> dict[str, str]:
        """The columns, by field, that must be there and are not among those found."""
        wanted = {field: self.column(field) for field in self.required} | self.named
        return {field: name for field, name in wanted.items() if name not in found}

    def explain_absent(self, found: Collection[str], example: Mapping[str, Any]) -> str | None:
        """The sentence about columns that are not there, with those that are and what to do; None if all are there.

        >>> print(ColumnMap().explain_absent(["ID", "headline", "body"], {}))
        no column 'id' and no column 'text'; found: ID, headline, body; try --columns id=ID,text=body,title=headline
        >>> print(ColumnMap(title="headlin").explain_absent(["id", "text", "headline"], {}))
        no column 'headlin'; found: id, text, headline; try --columns title=headline

        Args:
            found: the names of the columns.
            example: one row, to tell by its contents which column could be the text.
        """
        absent = self.find_absent(found)
        if not absent:
            return None
        missing = " and ".join(f"no column {name!r}" for name in dict.fromkeys(absent.values()))
        first = list(itertools.islice(found, _MOST_COLUMNS))
        listed = shorten(", ".join(map(str, first)), 300) or "nothing"
        more = f" and {len(found) - len(first):,} more" if len(found) > len(first) else ""
        return f"{missing}; found: {listed}{more}; {self._propose(absent, first, example)}"

    def _propose(self, absent: Mapping[str, str], found: Collection[str], example: Mapping[str, Any]) -> str:
        if not self.named and any(_VALUE.fullmatch(name) for name in found):
            return "these look like values, not like names of columns; expected names such as id and text"
        kept = {field: name for field, name in self.named.items() if field not in absent}
        free = [name for name in found if name not in kept.values() and not isinstance(example.get(name), list | dict)]
        chosen: dict[str, str] = {}
        missing = [field for field in FIELDS if field not in kept and field in absent]
        others = [
            field
            for field in FIELDS
            if field not in kept and field not in absent and self.column(field) and self.column(field) not in found
        ]
        for field in [*missing, *others]:
            if name := _find_named(field, absent.get(field, field), free):
                chosen[field] = name
                free.remove(name)
        for field in missing:
            if field not in chosen and (name := _find_like(field, free, example)):
                chosen[field] = name
                free.remove(name)
        if "text" in absent and "text" not in chosen:
            holder = next((key for key, value in example.items() if _is_list_of_objects(value)), None)
            if holder is not None:
                return f"the articles seem to be in the list {holder!r}; give a file with that list alone"
            return "name the column with the text: --columns text=NAME"
        if "id" in absent and "id" not in chosen:
            chosen["id"] = ""  # made of the file's name and the row
        if not chosen:
            return f"name another column, or leave {' and '.join(absent)} out of --columns"
        chosen |= kept
        value = ",".join(f"{field}={chosen[field]}" for field in FIELDS if field in chosen)
        made = "; id= makes ids of the file's name and the row" if chosen.get("id") == "" else ""
        return f"try --columns {shlex.quote(value)}{made}"


def _find_named(field: str, wanted: str, names: Iterable[str]) -> str | None:
    """The column with the name that was asked for, with nearly that name, or with a usual one, however it is spelt."""
    plain = {_plain(name): name for name in reversed(list(names))}
    asked = _plain(wanted)
    near = difflib.get_close_matches(asked, plain, 1, 0.75) if asked != field else []
    return next((plain[one] for one in (asked, *near, field, *_KNOWN_AS[field]) if one in plain), None)


def _find_like(field: str, names: Sequence[str], example: Mapping[str, Any]) -> str | None:
    """The column with a usual name as a part of its own, or with nearly one; for the text, else the longest."""
    if field == "text":  # what holds no sentence is called so for another reason: story_ref, text_length
        names = [name for name in names if _is_sentence(example.get(name))] or names
    plain = {_plain(name): name for name in reversed(names)}
    usual = (field, *_KNOWN_AS[field])
    for one in usual:  # cms_body, body_en
        for key, name in plain.items():
            if len(one) > 2 and (key.startswith(one) or key.endswith(one)):
                return name
    if field == "id" and (found := next(filter(_ID.search, names), None)):
        return found
    close = [match for one in usual for match in difflib.get_close_matches(one, plain, 1, 0.75)]
    if close or field != "text":
        return plain[close[0]] if close else None
    sentences = [name for name in names if _is_sentence(example.get(name))]
    return max(sentences, key=lambda name: len(str(example[name])), default=None)


def _is_sentence(value: Any) -> bool:
    return isinstance(value, str) and " " in value.strip()


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name).casefold()


def _is_list_of_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)
