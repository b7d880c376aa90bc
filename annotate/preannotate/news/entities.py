"""Entities: the network's spans with tidy edges, values by rule, and one label for one name throughout an article."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache

from annotate.preannotate.news.forms import (
    join_nicknames,
    mark_datelines,
    mark_laws,
    mark_models,
    mark_ordinals,
    mark_surnames,
    part_firms,
)
from annotate.preannotate.news.found_entity import BY_RULE, FoundEntity, Taken, exchange
from annotate.preannotate.news.network import ENTITY_TAGS, Reading, find_spans
from annotate.preannotate.news.passage import Passage
from annotate.spans import trim_range
from annotate.text.english import list_countries, load_lists, load_names, load_words, split_names

#: Log-odds of a name that no window proposed but another mention of it makes likely.
_BY_CONSISTENCY = (-0.4, 0.0, -0.1)

_NAMES = frozenset({"PERSON", "ORG", "GPE", "LOC", "FAC", "NORP", "PRODUCT", "EVENT", "WORK_OF_ART", "LAW"})

_TITLE = re.compile(
    rf"(?:(?:{'|'.join((*load_words('abbreviations', 'titles', 'rarer_titles'), 'Pres'))})\b\.? ?"
    rf"|(?:{'|'.join(load_names('titles', 'capitalised'))}|(?:Scots|Irish|French|English)(?:wo)?man) )+(?=\S)"
)
_NO_NAME_BEFORE = re.compile(
    r"(?:(?:pro|anti|ex|then|non|mid)-|(?:north|south|east|west|central|upper|lower|former)[a-z]* )(?=[A-Z])"
)
_NO_NAME_BEHIND = re.compile(r"(?<=\w) (?:desert|county|region|area|province|district|state|front)$")
#: What belongs to a person's name behind it.
_NUMBERED = re.compile(
    r",? (?:Jr|Sr)\b\.?| (?:II|III|IV|VI{0,3}|IX)\b| I(?= \(| [a-z]+ed\b)"
    r"| the (?:Elder|Younger|Great|Good|Terrible|Conqueror)\b"
)
#: What stands behind a year and is no place.
_ERAS = re.compile(r"(?:BC|AD|CE|BCE|B\.C\.(?:E\.)?|A\.D\.|C\.E\.)")
#: How a quantity begins: not as a name does.
_AMOUNTS = re.compile(
    rf"[^A-Z]|(?:An?|{'|'.join(word.capitalize() for word in load_words('numbers', 'units', 'teens', 'tens'))}"
    r"|Half|Hundreds?|Thousands?|Millions?|Dozens?|About|Around|Nearly|Almost|Over|Some|Several|More|Less|Fewer)\b"
)
#: Adverbs of time, which name no date.
_NO_DATES = frozenset(
    {"now", "currently", "presently", "soon", "recently", "then", "time", "long", "later", "earlier", "once"}
)
#: "2011, eight years": a date and how long ago that is.
_SINCE = re.compile(r", (?=(?:\w+ )?\w+ (?:years?|months?|weeks?|days?)$)")
#: What belongs to a number before it.
_COUNTED = frozenset({"CARDINAL", "MONEY", "PERCENT", "QUANTITY"})
_ABOUT = re.compile(
    r"\b(?:about|around|approximately|roughly|nearly|almost|over|some|up to|at (?:least|most)|an estimated"
    r"|(?:more|less|fewer) than|as (?:many|much) as) $",
    re.I,
)
_AMOUNT = r"\d[\d,.]*\d|\d"
_SCALE = rf"(?:[ -](?:{'|'.join(load_words('numbers', 'scales'))}|mn|bn))?"
_VALUES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("PERCENT", re.compile(rf"(?<![\w.,])[-+]?(?:{_AMOUNT})(?: ?%| ?per ?cent\b| percentage points?\b)")),
    (
        "MONEY",
        re.compile(
            rf"(?:(?:US|A|C|HK|NZ)?\$|[€£¥₹])\s?(?:{_AMOUNT}){_SCALE}(?![\w%])"
            rf"|(?<![\w.,$€£])(?:{_AMOUNT}){_SCALE} (?:U\.?S\.? )?(?:dollars|euros|dinars|rubles|rupees|yuan)\b"
        ),
    ),
)


_KNOWN = {
    **dict.fromkeys(
        ("Islamic State", "Daesh", "ISIS", "ISIL", "Hezbollah", "Hamas", "NATO", "Pentagon", "White House"), "ORG"
    ),
    **dict.fromkeys(("Taliban", "Xinhua", "Reuters", "Associated Press", "Al Jazeera"), "ORG"),
    **dict.fromkeys(("Twitter", "Facebook", "YouTube", "Google", "NASA", "U.N.", "European Union", "Peshmerga"), "ORG"),
    **dict.fromkeys(
        ("al-Qaeda", "al-Qaida", "Al-Qaeda", "Al-Qaida", "al Qaeda", "Al Qaeda", "Da'esh", "Da’esh"), "ORG"
    ),
    **dict.fromkeys(("Ku Klux Klan", "Fatah", "Boko Haram", "Catholic Church", "Roman Catholic Church"), "ORG"),
    **dict.fromkeys(
        (f"Islamic State {of} Iraq and {place}" for of in ("of", "in") for place in ("the Levant", "Syria")), "ORG"
    ),
    **dict.fromkeys(
        ("Middle East", "Europe", "Africa", "Asia", "Latin America", "Sahel", "Sahara", "Caribbean"), "LOC"
    ),
    "Oval Office": "FAC",
    "Green Zone": "LOC",
    **dict.fromkeys(("U.S.", "US", "U.K.", "UK", "Great Britain"), "GPE"),
}
_KNOWN_NAMES = re.compile(
    r"(?<![\w.$-])(?:"
    + "|".join(re.escape(name) for name in sorted(_KNOWN, key=len, reverse=True))
    + r")(?!\w|\.\w|\$)"
)


_SHORT_ISLAMIC_STATE = re.compile(r"(?<![\w.-])IS(?![\w’']|\.\w)(?! [A-Z]{2})")
_GOVERNMENT = re.compile(r"\b(?:Governments?|Ministry|Parliament|Embassy) of (?:the )?$")
_SHIP = re.compile(r"\b(?:USS|HMS|HMCS|INS) [A-Z][\w.]*(?: [A-Z][\w.]*){0,3}(?<!\.)")


def find_entities(passage: Passage, reading: Reading) -> list[FoundEntity]:
    """The entities of one window as the network sees them, in order."""
    return [
        FoundEntity(*passage.range_of(reading.start + first, reading.start + last), label, odds)
        for first, last, label, odds in find_spans(reading.entities, reading.entity_odds, ENTITY_TAGS)
    ]


def tidy_entities(text: str, found: Iterable[FoundEntity]) -> list[FoundEntity]:
    """The entities with the article's own consistency and the rules applied, flat, in order."""
    names = [_trim(text, part) for name in found for part in _split(text, name)]
    names = [
        replace(name, label=label_by_form(text, name.start, name.end, name.label))
        for name in _flatten(text, names)
        if not _is_no_name(text, name)
    ]
    for rule in (
        mark_datelines,
        mark_surnames,
        part_firms,
        join_nicknames,
        _add_known,
        _add_values,
        _agree,
        mark_models,
        mark_laws,
        mark_ordinals,
    ):
        names = rule(text, names)
    return list(_with_about(text, _flatten(text, names)))


def _flatten(text: str, names: list[FoundEntity]) -> list[FoundEntity]:
    """Names that share no code point: where rules made two meet, the one that begins first keeps what both cover."""
    kept: list[FoundEntity] = []
    for name in sorted(names, key=lambda name: (name.start, -name.end)):
        start = max(name.start, kept[-1].end) if kept else name.start
        start += len(text[start : name.end]) - len(text[start : name.end].lstrip())
        if any(letter.isalnum() for letter in text[start : name.end]):
            kept.append(replace(name, start=start))
    return kept


def _with_about(text: str, names: list[FoundEntity]) -> Iterator[FoundEntity]:
    """Numbers with the words that make them rough ones."""
    before = 0
    for name in names:
        if name.label in _COUNTED and (match := _ABOUT.search(text, max(name.start - 15, before), name.start)):
            yield replace(name, start=match.start())
        else:
            yield name
        before = name.end


def _split(text: str, name: FoundEntity) -> Iterator[FoundEntity]:
    """One name a line, and "2011, eight years" apart: neither a line's end nor such a comma is inside a name."""
    at = name.start
    for line in text[name.start : name.end].split("\n"):
        start, end = trim_range(text, at, at + len(line))
        at += len(line) + 1
        if start >= end:
            continue
        if name.label == "DATE" and (match := _SINCE.search(text, start, end)):
            yield replace(name, start=start, end=match.start())
            start = match.end()
        yield replace(name, start=start, end=end)


def _is_no_name(text: str, name: FoundEntity) -> bool:
    """Whether it is the number of a longer word ("COVID-19"), "no one", "now", a fraction, an era or a disease."""
    before = text[max(name.start - 6, 0) : name.start]
    words = text[name.start : name.end]
    if name.label == "CARDINAL" and (
        re.search(r"[A-Za-z]-$", before)
        or (words[0] == "-" and before[-1:].isalpha())
        or (words == "one" and before.lower().endswith("no "))
    ):
        return True
    if name.label == "DATE" and words.lower() in _NO_DATES:
        return True
    if (
        name.label == "ORDINAL"
        and words == "third"
        and re.search(r"\ban? $", before)
        and text.startswith(" of ", name.end)
    ):
        return True  # a fraction
    if name.label == "QUANTITY" and not _AMOUNTS.match(words):
        return True
    if _ERAS.fullmatch(words) and re.search(r"(?:\d|century) $", text[max(name.start - 8, 0) : name.start]):
        return True
    return re.fullmatch(r"(?i:covid|covid-19|coronavirus)", words) is not None


def _add_known(text: str, names: list[FoundEntity]) -> list[FoundEntity]:
    """The few names that news is full of and that are often written in pieces or taken for something else."""
    found = [FoundEntity(*match.span(), _KNOWN[match.group()], BY_RULE) for match in _KNOWN_NAMES.finditer(text)]
    if "Islamic State" in text:
        found += [FoundEntity(*match.span(), "ORG", BY_RULE) for match in _SHORT_ISLAMIC_STATE.finditer(text)]
    found += [FoundEntity(*match.span(), "PRODUCT", BY_RULE) for match in _SHIP.finditer(text)]
    found += [
        FoundEntity(match.start(), name.end, "ORG", BY_RULE)
        for name in names
        if name.label == "GPE" and (match := _GOVERNMENT.search(text, max(name.start - 25, 0), name.start))
    ]
    taken = Taken(names)
    dropped: set[FoundEntity] = set()
    added = []
    for known in found:
        over = taken.overlapping(known.start, known.end)
        if any(name.start < known.start or name.end > known.end for name in over):
            continue
        if _in_longer_name(text, known.start, known.end) and not over:
            continue
        dropped.update(over)
        added.append(known)
    return exchange(names, dropped, added)


def _trim(text: str, name: FoundEntity) -> FoundEntity:
    start, end = name.start, name.end
    if name.label in _NAMES:
        if match := re.match(r"[Tt]he\s+(?=\w)", text[start:end]):
            start += match.end()
        if name.label == "PERSON" and (match := _TITLE.match(text, start, end)):
            start = match.end()
        if match := re.search(r"['’]s?$", text[start:end]):
            end = start + match.start()
        if name.label in PLACES:
            # "the Sahara desert", "eastern Ghana", "pro-Moscow": the name alone.
            if match := _NO_NAME_BEFORE.match(text, start, end):
                start = match.end()
            if match := _NO_NAME_BEHIND.search(text, start, end):
                end = match.start()
    while start < end and text[end - 1] in ",;:!?-–— ":
        end -= 1
    if name.label == "PERSON" and (match := _NUMBERED.match(text, end)):
        end = match.end()
    # A name that opens a bracket and does not close it ends before the bracket.
    inside = text[start:end]
    if inside.count("(") > inside.count(")"):
        end = start + len(inside[: inside.rindex("(")].rstrip())
    if text[end : end + 1] == "." and re.search(
        r"(?:\b[A-Z]\.)*\b(?:[A-Z]|Inc|Corp|Co|Ltd|Jr|Sr|St)$", text[start:end]
    ):
        end += 1
    return replace(name, start=start, end=end)


def _add_values(text: str, names: list[FoundEntity]) -> list[FoundEntity]:
    """Money and percentages wherever a rule finds them: their form says what they are."""
    found = [
        FoundEntity(*match.span(), label, BY_RULE) for label, pattern in _VALUES for match in pattern.finditer(text)
    ]
    kept = Taken(names)
    dropped: set[FoundEntity] = set()
    added: list[FoundEntity] = []
    for value in sorted(found, key=lambda value: value.start):
        over = kept.overlapping(value.start, value.end)
        same = [name for name in over if name.label == value.label]
        if same and all(name.start <= value.start and value.end <= name.end for name in same):
            continue
        if added and value.start < added[-1].end:
            continue
        dropped.update(over)
        added.append(value)
    return exchange(names, dropped, added)


def _agree(text: str, names: list[FoundEntity]) -> list[FoundEntity]:
    names = [
        replace(name, label="GPE") if name.label in _NAMES and text[name.start : name.end] in _countries() else name
        for name in _vote(text, names)
    ]
    family = _family_names(text, names)
    names = [
        replace(name, label="PERSON") if name.label in _NAMES and text[name.start : name.end] in family else name
        for name in names
    ]
    return _add_missed(text, names, family)


@cache
def _countries() -> frozenset[str]:
    """Countries by their short names (ISO 3166) and everyday ones."""
    everyday = "Russia, Iran, Syria, South Korea, North Korea, Turkey, Britain, United States, Palestine"
    # These are people's names too.
    return frozenset([*list_countries(), *split_names(everyday)]) - {"Georgia", "Jordan", "Chad", "Israel", "Dominica"}


def _weight(name: FoundEntity) -> float:
    return float(2.718281828 ** sum(name.odds[:2]))


def _vote(text: str, names: list[FoundEntity]) -> list[FoundEntity]:
    """The same words get the same label throughout, the one that the network is surest of in sum."""
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for name in names:
        if name.label in _NAMES:
            votes[text[name.start : name.end]][name.label] += _weight(name)  # type: ignore[assignment]
    return [
        replace(name, label=votes[text[name.start : name.end]].most_common(1)[0][0]) if name.label in _NAMES else name
        for name in names
    ]


def _family_names(text: str, names: list[FoundEntity]) -> set[str]:
    """Last parts of people's full names, with and without "al-", that belong to no other kind of name here."""
    family: set[str] = set()
    others = {text[name.start : name.end] for name in names if name.label in ("GPE", "LOC", "NORP")}
    for name in names:
        parts = text[name.start : name.end].split()
        if name.label == "PERSON" and len(parts) > 1 and _weight(name) > 0.7:
            last = parts[-1] if not re.fullmatch(r"(?:[JS]r\.?|I{1,3}|IV)", parts[-1]) else parts[-2]
            last = last.strip(",.")
            for form in {last, re.sub(r"^[aA]l[- ]", "", last)}:
                if len(form) > 3 and form[0].isupper() | form.startswith("al-") and form not in others:
                    family.add(form)
    return family


def _add_missed(text: str, names: list[FoundEntity], family: set[str]) -> list[FoundEntity]:
    """Further mentions of full names, and of people by their last name, that no window proposed."""
    known = dict.fromkeys(family, "PERSON")
    for name in names:
        form = text[name.start : name.end]
        if name.label in _NAMES and " " in form and _weight(name) > 0.8:
            known.setdefault(form, name.label)
    if not known:
        return names
    taken = Taken(names)
    pattern = re.compile(
        r"(?<![\w-])(?:" + "|".join(re.escape(form) for form in sorted(known, key=len, reverse=True)) + r")(?![\w-])"
    )
    added = [
        FoundEntity(*match.span(), known[match.group()], _BY_CONSISTENCY)
        for match in pattern.finditer(text)
        if not taken.overlapping(*match.span()) and not _in_longer_name(text, match.start(), match.end())
    ]
    return exchange(names, set(), added)


def _in_longer_name(text: str, start: int, end: int) -> bool:
    """Whether a capitalised word stands beside the words: then they may be part of another name."""
    return (
        re.match(r" [A-Z][a-z]", text[end : end + 3]) is not None
        or re.search(r"\b(?!The )[A-Z]\w* $", text[max(start - 20, 0) : start]) is not None
    )


# ------------------------------------------------------------------------------------------------------- labels by form

PLACES = frozenset({"GPE", "LOC", "FAC"})

_NUMERAL = re.compile(r"I{1,3}|IV|VI{0,3}|IX|XI{0,3}|XIV")
_STATE = re.compile(r"(?:[A-Z][\w’']+ )*(?:Republic|Kingdom|Commonwealth|Emirate) of (?:the )?[A-Z]\S*(?: [A-Z]\S*)?")
_LAND = re.compile(r"[A-Z][a-z]{2,}(?:ia|land|stan|asus)")


def label_by_form(text: str, start: int, end: int, label: str) -> str:
    """The label of the name `text[start:end]`: another than `label` where its form speaks against that.

    >>> label_by_form("Christopher Columbus sailed", 0, 20, "GPE"), label_by_form("Thailand is far", 0, 8, "NORP")
    ('PERSON', 'GPE')
    """
    form = text[start:end]
    if label in PLACES and _is_person(form, text[max(start - 6, 0) : start]):
        return "PERSON"
    if label == "ORG" and _STATE.fullmatch(form):
        return "GPE"
    if label == "NORP" and form not in ("Shia", "Islamophobia") and _LAND.fullmatch(form):
        return "GPE"
    return label


def _is_person(form: str, before: str) -> bool:
    """Whether what looks like a place is a ruler with a number, or begins with a first name and is no known place."""
    words = form.split()
    if len(words) == 2 and _NUMERAL.fullmatch(words[1]):
        return True
    if not 2 <= len(words) <= 3 or re.search(r"\b(?:in|at|from|near|to|of)\s+$", before, re.I):
        return False
    return words[0] in _first_names() and words[-1] not in _place_words()


@cache
def _first_names() -> frozenset[str]:
    """First names that are neither words nor parts of places' names."""
    words = (
        "Roman Art Sandy Virginia Victoria Florence Lincoln Charlotte Louis George Christian Dale Earl Dean Marine Wolf"
    )
    words += " Penny Crystal Dawn Joy Grace Rose Morgan Brooke Robin Rod Lee Al San Guy June April Rand Kirk Ross Troy"
    return frozenset(load_names("titles", "first_names")) - set(words.split())


@cache
def _place_words() -> frozenset[str]:
    """Words that end the name of a place or of an organisation."""
    return frozenset(word for words in load_lists("titles")["suffixes"].values() for word in split_names(words))
