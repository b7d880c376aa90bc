"""`annotate release`, `check`, `diff` and `releases`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

import annotate
from annotate.cli.completion import complete_release
from annotate.cli.options import SchemaOption
from annotate.printing import Table, format_count, note, print_blocks, print_data, print_line
from annotate.records import describe_counts


def release(
    decided: Annotated[Path, typer.Argument(metavar="D.jsonl", help="Decided records, from annotate adjudicate.")],
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="Name of the release, such as news.")],
    version: Annotated[
        str, typer.Option("--version", metavar="VERSION", help="MAJOR.MINOR.PATCH; checked against what changed.")
    ],
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="Folder of all releases.")] = Path("gold"),
    annotations: Annotated[
        Path | None,
        typer.Option(
            "--annotations", metavar="A.jsonl", help="What annotators submitted, from annotate pull: for agreement."
        ),
    ] = None,
    predictions: Annotated[
        Path | None, typer.Option("--predictions", metavar="P.jsonl", help="What was pushed: scored for the card.")
    ] = None,
    schema: SchemaOption = None,
    parent: Annotated[
        str | None,
        typer.Option(
            "--parent",
            metavar="RELEASE",
            autocompletion=complete_release,
            help="Release to follow; default: the newest.",
        ),
    ] = None,
    licence: Annotated[
        str | None, typer.Option("--licence", metavar="LICENCE", help="Licence of the annotations.")
    ] = None,
    shares: Annotated[
        str, typer.Option("--shares", metavar="SPLIT=X,..", help="Wanted share of each split.")
    ] = "train=0.8,dev=0.1,test=0.1",
    about: Annotated[
        Path | None, typer.Option("--about", metavar="FILE", help="Markdown for the card: who annotated, and how.")
    ] = None,
    names: Annotated[
        bool, typer.Option("--names", help="Annotators appear under their names, not as annotator-1, annotator-2, ...")
    ] = False,
    annotator_map: Annotated[
        Path | None,
        typer.Option(
            "--annotator-map",
            metavar="FILE",
            help="Private file with the names behind the pseudonyms; default: NAME.annotators.json beside D.jsonl.",
        ),
    ] = None,
    batch: Annotated[
        Path | None,
        typer.Option("--batch", metavar="B.jsonl", help="The last, largest batch of the pool, from annotate select."),
    ] = None,
    sign: Annotated[
        Path | None, typer.Option("--sign", metavar="KEYFILE", help="SSH private key to sign the release with.")
    ] = None,
) -> None:
    """Build an immutable release from decided records.

    Example: annotate release decided.jsonl --name news --version 1.0.0 --annotations annotations.jsonl
    """
    from annotate.files import read_text
    from annotate.gold.manifest import read_manifest, spell_digest
    from annotate.release.grouping.splits import parse_shares
    from annotate.release.pseudonyms import find_map

    remarks: list[str] = []
    folder = annotate.release_records(
        decided,
        name,
        version,
        to=to,
        annotations=annotations,
        predictions=predictions,
        schema=schema,
        parent=parent,
        licence=licence,
        shares=parse_shares(shares),
        about=None if about is None else read_text(about),
        names=names,
        annotator_map=annotator_map,
        sign=sign,
        batch=batch,
        report=remarks.append,
    )
    _describe(folder)
    for remark in remarks:
        note(f"warning: {remark}")
    if not names:
        kept = annotator_map or find_map(decided, name)
        note(f"the annotators' names are in {kept}, not in the release; keep that file, and keep it private")
    print_data(f"{folder}\n{spell_digest(read_manifest(folder))}\n")


def check(
    release: Annotated[
        str, typer.Argument(metavar="RELEASE", autocompletion=complete_release, help="Release folder, or name/version.")
    ],
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
    """Prove that a release is intact: every byte, every row, every span, and no leak between splits.

    Example: annotate check gold/news/1.0.0 --digest sha256:HEX --signers allowed_signers
    """
    report = annotate.check(release, digest=digest, signers=signers)
    spans = describe_counts(report.spans)
    files, size = format_count(report.files, "file"), format_count(report.bytes, "byte")
    print_line(f"{report.ref}: intact. {files}, {size}, {format_count(report.articles, 'article')}, {spans}")
    print_line(f"digest {report.digest}")
    if report.signer is not None:
        print_line(f"signed by {report.signer}")
    elif report.signed:
        note("signed, but the signature was not verified; give --signers FILE")
    note(f"no story is in two splits ({format_count(report.kin, 'pair')} of related articles)")


def diff(
    a: Annotated[
        str,
        typer.Argument(metavar="R1", autocompletion=complete_release, help="Older release: folder or name/version."),
    ],
    b: Annotated[str, typer.Argument(metavar="R2", autocompletion=complete_release, help="Newer release.")],
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a page with the texts.")] = None,
) -> None:
    """Show what changed between two releases, span by span.

    Example: annotate diff news/1.0.0 news/1.0.1 --html changes.html
    """
    from annotate.gold.diff.text import iter_lines

    found = annotate.diff(a, b, html=html)
    if html is None:
        for line in iter_lines(found):
            print_line(line)
    else:
        note(f"{html}: {format_count(found.counts.articles.total(), 'changed article')}")


def releases(
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="Folder of all releases.")] = Path("gold"),
) -> None:
    """List the releases in a folder.

    Example: annotate releases --to gold
    """
    from annotate.gold.load import find_place_problem, release_folders
    from annotate.gold.manifest import spell_digest

    rows = []
    found = annotate.releases(to)
    for manifest in found:
        splits = ", ".join(f"{name} {split.articles:,}" for name, split in manifest.splits.items())
        parent = manifest.parent.version if manifest.parent else "-"
        schema = f"{manifest.schema.name}/{manifest.schema.version}"
        rows.append(
            [manifest.ref, f"{manifest.counts['articles']:,}", describe_counts(manifest.items), splits, schema, parent]
        )
    if not rows:
        note(f"no releases in {to}")
        return
    columns = ("release", "articles", "spans", "splits", "schema", "parent")
    print_blocks([Table("", columns, rows, words=(0, 2, 3, 4, 5))])
    print_line("")
    for manifest in found:
        print_line(f"{manifest.ref} {spell_digest(manifest)}")
    for folder, manifest in zip(release_folders(to), found, strict=True):
        if problem := find_place_problem(folder, manifest):
            note(f"{folder}: {problem}")


def _describe(folder: Path) -> None:
    """Print what is in a new release."""
    from annotate.gold.manifest import read_manifest

    manifest: Any = read_manifest(folder)
    articles = format_count(manifest.counts["articles"], "article")
    stories = format_count(manifest.counts["clusters"], "story")
    note(f"{manifest.ref}: {articles} in {stories}, {describe_counts(manifest.items)}")
    for name, split in manifest.splits.items():
        note(f"  {name}: {format_count(split.articles, 'article')}, {split.share:.1%} (wanted {split.wanted:.1%})")
    for left in manifest.left_out:
        note(f"  left out: {left.id}, related to articles in several splits: {', '.join(left.kin)}")
