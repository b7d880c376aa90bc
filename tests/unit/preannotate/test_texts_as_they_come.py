# ruff: noqa: E501 - a text reads best on one line
"""Texts as they come from wires, mails, web pages and British papers: what stands in them is found as in tidy ones.

Each kind has several variants, with the spans that a careful reader would mark. Names are written "text LABEL"; what
follows "not" must not be marked at all. Quotes are written "type: content + content < speaker".
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest

from annotate.preannotate.news.pipeline import NewsPipeline
from annotate.preannotate.news.transcripts import find_turns
from annotate.preannotate.rules import find_layers
from annotate.records import Layers
from annotate.spans import find_span_problems
from annotate.text.plain import read_plain

Find = Callable[[str], Layers]


@pytest.fixture(scope="module")
def news() -> NewsPipeline:
    return NewsPipeline(threads=1)


def names_of(find: Find, text: str) -> list[str]:
    layers = find(text)
    assert not list(find_span_problems(layers, text))
    return [f"{text[one.start : one.end]} {one.label}" for one in layers.entities or ()]


def quotes_of(find: Find, text: str) -> list[str]:
    written = []
    for quote in find(text).quotes or ():
        content = " + ".join(text[part.start : part.end] for part in quote.content)
        speaker = f" < {text[quote.speaker.start : quote.speaker.end]}" if quote.speaker else ""
        written.append(f"{quote.type}: {content}{speaker}")
    return written


def check_names(find: Find, text: str, expected: str) -> None:
    found = names_of(find, text)
    for one in expected.split(" | "):
        if one.startswith("not "):
            assert not [name for name in found if one[4:] in name], found
        else:
            assert one in found


DATELINES = [
    ("By Jane Hollis\n\nLEEDS — The council voted on Friday to close the bridge.", "Jane Hollis PERSON | LEEDS GPE"),
    ("By Jane Hollis\n\nLIMA — The council voted on Friday to close the bridge.", "Jane Hollis PERSON | LIMA GPE"),
    ("By Jane Hollis\n\nHULL — The council voted on Friday to close the bridge.", "HULL GPE"),
    ("By JANE HOLLIS, Staff Writer\n\nOTTAWA, Ontario – Ministers met on Monday.", "OTTAWA GPE | Ontario GPE"),
    ("By Tom Reed\nAssociated Press\n\nACCRA, Ghana (AP) — A dam burst on Sunday.", "ACCRA GPE | Ghana GPE | AP ORG"),
    ("By Ana Reis and Tom Reed\n\nOSLO (Reuters) - The fund sold its shares.", "OSLO GPE | Reuters ORG | Ana Reis PERSON"),
    ("By Jane Hollis\n\nNEW YORK -- Shares fell on Monday.", "NEW YORK GPE"),
    ("By Jane Hollis\n\nSÃO PAULO, March 3 (Reuters) - Shares fell.", "SÃO PAULO GPE | March 3 DATE"),
    ("By Jane Hollis\n\nST. LOUIS — The mayor resigned.", "ST. LOUIS GPE"),
    ("By Jane Hollis\n\nTURIN: The strike is over.", "TURIN GPE"),
    ("MAYOR RESIGNS\n\nBy Jane Hollis\n\nPERTH, Australia — The mayor resigned.", "PERTH GPE | Australia GPE"),
    ("By Jane Hollis\n\nUPDATE — The council voted on Friday.", "not UPDATE"),
    ("By Jane Hollis\n\nANALYSIS — The council voted on Friday.", "not ANALYSIS"),
    ("By Jane Hollis\n\nNATO — The alliance voted on Friday.", "NATO ORG"),
]  # fmt: skip

CAPITALS = [
    *((f"MR. {name}: We will not pay for the bridge.", f"{name} PERSON") for name in ("HALE", "LEE", "XI", "MAY")),
    ("PRESIDENT CRUZ SAYS VOTE WILL GO ON", "CRUZ PERSON"),
    ("SEN. ORR VOTES NO ON BUDGET\n\nThe budget failed on Monday.", "ORR PERSON"),
    ("JUDGE HALE RULES AGAINST CITY\n\nThe city lost its case.", "HALE PERSON"),
    ("DR. WU: The trial is over.", "WU PERSON"),
    ("CHANCELLOR HUNT CUTS TAXES\n\nTaxes will fall in May.", "HUNT PERSON"),
    ("MS. POE: No.\n\nMR. ROSS: Yes.", "POE PERSON | ROSS PERSON"),
    ("ST. PAUL MAYOR LEE RESIGNS\n\nThe mayor left.", "ST. PAUL GPE | LEE PERSON"),
    ("GOV. REID AND MAYOR KERR MEET\n\nThey met on Monday.", "REID PERSON | KERR PERSON"),
    ("The EU and NATO met in Rome, and the IMF said no.", "EU ORG | NATO ORG | IMF ORG"),
    ("The FBI chief quit. The CIA did not comment.", "FBI ORG | CIA ORG"),
]

NICKNAMES = [
    ("William “Bill” Harker met Thomas \"Tip\" Brady in Boston.", "William “Bill” Harker PERSON | Thomas \"Tip\" Brady PERSON"),
    ("They saw Dwayne ‘The Rock’ Larson in Boston.", "Dwayne ‘The Rock’ Larson PERSON | Boston GPE"),
    ('Police arrested Joaquín "El Chapo" Guzmán on Friday.', 'Joaquín "El Chapo" Guzmán PERSON'),
    ("Elizabeth 'Betty' Moore won the vote.", "Elizabeth 'Betty' Moore PERSON"),
    ("Earvin “Magic” Johnson Jr. spoke.", "Earvin “Magic” Johnson Jr. PERSON"),
    ("Mary ''Mae'' Dunn of Ohio spoke.", "Mary ''Mae'' Dunn PERSON | Ohio GPE"),
    ("The senator, James «Jim» Harker, left.", "James «Jim» Harker PERSON"),
    ("Robert J. “Bob” Kane and Anna “The Hammer” Lee fought.", "Robert J. “Bob” Kane PERSON | Anna “The Hammer” Lee PERSON"),
    ("Ann Poe called it “Operation Dawn” before Tom Reed left.", "Ann Poe PERSON | Tom Reed PERSON"),
    ("“Maria,” Peter Kane said, “Tom Reed is here.”", "Peter Kane PERSON | Tom Reed PERSON"),
]  # fmt: skip

AMPERSANDS = [
    ("Barnes & Noble and Johnson & Johnson said they would merge.", "Barnes & Noble ORG | Johnson & Johnson ORG"),
    ("Procter & Gamble, Marks & Spencer and Standard & Poor's fell.", "Procter & Gamble ORG | Marks & Spencer ORG"),
    ("Shares in Johnson & Johnson, Procter & Gamble and AT&T rose.", "Johnson & Johnson ORG | Procter & Gamble ORG | AT&T ORG"),
    ("Simon & Schuster or Barnes & Noble will sell it.", "Simon & Schuster ORG | Barnes & Noble ORG"),
    ("Marks & Spencer; Barnes & Noble; Ernst & Young: all fell.", "Marks & Spencer ORG | Barnes & Noble ORG | Ernst & Young ORG"),
    ("Ernst & Young and Deloitte audited it.", "Ernst & Young ORG | Deloitte ORG"),
    ("The firms are Crosby & Hale, Dunn & Sons, and Price & Co.", "Crosby & Hale ORG | Dunn & Sons ORG"),
    ("Bang & Olufsen and Marks & Spencer fell.", "Bang & Olufsen ORG | Marks & Spencer ORG"),
    ("Bang & Olufsen fell by a third.", "Bang & Olufsen ORG"),
    ("The U.S. Department of Health & Human Services said so.", "U.S. Department of Health & Human Services ORG"),
]  # fmt: skip

SIGNED_NAMES = [
    ("The vote is on Monday.\n\nReporting by Ana Reis; Editing by Tom Reed", "Ana Reis PERSON | Tom Reed PERSON"),
    ("The vote is on Monday.\n\n(Reporting by Ana Reis in Lima and Tom Reed; editing by Jane Hollis)", "Ana Reis PERSON | Lima GPE | Tom Reed PERSON | Jane Hollis PERSON"),
    ("The vote is on Monday.\n\nAssociated Press writer Ana Reis contributed to this report.", "Associated Press ORG | Ana Reis PERSON"),
    ("The vote is on Monday.\n\nPhoto: Ana Reis/Reuters", "Ana Reis PERSON | Reuters ORG"),
    ("The vote is on Monday.\n\n— Ana Reis, Lima", "Ana Reis PERSON | Lima GPE"),
    ("The vote is on Monday.\n\nTom Reed is a writer in Boston.", "Tom Reed PERSON | Boston GPE"),
]  # fmt: skip

VALUES = [
    ("He once lived in Paris and once more in Rome.", "not once"),
    ("Once the vote is over, they leave.", "not Once"),
    ("The bug is in Firefox 3.5 and Windows 7.", "Firefox 3.5 PRODUCT | Windows 7 PRODUCT"),
    ("Voyager 1 left the solar system, and Apollo 11 landed.", "Voyager 1 PRODUCT | Apollo 11 PRODUCT"),
]

NAMES = {
    "dateline": DATELINES,
    "capitals": CAPITALS,
    "nickname": NICKNAMES,
    "ampersand": AMPERSANDS,
    "signature": SIGNED_NAMES,
    "value": VALUES,
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [pytest.param(*one, id=f"{kind}-{n}") for kind, some in NAMES.items() for n, one in enumerate(some)],
)
def test_names_are_found_in_texts_as_they_come(news: NewsPipeline, text: str, expected: str) -> None:
    check_names(news, text, expected)


SINGLE_MARKS = [
    ("‘We’re not closing the library,’ council leader Ruth Palmer said. ‘It’s the readers’ choice.’",
     ["direct: ‘We’re not closing the library,’ + ‘It’s the readers’ choice.’ < council leader Ruth Palmer"]),
    ("'The nurses' pay is a disgrace,' said union chief Ann Poe.",
     ["direct: 'The nurses' pay is a disgrace,' < union chief Ann Poe"]),
    ("Ruth Palmer said: ‘The farmers’ and fishers’ votes count.’",
     ["direct: ‘The farmers’ and fishers’ votes count.’ < Ruth Palmer"]),
    ("'It's the boys' best game since the '90s,' said Tom Reed.",
     ["direct: 'It's the boys' best game since the '90s,' < Tom Reed"]),
    ("‘James’ car was there,’ said Tom Reed.", ["direct: ‘James’ car was there,’ < Tom Reed"]),
    ("Rock 'n' roll nights at the Dockers' Club are back, the owners' group said.",
     ["indirect: Rock 'n' roll nights at the Dockers' Club are back < the owners' group"]),
    ("Mayor Ann Poe said the '90s hall and the players' lounge would close.",
     ["indirect: the '90s hall and the players' lounge would close < Mayor Ann Poe"]),
    ("‘She said “never” and left,’ said Tom Reed.", ["direct: ‘She said “never” and left,’ < Tom Reed"]),
]  # fmt: skip

SINGLE_PARAGRAPHS = [
    ("‘The water came up in the night,’ said farmer Owen Pryce.\n\n‘We lost the barn and forty sheep, and nobody has called.\n\n‘They say there is no money.’\n\nThe council declined to comment.",
     ["‘The water came up in the night,’", "‘We lost the barn and forty sheep, and nobody has called.", "‘They say there is no money.’"]),
    ("'The water came up in the night,' said farmer Owen Pryce.\n\n'We lost the barn and the neighbours' sheep, and nobody has called.\n\n'They say there is no money.'\n\nThe council met.",
     ["'The water came up in the night,'", "'We lost the barn and the neighbours' sheep, and nobody has called.", "'They say there is no money.'"]),
    ("Farmer Owen Pryce said: ‘The water came up in the night.\n\n‘We lost the barn and forty sheep.\n\n‘They say there is no money.’",
     ["‘The water came up in the night.", "‘We lost the barn and forty sheep.", "‘They say there is no money.’"]),
    ("Farmer Owen Pryce said:\n\n‘It’s the farmers’ fields that went first, and the sheep’s shed went too.\n\n‘They say there is no money.’",
     ["‘It’s the farmers’ fields that went first, and the sheep’s shed went too.", "‘They say there is no money.’"]),
    ("‘We won’t go,’ said Owen Pryce. ‘The water came up in the night.\n\n‘They say there is no money for us.’",
     ["‘We won’t go,’", "‘The water came up in the night.", "‘They say there is no money for us.’"]),
    ("'We won't go,' said Owen Pryce.\n'We lost the barn and forty sheep that night.\n'They say there is no money for us.'",
     ["'We won't go,'", "'We lost the barn and forty sheep that night.", "'They say there is no money for us.'"]),
]  # fmt: skip

DASHES = [
    ("“It will be our”—the mayor paused and looked at her notes—“last budget before the vote.”",
     ["direct: “It will be our” + “last budget before the vote.” < the mayor"]),
    ("“It will be our” — the mayor paused — “last budget before the vote.”",
     ["direct: “It will be our” + “last budget before the vote.” < the mayor"]),
    ("“It will be our last—” Ann Poe looked at her notes “—budget before the vote.”",
     ["direct: “It will be our last—” + “—budget before the vote.” < Ann Poe"]),
    ('"We shall go" – Ann Poe raised her hand – "and never come back to this town."',
     ['direct: "We shall go" + "and never come back to this town." < Ann Poe']),
    ('"We shall go" -- Mayor Ann Poe raised her hand -- "and never come back to this town."',
     ['direct: "We shall go" + "and never come back to this town." < Mayor Ann Poe']),
    ("‘We shall go’ – she smiled – ‘and never come back to this town.’",
     ["direct: ‘We shall go’ + ‘and never come back to this town.’ < she"]),
    ("“We shall go”—here he wept—“and never come back to this town,” said Tom Reed.",
     ["direct: “We shall go” + “and never come back to this town,” < Tom Reed"]),
]  # fmt: skip

TITLES = [
    "His novel “The Long Road Home and Other Stories” came out in May.",
    "Her film “How the West Was Lost and Found Again” opens on Friday.",
    "The band played “Tears Fall Down on My Old Town”, its best-known song.",
    "He wrote the essay ‘On the Art of Losing a War’ in 1990.",
    'The podcast "What Happened to the Girls of Lime Street" ran for a year.',
    "The show, “The Last Days of the Old Town Hall”, runs until May.",
    "The book, titled “Nine Rules for a Better Life at Home”, sold well.",
    "His album “Songs From the Back of the Old Bus” won a prize.",
    "She directed “A Man Who Walked Into the Cold Sea” in 2004.",
]

SIGNATURES = [
    ("The glacier lost three metres in a year.\n\n“The ice is thinner than ever before, and it will not come back.”\n— Greta Lund, University of Tromsø\n\nThe town voted on Friday.",
     ["direct: “The ice is thinner than ever before, and it will not come back.” < Greta Lund, University of Tromsø"]),
    ("The ice went.\n\n“The ice is thinner than ever before, and it will not come back.”\n\n– Greta Lund\n\nThe town voted on Friday.",
     ["direct: “The ice is thinner than ever before, and it will not come back.” < Greta Lund"]),
    ("The ice went.\n\n\"The ice is thinner than ever before.\"\n- Mayor Greta Lund\n\nThe town voted on Friday.",
     ["direct: \"The ice is thinner than ever before.\" < Mayor Greta Lund"]),
    ("The ice went.\n\n‘The ice is thinner than ever before.’ — Greta Lund, Tromsø\n\nThe town voted on Friday.",
     ["direct: ‘The ice is thinner than ever before.’ < Greta Lund, Tromsø"]),
    ("The ice went.\n\n“The ice is thinner than ever before.”\n― Greta Lund, head of the survey\n\n“We will all have to move to higher ground.”\n― Tom Reed, farmer\n\nThe town voted.",
     ["direct: “The ice is thinner than ever before.” < Greta Lund, head of the survey",
      "direct: “We will all have to move to higher ground.” < Tom Reed, farmer"]),
    ("The ice went.\n\n“The ice is thinner than ever before.”\n— Greta Lund (Tromsø)\n\nThe town voted on Friday.",
     ["direct: “The ice is thinner than ever before.” < Greta Lund (Tromsø)"]),
]  # fmt: skip

MARKDOWN = [
    ('"We will not go back," **Ana Reis** said.', ['direct: "We will not go back," < Ana Reis']),
    ('* "The plan is dead," said [Ana Reis](https://example.org/reis).', ['direct: "The plan is dead," < Ana Reis']),
    ("> “We will not go back to the old plan,” said Ana Reis.", ["direct: “We will not go back to the old plan,” < Ana Reis"]),
    ('1. _"We will not go back,"_ said Ana Reis.', ['direct: "We will not go back," < Ana Reis']),
    ("- ***Ana Reis*** said the plan was dead.", ["indirect: the plan was dead < Ana Reis"]),
    ("## Talks end\n\n“We will not go back,” said *Ana Reis*.", ["direct: “We will not go back,” < Ana Reis"]),
    ("“We will **not** go back,” said __Ana Reis__.", ["direct: “We will **not** go back,” < Ana Reis"]),
    ("> “We will not go back\n> to the old plan,” said Ana Reis.", ["direct: “We will not go back\n> to the old plan,” < Ana Reis"]),
    ("“We will not go back,” said [Ana Reis](<https://example.org/a b> \"page\").", ["direct: “We will not go back,” < Ana Reis"]),
]  # fmt: skip

QUOTES = {
    "single": SINGLE_MARKS,
    "dash": DASHES,
    "title": [(f"Bill Harker said he was sorry. {text}", ["indirect: he was sorry < Bill Harker"]) for text in TITLES],
    "signature": SIGNATURES,
    "markdown": MARKDOWN,
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [pytest.param(*one, id=f"{kind}-{n}") for kind, some in QUOTES.items() for n, one in enumerate(some)],
)
def test_quotes_are_found_in_texts_as_they_come(news: NewsPipeline, text: str, expected: list[str]) -> None:
    assert quotes_of(news, text) == expected


@pytest.mark.parametrize(("text", "expected"), SINGLE_PARAGRAPHS)
def test_speech_in_single_marks_over_paragraphs(news: NewsPipeline, text: str, expected: list[str]) -> None:
    for find in (news, find_layers):
        quotes = find(text).quotes or []
        direct = [quote for quote in quotes if quote.type == "direct"]
        content = [text[part.start : part.end] for quote in direct for part in quote.content]
        assert [part for whole in content for part in whole.split("\n") if part] == expected
        speakers = {text[quote.speaker.start : quote.speaker.end].lower() for quote in direct if quote.speaker}
        assert find is find_layers or all(quote.speaker for quote in direct)
        assert speakers <= {"farmer owen pryce", "owen pryce"}


WRAPPED = (
    "Prime Minister Maria de la Cruz met Foreign Secretary Sir Alan Whitcombe at the United Nations in New York on Monday. "
    "The bank cut 1,200 jobs in London and 300 in Paris, Finance Minister Anna Gray said on 3 May. “We will not pay for "
    "what others did,” she told the Financial Times, “and the people of South Africa know it.”"
)


def spans_of(find: Find, text: str) -> list[tuple[int, int, str]]:
    layers = find(text)
    spans = [(one.start, one.end, one.label) for one in layers.entities or ()]
    return spans + [(part.start, part.end, quote.type) for quote in layers.quotes or () for part in quote.content]


@pytest.mark.parametrize("width", [28, 34, 41, 50, 60, 72, 90])
@pytest.mark.parametrize("end", ["\n", " \n", "\r\n", "\n  "])
def test_a_wrapped_text_is_read_as_one_that_is_not(news: NewsPipeline, width: int, end: str) -> None:
    wrapped = textwrap.fill(WRAPPED, width, break_on_hyphens=False).replace("\n", end)
    for find in (news, find_layers):
        expected = [(WRAPPED[start:stop], label) for start, stop, label in spans_of(find, WRAPPED)]
        found = spans_of(find, wrapped)
        assert [(" ".join(wrapped[start:stop].split()), label) for start, stop, label in found] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Trans-\nport Secretary, Jane Hol-\nlis, said no.", "Jane Hol-\nlis PERSON"),
        (
            "Mayor Jean-\nPierre Dubois met the Anglo-\nIrish team in Dub-\nlin.",
            "Jean-\nPierre Dubois PERSON | Dub-\nlin GPE",
        ),
        (
            "Finance Minister Sa\u00ad\nrah Klein left Man\u00ad\nchester.",
            "Sa\u00ad\nrah Klein PERSON | Man\u00ad\nchester GPE",
        ),
        (
            "Mayor Resigns\nJane Hollis\nLEEDS — The mayor of Leeds resigned on\nFriday.",
            "Jane Hollis PERSON | LEEDS GPE | Friday DATE",
        ),
        ("Ana Reis\nTom Reed\nJane Hollis", "Ana Reis PERSON | Tom Reed PERSON | Jane Hollis PERSON"),
    ],
)
def test_words_and_names_over_lines(news: NewsPipeline, text: str, expected: str) -> None:
    check_names(news, text, expected)


INVISIBLE = ["\u00ad", "\u200b", "\u200c", "\u200d", "\u200e", "\u200f", "\u2060", "\ufeff", "\u202a", "\u2069"]


@pytest.mark.parametrize("mark", INVISIBLE)
def test_invisible_characters_change_nothing(news: NewsPipeline, mark: str) -> None:
    text = "Finance Minister Sarah Klein met Barclays in Manchester on Monday. “We will not pay,” she said."
    places = [
        text.index(part) + shift
        for part, shift in (
            ("Sarah", 2),
            ("Klein", 0),
            ("Barclays", 3),
            ("Manchester", 3),
            ("“We", 0),
            ("will", 2),
            ("pay,”", 5),
        )
    ]
    marked, kept = "", []
    for at, letter in enumerate(text):
        if at in places:
            marked += mark
        kept.append(len(marked))
        marked += letter
    for find in (news, find_layers):
        expected = [(kept[start], kept[end - 1] + 1, label) for start, end, label in spans_of(find, text)]
        assert spans_of(find, marked) == expected


@pytest.mark.parametrize("blank", [" ", "\t", "\n", "\u00a0", "\u200b", " \n"])
def test_long_runs_of_blanks_are_read_as_short_ones(news: NewsPipeline, blank: str) -> None:
    # the rules never see the run: what is left of it is as long for any number of blanks
    texts = [f"Ann{blank * count}Poe, who said she would go." for count in (40, 400_000)]
    assert len({len(read_plain(text).text) for text in texts}) == 1
    assert len(spans_of(news, texts[0])) == len(spans_of(news, texts[1]))


TRANSCRIPT = '"HALE: Will you go to Leeds?\n\n"POE: No.\n\n"I said so before.\n\n"HALE: Why not?"\n\nThey left.'


def test_turns_of_a_transcript_are_quotes_of_who_begins_them(news: NewsPipeline) -> None:
    assert quotes_of(news, TRANSCRIPT) == [
        "direct: Will you go to Leeds? < HALE",
        'direct: No. + "I said so before. < POE',
        'direct: Why not?" < HALE',
    ]


def test_two_lines_with_a_colon_are_no_transcript() -> None:
    assert find_turns("NOTE: It rained.\n\nHALE: No.\n\nPOE: Yes.") == []
