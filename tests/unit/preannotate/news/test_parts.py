"""The parts of the bundled pipeline that need no weights: words, marks, windows, chains, links, names."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.preannotate.news.entities import tidy_entities
from annotate.preannotate.news.found_entity import FoundEntity
from annotate.preannotate.news.linking import FoundQuote, Piece, Place, link_pieces
from annotate.preannotate.news.network import Chain
from annotate.preannotate.news.passage import WordPieces, cut_windows, read_passage, split_words
from annotate.preannotate.news.quotes import finish_quotes, resolve_speakers
from annotate.text.quotation import find_paragraphs, find_stretches

PIECES = WordPieces(
    ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"abcdefghijklmnopqrstuvwxyz", *(f"##{c}" for c in "abcdefgh")]
)
SURE = (-0.01, -0.01, -0.01)

any_text = st.text(
    st.one_of(st.sampled_from("\"“”‘’'`«».,!?\n\r ()[]-ab1AB\u200fא😀\0\u0301"), st.characters(codec="utf-8")),
    max_size=200,
)


@settings(deadline=None)
@given(any_text)
def test_words_are_in_order_and_leave_out_only_white_space(text: str) -> None:
    spans = split_words(text)
    assert all(start < end for start, end in spans)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))
    covered = {at for start, end in spans for at in range(start, end)}
    assert all(at in covered or text[at].isspace() for at in range(len(text)))


def test_wordpieces_are_those_of_the_reference_tokenizer() -> None:
    tokenizers = pytest.importorskip("tokenizers")
    vocabulary = {piece: number for number, piece in enumerate(PIECES.vocabulary)}
    reference = tokenizers.BertWordPieceTokenizer(vocabulary, lowercase=True)
    for text in ("Abcd éfg hab", "caféh (ab) ab-cd", "Ünseen z zz", "İstanbul", "a" * 120):
        ours = [piece for start, end in split_words(text) for piece in PIECES(text[start:end])]
        assert ours == reference.encode(text, add_special_tokens=False).ids


@settings(deadline=None)
@given(any_text)
def test_stretches_stay_within_their_paragraph(text: str) -> None:
    paragraphs = find_paragraphs(text)
    for start, end, _ in find_stretches(text):
        assert any(first <= start < end <= last for first, last in paragraphs)


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


@settings(deadline=None)
@given(any_text, st.integers(1, 30), st.integers(1, 30))
def test_windows_cover_every_word_once(text: str, longest: int, first: int) -> None:
    passage = read_passage(text, PIECES)
    windows = cut_windows(passage, longest=longest, first=first)
    assert [at for start, stop in windows for at in range(start, stop)] == list(range(len(passage)))
    for start, stop in windows:
        assert stop - start == 1 or sum(len(piece) for piece in passage.pieces[start:stop]) <= max(longest, first)


def test_windows_end_where_a_paragraph_ends() -> None:
    passage = read_passage("ab cd ef\n\ngh ab cd\n\nef gh", PIECES)
    cut = cut_windows(passage, longest=sum(len(piece) for piece in passage.pieces[:7]))
    assert cut == [(0, 6), (6, 8)]


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_chain_agrees_with_trying_every_sequence(seed: int) -> None:
    numbers = np.random.default_rng(seed)
    tags = ("O", "B-a", "I-a", "B-b", "I-b")
    moves, first = numbers.normal(size=(5, 5)).astype(np.float32), numbers.normal(size=5).astype(np.float32)
    chain = Chain.of(tags, moves, first)
    windows = [numbers.normal(size=(length, 5)).astype(np.float32) for length in (1, 4, 3)]
    for scores, best, odds in zip(windows, chain.best(windows), chain.probabilities(windows), strict=True):
        totals = {}
        for path in itertools.product(range(5), repeat=len(scores)):
            legal = all(
                not tags[after].startswith("I") or (before is not None and tags[before][1:] == tags[after][1:])
                for before, after in itertools.pairwise((None, *path))
            )
            if legal:
                steps = sum(moves[before, after] for before, after in itertools.pairwise(path))
                totals[path] = float(first[path[0]] + steps + sum(scores[at, tag] for at, tag in enumerate(path)))
        weights = {path: np.exp(total) for path, total in totals.items()}
        expected = np.zeros_like(odds)
        for path, weight in weights.items():
            expected[np.arange(len(path)), list(path)] += weight / sum(weights.values())
        assert tuple(best) == max(totals, key=totals.__getitem__)
        np.testing.assert_allclose(odds, expected, atol=1e-4)


def test_content_on_both_sides_of_a_cue_is_one_quote() -> None:
    # "content said X content"; the pointers favour the cue a little, and do not know the speaker.
    pieces = [
        Piece(0, 5, "content", SURE),
        Piece(6, 7, "cue", SURE),
        Piece(7, 8, "speaker", SURE),
        Piece(9, 14, "content", SURE),
    ]
    flat = np.full((20, 20), np.log(1 / 20), dtype=np.float32)
    zeros = np.zeros(20, dtype=np.int64)
    anchors = flat.copy()
    anchors[:, 6] = np.log(0.8)
    (quote,) = link_pieces(pieces, anchors, flat, Place(zeros, zeros))
    assert quote.content == [pieces[0], pieces[3]]
    assert (quote.cue, quote.speaker) == (pieces[1], pieces[2])


def tidied(text: str, *names: tuple[str, str]) -> list[tuple[str, str]]:
    found, at = [], 0
    for words, label in names:
        at = text.index(words, at)
        found.append(FoundEntity(at, at + len(words), label, SURE))
        at += len(words)
    return [(text[name.start : name.end], name.label) for name in tidy_entities(text, found)]


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        ("He met the White House staff", [("the White House", "ORG")], [("White House", "ORG")]),
        ("Sen. Ann Lee spoke", [("Sen. Ann Lee", "PERSON")], [("Ann Lee", "PERSON")]),
        ("Iraq’s army", [("Iraq’s", "GPE")], [("Iraq", "GPE")]),
        ("Biden\n\nBiden spoke", [("Biden\n\nBiden", "PERSON")], [("Biden", "PERSON"), ("Biden", "PERSON")]),
        ("COVID-19 rose", [("19", "CARDINAL")], []),
        ("It cost $5.2 million there", [("5.2 million", "CARDINAL")], [("$5.2 million", "MONEY")]),
        ("Up 12 percent", [], [("12 percent", "PERCENT")]),
        ("Lord Ashby met Scotsman Ian Roe", [("Scotsman Ian Roe", "PERSON")], [("Ian Roe", "PERSON")]),
        ("Then Ian Roe, Jr. spoke", [("Ian Roe", "PERSON")], [("Ian Roe, Jr.", "PERSON")]),
        ("Henry VIII ruled", [("Henry", "PERSON")], [("Henry VIII", "PERSON")]),
        ("Osorkon II ruled", [("Osorkon II", "GPE")], [("Osorkon II", "PERSON")]),
        ("Georgina and Christopher Vale left", [("Christopher Vale", "GPE")], [("Christopher Vale", "PERSON")]),
        ("He lived in Christopher Vale", [("Christopher Vale", "GPE")], [("Christopher Vale", "GPE")]),
        ("They sailed on Sandy River", [("Sandy River", "LOC")], [("Sandy River", "LOC")]),
        ("It is now wet in May", [("now", "DATE"), ("May", "DATE")], [("May", "DATE")]),
        (
            "Up to 14 rockets and around 20 men",
            [("14", "CARDINAL"), ("20", "CARDINAL")],
            [("Up to 14", "CARDINAL"), ("around 20", "CARDINAL")],
        ),
        ("The US sent the USS Gerald Ford there", [], [("US", "GPE"), ("USS Gerald Ford", "PRODUCT")]),
        ("Islamic State fell; IS fled", [], [("Islamic State", "ORG"), ("IS", "ORG")]),
        ("THIS IS NEWS; it IS so", [], []),
        ("They crossed the Gobi desert", [("Gobi desert", "LOC")], [("Gobi", "LOC")]),
        (
            "A pro-Moscow party in eastern Moravia",
            [("pro-Moscow", "GPE"), ("eastern Moravia", "GPE")],
            [("Moscow", "GPE"), ("Moravia", "GPE")],
        ),
        ("The Government of Freedonia met", [("Freedonia", "GPE")], [("Government of Freedonia", "ORG")]),
        ("The Republic of Freedonia met", [("Republic of Freedonia", "ORG")], [("Republic of Freedonia", "GPE")]),
        ("Shia men left Arcadia", [("Shia", "NORP"), ("Arcadia", "NORP")], [("Shia", "NORP"), ("Arcadia", "GPE")]),
        (
            "Ann Chu of XYZ met JFK",
            [("Ann Chu", "PERSON"), ("XYZ", "PERSON"), ("JFK", "PERSON")],
            [("Ann Chu", "PERSON"), ("XYZ", "ORG"), ("JFK", "PERSON")],
        ),
        (
            "Mustafa al-Kadhimi left. Kadhimi spoke.",
            [("Mustafa al-Kadhimi", "PERSON"), ("Kadhimi", "ORG")],
            [("Mustafa al-Kadhimi", "PERSON"), ("Kadhimi", "PERSON")],
        ),
        (
            "Mustafa al-Kadhimi left. Later, Kadhimi spoke.",
            [("Mustafa al-Kadhimi", "PERSON")],
            [("Mustafa al-Kadhimi", "PERSON"), ("Kadhimi", "PERSON")],
        ),
    ],
)
def test_names_are_tidied(text: str, names: list[tuple[str, str]], expected: list[tuple[str, str]]) -> None:
    assert tidied(text, *names) == expected


def test_a_direct_quote_takes_its_marks_and_the_speaker_of_the_one_before() -> None:
    text = "“We will go,” Ann said.\n\n“We will all go home today then.”"
    passage = read_passage(text, PIECES)
    ann, said = text.index("Ann"), text.index("said")
    found = [FoundQuote("direct", [(1, 12)], (said, said + 4), (ann, ann + 3), (0.0,) * 5)]
    first, second = finish_quotes(passage, found)
    assert [text[start:end] for start, end in first.content] == ["“We will go,”"]
    assert (first.type, second.type) == ("direct", "direct")
    assert second.speaker is not None
    assert text[slice(*second.speaker)] == "Ann"


def test_pronouns_and_titles_stand_for_the_last_plausible_person() -> None:
    text = "Iraqi Prime Minister Mustafa al-Kadhimi met President Joe Biden. The Iraqi prime minister agreed. He left."
    names = [
        FoundEntity(text.index(name), text.index(name) + len(name), "PERSON", SURE)
        for name in ("Mustafa al-Kadhimi", "Joe Biden")
    ]
    quotes = [
        FoundQuote("indirect", [(0, 1)], None, (text.index(words), text.index(words) + len(words)), ())
        for words in ("President Joe Biden", "The Iraqi prime minister", "He")
    ]
    assert resolve_speakers(text, quotes, names) == [None, "Mustafa al-Kadhimi", "Mustafa al-Kadhimi"]
