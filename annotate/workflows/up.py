"""Bring up the embedded Label Studio with articles in it, pre-annotated and ready to correct."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from annotate.label_studio_server import Studio, require_server, start_studio
from annotate.printing import format_count
from annotate.records import Layer
from annotate.schema import Schema, load_schema


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
    schema: Schema | None = None,
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
        dir: data folder of the server; see `annotate.label_studio_server.start_studio`, also for `port`, `database`,
            `public_url` and `backend`.
        report: called with one line per step.

    Raises:
        AnnotateError: the sources, the server or the push have a problem; the message names it.
        MissingExtraError: the extra `studio` is not installed.
    """
    require_server("annotate up")
    schema = schema or load_schema()
    predictions = []
    if sources:
        from annotate.ingest import read_articles
        from annotate.labelstudio.connection import require_client
        from annotate.preannotate.run import choose_preannotators, preannotate_articles

        require_client()
        names = choose_preannotators(preannotator)
        report("pre-annotating")
        articles = read_articles(sources)
        predictions = list(preannotate_articles(articles, preannotator=names, schema=schema, layers=layers))
    report("starting Label Studio (a minute the first time, then seconds)")
    studio = start_studio(dir, port=port, database=database, public_url=public_url, backend=backend)
    if not sources:
        return Workplace(studio, {})
    from annotate.labelstudio.push.push import push_predictions

    report(f"pushing {format_count(len(predictions), 'article')}")
    plan = push_predictions(predictions, project, url=studio.url, api_key=studio.api_key, schema=schema, layers=layers)
    pages = {part.title: f"{studio.url}/projects/{part.project}/data" for part in plan.projects}
    return Workplace(studio, pages)
