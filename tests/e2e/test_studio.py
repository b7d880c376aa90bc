"""The embedded Label Studio as users meet it: up, up again, taken ports, dead servers, down."""

from __future__ import annotations

import concurrent.futures
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from annotate.errors import StudioError
from annotate.label_studio_server import Studio, explain_end, find_studio, start_studio, stop_studio
from annotate.label_studio_server.database import DATABASE
from annotate.label_studio_server.settings import server_environment
from annotate.label_studio_server.state import read_state, write_state
from annotate.locks import is_locked
from tests.support.commands import run

pytestmark = pytest.mark.studio


def _get(studio: Studio, path: str, *, token: str | None = None) -> httpx.Response:
    headers = {"Authorization": f"Token {token}"} if token else {}
    return httpx.get(studio.url + path, headers=headers, trust_env=False, timeout=30)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_server_knows_its_token_and_refuses_others(studio: Studio) -> None:
    assert _get(studio, "/api/projects", token=studio.api_key).status_code == 200
    assert _get(studio, "/api/projects", token="0" * 40).status_code == 401
    assert _get(studio, "/api/projects").status_code == 401


def test_secrets_are_readable_for_the_owner_only_and_not_on_the_command_line(studio: Studio) -> None:
    assert _mode(studio.dir) == 0o700
    for name in ("studio.json", "server.log", DATABASE):
        assert _mode(studio.dir / name) == 0o600, name
    command = Path(f"/proc/{studio.pid}/cmdline")
    if command.exists():
        assert studio.password not in command.read_text()
        assert studio.api_key not in command.read_text()
    assert studio.password not in repr(studio)
    assert studio.api_key not in repr(studio)


def test_server_listens_on_the_loopback_address_only(studio: Studio) -> None:
    port = int(studio.url.rsplit(":", 1)[1])
    listening = [
        fields[1]
        for table in ("/proc/net/tcp", "/proc/net/tcp6")
        for fields in (line.split() for line in Path(table).read_text().splitlines()[1:])
        if fields[3] == "0A" and int(fields[1].rsplit(":", 1)[1], 16) == port
    ]
    assert listening == [f"0100007F:{port:04X}"]


def test_nobody_signs_up_without_an_invitation(studio: Studio) -> None:
    with httpx.Client(base_url=studio.url, trust_env=False) as client:
        client.get("/user/signup/")
        answer = client.post(
            "/user/signup/",
            data={
                "email": "stranger@example.org",
                "password": "long-enough-1",
                "csrfmiddlewaretoken": client.cookies.get("csrftoken", ""),
            },
            headers={"Referer": studio.url},
        )
    users = _get(studio, "/api/users", token=studio.api_key).json()
    assert answer.status_code == 403
    assert "stranger@example.org" not in [user["email"] for user in users]


def test_nothing_leads_into_this_machine(studio: Studio) -> None:
    headers = {"Authorization": f"Token {studio.api_key}"}
    with socket.socket() as inside, httpx.Client(base_url=studio.url, headers=headers, timeout=60) as client:
        inside.bind(("127.0.0.1", 0))
        inside.listen()
        url = f"http://127.0.0.1:{inside.getsockname()[1]}/tasks.json"
        config = "<View><Text name='text' value='$text'/></View>"
        project = client.post("/api/projects/", json={"title": "SSRF", "label_config": config}).json()["id"]
        answers = [
            client.post(f"/api/projects/{project}/import", data={"url": url}),
            client.post("/api/webhooks/", json={"url": url, "project": project}),
            client.post("/api/ml/", json={"url": url, "project": project, "title": "model"}),
        ]
        assert ["reserved network address" in answer.text for answer in answers] == [True] * 3
        assert all(answer.status_code in (400, 403) for answer in answers)
        inside.settimeout(0)
        with pytest.raises(BlockingIOError):  # and no connection was opened
            inside.accept()


def test_other_hosts_origins_and_frames_are_refused(studio: Studio) -> None:
    assert httpx.get(f"{studio.url}/user/login/", headers={"Host": "evil.example"}).status_code == 400
    answer = httpx.get(f"{studio.url}/user/login/", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 200
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    assert "access-control-allow-origin" not in answer.headers


def test_settings_of_the_caller_do_not_reach_the_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("PORT", "HOST", "DEBUG", "PASSWORD", "LABEL_STUDIO_USERNAME", "HEARTEX_DEBUG", "DJANGO_DB"):
        monkeypatch.setenv(name, "stray")
    environment = server_environment(tmp_path)
    assert "stray" not in environment.values()
    assert environment["LABEL_STUDIO_COLLECT_ANALYTICS"] == "false"


def test_second_start_finds_the_first_server(studio: Studio) -> None:
    assert start_studio(studio.dir) == studio
    assert find_studio(studio.dir) == studio
    with pytest.raises(StudioError, match="already runs at port"):
        start_studio(studio.dir, port=1 + int(studio.url.rsplit(":", 1)[1]))


def test_a_server_whose_starter_was_killed_can_be_stopped(tmp_path: Path) -> None:
    """Killed between the server's start and the note of its process, the starter leaves a server without a number."""
    started = start_studio(tmp_path)
    try:
        for find in (find_studio, start_studio):
            forget_process(tmp_path)
            assert find(tmp_path) == started
        forget_process(tmp_path)
    finally:
        assert stop_studio(tmp_path)
    assert find_studio(tmp_path) is None


KILLED = """
import os, signal, sys
from pathlib import Path
from annotate.label_studio_server import server
place = server.place_empty_database
def place_and_die(folder):
    place(folder)
    os.kill(os.getpid(), signal.SIGKILL)
server.place_empty_database = place_and_die
server.start_studio(Path(sys.argv[1]))
"""


def test_a_start_that_is_killed_leaves_no_database_without_its_login(tmp_path: Path) -> None:
    process = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert process.returncode == -signal.SIGKILL
    assert (tmp_path / DATABASE).exists()
    state = read_state(tmp_path)
    assert state is not None
    assert state.password
    assert find_studio(tmp_path) is None


def forget_process(folder: Path) -> None:
    state = read_state(folder)
    assert state is not None
    state.pid = None
    write_state(folder, state)


def test_commands_say_what_runs(studio: Studio, tmp_path: Path) -> None:
    up = run("up", "--no-browser", "--dir", studio.dir)
    assert studio.url in up.stdout
    assert f"log in as {studio.username} with password {studio.password}" in up.stdout
    status = run("status", "--dir", studio.dir)
    assert studio.url in status.stdout
    assert studio.password not in status.stdout
    assert run("down", "--dir", tmp_path).stdout == "no embedded Label Studio is running\n"
    assert "already runs at port" in run("up", "--no-browser", "--dir", studio.dir, "--port", 1, code=1).stderr


def test_taken_port_is_refused_by_name(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(StudioError, match=f"port {port} is taken"):
            start_studio(tmp_path / "data", port=port)
    assert find_studio(tmp_path / "data") is None


def test_life_of_a_server(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    assert find_studio(folder) is None
    assert stop_studio(folder) is False

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        first, second = pool.map(start_studio, [folder, folder])
    assert first == second, "two starts at the same time gave two servers"

    # killed from outside: noticed at once, whatever process gets the id next
    os.kill(first.pid, signal.SIGKILL)
    os.waitpid(first.pid, 0)
    assert find_studio(folder) is None
    assert f"process {first.pid}) ended without being stopped" in (explain_end(folder) or "")
    assert "ended without being stopped" in run("status", "--dir", folder).stdout
    assert stop_studio(folder) is False
    assert explain_end(folder) is None
    # meanwhile its port went to somebody else: the next start finds another and keeps the login
    with socket.socket() as other:
        other.bind(("127.0.0.1", int(first.url.rsplit(":", 1)[1])))
        other.listen()
        again = start_studio(folder)
        assert again.url != first.url
        assert (again.username, again.password, again.api_key) == (first.username, first.password, first.api_key)
        assert _get(again, "/api/projects", token=again.api_key).status_code == 200

        assert stop_studio(folder) is True
    assert stop_studio(folder) is False
    assert find_studio(folder) is None
    with pytest.raises(httpx.ConnectError):
        _get(again, "/health")


def test_server_that_dies_at_start_shows_the_end_of_its_log(tmp_path: Path) -> None:
    (tmp_path / DATABASE).write_bytes(b"this is no database" * 100)
    (tmp_path / "studio.json").write_text('{"username": "a@localhost", "password": "p", "api_key": "k"}')
    with pytest.raises(StudioError, match=r"(?s)ended while it started.*last lines.*file is not a database"):
        start_studio(tmp_path)
    assert not is_locked(tmp_path / "server.lock")
    assert find_studio(tmp_path) is None


def test_database_without_its_login_is_not_started(tmp_path: Path) -> None:
    (tmp_path / DATABASE).touch()
    with pytest.raises(StudioError, match=r"studio\.json"):
        start_studio(tmp_path)


def test_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StudioError, match="cannot be used as data folder"):
        start_studio(tmp_path / "file" / "data")


def test_malformed_public_url(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="without a path"):
        server_environment(tmp_path, public_url="https://host/label-studio")


def test_malformed_database_address_does_not_repeat_its_password(tmp_path: Path) -> None:
    with pytest.raises(StudioError) as caught:
        start_studio(tmp_path, database="mysql://me:sesame@host/db")
    assert "postgresql://" in str(caught.value)
    assert "sesame" not in str(caught.value)
