"""Live pre-annotation: any registered preannotator behind Label Studio's ML backend protocol.

The server asks `/health` and `/setup` before every round and `/predict` for tasks without a prediction. `/setup`
brings the owner's token; it is neither kept nor logged, and no request body is.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from annotate.artifacts.label_config import to_label_config
from annotate.errors import AnnotateError, LabelStudioError
from annotate.extras import require
from annotate.labelstudio.project import find_names
from annotate.preannotate.registry import Preannotator, build
from annotate.records import Article, Layer, Layers
from annotate.schema import Schema, load_schema
from annotate.task_json.to_result import to_result

if TYPE_CHECKING:
    from fastapi import FastAPI

log = logging.getLogger(__name__)


def make_backend(preannotator: str, *, schema: Schema | None = None, layers: Sequence[Layer] | None = None) -> FastAPI:
    """The web application that answers for the preannotator; its model is loaded before this returns.

    Raises:
        MissingExtraError: the extra `backend` is not installed.
        PreannotatorError: the preannotator is unknown or cannot be built.
    """
    require("backend", "annotate backend", "fastapi")
    from fastapi import Body, FastAPI
    from fastapi.responses import JSONResponse

    wanted = (schema or load_schema()).restrict(tuple(layers) if layers is not None else None)
    service = _Service(build(preannotator, wanted), wanted)
    app = FastAPI(title="annotate", docs_url=None, redoc_url=None, openapi_url=None)

    def setup(request: dict[str, Any] = Body()) -> Any:  # noqa: B008 - FastAPI's way to say where it comes from
        try:
            service.find_layers(request.get("schema"))
        except AnnotateError as error:
            return JSONResponse({"detail": str(error)}, status_code=400)
        return {"model_version": service.model}

    def predict(request: dict[str, Any] = Body()) -> Any:  # noqa: B008
        try:
            return {"results": service.predict(request.get("tasks") or [], request.get("label_config"))}
        except AnnotateError as error:
            return JSONResponse({"detail": str(error)}, status_code=400)

    app.add_api_route("/", lambda: {"status": "UP"})
    app.add_api_route("/health", lambda: {"status": "UP"})
    app.add_api_route("/setup", setup, methods=["POST"])
    app.add_api_route("/predict", predict, methods=["POST"])
    app.add_api_route("/versions", lambda: {"versions": [service.model]}, methods=["GET", "POST"])
    app.add_api_route("/webhook", lambda: {"status": "ignored"}, methods=["POST"])
    return app


def backend(
    preannotator: str,
    *,
    schema: Schema | None = None,
    layers: Sequence[Layer] | None = None,
    host: str = "127.0.0.1",
    port: int = 9090,
    say: Callable[[str], None] = lambda text: None,
) -> None:
    """Serve the preannotator until interrupted.

    Args:
        say: is told where it listens, once it does.

    Raises:
        LabelStudioError: the port is taken.
        MissingExtraError: the extra `backend` is not installed.
    """
    require("backend", "annotate backend")
    import socket

    import uvicorn

    app = make_backend(preannotator, schema=schema, layers=layers)
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            raise LabelStudioError(
                f"cannot listen at {host}:{port} ({error.strerror}); choose another --port"
            ) from error
        say(f"{preannotator} listens at http://{host}:{port}; Ctrl-C ends it")
        uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False)).run(sockets=[listener])


class _Service:
    """One loaded preannotator; requests take turns, because pipelines are not safe for two threads at once."""

    def __init__(self, preannotator: Preannotator, schema: Schema) -> None:
        self.preannotator = preannotator
        self.schema = schema
        self.model = preannotator.model
        self.turn = threading.Lock()

    def find_layers(self, config: Any) -> tuple[Layer, ...]:
        """The layers that the preannotator proposes and the project's interface can show, labels and all.

        Raises:
            LabelStudioError: there is none.
        """
        try:
            shown = find_names(config) if isinstance(config, str) else set()
        except ElementTree.ParseError:
            shown = set()
        layers = tuple(
            layer
            for layer in self.preannotator.layers
            if layer in self.schema.layers and find_names(to_label_config(self.schema.restrict((layer,)))) <= shown
        )
        if not layers:
            raise LabelStudioError(
                f"the project's interface shows none of the layers {', '.join(self.preannotator.layers)} of schema "
                f"{self.schema.ref}; create the project with `annotate push` or take the interface of `annotate schema "
                "show --format xml`"
            )
        return layers

    def predict(self, tasks: Sequence[dict[str, Any]], config: Any) -> list[dict[str, Any]]:
        """One prediction a task, in order; empty for a task that has no text or that the preannotator fails on."""
        schema = self.schema.restrict(self.find_layers(config))
        return [self._predict_task(task, schema) for task in tasks]

    def _predict_task(self, task: dict[str, Any], schema: Schema) -> dict[str, Any]:
        data = task.get("data") or {}
        text, article_id = data.get("text"), str(data.get("doc_id") or f"task-{task.get('id')}")
        result: list[dict[str, Any]] = []
        if isinstance(text, str) and text:
            try:
                with self.turn:
                    found = next(iter(self.preannotator.pipe([Article(id=article_id, text=text)])))
            except Exception as error:
                log.warning("no prediction for %s: %s", article_id, type(error).__name__)
            else:
                layers = Layers(**{layer: getattr(found, layer) for layer in schema.layers})
                result = to_result(layers, text, schema, article_id=article_id, model=self.model)
        return {"model_version": self.model, "score": 0.0, "result": result}
