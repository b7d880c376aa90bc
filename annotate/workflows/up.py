"""The embedded Label Studio: started with pre-annotated articles in it, looked at, joined, and stopped."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from annotate.errors import AnnotateError, LabelStudioError, StudioError
from annotate.files import is_stream
from annotate.jsonl import STDIO
from annotate.label_studio_server import (
    Studio,
    check_start,
    explain_end,
    find_studio,
    require_server,
    start_studio,
    stop_studio,
)
from annotate.label_studio_server.projects import ProjectStatus, list_projects
from annotate.records import Layer
from annotate.schema import Schema, load_schema

if TYPE_CHECKING:
    from annotate.ingest import ColumnMap
    from annotate.labelstudio.push.plan import PushOptions, PushPlan
    from annotate.preannotate.run import Engine


@dataclass(frozen=True)
class Workplace:
    """A running server, what was pushed to it, and by title the page of each project that now holds the articles."""

    studio: Studio
    projects: dict[str, str]
    plan: PushPlan | None = None

    @property
    def page(self) -> str:
        """The page where an annotator begins: the first project, or the server's own first page."""
        return next(iter(self.projects.values()), self.studio.url)


def up(
    sources: Sequence[str] = (),
    output: str | Path | None = None,
    *,
    project: str = "News",
    options: PushOptions | None = None,
    preannotator: str | Sequence[str] | None = None,
    jobs: int = 1,
    engine: Engine = "local",
    min_score: float = 0.0,
    side_by_side: bool = False,
    normalize: bool = False,
    schema: Schema | str | Path | None = None,
    columns: ColumnMap | None = None,
    dir: str | Path | None = None,
    port: int | None = None,
    database: str | None = None,
    public_url: str | None = None,
    backend: str | None = None,
    progress: Callable[[str, int, int | None], object] = lambda what, done, total: None,
    report: Callable[[str], None] = lambda text: None,
) -> Workplace:
    """Start the embedded Label Studio and show the sources in it; running it again starts and adds nothing twice.

    Everything is checked first: options, server, output and sources. Then the articles are pre-annotated, and only then
    is a server started.

    Args:
        sources: what `annotate.read_articles` takes; none = start the server only.
        output: a file that keeps the predictions, and from which an interrupted run goes on; None keeps none.
        project: title of the project that is made or updated.
        options: how the predictions are shown, see `PushOptions`; with layers in them, each gets a project, and no
            others are pre-annotated.
        preannotator, jobs, engine, min_score, side_by_side, normalize: see `annotate.preannotate_to_file`.
        columns: which columns of the sources hold the fields of an article, where they have other names.
        dir: data folder of the server; see `annotate.start_studio`, also for `port`, `database`, `public_url` and
            `backend`.
        progress: called with what is being done, how much of it is done, and of how much; None = not known.
        report: called with one line for what a user should know at once, such as another push to the project.

    Raises:
        AnnotateError: options, sources, the server or the push have a problem; the message names it.
        MissingExtraError: the extra `studio` is not installed.
    """
    require_server("annotate up")
    schema = load_schema(schema)
    if sources:
        options = _check_options(
            options,
            output,
            preannotator,
            project=project,
            schema=schema,
            engine=engine,
            min_score=min_score,
            side_by_side=side_by_side,
        )
    elif output is not None or options is not None:
        raise AnnotateError("no SOURCES, so there is nothing to pre-annotate or push; name the articles")
    check_start(dir, port=port, database=database, public_url=public_url, backend=backend)

    def start() -> Studio:
        progress("starting Label Studio (a minute the first time)", 0, 1)
        return start_studio(dir, port=port, database=database, public_url=public_url, backend=backend)

    if options is None:
        return Workplace(start(), {})
    from annotate.ingest import read_articles
    from annotate.labelstudio.push.push import push_predictions
    from annotate.preannotate import preannotate_to_file

    progress("reading the articles", 0, 1)
    articles = read_articles(sources, normalize=normalize, columns=columns)
    with _kept_or_temporary(output) as path:
        outcome = preannotate_to_file(
            articles,
            path,
            preannotator=preannotator,
            schema=schema,
            layers=options.layers,
            jobs=jobs,
            engine=engine,
            min_score=min_score,
            side_by_side=side_by_side,
            progress=lambda done, total: progress("pre-annotating", done, total),
        )
        outcome.raise_failures("nothing was pushed")
        if output is not None:
            report(f"{output}: {outcome}")
        studio = start()
        plan = push_predictions(
            path,
            project,
            options,
            url=studio.url,
            api_key=studio.api_key,
            schema=schema,
            progress=lambda title, done, total: progress(f"pushing {title}", done, total),
            report=report,
        )
    pages = {part.title: f"{studio.url}/projects/{part.project}/data" for part in plan.projects}
    return Workplace(studio, pages, plan)


def _check_options(
    options: PushOptions | None,
    output: str | Path | None,
    preannotator: str | Sequence[str] | None,
    *,
    project: str,
    schema: Schema,
    engine: Engine,
    min_score: float,
    side_by_side: bool,
) -> PushOptions:
    """How the articles are to be shown, after all that `up` was told about them was checked."""
    from annotate.labelstudio.connection import require_client
    from annotate.labelstudio.project import check_title
    from annotate.labelstudio.push.plan import PushOptions
    from annotate.labelstudio.push.push import list_parts
    from annotate.preannotate.run import make_settings

    require_client()
    options = options or PushOptions()
    for title, layers in list_parts(project, options):
        check_title(title)
        schema.restrict(layers)
    make_settings(
        preannotator,
        schema=schema,
        layers=options.layers,
        engine=engine,
        min_score=min_score,
        side_by_side=side_by_side,
    )
    if output is not None and (Path(output) == STDIO or is_stream(Path(output))):
        raise AnnotateError(f"{output}: is no file; the predictions are read again to be pushed")
    if output is not None and Path(output).is_dir():
        raise AnnotateError(f"{output}: is a folder; give the name of a file to write")
    return options


@contextlib.contextmanager
def _kept_or_temporary(output: str | Path | None) -> Iterator[Path]:
    if output is not None:
        yield Path(output)
        return
    with tempfile.TemporaryDirectory(prefix="annotate-") as folder:
        yield Path(folder) / "predictions.jsonl"


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The running server and its projects, newest first; `url` is None where none is running.

    `ended` is why the last one ended, where it did not end by `down`. Password and token are in the file `login`.
    """

    running: bool
    url: str | None = None
    public_url: str | None = None
    pid: int | None = None
    username: str | None = None
    login: str | None = None
    projects: list[ProjectStatus] = []
    ended: str | None = None


def status(dir: str | Path | None = None) -> Status:
    """Whether the embedded Label Studio is running, what is in it, and how far each annotator is.

    Args:
        dir: its data folder; None = the user's own.

    Raises:
        StudioError: it is running and does not answer, for instance because it is still starting.
        MissingExtraError: the extra `studio` is not installed.
    """
    studio = find_studio(dir)
    if studio is None:
        return Status(running=False, ended=explain_end(dir))
    return Status(
        running=True,
        url=studio.url,
        public_url=studio.public_url,
        pid=studio.pid,
        username=studio.username,
        login=str(studio.dir / "studio.json"),
        projects=list_projects(studio, _find_layers),
    )


def _find_layers(config: str) -> list[Layer]:
    from annotate.labelstudio.project import LAYER_CONTROL, is_shown

    with contextlib.suppress(LabelStudioError):
        return [layer for layer in LAYER_CONTROL if is_shown(layer, config)]
    return []


def invite(
    *, url: str | None = None, api_key: str | None = None, dir: str | Path | None = None, reset: bool = False
) -> str:
    """The link by which another annotator signs up; without it, nobody can.

    It stays valid until it is replaced, for as many people as have it. Everyone who signs up may do everything on the
    server.

    Args:
        url: of the server; None = `LABEL_STUDIO_URL`, or the embedded server, by the address that others reach it at.
        api_key: its token; None = `LABEL_STUDIO_API_KEY`, or that of the embedded server.
        dir: data folder of the embedded server, where it is not the default one.
        reset: make a new link; the old one ends.

    Raises:
        LabelStudioError: the server cannot be reached, or refuses.
        StudioError: `dir` is given, and no server runs on it.
        MissingExtraError: the extra `labelstudio` is not installed.
    """
    from annotate.labelstudio.connection import connect, require_client

    require_client()
    if dir is not None and url is None:
        studio = find_studio(dir)
        if studio is None:
            raise StudioError(f"no embedded Label Studio is running in {dir}; start it: annotate up --dir {dir}")
        url, api_key = studio.url, studio.api_key
    else:
        studio = find_studio()
    server = connect(url, api_key)
    base = server.url
    if studio is not None and studio.public_url and studio.url == base:
        base = studio.public_url.rstrip("/")
    return server.invite_link(base, reset=reset)


def down(dir: str | Path | None = None) -> bool:
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
