"""A small Hugging Face Hub for the tests: the endpoints that `huggingface_hub` and `datasets` really call.

Written from the requests that huggingface_hub 2 sends when a dataset repository is created, committed to, tagged and
loaded. Everything is kept in memory; parquet files are LFS, as the Hub's default `.gitattributes` has it.
"""

# ruff: noqa: RET502, RET503 - an endpoint ends with its answer
from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.support.servers import QuietHandler

TOKEN = "hf_test_token_that_must_not_be_printed"


@dataclass
class Commit:
    files: dict[str, bytes]
    message: str
    oid: str


@dataclass
class Repo:
    commits: list[Commit] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    private: bool = False

    def find(self, revision: str) -> Commit | None:
        oid = self.tags.get(revision, revision)
        if revision in ("main", "HEAD"):
            return self.commits[-1]
        return next((commit for commit in self.commits if commit.oid == oid), None)

    def add(self, files: dict[str, bytes], message: str) -> Commit:
        parent = self.commits[-1].oid if self.commits else ""
        content = json.dumps([parent, message, sorted((n, hashlib.sha256(b).hexdigest()) for n, b in files.items())])
        self.commits.append(Commit(files, message, hashlib.sha1(content.encode()).hexdigest()))
        return self.commits[-1]


def blob_id(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def is_lfs(name: str) -> bool:
    return name.endswith(".parquet")


class HubServer:
    """Start with `with HubServer() as hub`; `hub.url` is the endpoint, `hub.repos` what it holds.

    `fail_on` is a regular expression on `METHOD path`: a matching request is answered 500; `on_request` is called
    before each answer, to watch or to interfere; what it returns true for is neither done nor answered.
    """

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.lfs: dict[str, bytes] = {}
        self.log: list[str] = []
        self.fail_on: str | None = None
        self.on_request: Any = None
        handler = type("Handler", (_Handler,), {"hub": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> HubServer:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(QuietHandler):
    hub: HubServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PUT = do_HEAD = do_GET

    def _serve(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = unquote(urlsplit(self.path).path)
        self.query = parse_qs(urlsplit(self.path).query)
        line = f"{self.command} {path}"
        self.hub.log.append(line)
        if self.hub.on_request and self.hub.on_request(line):
            self.close_connection = True
            return None
        if self.hub.fail_on and re.search(self.hub.fail_on, line):
            return self._send(500, {"error": "the test asked for this"})
        for method, pattern, answer in _ROUTES:
            if self.command in method and (match := re.fullmatch(pattern, path)):
                return answer(self, *match.groups())
        return self._send(404, {"error": f"no route for {line}"}, code="EntryNotFound")

    def _send(self, status: int, content: Any = b"", code: str | None = None, **headers: str) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        if code:
            self.send_header("X-Error-Code", code)
            self.send_header("X-Error-Message", code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header(
            "Content-Type", "application/octet-stream" if isinstance(content, bytes) else "application/json"
        )
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _repo(self, name: str) -> Repo | None:
        repo = self.hub.repos.get(name)
        if repo is None:
            self._send(404, {"error": "Repository not found"}, code="RepoNotFound")
        return repo

    def _commit(self, name: str, revision: str) -> Commit | None:
        repo = self._repo(name)
        commit = repo.find(revision) if repo else None
        if repo and commit is None:
            self._send(404, {"error": "Revision not found"}, code="RevisionNotFound")
        return commit

    def _allowed(self) -> bool:
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._send(401, {"error": "Invalid credentials"})
            return False
        return True

    # ---------------------------------------------------------------------------------------------- endpoints

    def create_repo(self) -> None:
        if not self._allowed():
            return
        asked = json.loads(self.body)
        name = f"{asked['organization'] or 'user'}/{asked['name']}"
        if name in self.hub.repos:
            return self._send(409, {"error": "You already created this dataset repo"})
        self.hub.repos[name] = Repo(private=asked.get("visibility") == "private" or bool(asked.get("private")))
        self.hub.repos[name].add({".gitattributes": b"*.parquet filter=lfs\n"}, "initial commit")
        self._send(200, {"url": f"{self.hub.url}/datasets/{name}", "name": name, "id": "1"})

    def info(self, name: str, revision: str | None = None) -> None:
        commit = self._commit(name, revision or "main")
        if commit:
            private = self.hub.repos[name].private
            siblings = [{"rfilename": file} for file in sorted(commit.files)]
            self._send(200, {"id": name, "sha": commit.oid, "siblings": siblings, "private": private, "tags": []})

    def refs(self, name: str) -> None:
        repo = self._repo(name)
        if repo:
            main = {"name": "main", "ref": "refs/heads/main", "targetCommit": repo.commits[-1].oid}
            tags = [{"name": t, "ref": f"refs/tags/{t}", "targetCommit": oid} for t, oid in repo.tags.items()]
            self._send(200, {"branches": [main], "tags": tags, "converts": [], "pullRequests": []})

    def tree(self, name: str, revision: str, folder: str | None = None) -> None:
        commit = self._commit(name, revision)
        if commit:
            below = f"{folder}/" if folder else ""
            deep = self.query.get("recursive", ["false"])[0].lower() in ("true", "1")
            found: dict[str, dict[str, Any]] = {}
            for file in sorted(commit.files):
                if not file.startswith(below):
                    continue
                first, slash, _ = file[len(below) :].partition("/")
                if slash:
                    found.setdefault(f"{below}{first}", {"type": "directory", "path": below + first, "oid": "0" * 40})
                if not slash or deep:
                    found[file] = self._entry(file, commit.files[file])
            if folder and not found:
                return self._send(404, {"error": "no such folder"}, code="EntryNotFound")
            self._send(200, list(found.values()))

    def paths_info(self, name: str, revision: str) -> None:
        commit = self._commit(name, revision)
        if commit:
            asked = parse_qs(self.body.decode()).get("paths") or json.loads(self.body or b"{}").get("paths", [])
            found = [self._entry(p, commit.files[p]) for p in asked if p in commit.files]
            folders = {p for p in asked if any(file.startswith(f"{p}/") for file in commit.files)}
            found += [{"type": "directory", "path": p, "oid": "0" * 40} for p in sorted(folders)]
            self._send(200, found)

    @staticmethod
    def _entry(name: str, content: bytes) -> dict[str, Any]:
        entry: dict[str, Any] = {"type": "file", "path": name, "size": len(content), "oid": blob_id(content)}
        if is_lfs(name):
            entry["lfs"] = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 130}
        return entry

    def validate_yaml(self) -> None:
        self._send(200, {"errors": [], "warnings": []})

    def preupload(self, name: str, revision: str) -> None:
        commit = self._commit(name, revision) if self._allowed() else None
        if commit:
            files = []
            for file in json.loads(self.body)["files"]:
                old = commit.files.get(file["path"])
                mode = "lfs" if is_lfs(file["path"]) else "regular"
                oid = None if old is None else hashlib.sha256(old).hexdigest() if mode == "lfs" else blob_id(old)
                files.append({"path": file["path"], "uploadMode": mode, "shouldIgnore": False, "oid": oid})
            self._send(200, {"files": files})

    def lfs_batch(self, name: str) -> None:
        if not self._allowed():
            return
        objects = []
        for item in json.loads(self.body)["objects"]:
            known = item["oid"] in self.hub.lfs
            upload = {"href": f"{self.hub.url}/lfs/{item['oid']}", "header": {}}
            objects.append({**item, **({} if known else {"actions": {"upload": upload}})})
        self._send(200, {"transfer": "basic", "objects": objects})

    def lfs_put(self, oid: str) -> None:
        if hashlib.sha256(self.body).hexdigest() != oid:
            return self._send(400, {"error": "wrong hash"})
        self.hub.lfs[oid] = self.body
        self._send(200)

    def commit(self, name: str, revision: str) -> None:
        repo = self._repo(name) if self._allowed() else None
        if repo is None:
            return
        files = dict(repo.commits[-1].files)
        message = ""
        for line in self.body.decode().splitlines():
            item = json.loads(line)
            value = item["value"]
            if item["key"] == "header":
                message = value["summary"]
                if value.get("parentCommit") not in (None, repo.commits[-1].oid):
                    return self._send(412, {"error": "A commit has happened since. Please refresh and try again."})
            elif item["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif item["key"] == "lfsFile":
                if value["oid"] not in self.hub.lfs:
                    return self._send(400, {"error": f"no object {value['oid']}"})
                files[value["path"]] = self.hub.lfs[value["oid"]]
            elif item["key"] == "deletedFile":
                if value["path"] not in files:
                    return self._send(404, {"error": "A file with this name doesn't exist"}, code="EntryNotFound")
                del files[value["path"]]
        made = repo.add(files, message)
        url = f"{self.hub.url}/datasets/{name}/commit/{made.oid}"
        self._send(200, {"success": True, "commitOid": made.oid, "commitUrl": url, "hookOutput": ""})

    def tag(self, name: str, revision: str) -> None:
        commit = self._commit(name, revision) if self._allowed() else None
        if commit:
            tags = self.hub.repos[name].tags
            wanted = json.loads(self.body)["tag"]
            if wanted in tags:
                return self._send(409, {"error": "Tag reference exists already"})
            tags[wanted] = commit.oid
            self._send(200)

    def resolve(self, name: str, revision: str, file: str) -> None:
        commit = self._commit(name, revision)
        if commit is None:
            return
        content = commit.files.get(file)
        if content is None:
            return self._send(404, b"", code="EntryNotFound", X_Repo_Commit=commit.oid)
        etag = hashlib.sha256(content).hexdigest() if is_lfs(file) else blob_id(content)
        headers = {"ETag": f'"{etag}"', "X_Repo_Commit": commit.oid, "Accept_Ranges": "bytes"}
        if is_lfs(file):
            headers["X_Linked_Size"] = str(len(content))
            headers["X_Linked_Etag"] = f'"{etag}"'
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        if wanted:
            first, last = int(wanted[1]), int(wanted[2] or len(content) - 1)
            part = content[first : last + 1]
            return self._send(
                206, part, Content_Range=f"bytes {first}-{first + len(part) - 1}/{len(content)}", **headers
            )
        self._send(200, content, **headers)


_REPO = r"([\w.-]+/[\w.-]+)"
_REV = r"([^/]+)"
_ROUTES: list[tuple[str, str, Any]] = [
    ("POST", "/api/repos/create", _Handler.create_repo),
    ("POST", "/api/validate-yaml", _Handler.validate_yaml),
    ("GET", f"/api/datasets/{_REPO}/refs", _Handler.refs),
    ("GET", f"/api/datasets/{_REPO}/tree/{_REV}(?:/(.+))?", _Handler.tree),
    ("POST", f"/api/datasets/{_REPO}/paths-info/{_REV}", _Handler.paths_info),
    ("GET", f"/api/datasets/{_REPO}/revision/{_REV}", _Handler.info),
    ("GET", f"/api/datasets/{_REPO}", _Handler.info),
    ("POST", f"/api/datasets/{_REPO}/preupload/{_REV}", _Handler.preupload),
    ("POST", f"/api/datasets/{_REPO}/commit/{_REV}", _Handler.commit),
    ("POST", f"/api/datasets/{_REPO}/tag/{_REV}", _Handler.tag),
    ("POST", rf"/datasets/{_REPO}\.git/info/lfs/objects/batch", _Handler.lfs_batch),
    ("PUT", r"/lfs/([0-9a-f]{64})", _Handler.lfs_put),
    ("GET HEAD", f"/datasets/{_REPO}/resolve/{_REV}/(.+)", _Handler.resolve),
]
