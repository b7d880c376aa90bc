"""`annotate schema`: look at a label schema, and keep what is generated from it up to date."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

import annotate
from annotate.cli.command import Command, Group
from annotate.cli.options import ApiKeyOption, LayersOption, ProjectOption, SchemaOption, UrlOption, parse_layers
from annotate.errors import SchemaError
from annotate.printing import Table, format_count, note, print_blocks, print_data, print_line

if TYPE_CHECKING:
    from annotate.schema import Schema

app = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Show a label schema; generate the interface, JSON Schemas and guidelines from it.",
)

FolderOption = Annotated[
    Path | None,
    typer.Option("--to", metavar="DIR", help="Folder of the generated files; default: NAME/ beside the schema's file."),
]


@app.command(cls=Command)
def build(
    schema: SchemaOption = None,
    to: FolderOption = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail when a file is stale.")] = False,
) -> None:
    """Generate the Label Studio interface, the JSON Schemas and the guidelines.

    Example: annotate schema build --schema my-schema.toml
    """
    from annotate.artifacts.build import artifacts_dir, write_artifacts
    from annotate.schema import load_schema

    loaded = load_schema(schema)
    folder = to or artifacts_dir(loaded, schema)
    if check:
        _check(loaded, folder)
    else:
        written = write_artifacts(loaded, folder)
        for path in written:
            print_data(f"{path}\n")
        note(
            f"{loaded.ref}: {format_count(len(written), 'file')} written to {folder}"
            if written
            else f"{folder}: all up to date"
        )


@app.command(cls=Command)
def check(schema: SchemaOption = None, to: FolderOption = None) -> None:
    """Check that a schema is well formed and that what was generated from it is up to date.

    Example: annotate schema check --schema my-schema.toml
    """
    from annotate.artifacts.build import artifacts_dir
    from annotate.schema import load_schema

    loaded = load_schema(schema)
    _check(loaded, to or artifacts_dir(loaded, schema))


@app.command(cls=Command)
def show(
    schema: SchemaOption = None,
    layers: LayersOption = None,
    format: Annotated[
        Literal["table", "markdown", "xml"], typer.Option(help="Table of labels, guidelines, or interface.")
    ] = "table",
) -> None:
    """Print the labels with their keys and definitions, the guidelines, or the Label Studio interface.

    Example: annotate schema show --layers claims --format xml
    """
    from annotate.artifacts.guidelines import to_guidelines_markdown
    from annotate.artifacts.label_config import to_label_config
    from annotate.schema import load_schema

    loaded = load_schema(schema).restrict(parse_layers(layers))
    if format == "xml":
        print_data(to_label_config(loaded))
    elif format == "markdown":
        print_data(to_guidelines_markdown(loaded))
    else:
        _print_labels(loaded)


@app.command(cls=Command)
def migrate(
    project: ProjectOption,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan and change nothing.")] = False,
    schema: SchemaOption = None,
    url: UrlOption = None,
    api_key: ApiKeyOption = None,
) -> None:
    """Bring a live Label Studio project to the schema as it is now: rename and merge labels, add new ones.

    The schema's file gives the new names under [[migrations]]. Refuses what would lose work.

    Example: annotate schema migrate --project News --schema my-schema.toml --dry-run
    """
    from annotate.errors import DataProblems
    from annotate.labelstudio.migrate import describe_migration

    plan = annotate.migrate_project(project, url=url, api_key=api_key, schema=schema, dry_run=dry_run)
    for line in describe_migration(plan):
        print_line(line)
    if plan.refusals:
        raise DataProblems(plan.refusals)


def _check(schema: Schema, folder: Path) -> None:
    from annotate.artifacts.build import find_stale_artifacts

    stale = find_stale_artifacts(schema, folder)
    if stale:
        raise SchemaError([f"{path}: missing or stale; run annotate schema build" for path in stale])
    note(f"{schema.ref}: well formed, generated files in {folder} up to date")


def _print_labels(schema: Schema) -> None:
    from annotate.schema import iter_labels

    rows = [[label.name, label.hotkey or "", label.definition] for label in iter_labels(schema)]
    rows += [[f"→ {relation.name}", "", relation.definition] for relation in schema.relations]
    print_blocks([Table(f"{schema.title} ({schema.ref})", ("label", "key", "definition"), rows, words=(0, 1, 2))])
