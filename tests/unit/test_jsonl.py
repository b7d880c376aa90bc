"""Records survive writing and reading; everything wrong in a file is reported together, with file and line."""

from __future__ import annotations

import gzip
import json
import random
import warnings
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.errors import AnnotateError, RecordError, RecordWarning
from annotate.files import sha256_text
from annotate.jsonl import decode_object, iter_objects, read_records, write_records
from annotate.problems import BOM
from annotate.records import Annotation, Entity, GoldRecord, Layers, Prediction, annotated_layers

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


@given(texts, st.data())
def test_writing_and_reading_is_the_identity(
    tmp_path_factory: pytest.TempPathFactory, text: str, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    record = Annotation(
        id=data.draw(texts),
        annotator="a",
        text=text,
        text_sha256=sha256_text(text),
        entities=[Entity(start, end, "X", text=text[start:end], origin="manual")],
        claims=[],
        predicted=Layers(entities=[]),
    )
    path = tmp_path_factory.getbasetemp() / "records.jsonl"
    assert write_records(path, [record, Annotation(id=record.id, annotator="b")]) == 2
    back = read_records(path, Annotation)
    assert back == [record, Annotation(id=record.id, annotator="b")]
    assert annotated_layers(back[0]) == ("entities", "claims")


def to_json(pairs: object, chance: random.Random) -> str:
    """JSON with blanks and escapes at random; objects are lists of pairs, so that a key may be there twice."""

    def blank() -> str:
        return chance.choice(["", "", " ", "\t"])

    if isinstance(pairs, str):
        return "".join(f"\\u{ord(c):04x}" if chance.random() < 0.3 else json.dumps(c)[1:-1] for c in pairs).join('""')
    if isinstance(pairs, tuple):
        inner = [f"{blank()}{to_json(key, chance)}{blank()}:{blank()}{to_json(value, chance)}" for key, value in pairs]
        return "{" + ",".join(inner) + "}"
    return json.dumps(pairs)


@given(
    st.recursive(
        st.integers(0, 9) | st.text('a:" \\', max_size=3),
        lambda inner: st.lists(st.tuples(st.sampled_from(["a", ":", 'b":', "é"]), inner), max_size=4).map(tuple),
        max_leaves=12,
    ).filter(lambda value: isinstance(value, tuple)),
    st.randoms(use_true_random=False),
)
def test_a_key_that_appears_twice_is_refused_however_it_is_written(pairs: object, chance: random.Random) -> None:
    line = to_json(pairs, chance).encode()

    def twice(pairs: list[tuple[str, object]]) -> dict[str, object]:
        if len(dict(pairs)) != len(pairs):
            raise KeyError
        return dict(pairs)

    try:
        expected = json.loads(line, object_pairs_hook=twice)
    except KeyError:
        with pytest.raises(ValueError, match="appears twice in one object"):
            decode_object(line)
    else:
        assert decode_object(line) == expected


LINES = [
    '{"id": "ok", "entities": []}',
    '{"id": "bool", "entities": [{"start": true, "end": 3, "label": "A"}]}',
    '{"id": "float", "entities": [{"start": 1.0, "end": 3, "label": "A"}]}',
    '{"id": "string", "entities": [{"start": "1", "end": 3, "label": "A"}]}',
    '{"id": "missing", "entities": [{"start": 1, "label": "A"}]}',
    '{"id": "broken", ',
    '{"text": "no id"}',
    "[1, 2]",
    '{"id": "ok"}',
    '{"id": "range", "text": "abc", "entities": [{"start": 1, "end": 9, "label": "A"}]}',
    '{"id": "hash", "text": "abc", "text_sha256": "00"}',
    '{"id": "type", "quotes": [{"type": "free", "content": []}]}',
    '{"id": ""}',
]


def test_all_problems_of_a_file_come_together(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text("\n".join(LINES), "utf-8")
    with pytest.raises(RecordError) as caught:
        read_records(path, Prediction)
    problems = caught.value.problems
    assert len(problems) == 12
    for number, word in [
        (2, "entities[0].start: expected `int`, got `bool`"),
        (3, "got `float`"),
        (4, "got `str`"),
        (5, "missing required field `end`"),
        (6, "not a JSON object"),
        (7, "missing required field `id`"),
        (8, "a JSON array; expected an object"),
        (10, "entities[0] is [1, 9)"),
        (11, "not the hash"),
        (12, "quotes[0].type"),
        (13, "empty id"),
    ]:
        assert any(problem.startswith(f"{path}:{number}:") and word in problem for problem in problems), (
            number,
            problems,
        )
    assert any("ok: a second record with this id" in problem for problem in problems)


def test_bytes_that_are_not_utf8_are_a_problem_of_their_line(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_bytes(b'{"id": "a"}\n{"id": "\xff"}\n')
    with pytest.raises(RecordError, match=r"p\.jsonl:2: not UTF-8 at byte 8"):
        read_records(path, Prediction)


def test_missing_file_is_one_message(tmp_path: Path) -> None:
    with pytest.raises(AnnotateError, match=r"absent\.jsonl: cannot be read \(No such file"):
        read_records(tmp_path / "absent.jsonl", Prediction)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    write_records(path, [Prediction(id="old")])

    def broken() -> object:
        yield Prediction(id="new")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_records(path, broken())  # type: ignore[arg-type]
    assert [record.id for record in read_records(path, Prediction)] == ["old"]
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_made_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(AnnotateError, match="cannot be written"):
        write_records(tmp_path / "file" / "out.jsonl", [Prediction(id="a")])


def test_gold_reads_what_the_contract_names() -> None:
    import msgspec

    line = b"""{"id": "g", "text": "abc", "annotators": ["x"], "decided_by": "y", "split": "dev", "cluster": "c",
      "entities": [{"start": 0, "end": 1, "label": "A", "alt_labels": ["B"]}],
      "ignore": [{"start": 1, "end": 2, "layer": "quotes"}], "excluded": [{"start": 0, "end": 1}],
      "sentences": [{"start": 0, "end": 3}], "somebody_elses_key": 1}"""
    gold = msgspec.json.decode(line, type=GoldRecord)
    assert gold.ignore is not None
    assert gold.ignore[0].layer == "quotes"
    assert gold.excluded is not None
    assert gold.sentences is not None
    assert gold.entities is not None
    assert gold.entities[0].alt_labels == ["B"]


def test_misspelt_keys_are_named_with_their_count_and_the_known_key(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(
        '{"id": "a", "annotator": "x", "text": "abc", "entities": []}\n'
        '{"id": "b", "annotator": "x", "text": "abc", "entitites": [], "source": 1, "spans": []}\n'
        '{"id": "c", "annotator": "x", "text": "abc", "entitites": [], "Status": "skipped",'
        ' "quotes": [{"type": "direct", "content": [{"start": 0, "end": 1}], "speeker": {"start": 1, "end": 2}}]}\n'
    )
    with pytest.warns(RecordWarning) as caught:
        assert len(read_records(path, Annotation)) == 3
    assert [str(warning.message).removeprefix(f"{path}:") for warning in caught] == [
        "2: the key 'entitites' is no key of such a record and was passed over, 2 times; did you mean 'entities'?",
        "3: the key 'Status' is no key of such a record and was passed over, once; did you mean 'status'?",
        "3: the key 'speeker' is no key of such a record and was passed over, once; did you mean 'speaker'?",
    ]


def test_keys_of_other_records_and_of_ones_own_are_no_misspelt_ones(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text('{"id": "a", "decided_by": "x", "entities": [], "entity": 1, "tokens": [], "notes": "y"}\n')
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(read_records(path, Prediction)) == 1


@pytest.mark.parametrize(
    ("kind", "named"), [(Annotation, "an annotation"), (Prediction, "a prediction"), (GoldRecord, "a gold record")]
)
def test_a_problem_names_the_kind_of_record_that_was_expected(tmp_path: Path, kind: type, named: str) -> None:
    path = tmp_path / "records.jsonl"
    path.write_text('{"id": "a", "text": "Rain.", "entities": 3}\n')
    with pytest.raises(RecordError, match=rf"records\.jsonl:1: a: entities: .* \(expected {named}\)$"):
        read_records(path, kind)


@pytest.mark.parametrize("kind", [Prediction, Annotation, GoldRecord])
def test_ids_may_be_whole_numbers(kind: type[Prediction], tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text('{"id": 7, "annotator": "x", "entities": []}\n{"id": "8", "annotator": "x"}\n')
    assert [record.id for record in read_records(path, kind)] == ["7", "8"]
    for wrong in ("7.0", "true", "[7]", "null"):
        path.write_text(f'{{"id": {wrong}, "annotator": "x"}}')
        with pytest.raises(RecordError, match=r"p\.jsonl:1: id: "):
            read_records(path, kind)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (gzip.compress(b'{"id": "a"}\n' * 3), "packed (gzip), not text; unpack it first"),
        ('{"id": "a"}\n'.encode("utf-16"), "UTF-16; save the file as UTF-8"),
        (json.dumps({"id": "a", "entities": []}, indent=1).encode(), "jq -c . OLD > NEW"),
        (json.dumps([{"id": "a"}, {"id": "b"}], indent=1).encode(), "jq -c '.[]' OLD > NEW"),
        (b'[{"id": "a"},\n{"id": "b"}]\n', "jq -c '.[]' OLD > NEW"),
        (b'[{"id": "a"}, {"id": "b"}]\n', "jq -c '.[]' OLD > NEW"),
    ],
    ids=[
        "packed",
        "UTF-16",
        "objects over lines",
        "an array over lines",
        "an array, a line each",
        "an array on one line",
    ],
)
def test_a_file_of_another_kind_is_one_problem(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "p.jsonl"
    path.write_bytes(content)
    with pytest.raises(RecordError) as raised:
        read_records(path, Prediction)
    (sentence,) = raised.value.problems
    assert sentence.startswith(f"{path}: ")
    assert problem in sentence


def test_joined_files_may_each_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "P.jsonl"
    path.write_bytes(b"".join(BOM + json.dumps({"id": name, "entities": []}).encode() + b"\n" for name in "ab"))
    assert [record.id for record in read_records(path, Prediction)] == ["a", "b"]
    assert [found["id"] for _, found in iter_objects(path, problems=[])] == ["a", "b"]


@pytest.mark.parametrize("blank", ["", " ", "\t"])
def test_a_number_beyond_64_bits_is_a_problem_with_its_line(tmp_path: Path, blank: str) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text(f'{{"id":"a","entities":[{{"start":0,"end":{blank}{10**30},"label":"PERSON"}}]}}\n')
    with pytest.raises(RecordError) as raised:
        read_records(path, Prediction)
    (sentence,) = raised.value.problems
    assert sentence.startswith(f"{path}:1: ")
    assert "64 bits" in sentence
