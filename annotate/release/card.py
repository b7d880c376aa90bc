"""The dataset card of a release: `README.md` with its YAML header, everything in it counted or given."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

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
from annotate.records import describe_counts
from annotate.schema import Label, Schema

# the measures that the card shows, where they are defined; the manifest has all
_SHOWN = (
    *("precision:strict:entities", "recall:strict:entities", "f1:strict:entities", "f1:partial:entities"),
    *("f1:exact:quotes", "f1:overlap:quotes", "accuracy:type:quotes", "accuracy:speaker-overlap:quotes"),
    *("f1:end-to-end:quotes", "f1:exact:claims", "f1:overlap:claims", "f1:check-worthy:claims"),
    *("accuracy:kind:claims", "accuracy:claimer-overlap:claims"),
)
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


# plain scalars: words that YAML reads as text; the rest goes between quotes, as JSON does it, which is YAML
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_/.-]*|\d+\.\d+\.\d+|n[<>]1[KM]|\d+K<n<\d+[KM]", re.ASCII)
_NOT_TEXT = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}

STAND_OFF_NOTE = (
    "**This release has no article texts.** They belong to their publishers. Every article has its id, URL "
    "and the SHA-256 of its text, every span its offsets and hashes of its surroundings. If you have the texts, "
    "`annotate rehydrate RELEASE SOURCES...` puts them back and proves that nothing moved; the config "
    "`tokens` comes back with them."
)


def to_card(manifest: Manifest, schema: Schema) -> str:
    """The text of the card; everything in it comes from the two arguments, so that `check` can render it again.

    Args:
        manifest: of the release; its `files` and `row_hashes` play no part.
    """
    sections = [
        _introduction(manifest, schema),
        _use(manifest),
        _counts(manifest),
        _work(manifest),
        _agreement(manifest),
        _preannotators(manifest),
        _splits(manifest),
        _selection(manifest),
        _tokens(manifest),
        _labels(schema),
        _limits(manifest),
        _licence(manifest),
    ]
    body = "\n\n".join("\n".join(section) for section in (list(lines) for lines in sections) if section)
    header = "".join(f"{line}\n" for line in front_matter(manifest, schema))
    return f"---\n{header}---\n\n{body}\n"


def front_matter(manifest: Manifest, schema: Schema) -> Iterator[str]:
    """The lines of the card's YAML header: what the Hub and `load_dataset` go by."""
    total = sum(split.articles for split in manifest.splits.values())
    size = next((name for limit, name in _SIZES if total < limit), "n>1M")
    yield f"pretty_name: {spell(f'{schema.title} ({manifest.ref})')}"
    yield from ("language:", f"- {spell(schema.language)}")
    yield "license: other"
    yield f"license_name: {spell(manifest.licence or 'not-stated')}"
    yield from ("size_categories:", f"- {spell(size)}", "task_categories:", "- token-classification")
    yield from ("tags:", "- news", *(f"- {layer}" for layer in schema.layers), "- label-studio", "- croissant")
    yield f"version: {spell(manifest.version)}"
    yield "configs:"
    for config, folder in (("default", "data"), ("tokens", "tokens"))[: 1 if manifest.stand_off else 2]:
        yield f"- config_name: {config}"
        if config == "default":
            yield "  default: true"
        yield "  data_files:"
        for name, split in manifest.splits.items():
            yield f"  - split: {spell(name)}"
            yield from ("    path:", *(f"    - {path}" for path in table_names(folder, name, split.articles)))


def spell(text: str) -> str:
    """The text as a YAML scalar on one line.

    >>> spell("CC-BY-4.0"), spell("no"), spell("a: b")
    ('CC-BY-4.0', '"no"', '"a: b"')
    """
    plain = _PLAIN.fullmatch(text) is not None and text.casefold() not in _NOT_TEXT
    quoted = json.dumps(text, ensure_ascii=False)
    return text if plain else "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in quoted)


def _introduction(manifest: Manifest, schema: Schema) -> Iterator[str]:
    counts = manifest.counts
    yield f"# {escape_markdown(manifest.name)} {manifest.version}"
    yield ""
    yield escape_markdown(schema.description)
    if manifest.stand_off:
        yield from ("", STAND_OFF_NOTE)
    yield ""
    stories = format_count(counts["clusters"], "story")
    yield f"{_articles(counts['articles'])} in {stories}, with {describe_counts(manifest.items)}."


def _use(manifest: Manifest) -> Iterator[str]:
    first = next(iter(manifest.splits), "train")
    yield "## Use"
    yield ""
    yield "```python"
    yield "from datasets import load_dataset"
    yield ""
    yield "# this folder, or the repository that it was published to"
    yield f'articles = load_dataset("gold/{manifest.ref}", split="{first}")'
    if not manifest.stand_off:
        yield f'tokens = load_dataset("gold/{manifest.ref}", name="tokens", split="{first}")'
    yield "```"
    yield ""
    yield (
        "Offsets are Unicode code points into `text`, half-open. A layer that is null was not annotated in that "
        "article; an empty one was annotated, and nothing was found."
    )
    yield ""
    yield (
        f"`annotate check gold/{manifest.ref}` proves that the files fit each other. Anyone who can change all of them "
        "can also make them fit, so pin the digest that was published with it (`annotate releases` prints it): "
        f"`annotate check gold/{manifest.ref} --digest sha256:...`."
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


def _work(manifest: Manifest) -> Iterator[str]:
    known = manifest.provenance
    yield "## Who annotated, and how"
    yield ""
    if manifest.about:
        yield manifest.about.strip()
        yield ""
    yield f"Annotators: {_list(known.get('annotators', {}))}. Only what they submitted is in this release."
    for name, work in manifest.work.items():
        pace = f", {work['median_seconds'] / 60:.1f} minutes per article (median)" if work["median_seconds"] else ""
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
    if any("draft shown" in parts for parts in manifest.preannotators.values()):
        yield "What annotators started from, scored against this release. It is not independent of the release:"
        yield "they saw these predictions."
    else:
        yield "Scored against this release. No annotator is on record as having seen these predictions."
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
            yield "A score that is clearly higher where the draft was shown suggests that annotators were led by it."


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
        yield f"{_articles(len(manifest.left_out))} left out, because they are related to articles in several splits:"
        for left in manifest.left_out:
            yield f"- {markdown_code(left.id)}, related to {', '.join(map(markdown_code, left.kin))}"


def _selection(manifest: Manifest) -> Iterator[str]:
    if not manifest.selection:
        return
    yield "## What it speaks for"
    yield ""
    for pool in manifest.selection:
        how = {"uncertain": "likelier where predictions were unsure", "diverse": "likelier where few were alike"}
        order = how.get(pool["order"], "all alike")
        order += f", mixed with {pool['chance']:.0%} chance" if pool["chance"] < 1 else ""
        strata = f"strata by {escape_markdown(', '.join(pool['by']))} ({pool['shares']}), " if pool["by"] else ""
        day = f" on {escape_markdown(pool['drawn'])}" if pool["drawn"] else ""
        source = f"a pool of {pool['articles']:,} (SHA-256 of ids and texts {markdown_code(pool['sha256'])})"
        most = f"at most {pool['per_story']} of a story, " if pool["per_story"] else ""
        yield f"{_articles(pool['here'])} of a batch of {pool['selected']:,}, drawn by chance{day} from {source}:"
        yield f"{order}, {strata}{most}seed {pool['seed']}."
        if pool["here"] < pool["selected"]:
            yield f"{pool['selected'] - pool['here']:,} of the batch are not here; no weight corrects for that."
    yield ""
    yield (
        "An article's `weight` is 1 / the probability that it had: how many articles of the pool it speaks for. "
        "Weighted values estimate those of the whole pool; `annotate score` uses the weights."
    )


def _tokens(manifest: Manifest) -> Iterator[str]:
    if not manifest.tokens:
        return
    yield "## What the config `tokens` cannot hold"
    yield ""
    yield (
        f"One BIO tag per word and layer by the rule `{manifest.tokens['rule']}`: of nested spans the outer one stays, "
        "and spans are widened to whole words. Fragments, speakers and cues are not linked to each other there, and "
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
        yield "- Annotators corrected a model's draft, so plausible errors may remain, and systems like that"
        yield "  model may score too well."
    if manifest.agreement is None:
        yield "- Agreement is unknown: no article has independent annotations of two annotators."
    if manifest.counts["clusters"] < len(manifest.splits) * 10:
        yield f"- Few stories ({manifest.counts['clusters']:,}): results may not carry over to other events."
    missing = [
        f"{layer} in {_articles(total - value['articles'])}"
        for layer, value in manifest.counts["layers"].items()
        if value["articles"] < total
    ]
    if missing:
        yield f"- Not every layer is annotated everywhere; missing: {', '.join(missing)}."
    yield "- The annotations show what was said, not whether it is true."


def _licence(manifest: Manifest) -> Iterator[str]:
    yield "## Licence"
    yield ""
    yield f"Annotations: {escape_markdown(manifest.licence or 'no licence stated; ask before you pass them on')}."
    yield f"Article texts, by article (column `licence`): {_list(manifest.provenance.get('licences', {}))}."
    yield "Texts of unknown licence belong to their publishers: publish them only with `annotate publish --stand-off`."


def _articles(n: int) -> str:
    return format_count(n, "article")


def _list(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{escape_markdown(name)} ({_articles(n)})" for name, n in counts.items()) or "not recorded"
