"""Training: what a document teaches, the loss, the replacement of names, and the way to ONNX and back."""

from __future__ import annotations

import itertools
import random
import shutil
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
pytest.importorskip("faker")

from safetensors.torch import load_file  # noqa: E402

from annotate.errors import AnnotateError  # noqa: E402
from annotate.files import resource_dir  # noqa: E402
from annotate.preannotate.news.network import (  # noqa: E402
    CLAIM_TAGS,
    ENTITY_LABELS,
    ENTITY_TAGS,
    OUTPUTS,
    ROLE_TAGS,
    NewsNetwork,
)
from annotate.preannotate.news.passage import WordPieces, read_passage  # noqa: E402
from annotate.preannotate.news.pipeline import MODEL  # noqa: E402
from annotate.records import Entity, GoldRecord, Quote, Region, Span  # noqa: E402
from annotate.training.corpora import read_claim_articles, read_other_articles  # noqa: E402
from annotate.training.crf import Crf  # noqa: E402
from annotate.training.examples import UNKNOWN, Answers, ClaimAnswer, Document, certain, make_answers, slice_answers  # noqa: E402
from annotate.training.export import OneWindow, export_network  # noqa: E402
from annotate.training.gazetteers import Gazetteers  # noqa: E402
from annotate.training.improve import split_records, to_document, train  # noqa: E402
from annotate.training.loop import Window, make_batches, to_tensors  # noqa: E402
from annotate.training.model import Network  # noqa: E402
from annotate.training.replace import replace_names  # noqa: E402
from annotate.training.weights import restore_network, write_weights  # noqa: E402
from tests.support.spans import range_of  # noqa: E402

VOCABULARY = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    *"abcdefghijklmnopqrstuvwxyz",
    *(f"##{c}" for c in "abcdefghijklmnopqrstuvwxyz"),
]
PIECES = WordPieces(VOCABULARY)
GAZETTEERS = Gazetteers(1)
TEXT = "Ann Lee told Bob that he won. “I did not,” Bob Ray said in Rome."
part = partial(range_of, TEXT)


def document() -> Document:
    return Document(
        TEXT,
        quotes=[
            {"content": [part("he won")], "speaker": part("Ann Lee"), "cue": part("told")},
            {"content": [part("“I did not,”")], "speaker": part("Bob Ray"), "cue": part("said")},
        ],
        entities=[
            (*part("Ann Lee"), frozenset({"PERSON"})),
            (*part("Bob"), frozenset({"PERSON"})),
            (*part("Bob Ray"), frozenset({"PERSON"})),
            (*part("Rome"), frozenset({"GPE", "LOC"})),
        ],
        annotated=frozenset(ENTITY_LABELS) - {"DATE"},
        unknown_quotes=[part("in Rome")],
        claims=[
            ClaimAnswer(*part("he won"), certain("event"), 0.9, part("Ann Lee")),
            ClaimAnswer(*part("Bob Ray said in Rome"), certain("other"), None, None),
        ],
    )


def test_answers_say_who_spoke_and_what_is_unknown() -> None:
    passage = read_passage(TEXT, PIECES)
    words = [TEXT[start:end] for start, end in passage.spans]
    answers = make_answers(document(), passage)
    told, said, bob = words.index("told"), words.index("said"), words.index("Ray") - 1
    assert answers.anchors[words.index("won")] == told
    assert answers.speakers[told] == words.index("Ann")
    assert answers.speakers[said] == bob
    assert answers.roles[words.index("Rome")].all()
    assert [ROLE_TAGS[tag] for tag in answers.roles[words.index("“")].nonzero()[0]] == ["B-content"]
    rome = {ENTITY_TAGS[tag] for tag in answers.entities[words.index("Rome")].nonzero()[0]}
    assert rome == {"B-GPE", "B-LOC"}
    outside = {ENTITY_TAGS[tag] for tag in answers.entities[told].nonzero()[0]}
    assert outside == {"O", "B-DATE", "I-DATE"}
    won = words.index("won")
    assert [CLAIM_TAGS[int(row.argmax())] for row in answers.claims[won - 1 : won + 2]] == ["B-claim", "I-claim", "O"]
    assert (answers.owners[won], answers.claimers[won], answers.worth[won]) == (won - 1, 0, np.float32(0.9))
    assert tuple(answers.kinds[won]) == certain("event")
    assert (answers.owners[said], answers.claimers[said], answers.worth[said]) == (bob, bob, UNKNOWN)


def test_a_window_forgets_what_lies_outside_it() -> None:
    passage = read_passage(TEXT, PIECES)
    answers = make_answers(document(), passage)
    half = slice_answers(answers, 4, len(passage))
    assert half.roles[0].any()
    assert half.anchors[1] == UNKNOWN
    assert half.claimers[half.owners != UNKNOWN].tolist()[:1] == [UNKNOWN]  # Ann Lee is before the window
    middle = slice_answers(answers, 1, 6)
    assert [ENTITY_TAGS[tag] for tag in middle.entities[0].nonzero()[0]] == ["B-PERSON"]


@settings(max_examples=20)
@given(st.integers(0, 2**31))
def test_crf_loss_is_minus_the_log_share_of_the_allowed_sequences(seed: int) -> None:
    torch.manual_seed(seed)
    tags = ("O", "B-a", "I-a")
    crf = Crf(tags)
    torch.nn.init.normal_(crf.moves)
    torch.nn.init.normal_(crf.first)
    scores = torch.randn(1, 4, 3)
    allowed = torch.rand(1, 4, 3) > 0.4
    allowed[..., 0] = True
    present = torch.tensor([[True, True, True, False]])
    total = wanted = 0.0
    for path in itertools.product(range(3), repeat=3):
        if any(tag == 2 and before not in (1, 2) for before, tag in itertools.pairwise((0, *path))):
            continue
        value = crf.first[path[0]] + sum(crf.moves[one, two] for one, two in itertools.pairwise(path))
        weight = float(torch.exp(value.detach() + sum(scores[0, at, tag] for at, tag in enumerate(path))))
        total += weight
        wanted += weight * all(bool(allowed[0, at, tag]) for at, tag in enumerate(path))
    assert float(crf.loss(scores, allowed, present)) == pytest.approx(-np.log(wanted / total), abs=1e-3)


@settings(max_examples=40)
@given(st.integers(0, 2**31))
def test_replacing_names_moves_every_span_with_its_words(seed: int) -> None:
    before = document()
    after = replace_names(before, share=1.0, gazetteers=GAZETTEERS, chance=random.Random(seed))
    assert after.quotes is not None
    assert after.entities is not None
    said, did = after.quotes
    assert [after.text[slice(*span)] for span in (said["cue"], said["content"][0])] == ["told", "he won"]
    assert [after.text[slice(*span)] for span in (did["cue"], did["content"][0])] == ["said", "“I did not,”"]
    names = [after.text[start:end] for start, end, _ in after.entities]
    assert after.text[slice(*said["speaker"])] == names[0]
    assert names[0] != "Ann Lee"
    assert f"told {names[1]} that he won." in after.text


def test_batches_hold_every_window_and_little_padding() -> None:
    passage = read_passage(TEXT, PIECES)
    answers = make_answers(document(), passage)
    windows = [
        Window(passage.pieces[:stop], passage.features[:stop], slice_answers(answers, 0, stop))
        for stop in (3, 5, len(passage), 9, 4)
    ]
    batches = make_batches(list(windows), 80, random.Random(0))
    assert sum(len(batch) for batch in batches) == len(windows)
    tensors = to_tensors(batches[0], PIECES)
    assert int(tensors["present"].sum()) == sum(len(window.pieces) for window in batches[0])


def test_onnx_computes_what_the_network_computes(tmp_path: Path) -> None:
    torch.manual_seed(1)
    network = Network(len(VOCABULARY)).eval()
    with torch.no_grad():
        for weight in network.parameters():  # the tables of features begin as zeros
            weight.add_(torch.randn_like(weight) * 0.02)
    export_network(network, VOCABULARY, tmp_path / "exact", quantize=False)
    passage = read_passage(TEXT, PIECES)
    ours = NewsNetwork(tmp_path / "exact", threads=1)._run(passage, 0, len(passage))
    window = Window(passage.pieces, passage.features, make_answers(document(), passage))
    batch = to_tensors([window], PIECES)
    with torch.no_grad():
        batched = network(batch["pieces"], batch["attention"], batch["features"], batch["words"])
        single = OneWindow(network)(batch["pieces"][0], batch["features"][0], batch["words"][0])
    for name, alone in zip(OUTPUTS, single, strict=True):
        np.testing.assert_allclose(ours[name], alone.numpy(), atol=1e-4)
        np.testing.assert_allclose(ours[name], batched[name][0].numpy(), atol=1e-4)


def test_a_part_of_the_network_gives_what_the_whole_gives() -> None:
    network = Network(len(VOCABULARY)).eval()
    batch = to_tensors([Window(*_window())], PIECES)
    inputs = [batch[name] for name in ("pieces", "attention", "features", "words")]
    with torch.no_grad():
        whole = network(*inputs)
        parts = [network(*inputs, part=part) for part in ("quotes and names", "claims")]
    assert sorted(name for found in parts for name in found) == sorted(whole)
    assert all(torch.equal(value, whole[name]) for found in parts for name, value in found.items())


def test_weights_come_back_within_half_a_step_and_the_network_runs_as_before(tmp_path: Path) -> None:
    torch.manual_seed(2)
    network = Network(len(VOCABULARY)).eval()
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(torch.randn_like(weight) * 0.02)
        network.encoder.word.weight[2, 0] = 1.05  # a row of which one side is longer
        network.encoder.word.weight[3] = 0
    export_network(network, VOCABULARY, tmp_path)
    restored = restore_network(tmp_path, dropout=0.1).eval()
    exact = [name for name, was in network.state_dict().items() if torch.equal(was, restored.state_dict()[name])]
    assert {"encoder.position.weight", "encoder.feature.0.weight", "words.join.bias", "anchor.self_bias"} <= set(exact)
    for name, was in network.state_dict().items():
        now, rows = restored.state_dict()[name], was.reshape(len(was), -1)
        steps = (rows.amax(dim=1).clamp(min=0) - rows.amin(dim=1).clamp(max=0)) / 255
        bound = torch.full_like(steps, 5e-5) if "crf." in name else steps * 0.5
        assert (((was - now).abs().reshape(len(was), -1).amax(dim=1)) <= bound + 1e-6).all(), name
    assert not restored.encoder.word.weight[3].any()
    window = to_tensors([Window(*_window())], PIECES)
    with torch.no_grad():
        before, after = (
            one(window["pieces"], window["attention"], window["features"], window["words"])
            for one in (network, restored)
        )
    for name in OUTPUTS:
        was, now = before[name], after[name]
        # Claims are told by what is told of quotes and names, so that weights of both are rounded on their way.
        assert float((was - now).abs().max()) < 0.03 * float(was.abs().max()) + 0.002


def test_what_is_not_trained_is_not_rounded_again(tmp_path: Path) -> None:
    torch.manual_seed(3)
    once, same, claims = (tmp_path / name for name in ("once", "same", "claims"))
    export_network(Network(len(VOCABULARY)).eval(), VOCABULARY, once)
    for folder in (same, claims):
        folder.mkdir()
        network = restore_network(once, dropout=0.1)
        if folder == claims:
            with torch.no_grad():
                network.claims.worth.weight.add_(0.1)
        write_weights(network, folder, start=once)
    assert (same / "weights.safetensors").read_bytes() == (once / "weights.safetensors").read_bytes()
    before, after = (load_file(str(folder / "weights.safetensors")) for folder in (once, claims))
    changed = {name for name, value in before.items() if not torch.equal(value, after[name])}
    assert {"claims.worth.weight"} <= changed <= {f"claims.worth.weight{part}" for part in ("", ".scale", ".zero")}


def _window() -> tuple[list[list[int]], np.ndarray, Answers]:
    passage = read_passage(TEXT, PIECES)
    return passage.pieces, passage.features, make_answers(document(), passage)


def test_the_bundled_weights_are_those_of_the_bundled_network() -> None:
    """ONNX computes with activations of 8 bits and torch with floats: nearly every best answer is the same."""
    onnx, network = NewsNetwork(MODEL, threads=1), OneWindow(restore_network(MODEL, dropout=0.1)).eval()
    same = words = 0
    for file in sorted((resource_dir("seeds")).glob("*.txt")):
        [reading, *_] = onnx.read(passage := read_passage(file.read_text("utf-8"), onnx.wordpieces))
        pieces = passage.pieces[reading.start : reading.stop]
        sizes = torch.tensor([len(word) for word in pieces])
        flat = [onnx.wordpieces.first, *itertools.chain(*pieces), onnx.wordpieces.last]
        features = torch.zeros(len(flat), passage.features.shape[1], dtype=torch.long)
        of_words = torch.from_numpy(passage.features[reading.start : reading.stop]).long()
        features[1:-1] = of_words.repeat_interleave(sizes, dim=0)
        with torch.no_grad():
            outputs = network(torch.tensor(flat), features, sizes.cumsum(0) - sizes + 1)
        kinds = outputs[OUTPUTS.index("kinds")].argmax(dim=1).numpy()
        same += int((kinds == reading.kinds.argmax(axis=1)).sum())
        words += len(pieces)
    assert same > 0.95 * words


def test_a_model_folder_without_weights_predicts_but_is_not_trained_further(tmp_path: Path) -> None:
    from annotate.preannotate.registry import build
    from annotate.records import Article
    from annotate.schema import load_schema

    shutil.copytree(MODEL, tmp_path / "old", ignore=shutil.ignore_patterns("weights.safetensors"))
    preannotator = build(f"trained:{tmp_path / 'old'}", load_schema())
    (layers,) = preannotator.pipe([Article(id="a", text="Angela Merkel left Berlin.")])
    assert layers.entities
    text = "Angela Merkel left Berlin."
    gold = [
        GoldRecord(id=str(n), text=text, entities=[Entity(0, 13, "PERSON"), Entity(19, 25, "GPE")], split=split)
        for n, split in enumerate(["train"] * 15 + ["dev"] * 60)
    ]
    with pytest.raises(
        AnnotateError, match=r"old: weights\.safetensors is missing.* since 0\.2\.0: train the model again"
    ):
        train(gold, tmp_path / "new", start=tmp_path / "old")
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


def test_weights_that_do_not_fit_are_an_error_with_the_file_and_what_is_wrong(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    file = tmp_path / "weights.safetensors"
    export_network(Network(len(VOCABULARY)), VOCABULARY, tmp_path, quantize=False)
    stored = load_file(file)
    del stored["words.join.weight.scale"]
    save_file(stored, file)
    with pytest.raises(AnnotateError, match=r"weights\.safetensors: no weight words\.join\.weight of shape .*train"):
        restore_network(tmp_path, dropout=0.1)
    write_weights(Network(len(VOCABULARY) + 1), tmp_path)
    with pytest.raises(AnnotateError, match=rf"no weight encoder\.word\.weight of shape \({len(VOCABULARY)}, 384\)"):
        restore_network(tmp_path, dropout=0.1)
    file.write_bytes(file.read_bytes()[:-5])
    with pytest.raises(AnnotateError, match=r"weights\.safetensors: not a safetensors file"):
        restore_network(tmp_path, dropout=0.1)


def record(number: int, split: str | None = None) -> GoldRecord:
    return GoldRecord(
        id=f"a{number}",
        text=TEXT,
        split=split,
        entities=[Entity(*part("Ann Lee"), "PERSON", alt_labels=["ORG"])],
        quotes=[Quote("indirect", [Span(*part("he won"))], speaker=Span(*part("Ann Lee")), cue=Span(*part("told")))],
        ignore=[Region(*part("Rome"), layer="entities")],
    )


def test_records_teach_their_layers_and_alternatives() -> None:
    taught = to_document(record(1))
    assert taught.entities == [(*part("Ann Lee"), frozenset({"PERSON", "ORG"}))]
    assert [region[:2] for region in taught.unknown_entities] == [part("Rome")]
    assert taught.unknown_quotes == []
    assert to_document(GoldRecord(id="b", text=TEXT)).quotes is None


def test_articles_read_for_claims_have_their_texts_in_the_corpora(shared_data: Path) -> None:
    documents = read_claim_articles(shared_data, GAZETTEERS)
    assert len(documents) == 146 + 369
    assert all(document.claims is not None and document.quotes is None for document in documents)
    words = [document.text[claim.start : claim.end] for document in documents for claim in document.claims or ()]
    assert all(text.strip() == text for text in words)
    others = read_other_articles(shared_data, GAZETTEERS)
    assert len(others) > 600
    assert not {document.text for document in documents} & {document.text for document in others}


def test_splits_of_the_release_decide_and_stories_stay_together() -> None:
    train, held_out = split_records([record(1, "train"), record(2, "dev"), record(3, "test")], 0.3)
    assert ([one.id for one in train], [one.id for one in held_out]) == (["a1"], ["a2"])
    train, held_out = split_records([record(n, "test" if n % 2 else "train") for n in range(200)], 0.3)
    assert {one.split for one in (*train, *held_out)} == {"train"}
    assert train
    assert held_out
    stories = [GoldRecord(id=str(number), text=TEXT, cluster=str(number % 10)) for number in range(100)]
    train, held_out = split_records(stories, 0.3)
    assert not {one.cluster for one in train} & {one.cluster for one in held_out}
    assert train
    assert held_out


def test_too_little_gold_is_refused_and_nothing_written(tmp_path: Path) -> None:
    with pytest.raises(AnnotateError, match=r"too little gold.*\d articles? to train on, 15 needed: \d+ more"):
        train([record(number) for number in range(6)], tmp_path / "mine")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_whole_pass_from_the_bundled_weights_and_a_folder_that_runs(tmp_path: Path) -> None:
    from annotate.preannotate.registry import build
    from annotate.records import Article
    from annotate.schema import load_schema
    from annotate.training.improve import CONFIG

    # The text calls a ship by a person's name, always in the same way: something to learn.
    text = "The Mary Celeste left the port of Genoa on Monday. Nobody saw the Mary Celeste again."
    starts = [text.index("Mary"), text.rindex("Mary")]
    names = [Entity(start, start + 12, "PRODUCT") for start in starts]
    records = [
        GoldRecord(id=str(number), text=text, entities=names, split="train" if number < 16 else "dev")
        for number in range(70)
    ]
    config = CONFIG.read_text("utf-8").replace("passes = 8", "passes = 4").replace("= 2e-5", "= 3e-4")
    (tmp_path / "quick.toml").write_text(
        config.replace("heads = 1e-4", "heads = 2e-3").replace("warm_up = 10", "warm_up = 1")
    )
    found = train(records, tmp_path / "mine", config_file=tmp_path / "quick.toml")
    assert (found.trained_on, found.held_out) == (16, 54)
    assert sorted(path.name for path in tmp_path.iterdir()) == (
        ["mine", "quick.toml"] if found.folder else ["quick.toml"]
    )
    assert found.folder is not None
    assert found.after["f1:strict:entities"] > found.before["f1:strict:entities"]
    preannotator = build(f"trained:{found.folder}", load_schema())
    (layers,) = preannotator.pipe([Article(id="a", text=text)])
    assert layers.entities
    moved, bundled = (restore_network(folder, dropout=0.1).entities.weight for folder in (found.folder, MODEL))
    assert 0 < float((moved - bundled).abs().max()) < 0.1  # the folder can be trained further
