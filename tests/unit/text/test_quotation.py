"""The type of a quote by its marks: every kind of mark, in the content or around it, complete, cut and unclosed."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.records import Span
from annotate.text.quotation import find_paragraphs, find_stretches, parse_quote_type, quote_type

# the text with the content between brackets; two pairs are two fragments
TABLE = [
    # marks of all kinds in the content
    ("[“It is over,”] he said.", "direct"),
    ("[“It is over”.] He left.", "direct"),
    ('["It is over,"] he said.', "direct"),
    ("[``It is over,''] he said.", "direct"),
    ("[''It is over,''] he said.", "direct"),
    ("[«It is over»,] he said.", "direct"),
    ("[« It is over », ] he said.", "direct"),
    ("[‹It is over›] he said.", "direct"),
    ("[»It is over«,] he said.", "direct"),
    ("[„It is over“,] he said.", "direct"),
    ("[„It is over”,] he said.", "direct"),
    ("[”It is over”,] he said.", "direct"),
    ("[‚It is over‘,] he said.", "direct"),
    ("(He said: [“Go”)]", "direct"),
    # single marks as in Britain
    ("[‘We’re not going,’] she said.", "direct"),
    ("['We're not going,'] she said.", "direct"),
    ("She called it ['a disgrace'].", "direct"),
    ("[‘It is the readers’ choice, and it won’t change.’]", "direct"),
    ("['The nurses' pay is a disgrace,'] said Ann Poe.", "direct"),
    ("['The nurses' and players' pay is a disgrace,'] said Ann Poe.", "direct"),
    ("[‘We’re not going,’ she said. ‘It is the readers’ choice.’]", "mixed"),
    ("She said [‘the readers’ should choose ‘their own’ library].", "mixed"),
    ("[Rock 'n' roll nights at the Dockers' Club are back], the owners' group said.", "indirect"),
    ("Ann Poe said [the '90s hall and the players' lounge would close].", "indirect"),
    ("Ann Poe said [the players’ lounge wouldn’t close].", "indirect"),
    # the marks stand right outside, or further away
    ("“[We will go,]” said Ann Poe.", "direct"),
    ("“[We will go],” said Ann Poe.", "direct"),
    ("‘[We will go],’ said Ann Poe.", "direct"),
    ("“We know that [rents will fall] soon,” she said.", "direct"),
    # some words inside, some not
    ("[“It is over,” he said, “for now.”]", "mixed"),
    ("[“Go” and “come”]", "mixed"),
    ("It was [in a “new phase”], he said.", "mixed"),
    ("It was [in a “new phase], he said.", "mixed"),
    ("It was [in a 'new phase'], he said.", "mixed"),
    # several fragments
    ("[“It is over,”] he said, [“for now.”]", "direct"),
    ("[“It is over,”] he said, and [that all would go].", "mixed"),
    ("[They would go], he said, [and soon].", "indirect"),
    ("“[It is over],” he said, “[for now].”", "direct"),
    # never closed
    ("[“We will stay.]\n\nThe town voted.", "direct"),
    ("[“We will stay.]\n\n“We are many.”", "direct"),
    ("[“We will stay.\n\n“We are many.”]", "direct"),
    ("[“We will stay.\n\n“We are many.”\n\nThe town voted].", "mixed"),
    ("[‘We lost the barn and the farmers’ sheep.]\n\n‘They say there is no money.’", "direct"),
    ("‘We lost the barn.\n\n[‘They say there is no money.’]", "direct"),
    # an unpaired mark before does no harm
    ('A 19" screen showed: [“It is over.”]', "direct"),
    ("“A stray mark, and then [“It is over.”]", "direct"),
    # no marks, or none about words
    ("He said that [it is over].", "indirect"),
    ("He met the “Quartet” and said [it is over].", "indirect"),
    ('He said [the "" means nothing].', "indirect"),
    ("[...]", "indirect"),
]


def read(marked: str) -> tuple[str, list[Span]]:
    pieces = marked.replace("]", "[").split("[")
    starts = [sum(map(len, pieces[:i])) for i in range(len(pieces))]
    return "".join(pieces), [Span(starts[i], starts[i] + len(pieces[i])) for i in range(1, len(pieces), 2)]


@pytest.mark.parametrize(("marked", "expected"), TABLE, ids=[marked for marked, _ in TABLE])
def test_the_type_follows_from_the_marks(marked: str, expected: str) -> None:
    text, content = read(marked)
    assert quote_type(text, content) == expected
    assert quote_type(text, content[::-1]) == expected


WHOLE = "“It is over,” | “It is over”. | “Go”) | “We will stay. | ‘It is over,’ | 'a disgrace' | ``Go'' | »Go« | ‚Go‘"


@pytest.mark.parametrize("content", WHOLE.split(" | "))
def test_a_content_that_is_all_of_its_text(content: str) -> None:
    assert quote_type(content, [Span(0, len(content))]) == "direct"


any_text = st.text(st.sampled_from("\"“”‘’'`«».,!?\n\r ()[]-ab1AB\u200fא😀\0\u0301") | st.characters(codec="utf-8"))


@settings(max_examples=200)
@given(any_text | st.text(st.sampled_from("a s.\n“”‘’'\"«»‚„`"), max_size=40))
def test_stretches_are_in_order_apart_and_within_their_paragraph_in_any_text(text: str) -> None:
    found = find_stretches(text)
    paragraphs = find_paragraphs(text)
    assert all(any(first <= start < end <= last for first, last in paragraphs) for start, end, _ in found)
    assert all(left[1] <= right[0] for left, right in itertools.pairwise(found))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"One," he said, "two."', ['"One,"', '"two."']),
        ("“One ‘inner’ two.”", ["“One ‘inner’ two.”"]),
        ("''Like this,'' she said.", ["''Like this,''"]),
        ("“First.\n\n“Second.”", ["“First.", "“Second.”"]),
        ("It's the dogs' home.", []),
        ("He said ‘yes’ and left.", ["‘yes’"]),
        ("“Never closed\n\nNext paragraph.", ["“Never closed"]),
        ("«Oui», dit-il.", ["«Oui»"]),
        ("”Opened by the wrong mark.”", ["”Opened by the wrong mark.”"]),
        ('"The goal is peace "Before he left, he spoke.', ['"The goal is peace "']),
        ('"He said so,\nand left." They stayed.', ['"He said so,\nand left."']),
    ],
)
def test_stretches_of_every_kind_of_mark(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end, _ in find_stretches(text)] == expected


@pytest.mark.parametrize("value", ["direct", "Direct", " DIRECT "])
def test_a_given_type_is_read_in_any_case(value: str) -> None:
    assert parse_quote_type(value) == "direct"


@pytest.mark.parametrize("value", ["", "speech", None, 3, ["direct"]])
def test_what_is_no_type_is_none(value: object) -> None:
    assert parse_quote_type(value) is None
