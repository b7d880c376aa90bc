"""The dataset card of a release: `README.md` with its YAML header, everything in it counted or given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from annotate.gold.manifest import Manifest
from annotate.gold.parquet import table_names
from annotate.printing import (
    escape_markdown,
    format_count,
    format_interval,
    format_value,
    markdown_code,
    markdown_table,
)
from annotate.schema import Label, Schema

# the measures that the card shows, where they are defined; the manifest has all
_SHOWN = (
    *("precision:strict:entities", "recall:strict:entities", "f1:strict:entities", "f1:partial:entities"),
    *("f1:exact:quotes", "f1:overlap:quotes", "accuracy:type:quotes", "accuracy:speaker-overlap:quotes"),
    *("f1:end-to-end:quotes", "f1:exact:claims", "f1:overlap:claims", "f1:check-worthy:claims"),
    *("accuracy:kind:claims", "accuracy:claimer-overlap:claims"),
)
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


def to_card(manifest: Manifest, schema: Schema, *, about: str | None = None) -> str:
    """The text of the card.

    Args:
        manifest: of the release, its `files` not yet needed.
        about: what people have to say about the release, as Markdown: who annotated, how, and what to beware of.
    """
    sections = [
        _introduction(manifest, schema),
        _use(manifest),
        _counts(manifest),
        _work(manifest, about),
        _agreement(manifest),
        _preannotators(manifest),
        _splits(manifest),
        _tokens(manifest),
        _labels(schema),
        _limits(manifest),
        _licence(manifest),
    ]
    body = "\n\n".join("\n".join(section) for section in (list(lines) for lines in sections) if section)
    return f"---\n{_front_matter(manifest, schema)}---\n\n{body}\n"


def _front_matter(manifest: Manifest, schema: Schema) -> str:
    import yaml

    total = sum(split.articles for split in manifest.splits.values())
    size = next((name for limit, name in _SIZES if total < limit), "n>1M")
    content = {
        "pretty_name": f"{schema.title} ({manifest.ref})",
        "language": [schema.language],
        "license": "other",
        "license_name": manifest.licence or "not-stated",
        "size_categories": [size],
        "task_categories": ["token-classification"],
        "tags": ["news", *(f"{layer}" for layer in schema.layers), "label-studio", "croissant"],
        "version": manifest.version,
        "configs": [
            {"config_name": config, **({"default": True} if config == "default" else {}), "data_files": files}
            for config, files in (
                ("default", _data_files(manifest, "data")),
                ("tokens", _data_files(manifest, "tokens")),
            )
        ],
    }
    text: str = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=1000)
    return text


def _data_files(manifest: Manifest, folder: str) -> list[dict[str, Any]]:
    return [
        {"split": name, "path": table_names(folder, name, split.articles)} for name, split in manifest.splits.items()
    ]


def _introduction(manifest: Manifest, schema: Schema) -> Iterator[str]:
    counts = manifest.counts
    yield f"# {escape_markdown(manifest.name)} {manifest.version}"
    yield ""
    yield escape_markdown(schema.description)
    yield ""
    layers = ", ".join(f"{value['spans']:,} {layer}" for layer, value in counts["layers"].items()) or "no spans"
    stories = format_count(counts["clusters"], "story", "stories")
    yield f"{_articles(counts['articles'])} in {stories}, with {layers}."


def _use(manifest: Manifest) -> Iterator[str]:
    first = next(iter(manifest.splits), "train")
    yield "## Use"
    yield ""
    yield "```python"
    yield "from datasets import load_dataset"
    yield ""
    yield "# this folder, or the repository that it was published to"
    yield f'articles = load_dataset("gold/{manifest.ref}", split="{first}")'
    yield f'tokens = load_dataset("gold/{manifest.ref}", name="tokens", split="{first}")'
    yield "```"
    yield ""
    yield (
        "Offsets are Unicode code points into `text`, half-open. A layer that is null was not annotated in that "
        "article; an empty one was, and holds nothing. `annotate check` proves that no byte has changed since then."
    )


def _counts(manifest: Manifest) -> Iterator[str]:
    layers = manifest.counts["layers"]
    yield "## Counts"
    yield ""
    yield markdown_table(
        ["split", "articles", *layers],
        [
            [split, str(counts.get("articles", 0)), *(str(counts.get(layer, 0)) for layer in layers)]
            for split, counts in manifest.counts["splits"].items()
        ],
    )
    for layer, value in layers.items():
        yield ""
        labels = ", ".join(
            f"{escape_markdown(label)} {n:,}"
            for label, n in sorted(value["labels"].items(), key=lambda x: (-x[1], x[0]))
        )
        yield f"**{layer}**, annotated in {_articles(value['articles'])}: {labels or 'none'}."
        if "check_worthy" in value:
            yield f"Check-worthy: {', '.join(f'{escape_markdown(k)} {n:,}' for k, n in value['check_worthy'].items())}."


def _work(manifest: Manifest, about: str | None) -> Iterator[str]:
    known = manifest.provenance
    yield "## Who annotated, and how"
    yield ""
    if about:
        yield about.strip()
        yield ""
    yield f"Annotators: {_list(known.get('annotators', {}))}. Only what they submitted is in this release."
    for name, work in manifest.work.items():
        pace = f", {work['median_seconds'] / 60:.1f} minutes for the middle one" if work["median_seconds"] else ""
        alone = f", {work['without_draft']} of them without a pre-annotation" if work["without_draft"] else ""
        yield f"{escape_markdown(name)} worked on {_articles(work['articles'])}{alone}{pace}."
    helped = {name: n for name, n in known.get("models", {}).items() if name != "none"}
    if helped:
        yield f"A model helped: annotators corrected the pre-annotations of {_list(helped)}."
        yield "They may have accepted some of its errors; see the limits below."
    else:
        yield "No pre-annotation is recorded: annotators started from the bare text."
    origins = known.get("origins", {})
    if origins:
        words = {
            "prediction": "proposed by a model and accepted as it was",
            "prediction-changed": "proposed by a model and changed",
            "manual": "marked by annotators alone",
            "not recorded": "of unrecorded origin",
        }
        parts = (f"{n:,} were {words.get(key) or escape_markdown(key)}" for key, n in origins.items())
        yield f"Of the spans, {', '.join(parts)}."
    yield f"Decided by: {_list(known.get('decided_by', {}))}. Guidelines: {_list(known.get('guidelines', {}))}."


def _agreement(manifest: Manifest) -> Iterator[str]:
    yield "## Agreement"
    yield ""
    if manifest.agreement is None:
        yield "Not measured: no article of this release has the independent annotations of two annotators on record."
        return
    measures = manifest.agreement["measures"]
    yield f"Annotator against annotator, on {_articles(manifest.agreement['articles'])} that two or more annotated."
    yield "F1 and accuracy come from the scorer that also scores models: read a model's score against them."
    yield ""
    chance_corrected = sorted(name for name in measures if name.startswith(("kappa", "alpha")) and "/" not in name)
    yield markdown_table(
        ["measure", "value", "95 % interval"],
        [
            [f"`{name}`", format_value(found["value"]), format_interval(found["low"], found["high"])]
            for name in (*_SHOWN, *chance_corrected)
            if (found := measures.get(name)) is not None and found["value"] is not None
        ],
    )
    yield ""
    yield "All measures, by label and with intervals: `manifest.json`, under `ceiling` and `agreement`."


def _preannotators(manifest: Manifest) -> Iterator[str]:
    if not manifest.preannotators:
        return
    yield "## The pre-annotator's own score"
    yield ""
    yield "What annotators started from, scored against this release. It is not independent of the release:"
    yield "they saw these predictions."
    for name, parts in manifest.preannotators.items():
        figures = [part["measures"] for part in parts.values()]
        measures = [name for name in _SHOWN if any(values.get(name) is not None for values in figures)]
        yield ""
        yield markdown_table(
            [escape_markdown(name), *(f"{part} ({_articles(value['articles'])})" for part, value in parts.items())],
            [
                [f"`{measure}`", *(format_value(value["measures"].get(measure)) for value in parts.values())]
                for measure in measures
            ],
        )
        if len(parts) > 1:
            yield ""
            yield "A score that is clearly higher where the draft was shown speaks for annotators led by it."


def _splits(manifest: Manifest) -> Iterator[str]:
    yield "## Splits"
    yield ""
    yield (
        "Near-duplicates and articles about one event share a cluster, clusters never straddle splits, and an article "
        "keeps its split in all later versions."
    )
    yield ""
    yield markdown_table(
        ["split", "articles", "share", "wanted"],
        [
            [name, str(split.articles), f"{split.share:.1%}", f"{split.wanted:.1%}"]
            for name, split in manifest.splits.items()
        ],
    )
    if manifest.left_out:
        yield ""
        yield f"{_articles(len(manifest.left_out))} left out, because they are kin to articles in several splits:"
        for left in manifest.left_out:
            yield f"- {markdown_code(left.id)}, kin to {', '.join(map(markdown_code, left.kin))}"


def _tokens(manifest: Manifest) -> Iterator[str]:
    if not manifest.tokens:
        return
    yield "## What the config `tokens` cannot hold"
    yield ""
    yield (
        f"One BIO tag a word and layer, by the rule `{manifest.tokens['rule']}`: of nested spans the outer one stays, "
        "and spans are widened to whole words. Fragments, speakers and cues are not tied to each other there, and "
        "attributes are not among the tags; the default config has all of it."
    )
    yield ""
    yield markdown_table(
        ["layer", "spans", "exact", "widened", "dropped"],
        [
            [layer, *(str(report[key]) for key in ("spans", "exact", "widened", "dropped"))]
            for layer, report in manifest.tokens["layers"].items()
        ],
    )


def _labels(schema: Schema) -> Iterator[str]:
    yield "## Labels"
    yield ""
    yield f"Schema {schema.ref}, in full with examples and sources in `schema.toml`."
    groups: list[tuple[str, list[Label]]] = []
    if schema.entities:
        groups.append(("Entities", list(schema.entities.labels)))
    if schema.parts:
        groups.append(("Parts of quotes and claims", list(schema.parts)))
    if schema.quotes:
        groups.append(("Types of quotes", list(schema.quotes.types)))
    if schema.claims:
        groups.append(("Kinds of claims", list(schema.claims.kinds)))
    for title, labels in groups:
        rows = [[escape_markdown(label.name), escape_markdown(label.definition)] for label in labels]
        yield ""
        yield markdown_table([title, "definition"], rows, words=(0, 1))


def _limits(manifest: Manifest) -> Iterator[str]:
    yield "## Limits"
    yield ""
    total = manifest.counts["articles"]
    if total < 100:
        yield f"- {_articles(total)}: too few to tell systems apart; intervals of scores will be wide."
    if any(name != "none" for name in manifest.provenance.get("models", {})):
        yield "- Annotators corrected a model's draft, so errors that look right may have stayed, and systems like that"
        yield "  model may score too well."
    if manifest.agreement is None:
        yield "- Nobody knows how far a second person would agree."
    if manifest.counts["clusters"] < len(manifest.splits) * 10:
        yield f"- Few stories ({manifest.counts['clusters']:,}): results may not carry over to other events."
    missing = [
        f"{layer} in {_articles(total - value['articles'])}"
        for layer, value in manifest.counts["layers"].items()
        if value["articles"] < total
    ]
    if missing:
        yield f"- Not every layer is annotated everywhere; missing: {', '.join(missing)}."
    yield "- What is annotated is what was said, not whether it is true."


def _licence(manifest: Manifest) -> Iterator[str]:
    yield "## Licence"
    yield ""
    yield f"Annotations: {escape_markdown(manifest.licence or 'no licence stated; ask before you pass them on')}."
    yield f"Article texts, by article (column `licence`): {_list(manifest.provenance.get('licences', {}))}."
    yield "A text of unknown licence stays its publisher's copyright: pass it on with `annotate publish --stand-off`."


def _articles(n: int) -> str:
    return format_count(n, "article")


def _list(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{escape_markdown(name)} ({_articles(n)})" for name, n in counts.items()) or "not recorded"
