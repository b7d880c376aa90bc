"""What stands in and around quotation marks: titles that nobody speaks, asides between dashes, signatures."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

from annotate.preannotate.news.linking import FoundQuote
from annotate.preannotate.news.passage import Range

Stretch = tuple[int, int, bool]

#: Log-odds of a quote that the marks make certain; of one that they make likely.
SURE_BY_RULE, BY_RULE = (-0.1, -0.05, -0.05, 2.0, 1.0), (-0.7, -0.1, -0.1, 0.5, 0.0)

_WORKS = (
    r"novels?|books?|memoirs?|(?:auto)?biograph(?:y|ies)|essays?|poems?|stor(?:y|ies)|articles?|columns?|reports?"
    r"|films?|movies?|documentar(?:y|ies)|series|sitcom|dramas?|comed(?:y|ies)|thrillers?|musicals?|operas?|plays?|shows?"
    r"|songs?|singles?|albums?|tracks?|ballads?|hits?|podcasts?|episodes?|exhibitions?|exhibits?|paintings?|sculptures?"
    r"|photographs?|games?|video|paper|study|lecture|talk|chapter|trilogy|anthem|hymn|bestseller|blockbuster|sequel|volume"
)
_MAKES = (
    r"titled|entitled|called|named|dubbed|headlined|subtitled|captioned|labell?ed|wrote|writing|directed|directing"
    r"|published|recorded|released|composed|played|plays|painted|starred in|stars in|starring in"
    r"|appeared in|performed|produced|edited|authored|co-wrote|read|watched|saw|hosts|hosted"
)
_BEFORE_TITLE = re.compile(
    rf"\b(?:{_WORKS}|{_MAKES})\b(?:,| is| was|:)?(?: (?:the|a|an|his|her|their|by \w+ \w+))?,? $", re.I
)
_OF_TITLES = re.compile(rf"(?:is |was )?(?:{_MAKES})$", re.I)
_REPORTS = re.compile(r"\b(?:sa(?:id|ys|ying)|told|tells|added|asked|replied|wrote|tweeted|shouted|according)\b", re.I)
_SMALL = re.compile(
    r"(?:a|an|and|as|at|but|by|for|from|in|into|is|it|nor|of|off|on|or|our|out|over|the|to|up|us|we|with|who|’s|s)$"
)

_DASH = r"(?:—|–|―|--?)"
_ASIDE = re.compile(rf"\s?{_DASH}\s?(?P<aside>[^—–―\n.!?“”\"]{{2,120}}?)\s?{_DASH}\s?$")
_PLAIN_ASIDE = re.compile(r"\s(?P<aside>[^—–―\n.!?“”\"]{2,120}?)\s$")
_SUBJECT = re.compile(
    r"(?:(?:here|then|and|as|where|while) )?"
    r"(?P<who>(?:he|she|they|I|we|who)\b"
    r"|(?:[Tt]he|[Aa]n?|[Hh]is|[Hh]er|[Tt]heir) (?:[a-z-]+ )??[a-z-]+"
    r"(?= [a-z]+(?:ed|s)\b| (?:was|said|took|began|broke|held|wept|stood|sat)\b)"
    r"|(?:(?:[Tt]he )?[A-Z][\w.’'-]* )*[A-Z][\w’'-]+)"
)
_SIGNATURE = re.compile(rf"[ \t]*(?:\n\s*)?{_DASH}[ \t]*(?P<name>[A-Z][^\n“”\"]{{1,100}}?)[ \t]*\.?(?=[ \t]*(?:\n|$))")


def is_title(text: str, stretch: Range, cue: Range | None = None) -> bool:
    """Whether a stretch in marks is the title of a work, by its capitals and by the words before it.

    >>> text = 'Her film “How the West Was Lost” opens. “The West Was Lost,” she said.'
    >>> is_title(text, (9, 33)), is_title(text, (41, 61))
    (True, False)
    """
    start, end = stretch
    inside = text[start:end].strip("“”\"‘’'`«» ")
    words = re.findall(r"[^\W\d_][\w’'-]*", inside)
    if not words or len(words) > 15 or inside[-1] in ",.;" or inside.count("\n"):
        return False
    named = _BEFORE_TITLE.search(text, max(start - 50, 0), start) is not None
    capital = sum(word[0].isupper() for word in words)
    counted = sum(word[0].isupper() or not _SMALL.match(word) for word in words)
    titled = words[0][0].isupper() and words[-1][0].isupper() and capital >= 2 and capital == counted
    if cue is not None and _REPORTS.search(text, *cue) and not named:
        return False
    return titled if cue is None or named or _OF_TITLES.match(text, *cue) else False


def leave_out_titles(text: str, quotes: list[FoundQuote], stretches: list[Stretch]) -> list[FoundQuote]:
    """The quotes without those that hold nothing in marks but a title."""
    kept = []
    for quote in quotes:
        start, end = quote.content[0][0], quote.content[-1][1]
        inside = [(first, last) for first, last, _ in stretches if first < end and start < last]
        short = quote.type == "direct" or (quote.type == "mixed" and len(text[start:end].split()) < 16)
        if not (short and inside and all(is_title(text, one, quote.cue) for one in inside)):
            kept.append(quote)
    return kept


def join_asides(text: str, quotes: list[FoundQuote], stretches: list[Stretch]) -> list[FoundQuote]:
    """The quotes with those whole that an aside between dashes interrupts: “We will”—she paused—“not go.”"""
    for (start, middle, closed), (again, end, _) in itertools.pairwise(stretches):
        between = text[middle:again]
        if not closed or not 3 < len(between) < 130:
            continue
        dashes = text[middle - 2] in "—–―-" and text[again + 1] in "—–―-"
        match = _ASIDE.match(between) or (_PLAIN_ASIDE.match(between) if dashes else None)
        if match is None:
            continue
        holding = [quote for quote in quotes if any(first < end and start < last for first, last in quote.content)]
        parts = sorted(
            {(first, last) for quote in holding for first, last in quote.content if last <= start or first >= end}
            | {(start, middle), (again, end)}
        )
        speaker = next((quote.speaker for quote in reversed(holding) if quote.speaker and quote.cue), None)
        cue = next((quote.cue for quote in reversed(holding) if quote.cue), None)
        who = _SUBJECT.match(match["aside"])
        at = middle + match.start("aside")
        if cue is not None and middle <= cue[0] < again:
            cue = None
            speaker = speaker if speaker and middle <= speaker[0] < again else None
        if speaker is None and who is not None:
            speaker = (at + who.start("who"), at + who.end("who"))
        odds = max((quote.odds for quote in holding if quote.cue), default=SURE_BY_RULE)
        whole = FoundQuote("direct", parts, cue, speaker, odds if cue else SURE_BY_RULE)
        quotes = [quote for quote in quotes if not any(quote is one for one in holding)] + [whole]
    return quotes


def read_signatures(text: str, quotes: list[FoundQuote]) -> list[FoundQuote]:
    """The quotes with the speaker that a line behind a dash names; such a quote has no cue."""
    signed = []
    for quote in quotes:
        end = quote.content[-1][1]
        match = _SIGNATURE.match(text, end) if quote.type == "direct" else None
        if match and len(match["name"].split()) <= 12 and not _REPORTS.search(match["name"]):
            quote = replace(quote, speaker=match.span("name"), cue=None)
        signed.append(quote)
    return signed
