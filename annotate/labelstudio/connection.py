"""All HTTP calls to Label Studio: plain dicts out, `LabelStudioError` for everything that goes wrong.

Uses the SDK, imported only when a connection is made (that takes seconds). The SDK repeats a POST whose answer got
lost, which makes duplicates; here no POST is repeated. An answer is not trusted: one of another form than Label
Studio's is an error, lists and exports are bounded, and messages never hold headers, cookies or tokens.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from annotate.errors import LabelStudioError
from annotate.extras import require
from annotate.labelstudio.answers import (
    PAGE,
    Dict,
    NotFound,
    bound_answers,
    explained,
    iter_json_array,
    iter_pages,
    listed,
    plain,
    redact,
)
from annotate.practice import filter_practice, is_practice
from annotate.printing import format_count

ONCE: Dict = {"max_retries": 0}
TIMEOUT_S = 120.0
EXPORT_TIMEOUT_S = 1800.0
URL_VARIABLE = "LABEL_STUDIO_URL"
API_KEY_VARIABLE = "LABEL_STUDIO_API_KEY"


#: The fields of a project that the toolkit reads, with the types that Label Studio gives them.
PROJECT_FIELDS: dict[str, type | tuple[type, ...]] = {
    "id": int,
    "title": str,
    "created_at": str,
    "label_config": str,
    "task_number": int,
    "total_predictions_number": int,
    "description": (str, type(None)),
    "expert_instruction": (str, type(None)),
}
PROJECT_SETTINGS: Dict = dict.fromkeys(
    (
        *("description", "maximum_annotations", "sampling", "show_collab_predictions", "expert_instruction"),
        *("model_version", "evaluate_predictions_automatically"),
    )
)


def connect(url: str | None = None, api_key: str | None = None, *, timeout_s: float = TIMEOUT_S) -> Connection:
    """A connection to the server at the URL, or of the environment, or the embedded one if it runs.

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
                    f"no Label Studio: start the embedded one with `annotate up` (one with --dir DIR is found where "
                    f"ANNOTATE_STUDIO_DIR has DIR), or set {URL_VARIABLE} and {API_KEY_VARIABLE} (or give --url and "
                    "--api-key)"
                )
            url, api_key = studio.url, studio.api_key
        elif studio is not None and studio.url.rstrip("/") == url.rstrip("/"):
            api_key = studio.api_key
    if not api_key:
        raise LabelStudioError(f"no token for {url}: set {API_KEY_VARIABLE} (Label Studio: Account & Settings)")
    if not url.startswith(("http://", "https://")):
        raise LabelStudioError(f"{url!r} is no URL; it starts with http:// or https://")
    api_key = api_key.strip()
    with explained("cannot use the token", url, api_key):
        import httpx
        from label_studio_sdk import LabelStudio

        http = httpx.Client(timeout=timeout_s, follow_redirects=True, **bound_answers())
        sdk = LabelStudio(base_url=url.rstrip("/"), api_key=api_key, timeout=timeout_s, httpx_client=http)
    return Connection(url.rstrip("/"), api_key, sdk, http)


def require_client() -> None:
    """Return if a connection can be made; for what has long work to do before it makes one.

    Raises:
        MissingExtraError: the extra `labelstudio` is not installed.
    """
    require("labelstudio", "a connection to Label Studio")


class Connection:
    """A connection to one server. Its methods ask once (lists: once a page) and raise `LabelStudioError`."""

    def __init__(self, url: str, api_key: str, sdk: Any, http: Any) -> None:
        """`sdk` is a `LabelStudio` for the URL and token that sends by `http`, an `httpx.Client`."""
        self.url = url
        self.sdk = sdk
        self._api_key = api_key
        self._http = http

    def redact(self, text: str) -> str:
        """The text without our token, wherever the server may have put it."""
        return redact(text, self._api_key)

    def project_page(self, project: int) -> str:
        """Where people see the project's tasks."""
        return f"{self.url}/projects/{project}/data"

    def task_page(self, project: int, task: int) -> str:
        """Where people see the task."""
        return f"{self.project_page(project)}?task={task}"

    def _explained(self, what: str) -> contextlib.AbstractContextManager[None]:
        return explained(what, self.url, self._api_key)

    def version(self) -> Dict:
        """The server's versions of its packages; needs no token."""
        with self._explained("cannot reach Label Studio"):
            return plain(self.sdk.versions.get())

    def whoami(self) -> Dict:
        """The user that the token belongs to."""
        with self._explained("cannot log in"):
            return plain(self.sdk.users.whoami())

    def emails(self) -> dict[int, str]:
        """The e-mail address of every user, by number."""
        with self._explained("cannot list the users"):
            users = [plain(user, id=int, email=str) for user in listed(self.sdk.users.list())]
        return {user["id"]: user["email"] for user in users}

    def create_user(self, email: str) -> int:
        """A new user without a password, who therefore cannot log in; the user's number."""
        with self._explained(f"cannot create user {email}"):
            return int(self.sdk.users.create(username=email, email=email, request_options=ONCE).id)

    def invite_link(self, base: str, *, reset: bool = False) -> str:
        """The address at which people sign up, where the server is reached at `base`.

        Args:
            reset: replace the link; the old one is refused from then on.
        """
        with self._explained("cannot invite anybody"):
            organizations = self.sdk.organizations
            found = (
                organizations.reset_token(request_options=ONCE) if reset else organizations.invites.get_invite_link()
            )
            address: str = plain(found, invite_url=str)["invite_url"]
        return address if address.startswith(("http://", "https://")) else base + address

    def token_settings(self) -> Dict | None:
        """Which kinds of tokens the organization accepts; None where the user may not ask."""
        with contextlib.suppress(LabelStudioError), self._explained("cannot read the token settings"):
            return plain(self.sdk.jwt_settings.get())
        return None

    def list_backends(self, project: int) -> list[Dict]:
        """The live preannotators connected to the project."""
        with self._explained(f"cannot list the models of project {project}"):
            return [plain(entry) for entry in listed(self.sdk.ml.list(project=project))]

    # ------------------------------------------------------------------------------------------------ projects

    def find_projects(self, title: str) -> list[Dict]:
        """The projects with exactly this title (the server finds by parts of it), oldest first."""
        with self._explained(f"cannot look for project {title!r}"):
            pages = self.sdk.projects.list(title=title, include="id,title", page_size=PAGE)
            found = [project for project in iter_pages(pages) if project.get("title") == title]
        return sorted(found, key=lambda project: project["id"])

    def get_project(self, project: int) -> Dict:
        """All settings and counts of the project."""
        with self._explained(f"cannot read project {project}"):
            return {**PROJECT_SETTINGS, **plain(self.sdk.projects.get(id=project), **PROJECT_FIELDS)}

    def create_project(self, **settings: Any) -> Dict:
        """A new project."""
        with self._explained(f"cannot create project {settings.get('title')!r}"):
            return plain(self.sdk.projects.create(**settings, request_options=ONCE), id=int)

    def delete_project(self, project: int) -> None:
        """Delete the project with all its tasks; one that is gone already is fine."""
        with contextlib.suppress(NotFound), self._explained(f"cannot delete project {project}"):
            self.sdk.projects.delete(id=project)

    def update_project(self, project: int, **settings: Any) -> None:
        """Change the settings of the project."""
        with self._explained(f"cannot change project {project}"):
            self.sdk.projects.update(id=project, **settings)

    def add_first_view(self, project: int, view: Dict) -> None:
        """Give the project's list of tasks this tab; where it has one already, people's own stay as they are."""
        with self._explained(f"cannot lay out the list of project {project}"):
            if not listed(self.sdk.views.list(project=project)):
                self.sdk.views.create(project=project, data=view, request_options=ONCE)

    # --------------------------------------------------------------------------------------------------- tasks

    def iter_changed(self, project: int, since: str, *, include: str | None = None) -> Iterator[Dict]:
        """The tasks changed after the time (UTC, as the server writes it)."""
        later = {"filter": "filter:tasks:updated_at", "operator": "greater", "type": "Datetime", "value": since}
        return self.iter_tasks(project, include=include, filters=[later])

    def iter_tasks(self, project: int, *, include: str | None = None, filters: Sequence[Dict] = ()) -> Iterator[Dict]:
        """The tasks of the project's articles, page by page.

        Args:
            include: the task's own fields to send beside `data` (faster); None = all, annotations and predictions too.
            filters: in the words of the Data Manager.
        """
        return _without_practice(self._list_tasks(project, include, filters))

    def find_practice(self, project: int) -> list[int]:
        """The numbers of the project's practice tasks, oldest first: one, or none."""
        found = self._list_tasks(project, "id", [filter_practice()])
        return sorted(task["id"] for task in found if is_practice(task))

    def _list_tasks(self, project: int, include: str | None, filters: Sequence[Dict]) -> Iterator[Dict]:
        query = {"filters": {"conjunction": "and", "items": list(filters)}} if filters else None
        # `data` says whether it is the task of an article
        options: Dict = {"fields": "task_only", "include": f"{include},data"} if include else {"fields": "all"}
        with self._explained(f"cannot list the tasks of project {project}"):
            pages = self.sdk.tasks.list(
                project=project, page_size=PAGE, query=json.dumps(query) if query else None, **options
            )
            yield from iter_pages(pages)

    def last_change(self, project: int) -> str:
        """When a task of the project, or an annotation or prediction of one, was changed last; empty without tasks."""
        query = json.dumps({"ordering": ["-tasks:updated_at"]})
        with self._explained(f"cannot list the tasks of project {project}"):
            tasks = self.sdk.tasks.list(
                project=project, page_size=1, query=query, fields="task_only", include="id,updated_at"
            )
            return next((plain(task, updated_at=str)["updated_at"] for task in tasks), "")

    def find_tasks(self, project: int, article_ids: Sequence[str], *, include: str) -> list[Dict]:
        """The tasks with these ids in `data.doc_id`."""
        wanted = {
            "filter": "filter:tasks:data.doc_id",
            "operator": "in_list",
            "type": "List",
            "value": list(article_ids),
        }
        return list(self.iter_tasks(project, include=include, filters=[wanted]))

    def import_tasks(self, project: int, tasks: Sequence[Dict]) -> list[int]:
        """Add the tasks in one request, all or none; their ids in the order given."""
        with self._explained(f"cannot add {format_count(len(tasks), 'task')} to project {project}"):
            response = self._post_json(f"api/projects/{project}/import", tasks, {"return_task_ids": True})
            return list(plain(response.json()).get("task_ids") or ())

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
        with self._explained(f"cannot change task {task}"):
            self.sdk.tasks.update(id=task, **fields)

    def delete_tasks(self, project: int, tasks: Sequence[int]) -> None:
        """Delete the tasks with all that hangs on them."""
        with self._explained(f"cannot delete tasks of project {project}"):
            self.sdk.actions.create(
                project=project,
                id="delete_tasks",
                selected_items={"all": False, "included": list(tasks)},
                request_options=ONCE,
            )

    # ------------------------------------------------------------------------------- predictions, annotations

    def list_predictions(self, task: int) -> list[Dict]:
        """The stored predictions of one task."""
        with self._explained("cannot list predictions"):
            found = listed(self.sdk.predictions.list(task=task))
            return [plain(entry, id=int) for entry in found]

    def import_predictions(self, project: int, predictions: Sequence[Dict]) -> None:
        """Add predictions, each with the number of its `task`, in one request."""
        with self._explained(f"cannot add predictions to project {project}"):
            self._post_json(f"api/projects/{project}/import/predictions", predictions)

    def update_prediction(self, prediction: int, **fields: Any) -> None:
        """Change a stored prediction."""
        with self._explained(f"cannot change prediction {prediction}"):
            self.sdk.predictions.update(id=prediction, **fields)

    def delete_prediction(self, prediction: int) -> None:
        """Delete a prediction; one that is gone already is fine."""
        with contextlib.suppress(NotFound), self._explained(f"cannot delete prediction {prediction}"):
            self.sdk.predictions.delete(id=prediction)

    def create_annotation(self, task: int, **fields: Any) -> None:
        """Hand in an annotation of the task."""
        with self._explained(f"cannot hand in an annotation of task {task}"):
            self.sdk.annotations.create(id=task, **fields, request_options=ONCE)

    def update_annotation(self, annotation: int, **fields: Any) -> None:
        """Change a submitted annotation."""
        with self._explained(f"cannot change annotation {annotation}"):
            self.sdk.annotations.update(id=annotation, **fields)

    def iter_export(self, project: int) -> Iterator[Dict]:
        """Every article's task with its annotations and all users' drafts, read while it arrives."""
        with self._explained(f"cannot export project {project}"):
            chunks = self.sdk.projects.exports.download_sync(
                project,
                export_type="JSON",
                download_all_tasks=True,
                request_options={"timeout_in_seconds": EXPORT_TIMEOUT_S, "chunk_size": 1 << 20},
            )
            yield from _without_practice(iter_json_array(chunks))


def _without_practice(tasks: Iterable[Dict]) -> Iterator[Dict]:
    """The tasks of articles: whoever reads tasks back never meets one that is there to practise on."""
    return (task for task in tasks if not is_practice(task))


def _body(response: Any) -> Any:
    try:
        return response.json()
    except ValueError:
        return response.text
