"""`annotate publish` and `annotate rehydrate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import annotate
from annotate.cli.completion import complete_release
from annotate.cli.options import ColumnsOption, parse_columns
from annotate.printing import note, print_data


def publish(
    release: Annotated[
        str, typer.Argument(metavar="RELEASE", autocompletion=complete_release, help="Release folder, or name/version.")
    ],
    to: Annotated[
        str,
        typer.Option(
            "--to", metavar="hf:USER/NAME|URL|DIR", help="The Hub, an fsspec URL such as s3://bucket/gold, or a folder."
        ),
    ],
    stand_off: Annotated[bool, typer.Option("--stand-off", help="Leave the article texts out.")] = False,
    private: Annotated[bool, typer.Option("--private", help="On the Hub: make a new repository private.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Publish despite the plan's warnings (licences, names, e-mail addresses).")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and write nothing.")] = False,
) -> None:
    """Check a release, publish it under its version, and verify it by loading it back.

    Example: annotate publish gold/news/1.0.0 --to hf:user/news --dry-run
    """
    from annotate.publish.plan import PublishPlan

    def show(plan: PublishPlan) -> None:
        note(str(plan))

    published = annotate.publish_release(
        release, to, stand_off=stand_off, private=private, yes=yes, dry_run=dry_run, show=show
    )
    if published.place is None:
        note("dry run: nothing was written")
    else:
        note("loaded back and compared, byte for byte")
        print_data(f"{published.place}\n{published.plan.digest}\n")


def rehydrate(
    release: Annotated[
        str,
        typer.Argument(
            metavar="RELEASE", autocompletion=complete_release, help="Stand-off release: folder, or name/version."
        ),
    ],
    sources: Annotated[
        list[str], typer.Argument(metavar="SOURCES...", help="Articles with texts, as for preannotate.")
    ],
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="Folder of the result.")] = Path("rehydrated"),
    columns: ColumnsOption = None,
) -> None:
    """Restore the article texts of a stand-off release, and report what could not be restored.

    Example: annotate rehydrate news/1.0.0 articles/ --to gold-with-texts
    """
    report = annotate.rehydrate(release, sources, to=to, columns=parse_columns(columns))
    note(str(report))
    print_data(f"{report.place}\n")
