"""The commands of releases: release, check, diff, releases."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from annotate.cli.options import SchemaOption, out_console, say


def release(
    decided: Annotated[Path, typer.Argument(metavar="D.jsonl", help="Decided records, from annotate adjudicate.")],
    name: Annotated[str, typer.Option("--name", help="Name of the release, such as news.")],
    version: Annotated[str, typer.Option("--version", help="MAJOR.MINOR.PATCH; checked against what changed.")],
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="Folder of all releases.")] = Path("gold"),
    annotations: Annotated[
        Path | None,
        typer.Option(
            "--annotations", metavar="A.jsonl", help="What people submitted, from annotate pull: for agreement."
        ),
    ] = None,
    predictions: Annotated[
        Path | None, typer.Option("--predictions", metavar="P.jsonl", help="What was pushed: scored for the card.")
    ] = None,
    schema: SchemaOption = None,
    parent: Annotated[
        str | None, typer.Option("--parent", metavar="RELEASE", help="Release to follow; default: the newest.")
    ] = None,
    licence: Annotated[str | None, typer.Option("--licence", help="Licence of the annotations.")] = None,
    shares: Annotated[str, typer.Option("--shares", help="Wanted share of each split.")] = "train=0.8,dev=0.1,test=0.1",
    about: Annotated[
        Path | None, typer.Option("--about", metavar="FILE", help="Markdown for the card: who annotated, and how.")
    ] = None,
    names: Annotated[
        bool, typer.Option("--names", help="Annotators under their names, not as annotator-1, annotator-2, ...")
    ] = False,
    annotator_map: Annotated[
        Path | None,
        typer.Option(
            "--annotator-map",
            metavar="FILE",
            help="Private file with the names behind the pseudonyms; default: NAME.annotators.json beside D.jsonl.",
        ),
    ] = None,
    sign: Annotated[
        Path | None, typer.Option("--sign", metavar="KEY", help="SSH private key to sign the release with.")
    ] = None,
) -> None:
    """Build an immutable release from what people decided.

    Example: annotate release decided.jsonl --name news --version 1.0.0 --annotations annotations.jsonl
    """
    from annotate.files import read_text
    from annotate.gold.build import build_release
    from annotate.gold.load import stream_decided
    from annotate.gold.manifest import read_manifest, spell_digest
    from annotate.gold.pseudonyms import find_map
    from annotate.gold.splits import parse_shares
    from annotate.jsonl import read_records
    from annotate.records import Annotation, Prediction

    names_kept = annotator_map or find_map(decided, name)
    folder = build_release(
        stream_decided(decided),
        name,
        version,
        to=to,
        annotations=None if annotations is None else read_records(annotations, Annotation),
        predictions=None if predictions is None else read_records(predictions, Prediction),
        schema=schema,
        parent=parent,
        licence=licence,
        shares=parse_shares(shares),
        about=None if about is None else read_text(about),
        names=names,
        annotator_map=names_kept,
        sign=sign,
    )
    _describe(folder)
    if not names:
        say(f"the annotators' names are in {names_kept}, not in the release: keep that file, and keep it to yourself")
    typer.echo(folder)
    typer.echo(spell_digest(read_manifest(folder)))


def check(
    release: Annotated[str, typer.Argument(metavar="RELEASE", help="Release folder, or name/version.")],
    digest: Annotated[
        str | None, typer.Option("--digest", metavar="sha256:HEX", help="The digest that the release must have.")
    ] = None,
    signers: Annotated[
        Path | None,
        typer.Option(
            "--signers", metavar="FILE", help="Allowed signers (ssh-keygen's format); one of them must have signed it."
        ),
    ] = None,
) -> None:
    """Prove that a release is whole: every byte, every row, every span, and no leak between splits.

    Example: annotate check gold/news/1.0.0 --digest sha256:HEX --signers allowed_signers
    """
    from annotate.gold.check import check_release
    from annotate.gold.load import find_release

    report = check_release(find_release(release)[0], digest=digest, signers=signers)
    spans = ", ".join(f"{count:,} {layer}" for layer, count in report.spans.items()) or "no spans"
    typer.echo(
        f"{report.ref}: whole. {report.files} files, {report.bytes:,} bytes, {report.articles:,} articles, {spans}"
    )
    typer.echo(f"digest {report.digest}")
    if report.signer is not None:
        typer.echo(f"signed by {report.signer}")
    elif report.signed:
        say("signed; whose signature it is, annotate check --signers FILE says")
    say(f"no story stands in two splits ({report.kin:,} pairs of kin)")


def diff(
    a: Annotated[str, typer.Argument(metavar="R1", help="Older release: folder or name/version.")],
    b: Annotated[str, typer.Argument(metavar="R2", help="Newer release.")],
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a page with the texts.")] = None,
) -> None:
    """Show what changed between two releases, span by span.

    Example: annotate diff news/1.0.0 news/1.0.1 --html changes.html
    """
    from annotate.gold.diff import diff_releases
    from annotate.gold.diff_text import iter_lines

    found = diff_releases(a, b)
    if html is None:
        for line in iter_lines(found):
            typer.echo(line)
        return
    from annotate.files import write_text
    from annotate.gold.diff_page import to_page

    write_text(html, to_page(found))
    say(f"{html} shows {found.counts.articles.total():,} articles that differ")


def releases(
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="Folder of all releases.")] = Path("gold"),
) -> None:
    """List the releases in a folder.

    Example: annotate releases --to gold
    """
    from rich.table import Table

    from annotate.gold.load import list_releases
    from annotate.gold.manifest import spell_digest

    table = Table("release", "articles", "spans", "splits", "schema", "parent", box=None)
    found = list_releases(to)
    for manifest in found:
        spans = ", ".join(f"{value['spans']:,} {layer}" for layer, value in manifest.counts["layers"].items())
        splits = ", ".join(f"{name} {split.articles:,}" for name, split in manifest.splits.items())
        parent = manifest.parent.version if manifest.parent else "-"
        schema = f"{manifest.schema.name}/{manifest.schema.version}"
        table.add_row(
            manifest.ref, f"{manifest.counts['articles']:,}", spans, splits, schema, parent, spell_digest(manifest)
        )
    if not table.rows:
        say(f"no releases in {to}")
        return
    out_console().print(table)
    for manifest in found:
        typer.echo(f"{manifest.ref} {spell_digest(manifest)}")


def _describe(folder: Path) -> None:
    """What a new release holds, for people."""
    from annotate.gold.manifest import read_manifest

    manifest: Any = read_manifest(folder)
    layers = ", ".join(f"{value['spans']:,} {layer}" for layer, value in manifest.counts["layers"].items())
    say(
        f"{manifest.ref}: {manifest.counts['articles']:,} articles in {manifest.counts['clusters']:,} stories, {layers}"
    )
    for name, split in manifest.splits.items():
        say(f"  {name}: {split.articles:,} articles, {split.share:.1%} (wanted {split.wanted:.1%})")
    for left in manifest.left_out:
        say(f"  left out: {left.id}, kin to articles in several splits: {', '.join(left.kin)}")
