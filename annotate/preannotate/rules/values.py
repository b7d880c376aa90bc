"""Numbers, money, percentages, measures, dates and times, with the extent that OntoNotes 5 gives them.

Weischedel et al. 2013, name annotation guidelines: "about", "more than" and the like belong to a number, the
counted noun does not; a preposition before a date does not belong to it, words such as "last" or "early" do.
"""

from __future__ import annotations

# ruff: noqa: E501 - a pattern reads best on one line
import re

from annotate.preannotate.rules.words import load_words
from annotate.text import english
from annotate.text.tokens import WORD

_UNITS_1_9, _TEENS, _TENS, _SCALE, _ORDINALS = (
    "|".join(english.load_words("numbers", key)) for key in ("units", "teens", "tens", "scales", "ordinals")
)
_MONTHS, _SHORT_MONTHS = english.load_words("calendar", "months"), english.load_words("calendar", "short_months")
_DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_WORDS = (
    rf"(?:(?:{_TENS})(?:-(?:{_UNITS_1_9}))?|{_TEENS}|{_UNITS_1_9}|a (?=(?:{_SCALE})\b))"
    rf"(?:[ -](?:{_SCALE})(?: and (?:{_TENS}|{_TEENS}|{_UNITS_1_9})(?:-(?:{_UNITS_1_9}))?)?)*"
)
_NUMBER = rf"(?:(?:{_DIGITS})(?:[ -](?:{_SCALE}|bn|mn))?|{_WORDS})"
_ABOUT = (
    r"(?:(?:about|around|approximately|roughly|nearly|almost|over|under|more than|less than|fewer than|at least|at most|up to"
    r"|as many as|as much as|as few as|an estimated|some|no more than|well over|just over|just under|close to|only)[ ])?"
)
_COUNT = rf"{_ABOUT}{_NUMBER}(?:(?:-|–| to )(?:{_NUMBER}))?"
_MONTH = rf"(?:{'|'.join(_MONTHS)}|(?:{'|'.join(_SHORT_MONTHS)})\b\.?)"
#: Words that are nothing else, so that they are a date without a number.
_SURE_MONTH = "|".join(
    (
        *(month for month in _MONTHS if month not in ("March", "May")),
        *(rf"{month}\." for month in _SHORT_MONTHS if month != "Mar"),
    )
)
_DAY = r"(?:3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?"
_YEAR = r"(?:1[5-9]|20)\d{2}"
_WEEKDAY = rf"(?:{'|'.join(english.load_words('calendar', 'weekdays'))})"
_PERIOD = r"(?:day|week|month|year|decade|century|quarter|weekend|summer|winter|spring|autumn|fall|season)"
_PERIODS = r"(?:days|weeks|months|years|decades|centuries|quarters|weekends|summers|winters)"
_PART = r"(?:(?:the )?(?:early|late|mid|beginning of|end of|start of|middle of|rest of|first half of|second half of)[ -](?:the )?)?"
_MANY = r"(?:several|a few|few|many|recent|the past few|the last few|the next few|the coming|the past several|a couple of|some|these|those|the intervening)"
_HOLIDAY = (
    r"(?:Christmas(?: Day| Eve)?|Thanksgiving(?: Day)?|Easter(?: Sunday)?|Ramadan|Halloween|Labor Day|Memorial Day|Independence Day"
    r"|New Year['’]s (?:Day|Eve)|Veterans Day|Election Day|Inauguration Day|Valentine['’]s Day|Hanukkah|Passover|Eid al-Fitr)"
)
_CURRENCY = (
    r"(?:(?:U\.?S\.? |Canadian |Australian |Hong Kong )?dollars?|euros?|pounds sterling|pounds|yen|yuan|rubles?|roubles?|rupees?|cents?|dinars?|rials?|riyals?"
    r"|lira|pesos?|francs?|marks|shekels?|won|bucks)"
)
_MEASURE = (
    r"(?:kilomet(?:er|re)s?|km|meters?|metres?|miles?|feet|foot|ft|inch(?:es)?|yards?|centimet(?:er|re)s?|cm|mm|acres?|hectares?"
    r"|square (?:miles?|feet|meters?|metres?|kilomet(?:er|re)s?)|kilograms?|kilos?|kg|grams?|tons?|tonnes?|metric tons?|pounds|ounces?|lit(?:er|re)s?|gallons?|barrels"
    r"|mph|km/h|miles (?:per|an) hour|knots|degrees(?: (?:Celsius|Fahrenheit))?|°[CF]?|megawatts?|gigawatts?|kilowatts?|MW|GW|watts?|volts?|megabytes?|gigabytes?|GB|MB|hertz"
    r"|light[- ]years?|magnitude)"
)
_CLOCK = r"(?:(?:1[0-2]|0?[1-9])(?:[:.][0-5]\d)?\s?(?:a\.m\.|p\.m\.|am\b|pm\b|AM\b|PM\b|A\.M\.|P\.M\.|o['’]clock)|(?:[01]?\d|2[0-3]):[0-5]\d(?!\d))"
_ZONE = r"(?: (?:ET|EST|EDT|GMT|PT|PST|PDT|CT|MT|UTC|BST|CET|local time|Eastern(?: [Tt]ime)?))?"


def _all(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(rf"(?<![\w.,$€£-])(?:{pattern})(?![\w])" for pattern in patterns))


_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "MONEY",
        re.compile(
            rf"(?<!\w)(?:{_ABOUT}(?:US|U\.S\.|C|A|HK|NZ)?[$€£¥₹] ?(?:{_DIGITS})(?:(?:[ -]?(?:{_SCALE})|[mb]n|[MBK])\b)?"
            rf"(?:(?:-|–| to )[$€£¥₹]?(?:{_DIGITS})(?:[ -](?:{_SCALE})\b)?)?|{_COUNT}[ -]{_CURRENCY}\b)",
            re.IGNORECASE,
        ),
    ),
    (
        "PERCENT",
        re.compile(
            rf"(?<![\w.,]){_COUNT}(?:[ -]?%|[ -](?:percent(?:age points?)?|per cent|percentage points?|pct)\b)",
            re.IGNORECASE,
        ),
    ),
    ("QUANTITY", re.compile(rf"(?<![\w.,$]){_COUNT}[ -]?{_MEASURE}(?!\w)")),
    (
        "TIME",
        _all(
            rf"(?:about |around |shortly after |just before |just after )?{_CLOCK}{_ZONE}",
            rf"(?:{_COUNT}|{_MANY}|half an|an|a|the past|the last)[ -](?:hours?|minutes?|seconds?)(?: (?:ago|earlier|later))?",
            r"(?:this|that|late|early|the|last) (?:morning|afternoon|evening|night)|tonight|overnight|midnight|noon",
            rf"(?<={_WEEKDAY[3:9]} )(?:morning|afternoon|evening|night)",
        ),
    ),
    (
        "DATE",
        _all(
            rf"(?:{_WEEKDAY}, )?{_PART}{_MONTH} {_DAY}(?:(?:-|–| to | and ){_DAY})?(?:,? {_YEAR})?",
            rf"{_DAY} (?:of )?{_MONTH}(?:,? {_YEAR})?",
            rf"(?:last |next |this (?:past |coming )?)?{_PART}{_MONTH}(?: of)?,? {_YEAR}",
            rf"(?:last |next |this (?:past |coming )?)?{_PART}(?:{_SURE_MONTH})",
            r"(?:(?<=[Ii]n )|(?<=[Ss]ince )|(?<=[Bb]y )|(?<=[Ll]ast )|(?<=until )|(?<=[Dd]uring ))(?:early |late |mid-)?(?:March|May)(?= \d|[,.]|\s)",
            rf"{_YEAR}-\d\d-\d\d|\d{{1,2}}/\d{{1,2}}/\d{{2,4}}",
            rf"{_PART}(?:the )?(?:early |late |mid-)?(?:{_YEAR[:-5]}\d0s|['’]\d0s)",
            rf"{_PART}{_YEAR}(?:(?:-|–|/)(?:{_YEAR}|\d\d))?",
            rf"(?:(?:last|next|this|early|late) )*{_WEEKDAY}s?",
            r"(?:[Ee]arlier |[Ll]ater )?(?:[Tt]oday|[Yy]esterday|[Tt]omorrow)(?!['’]s)|the day (?:before|after)(?: yesterday| tomorrow)?",
            rf"{_PART}(?:(?:[Ee]arlier|[Ll]ater|[Ee]arlier in|[Ll]ater in) )?(?:[Tt]his|[Ll]ast|[Nn]ext|that|[Tt]he past|the last|the next|the previous|the following|the coming|the same|the current)(?: {_NUMBER})?"
            rf" (?:{_PERIODS}|{_PERIOD}|fiscal year)",
            rf"the (?:end|beginning|start|middle|rest) of the {_PERIOD}",
            rf"(?:{_COUNT}|{_MANY}|a|an)[ -](?:more )?(?:{_PERIODS}|{_PERIOD})(?:[ -](?:ago|earlier|later|before|old))",
            rf"(?:{_COUNT})[ -](?:{_PERIODS}|{_PERIOD})",
            rf"{_MANY} {_PERIODS}|(?:for )(?:a (?:day|week|month|year|decade))\b",
            rf"{_NUMBER}-years?-old",
            r"(?:decades|centuries|years|months|weeks|days)(?: (?:ago|earlier|later))|annually|daily|weekly|monthly|yearly|quarterly",
            _HOLIDAY,
        ),
    ),
    ("ORDINAL", re.compile(rf"(?<![\w-])(?:\d+(?:st|nd|rd|th)|{_ORDINALS})(?![\w])", re.IGNORECASE)),
    (
        "CARDINAL",
        re.compile(
            rf"(?<![\w.,$€£/:-])(?:{_ABOUT}(?:{_NUMBER})(?:(?:–| to )(?:{_NUMBER}))?"
            r"|(?:tens of |hundreds of )?(?:dozens|hundreds|thousands|millions|billions)|half|two-thirds|a third|three-quarters|a dozen)(?![\w/:-]|[.,]\d)",
            re.IGNORECASE,
        ),
    ),
)

_NOT_ONE = load_words("not_before_one")
_AFTER_ONE = load_words("not_after_one")


def find_values(text: str) -> list[tuple[int, int, str]]:
    """Values of all kinds as `(start, end, label)`, in order, flat.

    >>> text = "About 2,500 troops stayed for more than 18 years; 5.2% left on May 1, 2003, at a cost of $5.2 million."
    >>> [(text[start:end], label) for start, end, label in find_values(text)]
    [('About 2,500', 'CARDINAL'), ('more than 18 years', 'DATE'), ('5.2%', 'PERCENT'), ('May 1, 2003', 'DATE'), \
('$5.2 million', 'MONEY')]
    """
    taken = bytearray(len(text))
    found: list[tuple[int, int, str]] = []
    for label, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            start, end = match.span()
            if label == "DATE" and text.startswith("for ", start):
                start += 4
            if label == "CARDINAL" and not _counts(text, start, end):
                continue
            if label == "DATE" and not _dates(text, start, end):
                continue
            if not any(taken[start:end]):
                taken[start:end] = b"\x01" * (end - start)
                found.append((start, end, label))
    return sorted(found)


def _counts(text: str, start: int, end: int) -> bool:
    """Whether a number word counts something: not "no one", "one another"."""
    word = text[start:end].lower()
    if word != "one":
        return word != "half" or text[end : end + 3] in (" of", " th", " a ")
    before = WORD.findall(text, max(0, start - 12), start)
    after = re.findall(r"['’]s|\w+", text[end : end + 12])
    return not (before and before[-1].lower() in _NOT_ONE) and not (after and after[0].lower() in _AFTER_ONE)


def _dates(text: str, start: int, end: int) -> bool:
    """Whether a bare four-digit number is a year: not "1500 troops"."""
    if not text[start:end].isdigit():
        return True
    after = text[end : end + 20].split()
    if not after or not text[end : end + 1].isspace():
        return True
    word = after[0]
    return not (word.islower() and word.endswith("s") and word not in ("was", "is", "has", "as", "its", "this", "his"))
