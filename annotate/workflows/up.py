"""The embedded Label Studio: started with pre-annotated articles in it, looked at, and stopped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from annotate.label_studio_server import Studio, explain_end, find_studio, require_server, start_studio, stop_studio
from annotate.label_studio_server.projects import Project, list_projects
from annotate.printing import format_count
from annotate.records import Layer
from annotate.schema import Schema, load_schema

if TYPE_CHECKING:
    from annotate.ingest import ColumnMap


@dataclass(frozen=True)
class Workplace:
    """A running server and, by title, the page of each project that now holds the articles."""

    studio: Studio
    projects: dict[str, str]

    @property
    def page(self) -> str:
        """The page where an annotator begins: the first project, or the server's own first page."""
        return next(iter(self.projects.values()), self.studio.url)


def up(
    sources: Sequence[str] = (),
    *,
    project: str = "News",
    layers: Sequence[Layer] | None = None,
    preannotator: str | None = None,
    schema: Schema | str | Path | None = None,
    columns: ColumnMap | None = None,
    dir: Path | None = None,
    port: int | None = None,
    database: str | None = None,
    public_url: str | None = None,
    backend: str | None = None,
    report: Callable[[str], None] = lambda text: None,
) -> Workplace:
    """Start the embedded Label Studio and show the sources in it; running it again starts and adds nothing twice.

    Articles are read and pre-annotated first, so that a mistake in them starts no server.

    Args:
        sources: what `annotate.ingest.articles.read_articles` takes; none = start the server only.
        project: title of the project that is made or updated.
        layers: one project for each of these layers, for one pass per layer; None = one project for all.
        preannotator: a registered name; None = the best that is installed.
        columns: which columns of the sources hold the fields of an article, where they have other names.
        dir: data folder of the server; see `annotate.label_studio_server.start_studio`, also for `port`, `database`,
            `public_url` and `backend`.
        report: called with one line per step.

    Raises:
        AnnotateError: the sources, the server or the push have a problem; the message names it.
        MissingExtraError: the extra `studio` is not installed.
    """
    require_server("annotate up")
    schema = load_schema(schema)
    predictions = []
    if sources:
        from annotate.ingest import read_articles
        from annotate.labelstudio.connection import require_client
        from annotate.preannotate.run import choose_preannotators, preannotate_articles

        require_client()
        names = choose_preannotators(preannotator)
        report("pre-annotating")
        articles = read_articles(sources, columns=columns)
        predictions = list(preannotate_articles(articles, preannotator=names, schema=schema, layers=layers))
    report("starting Label Studio (a minute the first time, then seconds)")
    studio = start_studio(dir, port=port, database=database, public_url=public_url, backend=backend)
    if not sources:
        return Workplace(studio, {})
    from annotate.labelstudio.push.plan import PushOptions
    from annotate.labelstudio.push.push import push_predictions

    report(f"pushing {format_count(len(predictions), 'article')}")
    plan = push_predictions(
        predictions, project, PushOptions(layers=layers), url=studio.url, api_key=studio.api_key, schema=schema
    )
    pages = {part.title: f"{studio.url}/projects/{part.project}/data" for part in plan.projects}
    return Workplace(studio, pages)


@dataclass(frozen=True)
class Status:
    """The running server and its projects, newest first; `studio` is None where none is running.

    `ended` is why the last one ended, where it did not end by `down`.
    """

    studio: Studio | None
    projects: list[Project] = field(default_factory=list)
    ended: str | None = None


def status(dir: Path | None = None) -> Status:
    """Whether the embedded Label Studio is running, and what is in it.

    Args:
        dir: its data folder; None = the user's own.

    Raises:
        StudioError: it is running and does not answer, for instance because it is still starting.
        MissingExtraError: the extra `studio` is not installed.
    """
    studio = find_studio(dir)
    if studio is None:
        return Status(None, ended=explain_end(dir))
    return Status(studio, list_projects(studio))


def down(dir: Path | None = None) -> bool:
    """Stop the embedded Label Studio; the annotations are kept, and `up` shows them again.

    Args:
        dir: its data folder; None = the user's own.

    Returns:
        whether one was running.

    Raises:
        StudioError: it does not end.
        MissingExtraError: the extra `studio` is not installed.
    """
    return stop_studio(dir)
