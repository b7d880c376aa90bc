"""The larger network that reads claims for the bundled one to learn from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from annotate.errors import AnnotateError  # noqa: E402
from annotate.preannotate.news.network import CLAIM_KINDS  # noqa: E402
from annotate.preannotate.news.passage import WordPieces, read_passage  # noqa: E402
from annotate.training import teacher as module  # noqa: E402
from annotate.training.examples import ClaimAnswer, Document, make_answers  # noqa: E402
from annotate.training.loop import Window, loss_of, to_tensors  # noqa: E402
from annotate.training.model import Network, Shape  # noqa: E402
from annotate.training.scratch import train_from_scratch  # noqa: E402
from annotate.training.teacher import Teacher, read_claims  # noqa: E402

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "rain", "fell", "again", ".", "it", "will", "stop", "##s"]
PIECES = WordPieces(VOCABULARY)
TEXT = "Rain fell again. It will stop. " * 3


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> transformers.MPNetModel:
    """A small encoder with random weights in `tmp_path`, written by another library as it writes large ones."""
    monkeypatch.setattr(module, "MPNET", Shape(width=24, layers=2, heads=2, inner=48, epsilon=1e-5, positions=300))
    monkeypatch.setattr(module, "FIXED_LAYERS", 1)
    own = ["<s>", "<pad>", "</s>", "<unk>", *VOCABULARY[4:], "[UNK]", "<mask>"]
    torch.manual_seed(0)
    settings = transformers.MPNetConfig(
        vocab_size=len(own), hidden_size=24, num_hidden_layers=2, num_attention_heads=2, intermediate_size=48,
        max_position_embeddings=302, layer_norm_eps=1e-5, relative_attention_num_buckets=32,
    )  # fmt: skip
    model = transformers.MPNetModel(settings).eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(torch.randn_like(weight) * 0.2)
    model.save_pretrained(tmp_path)
    (tmp_path / "vocab.txt").write_text("\n".join(own) + "\n", "utf-8")
    return model


def test_the_encoder_computes_what_another_implementation_computes(
    small: transformers.MPNetModel, tmp_path: Path
) -> None:
    teacher = Teacher(Network(len(VOCABULARY)).eval(), VOCABULARY, tmp_path, 0.1).eval()
    pieces = torch.tensor([[2, *range(4, 12)] * 17 + [3], [2, 5, 4, 3] + [0] * 150])
    attention = (pieces != 0).float()
    seen: list[torch.Tensor] = []
    teacher.words.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0]))
    with torch.no_grad():
        teacher(pieces, attention, torch.zeros(2, 154, 4, dtype=torch.long), torch.zeros(2, 1, dtype=torch.long))
        wanted = small(teacher.pieces[pieces], attention).last_hidden_state
    np.testing.assert_allclose(seen[0][0], wanted[0], atol=1e-4)
    np.testing.assert_allclose(seen[0][1, :4], wanted[1, :4], atol=1e-4)


def test_its_network_is_neither_trained_nor_saved_with_it(small: transformers.MPNetModel, tmp_path: Path) -> None:
    teacher = Teacher(Network(len(VOCABULARY)).eval(), VOCABULARY, tmp_path, 0.1)
    trained = {id(value) for values in teacher.trained("claims").values() for value in values}
    names = {name for name, value in teacher.named_parameters() if id(value) in trained}
    assert {name.split(".")[0] for name in names} == {
        "encoder", "words", "spans", "kinds", "worth", "claimer", "crf",
    }  # fmt: skip
    assert {name.split(".")[2] for name in names if name.startswith("encoder")} == {"1"}
    assert sum(value.numel() for value in teacher.state_dict().values()) < 100_000


def test_its_readings_are_spans_of_the_text_with_probabilities(small: transformers.MPNetModel, tmp_path: Path) -> None:
    teacher = Teacher(Network(len(VOCABULARY)).eval(), VOCABULARY, tmp_path, 0.1)
    with torch.no_grad():
        teacher.spans.bias.copy_(torch.tensor([0.0, 1.0, 1.0]))
    document = Document(TEXT, quotes=[], entities=[(0, 4, frozenset({"EVENT"}))], syntax={})
    [read] = read_claims(teacher, [document], PIECES)
    assert (read.text, read.entities, read.quotes, read.syntax) == (TEXT, document.entities, None, None)
    assert read.claims
    ends = [0, *(claim.end for claim in read.claims)]
    for claim, end in zip(read.claims, ends, strict=False):
        assert end <= claim.start < claim.end <= len(TEXT)
        assert claim.kinds is not None
        assert claim.worth is not None
        assert (len(claim.kinds), sum(claim.kinds)) == (len(CLAIM_KINDS), pytest.approx(1))
        assert 0 < claim.worth < 1
    assert read.unknown_claims  # what random weights are not sure of


def test_missing_files_of_encoders_are_named_before_anything_is_trained(tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").touch()
    with pytest.raises(AnnotateError) as error:
        train_from_scratch(data=tmp_path, encoder=tmp_path, teacher=tmp_path / "none", output=tmp_path / "out")
    assert [line.rpartition(": ")[2] for line in str(error.value).splitlines()[:-1]] == [
        "no model.safetensors there", "no model.safetensors there", "no vocab.txt there",
    ]  # fmt: skip
    assert not (tmp_path / "out").exists()


def test_probabilities_are_learnt_as_such(small: transformers.MPNetModel, tmp_path: Path) -> None:
    teacher = Teacher(Network(len(VOCABULARY)).eval(), VOCABULARY, tmp_path, 0.1).eval()
    passage = read_passage(TEXT, PIECES)
    losses = []
    for kinds in ((1.0, 0, 0, 0, 0, 0), (0, 0, 0, 0, 0, 1.0), (0.25, 0, 0, 0, 0, 0.75)):
        answers = make_answers(Document(TEXT, claims=[ClaimAnswer(0, 15, kinds, kinds[0], None)]), passage)
        batch = to_tensors([Window(passage.pieces, passage.features, answers)], PIECES)
        with torch.no_grad():
            found = loss_of(teacher, batch, {"kinds": 1.0, "worth": 1.0}, half=False, part="claims")
        losses.append([float(found[name]) for name in ("kinds", "worth")])
    first, last, mixed = np.array(losses)
    np.testing.assert_allclose(mixed, 0.25 * first + 0.75 * last, rtol=1e-4)
