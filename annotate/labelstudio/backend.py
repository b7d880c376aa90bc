"""Live pre-annotation: any registered preannotator behind Label Studio's ML backend protocol.

The server asks `/health` and `/setup` before every round and `/predict` for tasks without a prediction. `/setup`
brings the owner's token; it is neither kept nor logged, and no request body is. Whoever reaches the port can send
anything: a body is read up to a limit, and one that does not fit is refused with a sentence.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from annotate.artifacts.label_config import to_label_config
from annotate.errors import AnnotateError, LabelStudioError
from annotate.extras import require
from annotate.labelstudio.project import find_names
from annotate.labelstudio.shapes import name_json_type
from annotate.preannotate.registry import Preannotator, build
from annotate.records import Article, Layer, pick_layers
from annotate.schema import Schema, load_schema
from annotate.task_json.to_result import to_result

if TYPE_CHECKING:
    from fastapi import FastAPI, Request, Response

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 16 << 20
#: The longest text that is read while somebody waits, in code points: `news` takes some 20 seconds for it.
MAX_TEXT = 500_000

Body: TypeAlias = dict[str, Any]


class _Refused(Exception):
    """A request that is not answered; `status` is that of the HTTP answer."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.status = status


def make_backend(
    preannotator: str,
    *,
    schema: Schema | str | Path | None = None,
    layers: Sequence[Layer] | None = None,
    max_body_bytes: int = MAX_BODY_BYTES,
) -> FastAPI:
    """The web application that answers for the preannotator; its model is loaded before this returns.

    Args:
        max_body_bytes: a request with a larger body is refused (413) without reading the rest.

    Raises:
        MissingExtraError: the extra `backend` is not installed.
        PreannotatorError: the preannotator is unknown or cannot be built.
    """
    require("backend", "annotate backend", "fastapi")
    from fastapi import FastAPI

    wanted = load_schema(schema).restrict(tuple(layers) if layers is not None else None)
    service = _Service(build(preannotator, wanted), wanted)
    app = FastAPI(title="annotate", docs_url=None, redoc_url=None, openapi_url=None)

    def setup(body: Body) -> Body:
        service.find_layers(body.get("schema"))
        return {"model_version": service.model}

    def predict(body: Body) -> Body:
        return {"results": service.predict(_read_tasks(body), body.get("label_config"))}

    def is_up() -> Body:
        return {"status": "UP"}

    def name_versions() -> Body:
        return {"versions": [service.model]}

    answers: dict[str, Callable[[Body], Body]] = {
        "/setup": setup,
        "/predict": predict,
        "/versions": lambda body: name_versions(),
        "/webhook": lambda body: {"status": "ignored"},
    }
    for path, answer in answers.items():
        app.add_route(path, _make_endpoint(answer, max_body_bytes), methods=["POST"])
    for path in ("/", "/health"):
        app.add_api_route(path, is_up)
    app.add_api_route("/versions", name_versions)
    return app


def _make_endpoint(answer: Callable[[Body], Body], limit: int) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that reads a JSON object and answers with one, or with `detail` and an error's status."""
    from fastapi.concurrency import run_in_threadpool
    from fastapi.responses import JSONResponse

    async def endpoint(request: Request) -> Response:
        try:
            body = await _read_body(request, limit)
            return JSONResponse(await run_in_threadpool(answer, body))
        except _Refused as error:
            return JSONResponse({"detail": str(error)}, status_code=error.status, headers={"connection": "close"})
        except AnnotateError as error:
            return JSONResponse({"detail": str(error)}, status_code=400)

    return endpoint


async def _read_body(request: Request, limit: int) -> Body:
    """The JSON object of the request.

    Raises:
        _Refused: it is too large, or no such object.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise _Refused(f"content type {kind!r}; expected application/json")
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length[:20]) > limit:
        raise _Refused(f"the body has {length[:20]} bytes; {limit} are allowed", 413)
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > limit:
            raise _Refused(f"the body has more than {limit} bytes", 413)
    try:
        return msgspec.json.decode(content, type=Body)
    except msgspec.ValidationError:
        raise _Refused("the body is not a JSON object") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _Refused("the body is not valid JSON in UTF-8") from None
    except RecursionError:
        raise _Refused("the body is nested too deeply") from None


def _read_tasks(body: Body) -> list[Body]:
    """The tasks of a request for predictions; those without a text are kept, because each gets an answer.

    Raises:
        _Refused: `tasks` is no list of tasks.
    """
    tasks = body.get("tasks", [])
    if not isinstance(tasks, list):
        raise _Refused(f"tasks is {name_json_type(tasks)}; expected a list of objects")
    for number, task in enumerate(tasks):
        if not isinstance(task, dict):
            raise _Refused(f"tasks[{number}] is {name_json_type(task)}; expected an object with data")
        if not isinstance(task.get("data", {}), dict):
            raise _Refused(f"tasks[{number}].data is {name_json_type(task['data'])}; expected an object with text")
    return tasks


def backend(
    preannotator: str,
    *,
    schema: Schema | str | Path | None = None,
    layers: Sequence[Layer] | None = None,
    host: str = "127.0.0.1",
    port: int = 9090,
    report: Callable[[str], None] = lambda text: None,
) -> None:
    """Serve the preannotator until interrupted.

    Args:
        report: called with the address, once it listens.

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
        report(f"{preannotator} listens at http://{host}:{port}; Ctrl-C ends it")
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
        except LabelStudioError:
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
        """One prediction per task, in order.

        It is empty for a task without a text, with one longer than `MAX_TEXT`, or that the preannotator fails on.
        """
        schema = self.schema.restrict(self.find_layers(config))
        return [self._predict_task(task, schema) for task in tasks]

    def _predict_task(self, task: dict[str, Any], schema: Schema) -> dict[str, Any]:
        data = task.get("data", {})
        text, article_id = data.get("text"), str(data.get("doc_id") or f"task-{task.get('id')}")
        result: list[dict[str, Any]] = []
        if isinstance(text, str) and len(text) > MAX_TEXT:
            log.warning(
                "no prediction for %r: its text has %d characters; use preannotate and push", article_id, len(text)
            )
        elif isinstance(text, str) and text:
            try:
                with self.turn:
                    found = next(iter(self.preannotator.pipe([Article(id=article_id, text=text)])))
                layers = pick_layers(found, schema.layers)
                result = to_result(layers, text, schema, article_id=article_id, model=self.model)
            except Exception as error:
                log.warning("no prediction for %r: %s", article_id, type(error).__name__)
        return {"model_version": self.model, "score": 0.0, "result": result}
