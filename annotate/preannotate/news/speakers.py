"""Whom a pronoun or a title in a quote's speaker stands for: the last plausible person that the article named."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence

from annotate.preannotate.news.decode import Range
from annotate.preannotate.news.names import Name
from annotate.preannotate.news.quotes import SpokenQuote
from annotate.text.english import load_names

_PRONOUN = re.compile(r"(?:he|she|him|her|who)$", re.I)
_WOMAN = re.compile(r"\b(?:Mrs|Ms|Miss|Lady|Queen|Princess|Congresswoman|spokeswoman|chairwoman|wife)\b", re.I)
_MAN = re.compile(r"\b(?:Mr|Sir|King|Prince|Congressman|spokesman|chairman|Pope|Ayatollah|husband)\b", re.I)

TITLES = load_names("titles", "instead_of_names")
_TITLE = re.compile(r"\b(" + "|".join(sorted(map(re.escape, TITLES), key=len, reverse=True)) + r")\b", re.I)
_ALIKE = {
    "leader": {"president", "prime minister", "premier", "chancellor", "leader", "chairman"},
    "premier": {"prime minister", "premier"},
    "minister": {title for title in TITLES if title.endswith("minister")},
}


def resolve_speakers(text: str, quotes: Sequence[SpokenQuote], names: Sequence[Name]) -> list[str | None]:
    """For each quote the full name behind a pronoun or title; None where the speaker is named, plural or unknown.

    >>> text = "President Joe Biden met Ann Lee. The president said no. He left, she said."
    >>> names = [Name(10, 19, "PERSON", ()), Name(24, 31, "PERSON", ())]
    >>> quote = lambda start, end: SpokenQuote("indirect", [(0, 1)], None, (start, end), ())
    >>> resolve_speakers(text, [quote(33, 46)], names)
    ['Joe Biden']
    """
    people = [name for name in names if name.label == "PERSON"]
    starts = [name.start for name in people]
    full = _full_names(text, people)
    titles = [_titles_of(text, name) for name in people]
    women = {full[at] for at, name in enumerate(people) if _WOMAN.search(_around(text, name))}
    men = {full[at] for at, name in enumerate(people) if _MAN.search(_around(text, name))}
    resolved: list[str | None] = []
    last: str | None = None
    for quote in quotes:
        name: str | None = None
        said_by = quote.speaker
        if said_by is not None:
            inside = _inside(said_by, people, starts)
            if inside is not None:
                last = full[inside]
            else:
                words = text[said_by[0] : said_by[1]]
                before = bisect_left(starts, said_by[0])
                if _PRONOUN.match(words):
                    barred = (
                        men if words.lower() in ("she", "her") else women if words.lower() in ("he", "him") else set()
                    )
                    name = _by_pronoun(text, said_by, people, full, before, last, barred)
                elif match := _TITLE.search(words):
                    name = _by_title(words, match.group(1).lower(), titles, full, before)
                last = name or last
        resolved.append(name)
    return resolved


def _around(text: str, name: Name) -> str:
    return text[max(name.start - 15, 0) : name.start]


def _inside(span: Range, people: list[Name], starts: list[int]) -> int | None:
    at = bisect_left(starts, span[0])
    return at if at < len(people) and people[at].start < span[1] else None


def _full_names(text: str, people: list[Name]) -> list[str]:
    """For each mention the longest earlier or later name of the article that ends in the same word."""
    longest: dict[str, str] = {}
    forms = [" ".join(text[name.start : name.end].split()) for name in people]
    for form in forms:
        key = _key(form)
        if len(form.split()) <= 4 and len(form) > len(longest.get(key, "")):
            longest[key] = form
    return [longest.get(_key(form), form) for form in forms]


def _key(form: str) -> str:
    return re.sub(r"^al-", "", form.rsplit(" ", 1)[-1].lower())


def _titles_of(text: str, name: Name) -> frozenset[str]:
    """The titles before the name, and those after it between commas."""
    before = text[max(name.start - 60, 0) : name.start]
    before = re.split(r"[.;:!?\n“”\"]\s|, ", before)[-1]
    after = re.match(r", (?:the |a |an )?([^,.;\n]{3,60})[,.]", text[name.end : name.end + 80])
    found = {match.group(1).lower() for match in _TITLE.finditer(before) if before[match.end() :].strip() == ""}
    if after:
        found |= {match.group(1).lower() for match in _TITLE.finditer(after.group(1))}
    nations = re.findall(r"\b[A-Z][a-z]+(?:ish|ian|an|ese|i|S|ench|man|ek)\b|U\.S\.|US\b", before)
    return frozenset(found | {nation.lower() for nation in nations})


def _by_title(words: str, title: str, titles: list[frozenset[str]], full: list[str], before: int) -> str | None:
    wanted = _ALIKE.get(title, {title})
    if re.search(r"\b(?:a|an|some|another|one|two|several|former senior|senior|spokes\w+ for)\b", words, re.I):
        return None
    nations = {nation.lower() for nation in re.findall(r"\b[A-Z][a-z]+(?:ish|ian|an|ese|i|ench)\b", words)}
    candidates = [at for at in range(before) if titles[at] & wanted]
    if nations:
        known = [at for at in candidates if titles[at] & nations]
        candidates = known
    return full[candidates[-1]] if candidates else None


def _by_pronoun(
    text: str, span: Range, people: list[Name], full: list[str], before: int, last: str | None, barred: set[str]
) -> str | None:
    """The person whose name begins the sentence before, else the last speaker, else the last person named."""
    if not before:
        return None
    recent = [
        at for at in range(max(before - 6, 0), before) if span[0] - people[at].end < 600 and full[at] not in barred
    ]
    if not recent:
        return last if last not in barred else None
    if last is not None and last not in barred and any(full[at] == last for at in recent):
        return last
    leading = [
        at
        for at in recent
        if re.search(r"(?:^|[.\n”\"]\s*)(?:[A-Z][\w.]* ){0,4}$", text[max(people[at].start - 60, 0) : people[at].start])
    ]
    return full[(leading or recent)[-1]]
