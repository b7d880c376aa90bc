"""Names that the way they are written gives away: datelines, surnames in capitals, nicknames, firms with "&"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from annotate.preannotate.news.found_entity import BY_RULE, FoundEntity, Taken, exchange
from annotate.text.english import load_names, load_words

_CAPITALS = r"[A-ZÀ-ÖØ-Þ][A-ZÀ-ÖØ-Þ'’-]+"
_CITY = rf"(?:(?:ST|STE|MT|FT|PT)\. ?)?{_CAPITALS}(?:[ -](?:{_CAPITALS}|(?:ST|MT)\.|de|DE|of|on|upon)){{0,3}}"
#: What may stand between the city of a dateline and its dash: region, date, agency.
_REGION = (
    r"(?:, ?[A-ZÀ-Þ][\w’'.-]+(?: [A-ZÀ-Þ][\w’'.]+){0,2}\.?)?(?:, ?[A-Z][a-z]+\.? \d{1,2}(?:, \d{4})?)?"
    r"(?:,? ?\([A-Z][\w./ -]{1,30}\))?"
)
_DATELINE = re.compile(rf"(?:^|(?<=\n))[ \t]*(?P<city>{_CITY}){_REGION}(?:\s?[—–―]|\s?--| -)(?= ?\S)")
_BYLINED = re.compile(rf"(?:^|\n)[ \t]*(?:By|BY) [^\n]{{3,80}}\n\s*(?P<city>{_CITY}){_REGION}\s?(?:[—–―:]|--?)")
#: The network's word is taken where it sees one of these in place of the city.
_NO_CITIES = frozenset({"ORG", "GPE", "LOC", "FAC"})
_SIGNED = re.compile(r"(?:^|\n)[ \t]*[—–―-]+ ?[^\n,]{2,60}, $")
_KICKERS = frozenset(load_words("lines", "kickers"))

_CIVIL = "|".join(load_words("lines", "civil"))
_TITLED = re.compile(rf"(?<![\w.])(?:{_CIVIL})\b\.? $", re.I)
_ADDRESSED = re.compile(rf"(?<![\w.])(?:(?i:Mr|Mrs|Ms|Dr|Sen|Rep|Gov)\. )({_CAPITALS})(?![\w.’'-])")
_ACRONYMS = frozenset(load_words("lines", "acronyms"))
#: People known by their initials.
_INITIALS = frozenset({"JFK", "FDR", "LBJ", "RFK", "AOC", "RBG", "MLK", "DSK", "OJ", "MBS"})
_SAINT = re.compile(r"(?<![\w.])(?:ST|St)\. ?$")

_FIRST_NAMES = frozenset(load_names("titles", "first_names"))
_WORD = r"[^\W\d_a-zß-öø-ÿ][^\W\d_]*(?:[’'-][^\W\d_]+)*"
_BYNAME = rf"(?!An? )(?:(?:[Tt]he|El|La|Big) )?{_WORD}(?: {_WORD}){{0,2}}"
_IN_MARKS = "|".join(
    rf"{opening}\s?{_BYNAME}\s?{closing}"
    for opening, closing in (*zip("“\"‘'«", "”\"’'»", strict=True), ("''", "''"), ("``", "''"))
)
_NICKNAME = re.compile(
    rf"(?P<first>{_WORD}(?: [A-Z]\.| {_WORD})?) (?:{_IN_MARKS}|\((?P<inside>[A-Z][a-z]+)\)) (?P<last>{_WORD})"
)

_BETWEEN_FIRMS = re.compile(r",? (?:and|or|und) |[,;] ")
_FIRM = re.compile(rf"(?<![\w&])({_WORD}) & ({_WORD})(?! ?&|\w)")

_NUMBER = r"(?P<number>(?:[A-Z]-?)?\d[\d.]*\d|\d|[IVX]{1,4}|XP|Vista)(?![\w%]|,\d| (?:million|billion|percent))"


def _any(*keys: str) -> str:
    return "|".join(re.escape(name) for key in keys for name in load_names("products", key))


_MODELS = re.compile(rf"(?<![\w.-])(?:(?P<maker>{_any('makers')})|{_any('programs', 'spacecraft')})[ -]{_NUMBER}")
_CRAFT = re.compile(
    rf"(?<=\b[Tt]he )(?:{_any('craft')})"
    r"(?= (?:space|probe|rover|lander|orbiter|shuttle|craft|rocket|capsule|telescope|module|satellite)\w*)"
)


_ROMAN = r"(?:[IVXL]+|\d+)\b"
_ORDINAL = rf"(?:{'|'.join(word.capitalize() for word in load_words('numbers', 'ordinals'))}|\d+(?:st|nd|rd|th))"
_LAWS = re.compile(
    rf"\b(?:(?:U\.?S\.? )?(?:Constitution\b(?: of the United States)?|{_ORDINAL} Amendment\b)"
    rf"|(?:Title|Article) {_ROMAN}|(?:Tax|Criminal|Penal|Civil|Internal Revenue) Code\b|Articles of Impeachment\b)"
    r"(?! [A-Z][a-z])"  # not "Constitution Avenue"
)
#: "second-term", but not "second-hand" in a DATE.
_COMPOUND_ORDINAL = re.compile(rf"(?<![\w-])(?i:{_ORDINAL})(?=-[a-z])")


def mark_datelines(text: str, names: list[FoundEntity]) -> list[FoundEntity]:
    """The names with the city of each dateline as a place, and that behind the name in a signature.

    >>> [(one.label, one.end) for one in mark_datelines("HULL — Rain fell.", [FoundEntity(0, 4, "PERSON", ())])]
    [('GPE', 4)]
    """
    found = {match.span("city") for pattern in (_DATELINE, _BYLINED) for match in pattern.finditer(text)}
    taken = Taken(names)
    dropped: set[FoundEntity] = set()
    added = []
    for start, end in sorted(found):
        words = re.split(r"[ -]", text[start:end])
        over = taken.overlapping(start, end)
        if not _KICKERS.isdisjoint(words) or any(name.start < start for name in over):
            continue
        if any(name.label in _NO_CITIES - {"ORG" if text[end] == "," else ""} and name.end >= end for name in over):
            continue
        if len(words) > (1 if not over and text[end] not in ",(" else 2 if text[end] != "," else 4):
            continue
        dropped.update(over)
        added.append(FoundEntity(start, end, "GPE", BY_RULE))
    for name in names:
        # "— Ana Reis, Lima"
        if name.label == "PERSON" and text[name.end : name.end + 1] in ("", "\n"):
            form = text[name.start : name.end]
            if form.isalpha() and _SIGNED.search(text, max(name.start - 70, 0), name.start):
                dropped.add(name)
                added.append(replace(name, label="GPE"))
    return exchange(names, dropped, added)


def mark_surnames(text: str, names: list[FoundEntity]) -> list[FoundEntity]:
    """The names with short words in capitals told apart: surnames behind a title or in a line of capitals, or firms."""
    known = {name.start for name in names}
    people = [
        FoundEntity(*match.span(1), "PERSON", BY_RULE)
        for match in _ADDRESSED.finditer(text)
        if match.start(1) not in known and not Taken(names).overlapping(*match.span(1))
    ]
    marked = []
    for name in names:
        form = text[name.start : name.end]
        saint = _SAINT.search(text, max(name.start - 4, 0), name.start)
        if saint and form.isupper() and name.label in ("PERSON", "GPE", "ORG"):
            name = replace(name, start=saint.start(), label="GPE")
        elif form.isupper() and form.isalpha() and 2 <= len(form) <= 4:
            titled = _TITLED.search(text, max(name.start - 20, 0), name.start) is not None and form not in _ACRONYMS
            if name.label == "PERSON" and not titled and form not in _INITIALS and not _is_shouted(text, name):
                name = replace(name, label="ORG")
            elif name.label in ("ORG", "GPE") and titled and _is_shouted(text, name):
                name = replace(name, label="PERSON")
        marked.append(name)
    return exchange(marked, set(), people)


def _is_shouted(text: str, name: FoundEntity) -> bool:
    """Whether the line that the name stands in is in capitals."""
    start = text.rfind("\n", max(name.start - 200, 0), name.start) + 1
    end = text.find("\n", name.end, name.end + 200)
    line = text[max(start, name.start - 200) : name.end + 200 if end < 0 else end]
    words = re.findall(r"[^\W\d_]{2,}", line)
    return len(words) > 2 and sum(word.isupper() for word in words) >= 0.8 * len(words)


def join_nicknames(text: str, names: list[FoundEntity]) -> list[FoundEntity]:
    """The names with a person's nickname in quotation marks between first and last name as one.

    >>> text = "William “Bill” Harker"
    >>> found = [FoundEntity(0, 7, "PERSON", ()), FoundEntity(15, 21, "PERSON", ())]
    >>> [(one.start, one.end) for one in join_nicknames(text, found)]
    [(0, 21)]
    """
    taken = Taken(names)
    dropped: set[FoundEntity] = set()
    added: list[FoundEntity] = []
    for match in _NICKNAME.finditer(text):
        first, last = taken.overlapping(*match.span("first")), taken.overlapping(*match.span("last"))
        word = match["first"].split()[0]
        if match["inside"] and match["inside"] not in _FIRST_NAMES:
            continue
        before = [name for name in first if name.label == "PERSON" and name.end >= match.end("first")]
        behind = [name for name in last if name.label == "PERSON"]
        if not behind or not (before or word in _FIRST_NAMES):
            continue
        start = before[0].start if before else match.start("first")
        end = max([match.end("last"), *(name.end for name in behind)])
        if added and start < added[-1].end:
            continue
        over = taken.overlapping(start, end)
        dropped.update(over)
        added.append(FoundEntity(start, end, "PERSON", (before or behind)[0].odds))
    return exchange(names, dropped, added)


def part_firms(text: str, names: list[FoundEntity]) -> list[FoundEntity]:
    """The names with lists of firms with "&" taken apart, and such firms whole."""
    parted = [piece for name in names for piece in _part_firms(text, name)]
    taken = Taken(parted)
    dropped: set[FoundEntity] = set()
    added = []
    for match in _FIRM.finditer(text):
        over = taken.overlapping(*match.span())
        if not over or any(
            name.label not in ("PERSON", "ORG") or name.start < match.start() or name.end > match.end() for name in over
        ):
            continue
        first = match[1] in _FIRST_NAMES and match[2] in _FIRST_NAMES
        if first or (len(over) == 1 and (over[0].start, over[0].end, over[0].label) == (*match.span(), "ORG")):
            continue
        dropped.update(over)
        added.append(FoundEntity(*match.span(), "ORG", over[0].odds))
    return exchange(parted, dropped, added)


def _part_firms(text: str, name: FoundEntity) -> Iterator[FoundEntity]:
    """The firms of a list: parted where both sides have an "&"."""
    start = name.start
    if text.count("&", name.start, name.end) > 1:
        for match in _BETWEEN_FIRMS.finditer(text, name.start, name.end):
            behind = _BETWEEN_FIRMS.search(text, match.end(), name.end)
            until = behind.start() if behind else name.end
            if "&" in text[start : match.start()] and "&" in text[match.end() : until]:
                yield replace(name, start=start, end=match.start())
                start = match.end()
    yield replace(name, start=start)


def mark_models(text: str, names: list[FoundEntity]) -> list[FoundEntity]:
    """The names with versions of programs, spacecraft and aircraft as products."""
    models = [(match.start("number" if match["maker"] else 0), match.end()) for match in _MODELS.finditer(text)]
    spans = [*models, *(match.span() for match in _CRAFT.finditer(text))]
    return _name(names, spans, "PRODUCT", kept=frozenset({"DATE", "PERSON"}))


def mark_laws(text: str, names: list[FoundEntity]) -> list[FoundEntity]:
    """The names with constitutions, amendments, codes, and numbered articles and titles as laws.

    >>> text = "Under Title IV the US Constitution holds."
    >>> [text[one.start : one.end] for one in mark_laws(text, [FoundEntity(19, 21, "GPE", ())])]
    ['Title IV', 'US Constitution']
    """
    # "Constitution Avenue": part of a longer name
    spans = [
        match.span()
        for match in _LAWS.finditer(text)
        if not re.match(r" [A-Z][a-z]", text[match.end() : match.end() + 3])
    ]
    return _name(names, spans, "LAW")


def mark_ordinals(text: str, names: list[FoundEntity]) -> list[FoundEntity]:
    """The names with the ordinals that begin a compound.

    >>> [(one.start, one.end) for one in mark_ordinals("a third-party candidate", [])]
    [(2, 7)]
    """
    taken = Taken(names)
    found = [match.span() for match in _COMPOUND_ORDINAL.finditer(text) if not taken.overlapping(*match.span())]
    return exchange(names, set(), [FoundEntity(*span, "ORDINAL", BY_RULE) for span in found])


def _name(
    names: list[FoundEntity], spans: Iterable[tuple[int, int]], label: str, *, kept: frozenset[str] = frozenset()
) -> list[FoundEntity]:
    """The names with these spans under the label, in place of what they cover.

    A span is left out where a name goes beyond it or has a label that is `kept`.
    """
    taken = Taken(names)
    dropped: set[FoundEntity] = set()
    added = []
    for start, end in spans:
        over = taken.overlapping(start, end)
        if any(name.start < start or name.end > end or name.label in kept for name in over):
            continue
        dropped.update(over)
        added.append(FoundEntity(start, end, label, BY_RULE))
    return exchange(names, dropped, added)
