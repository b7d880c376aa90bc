"""The one door to a Label Studio server: plain dicts out, `LabelStudioError` for everything that goes wrong.

Uses the SDK, imported only when a connection is made (that takes seconds). The SDK repeats a POST whose answer got
lost, which makes duplicates; here no POST is repeated. Messages never hold headers, cookies or tokens.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

import msgspec

from annotate.errors import LabelStudioError
from annotate.extras import require

Dict = dict[str, Any]

ONCE: Dict = {"max_retries": 0}
TIMEOUT_S = 120.0
EXPORT_TIMEOUT_S = 1800.0
PAGE = 500
URL_VARIABLE = "LABEL_STUDIO_URL"
API_KEY_VARIABLE = "LABEL_STUDIO_API_KEY"


# quotation marks inside of strings are escaped, so this never matches within a text
TASK_BOUNDARY = re.compile(rb'\}\s*,\s*(?=\{\s*"id"\s*:\s*\d+\s*,\s*"annotations"\s*:)')


class LostAnswer(LabelStudioError):
    """The server did not answer, or answered that it cannot now; what was asked for may or may not have happened."""


class NotFound(LabelStudioError):
    """The server has no such thing."""


def connect(url: str | None = None, api_key: str | None = None, *, timeout_s: float = TIMEOUT_S) -> Server:
    """The server at the URL, or the one of the environment, or the embedded one if it runs.

    Nothing is sent yet; the first call shows whether the server answers and the token counts.

    Args:
        url: default: `LABEL_STUDIO_URL`, else the embedded Label Studio.
        api_key: default: `LABEL_STUDIO_API_KEY`, else that of the embedded one where the URL is its own.

    Raises:
        LabelStudioError: no server is known, or no token for it.
        MissingExtraError: the extra `labelstudio` is not installed.
    """
    require_client()
    url = url or os.environ.get(URL_VARIABLE)
    api_key = api_key or os.environ.get(API_KEY_VARIABLE)
    if not url or not api_key:
        from annotate.label_studio_server import find_studio

        studio = find_studio()
        if not url:
            if studio is None:
                raise LabelStudioError(
                    f"no Label Studio: start the embedded one with `annotate up`, or set {URL_VARIABLE} and "
                    f"{API_KEY_VARIABLE} (or give --url and --api-key)"
                )
            url, api_key = studio.url, studio.api_key
        elif studio is not None and studio.url.rstrip("/") == url.rstrip("/"):
            api_key = studio.api_key
    if not api_key:
        raise LabelStudioError(f"no token for {url}: set {API_KEY_VARIABLE} (Label Studio: Account & Settings)")
    if not url.startswith(("http://", "https://")):
        raise LabelStudioError(f"{url!r} is no URL; it starts with http:// or https://")
    with _explained("cannot use the token", url):
        import httpx
        from label_studio_sdk import LabelStudio

        http = httpx.Client(timeout=timeout_s, follow_redirects=True)
        sdk = LabelStudio(base_url=url.rstrip("/"), api_key=api_key.strip(), timeout=timeout_s, httpx_client=http)
    return Server(url.rstrip("/"), api_key.strip(), sdk, http)


def require_client() -> None:
    """Return if a connection can be made; for what has long work to do before it makes one.

    Raises:
        MissingExtraError: the extra `labelstudio` is not installed.
    """
    require("labelstudio", "a connection to Label Studio")


class Server:
    """A connection. Every method asks the server once (lists: once a page) and raises `LabelStudioError`."""

    def __init__(self, url: str, api_key: str, sdk: Any, http: Any) -> None:
        """`sdk` is a `LabelStudio` for the URL and token that sends by `http`, an `httpx.Client`."""
        self.url = url
        self.sdk = sdk
        self._api_key = api_key
        self._http = http

    def version(self) -> Dict:
        """What the server says of itself; needs no token."""
        with _explained("cannot reach Label Studio", self.url):
            return _plain(self.sdk.versions.get())

    def whoami(self) -> Dict:
        """The user that the token belongs to."""
        with _explained("cannot log in", self.url):
            return _plain(self.sdk.users.whoami())

    def emails(self) -> dict[int, str]:
        """The e-mail address of every user, by number."""
        with _explained("cannot list the users", self.url):
            return {user.id: user.email for user in self.sdk.users.list()}

    def create_user(self, email: str) -> int:
        """A new user without a password, who therefore cannot log in; the user's number."""
        with _explained(f"cannot create user {email}", self.url):
            return int(self.sdk.users.create(username=email, email=email, request_options=ONCE).id)

    def token_settings(self) -> Dict | None:
        """Which kinds of tokens the organization accepts; None where the user may not ask."""
        with contextlib.suppress(LabelStudioError), _explained("cannot read the token settings", self.url):
            return _plain(self.sdk.jwt_settings.get())
        return None

    def list_backends(self, project: int) -> list[Dict]:
        """The live preannotators connected to the project."""
        with _explained(f"cannot list the models of project {project}", self.url):
            return [_plain(entry) for entry in self.sdk.ml.list(project=project)]

    # ------------------------------------------------------------------------------------------------ projects

    def find_projects(self, title: str) -> list[Dict]:
        """The projects with exactly this title (the server finds by parts of it), oldest first."""
        with _explained(f"cannot look for project {title!r}", self.url):
            found = [_plain(project) for project in self.sdk.projects.list(title=title, include="id,title")]
        return sorted((project for project in found if project["title"] == title), key=lambda project: project["id"])

    def get_project(self, project: int) -> Dict:
        """All settings and counts of the project."""
        with _explained(f"cannot read project {project}", self.url):
            return _plain(self.sdk.projects.get(id=project))

    def create_project(self, **settings: Any) -> Dict:
        """A new project."""
        with _explained(f"cannot create project {settings.get('title')!r}", self.url):
            return _plain(self.sdk.projects.create(**settings, request_options=ONCE))

    def update_project(self, project: int, **settings: Any) -> None:
        """Change the settings of the project."""
        with _explained(f"cannot change project {project}", self.url):
            self.sdk.projects.update(id=project, **settings)

    # --------------------------------------------------------------------------------------------------- tasks

    def iter_changed(self, project: int, since: str, *, include: str | None = None) -> Iterator[Dict]:
        """The tasks changed after the time (UTC, as the server writes it)."""
        later = {"filter": "filter:tasks:updated_at", "operator": "greater", "type": "Datetime", "value": since}
        return self.iter_tasks(project, include=include, filters=[later])

    def iter_tasks(
        self, project: int, *, include: str | None = None, filters: Sequence[Dict] = (), conjunction: str = "and"
    ) -> Iterator[Dict]:
        """The tasks of the project, page by page.

        Args:
            include: the task's own fields to send (faster); None = with annotations and predictions.
            filters: in the words of the Data Manager.
        """
        query = {"filters": {"conjunction": conjunction, "items": list(filters)}} if filters else None
        options: Dict = {"fields": "task_only", "include": include} if include else {"fields": "all"}
        with _explained(f"cannot list the tasks of project {project}", self.url):
            pages = self.sdk.tasks.list(
                project=project, page_size=PAGE, query=json.dumps(query) if query else None, **options
            )
            for task in pages:
                yield _plain(task)

    def last_change(self, project: int) -> str:
        """When a task of the project, or an annotation or prediction of one, was changed last; empty without tasks."""
        query = json.dumps({"ordering": ["-tasks:updated_at"]})
        with _explained(f"cannot list the tasks of project {project}", self.url):
            tasks = self.sdk.tasks.list(
                project=project, page_size=1, query=query, fields="task_only", include="id,updated_at"
            )
            return next((str(_plain(task)["updated_at"]) for task in tasks), "")

    def find_tasks(self, project: int, article_ids: Sequence[str], *, include: str) -> list[Dict]:
        """The tasks with these ids in `data.doc_id`."""
        wanted = {
            "filter": "filter:tasks:data.doc_id",
            "operator": "in_list",
            "type": "List",
            "value": list(article_ids),
        }
        return list(self.iter_tasks(project, include=include, filters=[wanted]))

    def get_task(self, task: int) -> Dict:
        """One task with annotations and predictions."""
        with _explained(f"cannot read task {task}", self.url):
            return _plain(self.sdk.tasks.get(id=task))

    def import_tasks(self, project: int, tasks: Sequence[Dict]) -> list[int]:
        """Add the tasks in one request, all or none; their ids in the order given."""
        with _explained(f"cannot add {len(tasks)} tasks to project {project}", self.url):
            response = self._post_json(f"api/projects/{project}/import", tasks, {"return_task_ids": True})
            return list(response.json().get("task_ids") or ())

    def _post_json(self, path: str, body: Any, params: Dict | None = None) -> Any:
        """A request past the SDK, with the body encoded by msgspec: the SDK's encoder took half of a push's time."""
        from label_studio_sdk.core.api_error import ApiError

        response = self._http.post(
            f"{self.url}/{path}",
            params=params,
            content=msgspec.json.encode(body),
            headers={"content-type": "application/json", "authorization": self._authorization()},
        )
        if not response.is_success:
            raise ApiError(status_code=response.status_code, headers=dict(response.headers), body=_body(response))
        return response

    def _authorization(self) -> str:
        """A legacy token is sent as it is; a personal access token, a JWT, buys one that holds for minutes."""
        if self._api_key.count(".") != 2:
            return f"Token {self._api_key}"
        return f"Bearer {self.sdk.tokens.refresh(refresh=self._api_key, request_options=ONCE).access}"

    def update_task(self, task: int, **fields: Any) -> None:
        """Change the task's `meta` or `data`."""
        with _explained(f"cannot change task {task}", self.url):
            self.sdk.tasks.update(id=task, **fields)

    def delete_tasks(self, project: int, tasks: Sequence[int]) -> None:
        """Delete the tasks with all that hangs on them."""
        with _explained(f"cannot delete tasks of project {project}", self.url):
            self.sdk.actions.create(
                project=project,
                id="delete_tasks",
                selected_items={"all": False, "included": list(tasks)},
                request_options=ONCE,
            )

    # ------------------------------------------------------------------------------- predictions, annotations

    def list_predictions(self, *, task: int | None = None, project: int | None = None) -> list[Dict]:
        """The stored predictions of one task or project."""
        with _explained("cannot list predictions", self.url):
            return [_plain(entry) for entry in self.sdk.predictions.list(task=task, project=project)]

    def import_predictions(self, project: int, predictions: Sequence[Dict]) -> None:
        """Add predictions, each with the number of its `task`, in one request."""
        with _explained(f"cannot add predictions to project {project}", self.url):
            self._post_json(f"api/projects/{project}/import/predictions", predictions)

    def update_prediction(self, prediction: int, **fields: Any) -> None:
        """Change a stored prediction."""
        with _explained(f"cannot change prediction {prediction}", self.url):
            self.sdk.predictions.update(id=prediction, **fields)

    def delete_prediction(self, prediction: int) -> None:
        """Delete a prediction; one that is gone already is fine."""
        with contextlib.suppress(NotFound), _explained(f"cannot delete prediction {prediction}", self.url):
            self.sdk.predictions.delete(id=prediction)

    def create_annotation(self, task: int, **fields: Any) -> None:
        """Hand in an annotation of the task."""
        with _explained(f"cannot hand in an annotation of task {task}", self.url):
            self.sdk.annotations.create(id=task, **fields, request_options=ONCE)

    def update_annotation(self, annotation: int, **fields: Any) -> None:
        """Change a submitted annotation."""
        with _explained(f"cannot change annotation {annotation}", self.url):
            self.sdk.annotations.update(id=annotation, **fields)

    def iter_export(self, project: int) -> Iterator[Dict]:
        """Every task with its annotations and all users' drafts, read while it arrives."""
        with _explained(f"cannot export project {project}", self.url):
            chunks = self.sdk.projects.exports.download_sync(
                project,
                export_type="JSON",
                download_all_tasks=True,
                request_options={"timeout_in_seconds": EXPORT_TIMEOUT_S, "chunk_size": 1 << 20},
            )
            yield from iter_json_array(chunks)


def iter_json_array(chunks: Iterable[bytes]) -> Iterator[Dict]:
    """The tasks of an exported JSON array that arrives in pieces, one by one; holds little more than one piece.

    >>> list(iter_json_array([b'[{"id": 1, "annotations": []}, {"id"', b': 2, "annotations": ["}]"]}]']))
    [{'id': 1, 'annotations': []}, {'id': 2, 'annotations': ['}]']}]

    Raises:
        LabelStudioError: the array ends too early or is none.
    """
    buffer, opened = b"", False
    for chunk in chunks:
        buffer += chunk
        if not opened:
            buffer = buffer.lstrip()
            if not buffer:
                continue
            if not buffer.startswith(b"["):
                raise LabelStudioError("the export is not a list of tasks")
            buffer, opened = buffer[1:], True
        start = 0
        for boundary in TASK_BOUNDARY.finditer(buffer):
            yield from _decode_tasks(buffer[start : boundary.start() + 1])
            start = boundary.end()
        buffer = buffer[start:]
    rest = buffer.strip()
    if not opened or not rest.endswith(b"]"):
        raise LostAnswer("the export broke off in the middle; pull again")
    yield from _decode_tasks(rest[:-1])


def _decode_tasks(piece: bytes) -> list[Dict]:
    """The tasks in a piece between two boundaries: one, or all where the server spells them otherwise."""
    try:
        return msgspec.json.decode(b"[%b]" % piece, type=list[Dict])
    except msgspec.MsgspecError as error:
        raise LostAnswer("the export is damaged; pull again") from error


@contextlib.contextmanager
def _explained(what: str, url: str) -> Iterator[None]:
    """Turns what the SDK and its HTTP client raise into one sentence without headers."""
    try:
        yield
    except LabelStudioError:
        raise
    except Exception as error:
        raise _explain(error, what, url) or error from None


def _explain(error: Exception, what: str, url: str) -> LabelStudioError | None:
    import httpx
    from label_studio_sdk.core.api_error import ApiError

    if isinstance(error, ApiError):
        return _explain_answer(error, what, url)
    if isinstance(error, httpx.TimeoutException):
        return LostAnswer(f"{what}: {url} did not answer in time")
    if isinstance(error, (httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.LocalProtocolError)):
        return LabelStudioError(f"{what}: {url!r} or its token is not well formed")
    if isinstance(error, httpx.ConnectError):
        return LostAnswer(f"{what}: no server answers at {url}; is it running? (`annotate status`, `annotate up`)")
    if isinstance(error, httpx.TransportError):
        return LostAnswer(f"{what}: the connection to {url} broke off")
    return None


def _explain_answer(error: Any, what: str, url: str) -> LabelStudioError:
    status = error.status_code
    detail = _detail(error.body)
    if status == 401:
        return LabelStudioError(f"{what}: {url} refuses the token ({detail}); see `annotate doctor`")
    if status == 404:
        return NotFound(f"{what}: not found at {url}")
    if status is None or status in (408, 409, 425, 429) or status >= 500:
        return LostAnswer(f"{what}: {url} answered {status or 'nothing'} ({detail})")
    return LabelStudioError(f"{what}: {url} answered {status}: {detail}")


def _detail(body: Any) -> str:
    if isinstance(body, dict):
        found = body.get("validation_errors") or body.get("detail") or body
        body = found if isinstance(found, str) else json.dumps(found, ensure_ascii=False, default=str)
    text = " ".join(str(body or "no details").split())
    if text.lower().startswith(("<!doctype", "<html")):
        text = "an HTML page"
    return text if len(text) <= 500 else f"{text[:500]}..."


def _body(response: Any) -> Any:
    try:
        return response.json()
    except ValueError:
        return response.text


def _plain(model: Any) -> Dict:
    """A model of the SDK as plain JSON values."""
    return cast(Dict, model if isinstance(model, dict) else model.model_dump(mode="json"))
