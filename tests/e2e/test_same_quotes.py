"""Quotes in pieces score the same from every format, and pieces that overlap are refused in all of them."""

from __future__ import annotations

import itertools
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from annotate.jsonl import write_records
from annotate.records import GoldRecord, Quote, Span
from tests.support.commands import run

WORDS = ["She", "said", "“We", "go", "now,”", "Ana", "told", "us", "“and", "soon.”", "He", "left"]
TEXT = " ".join(WORDS)
STARTS = [sum(len(word) + 1 for word in WORDS[:n]) for n in range(len(WORDS))]
TYPES = ("direct", "indirect", "mixed")

Words = tuple[int, int]
#: The type, the pieces and the speaker of a quote, in words [first, last).
Drawn = tuple[str, list[Words], Words | None]


def place(words: Words) -> tuple[int, int]:
    first, last = words
    return STARTS[first], STARTS[last - 1] + len(WORDS[last - 1])


def parted(pieces: list[Words]) -> bool:
    """Whether no piece touches another: formats join what touches, which scores the same."""
    ordered = sorted(pieces)
    return all(left[1] < right[0] for left, right in itertools.pairwise(ordered))


span = st.tuples(st.integers(0, len(WORDS) - 1), st.integers(1, 3)).map(lambda w: (w[0], min(w[0] + w[1], len(WORDS))))
drawn = st.tuples(st.sampled_from(TYPES), st.lists(span, min_size=1, max_size=3, unique=True), st.none() | span)


def to_quote(quote: Drawn) -> Quote:
    kind, pieces, speaker = quote
    content = [Span(*place(piece)) for piece in sorted(pieces)]
    return Quote(kind, content, Span(*place(speaker)) if speaker else None)  # type: ignore[arg-type]


def plain(quotes: list[Drawn]) -> list[dict[str, Any]]:
    def as_dict(words: Words) -> dict[str, int]:
        return dict(zip(("start", "end"), place(words), strict=True))

    return [
        {
            "type": kind,
            "content": [as_dict(piece) for piece in pieces],
            **({"speaker": as_dict(speaker)} if speaker else {}),
        }
        for kind, pieces, speaker in quotes
    ]


# ------------------------------------------------------------------------- the same predictions, as others write them


def jsonl(path: Path, quotes: list[Drawn]) -> None:
    path.write_text(json.dumps({"id": "a", "quotes": plain(quotes)}))


def hf(path: Path, quotes: list[Drawn]) -> None:
    import datasets

    datasets.Dataset.from_list([{"id": "a", "text": TEXT, "quotes": plain(quotes)}]).save_to_disk(path)


def label_studio(path: Path, quotes: list[Drawn]) -> None:
    result: list[dict[str, Any]] = []

    def mark(key: str, words: Words, label: str) -> None:
        start, end = place(words)
        value = {"start": start, "end": end, "labels": [label]}
        result.append({"id": key, "from_name": "ner", "to_name": "t", "type": "labels", "value": value})

    for n, (kind, pieces, speaker) in enumerate(quotes):
        for i, piece in enumerate(pieces):
            mark(f"q{n}-{i}", piece, "QUOTE")
            if i:
                result.append({"type": "relation", "from_id": f"q{n}-0", "to_id": f"q{n}-{i}", "labels": ["continues"]})
        result.append({"id": f"q{n}-0", "from_name": "quote_type", "type": "choices", "value": {"choices": [kind]}})
        if speaker:
            mark(f"s{n}", speaker, "SPEAKER")
            result.append({"type": "relation", "from_id": f"q{n}-0", "to_id": f"s{n}", "labels": ["speaker"]})
    path.write_text(json.dumps([{"data": {"text": TEXT, "doc_id": "a"}, "predictions": [{"result": result}]}]))


def prodigy(path: Path, quotes: list[Drawn]) -> None:
    spans: list[dict[str, Any]] = []
    relations: list[dict[str, Any]] = []

    def mark(key: str, words: Words, label: str, **more: Any) -> dict[str, Any]:
        start, end = place(words)
        spans.append({"start": start, "end": end, "label": label, "key": key, **more})
        return spans[-1]

    for n, (kind, pieces, speaker) in enumerate(quotes):
        head = mark(f"q{n}", pieces[0], "QUOTE", attributes={"quote_type": kind})
        for i, piece in enumerate(pieces[1:], 1):
            relations.append({"label": "continues", "head_span": head, "child_span": mark(f"q{n}-{i}", piece, "QUOTE")})
        if speaker:
            other = mark(f"s{n}", speaker, "SPEAKER")
            relations.append({"label": "speaker", "head_span": head, "child_span": other})
    path.write_text(json.dumps({"text": TEXT, "spans": spans, "relations": relations, "meta": {"id": "a"}}))


def brat(path: Path, quotes: list[Drawn], *, tied: bool = False) -> None:
    path.mkdir()
    (path / "a.txt").write_text(TEXT)
    lines: list[str] = []
    numbers = iter(range(1, 99))

    def mark(pieces: list[Words], label: str) -> int:
        number = next(numbers)
        ranges = [place(piece) for piece in pieces]
        spelled = ";".join(f"{start} {end}" for start, end in ranges)
        lines.append(f"T{number}\t{label} {spelled}\t{' '.join(TEXT[start:end] for start, end in ranges)}\n")
        return number

    def tie(label: str, one: int, other: int) -> None:
        lines.append(f"R{next(numbers)}\t{label} Arg1:T{one} Arg2:T{other}\n")

    for kind, pieces, speaker in quotes:
        head = mark(pieces[:1] if tied else pieces, "QUOTE")
        lines.append(f"A{next(numbers)}\tquote_type T{head} {kind}\n")
        for piece in pieces[1:] if tied else ():
            tie("continues", head, mark([piece], "QUOTE"))
        if speaker:
            tie("speaker", head, mark([speaker], "SPEAKER"))
    (path / "a.ann").write_text("".join(lines))
    (path / "annotation.conf").write_text("[entities]\nQUOTE\nSPEAKER\n")


def brat_tied(path: Path, quotes: list[Drawn]) -> None:
    brat(path, quotes, tied=True)


def spacy(path: Path, quotes: list[Drawn]) -> None:
    from spacy.tokens import Doc, DocBin
    from spacy.tokens import Span as Tokens
    from spacy.vocab import Vocab

    doc = Doc(Vocab(), words=WORDS, spaces=[True] * (len(WORDS) - 1) + [False])
    doc.user_data["id"] = "a"
    doc.spans["quotes"] = [
        Tokens(doc, *piece, kind, span_id=f"q{n}") for n, (kind, pieces, _) in enumerate(quotes) for piece in pieces
    ]
    doc.spans["speakers"] = [
        Tokens(doc, *speaker, "speakers", span_id=f"q{n}") for n, (_, _, speaker) in enumerate(quotes) if speaker
    ]
    DocBin(docs=[doc], store_user_data=True).to_disk(path)


def conll(path: Path, quotes: list[Drawn]) -> None:
    lanes: list[list[tuple[str, str]]] = []
    for n, (kind, pieces, speaker) in enumerate(quotes, 1):
        for first, last, label in [(*piece, kind) for piece in pieces] + ([(*speaker, "SPEAKER")] if speaker else []):
            lane = [("O", "_")] * len(WORDS)
            lane[first:last] = [(f"{'I' if i else 'B'}-{label}", str(n)) for i in range(last - first)]
            lanes.append(lane)
    names = [f"ANNOTATE:QUOTES{i or ''}{end}" for i in [0, *range(2, len(lanes) + 1)] for end in ("", "_ITEM")]
    lines = ["# global.columns = FORM " + " ".join(names), "# newdoc id = a"]
    lines += ["\t".join([word, *(cell for lane in lanes for cell in lane[i])]) for i, word in enumerate(WORDS)]
    path.write_text("\n".join(lines))


FORMATS: dict[str, tuple[str, Callable[[Path, list[Drawn]], None]]] = {
    "Label Studio": ("labelstudio", label_studio),
    "Prodigy": ("prodigy", prodigy),
    "brat": ("brat", brat),
    "brat, pieces tied": ("brat", brat_tied),
    "spaCy": ("spacy", spacy),
    "columns": ("conll", conll),
    "a dataset": ("hf", hf),
}


def score(*arguments: object) -> dict[str, Any] | str:
    """The values and counts, or `refused`."""
    result = run("score", *arguments, "--format", "json", "--trials", 0, code=None)
    if result.exit_code:
        assert result.exit_code == 1, result.output
        assert "quotes[" in result.stderr, result.stderr
        assert "has fragments that overlap" in result.stderr, result.stderr
        return "refused"
    found: dict[str, Any] = json.loads(result.stdout)
    return {name: found[name] for name in ("measures", "counts")}


@given(st.lists(drawn, min_size=1, max_size=3), st.lists(drawn.filter(lambda quote: parted(quote[1])), max_size=2))
@example([("direct", [(2, 5), (3, 6)], (5, 6))], [("direct", [(2, 6)], (5, 6))])
@example([("mixed", [(0, 5), (2, 3)], None)], [("direct", [(2, 6)], (5, 6))])
@example([("direct", [(2, 5), (8, 10)], (5, 6))], [("direct", [(2, 5), (8, 10)], (5, 6))])
@settings(max_examples=4)
def test_quotes_in_pieces_score_the_same_from_every_format(found: list[Drawn], known: list[Drawn]) -> None:
    quotes = list({(q.type, *((f.start, f.end) for f in q.content)): q for q in map(to_quote, known)}.values())
    with tempfile.TemporaryDirectory() as folder:
        gold, ours = Path(folder, "gold.jsonl"), Path(folder, "p.jsonl")
        write_records(gold, [GoldRecord(id="a", text=TEXT, quotes=quotes)])
        jsonl(ours, found)
        expected = score(ours, "--gold", gold)
        for name, (format, write) in FORMATS.items():
            write(Path(folder, name), found)
            assert score(Path(folder, name), "--from", format, "--gold", gold) == expected, name
