"""Start, find and stop the embedded Label Studio."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from annotate.errors import StudioError
from annotate.extras import require
from annotate.label_studio_server.database import place_empty_database
from annotate.label_studio_server.settings import HOST, server_command, server_environment
from annotate.label_studio_server.state import State, make_state, read_state, studio_dir, write_state
from annotate.locks import hold_lock, is_locked

if TYPE_CHECKING:
    import httpx

_START_SECONDS = 900.0  # a server that dies is noticed at once; migrations on a busy machine just take long
_STOP_SECONDS = 10.0
_LOG_LINES = 15
_PID_FILE = "server.pid"

# servers that this process started, so that the dead ones among them are reaped
_children: dict[int, subprocess.Popen[bytes]] = {}


class _Ended(StudioError):
    """The server's process is gone."""


@dataclass(frozen=True)
class Studio:
    """A running server: where it is and how to log in. Printing it does not show the secrets.

    `public_url` is where others reach it, if a reverse proxy shows it to them.
    """

    url: str
    username: str
    password: str = field(repr=False)
    api_key: str = field(repr=False)
    dir: Path
    pid: int
    public_url: str | None = None


def start_studio(
    dir: str | Path | None = None,
    *,
    port: int | None = None,
    database: str | None = None,
    public_url: str | None = None,
    backend: str | None = None,
) -> Studio:
    """Start the embedded Label Studio, or return the one that already runs on the folder; ready when this returns.

    It listens on the loopback address only and outlives the calling process. Two calls at the same time give
    one server.

    Args:
        dir: its data folder; default: `annotate/label_studio_server` in the user's data folder.
        port: where to listen; default: the port of the last time if it is free, else any free one.
        database: `postgresql://USER:PASSWORD@HOST:PORT/NAME`, remembered for the next start; default: SQLite.
        public_url: `https://HOST` of a reverse proxy before it, remembered too; without it, log-ins through the
            proxy are refused.
        backend: `http://HOST:PORT` of `annotate backend`, remembered too: the one address of this machine or its
            network that the server may connect to. Not together with `public_url`.

    Raises:
        StudioError: the port is taken, the server died or did not answer; with the last lines of its log.
        MissingExtraError: the extra `studio` is not installed.
    """
    require_server("the embedded Label Studio")
    folder = studio_dir(dir)
    with _locked_folder(folder):
        state = read_state(folder)
        if state is not None and is_locked(folder / "server.lock"):
            _refuse_other_settings(state, port, database, public_url, backend)
            _recover_pid(folder, state)
            with contextlib.suppress(_Ended):  # it was on its way out when we found it: start another
                if not _wait_until_ready(folder, state):
                    raise StudioError(
                        f"the server of {folder} left port {state.port}; run `annotate down` and start again"
                    )
                return _to_studio(folder, state)
        state = state or make_state(folder)
        state.database = database or state.database
        state.public_url = public_url or state.public_url
        state.backend = backend or state.backend
        write_state(folder, state)  # first: a database whose login is lost cannot be used
        if state.database is None:
            place_empty_database(folder)
        return _start_on_free_port(folder, state, port)


def check_start(
    dir: str | Path | None = None,
    *,
    port: int | None = None,
    database: str | None = None,
    public_url: str | None = None,
    backend: str | None = None,
) -> None:
    """Return if `start_studio` has no reason to refuse these settings; for what has long work to do before it starts.

    Nothing is written. Arguments as for `start_studio`.

    Raises:
        StudioError: the port is taken, an address is malformed, the folder cannot be used, or a server already runs on
            it with other settings.
        MissingExtraError: the extra `studio` is not installed.
    """
    require_server("the embedded Label Studio")
    folder = studio_dir(dir)
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        raise StudioError(f"{folder}: cannot be used as data folder; choose another --dir")
    state = read_state(folder)
    if state is not None and is_locked(folder / "server.lock"):
        _refuse_other_settings(state, port, database, public_url, backend)
        return
    state = state or make_state(folder)
    server_environment(
        folder,
        database=database or state.database,
        public_url=public_url or state.public_url,
        backend=backend or state.backend,
    )
    _refuse_taken_port(port)


def require_server(purpose: str) -> None:
    """Return if the server can be started; for what has long work to do before it starts one.

    Raises:
        MissingExtraError: the extra `studio` is not installed.
    """
    require("studio", purpose, "label_studio", "httpx", "platformdirs")


def find_studio(dir: str | Path | None = None) -> Studio | None:
    """The server that runs on the folder, or None. It may still be busy starting.

    Raises:
        StudioError: its state cannot be read.
    """
    folder = studio_dir(dir)
    state = read_state(folder)
    if state is None or not is_locked(folder / "server.lock"):
        return None
    state.pid = state.pid or _read_pid(folder)
    if state.pid is None:
        return None
    return _to_studio(folder, state)


def explain_end(dir: str | Path | None = None) -> str | None:
    """The log's explanation for a server that ended although nobody stopped it, or None."""
    folder = studio_dir(dir)
    state = read_state(folder)
    if state is None or state.pid is None or is_locked(folder / "server.lock"):
        return None
    return f"the server of {folder} (process {state.pid}) ended without being stopped; {_log_tail(folder)}"


def stop_studio(dir: str | Path | None = None) -> bool:
    """Stop the server of the folder, cleanly if it listens, and return whether one ran.

    Raises:
        StudioError: it cannot be stopped.
    """
    folder = studio_dir(dir)
    if not (folder / "server.lock").exists():
        return False
    with _locked_folder(folder):
        state = read_state(folder)
        if state is None:
            return False
        runs = is_locked(folder / "server.lock")
        if runs:
            _recover_pid(folder, state)
        if runs and state.pid is None:
            raise StudioError(f"a server runs on {folder} that was not fully started; end it by hand (`ps`)")
        if state.pid is not None:
            if runs:
                _end_process(folder, state.pid)
            state.pid = None
            write_state(folder, state)
        return runs


@contextlib.contextmanager
def _locked_folder(folder: Path) -> Iterator[None]:
    """One start or stop at a time on the folder, which is created, open to its owner only."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = hold_lock(folder / "start.lock")
        with contextlib.ExitStack() as stack:
            stack.enter_context(lock)
            release = stack.pop_all()
    except OSError as error:
        raise StudioError(
            f"{folder}: cannot be used as data folder ({error.strerror}); choose another --dir"
        ) from error
    with release:
        yield


def _refuse_other_settings(
    state: State, port: int | None, database: str | None, public_url: str | None, backend: str | None
) -> None:
    if port is not None and port != state.port:
        raise StudioError(f"Label Studio already runs at port {state.port}; run `annotate down` to move it to {port}")
    if database is not None and database != state.database:
        raise StudioError("Label Studio already runs on another database; run `annotate down` first")
    if public_url is not None and public_url != state.public_url:
        raise StudioError(f"Label Studio already runs without {public_url}; run `annotate down` first")
    if backend is not None and backend != state.backend:
        raise StudioError(f"Label Studio already runs and may not connect to {backend}; run `annotate down` first")


def _start_on_free_port(folder: Path, state: State, port: int | None) -> Studio:
    _refuse_taken_port(port)
    preferred = port or (state.port if state.port and _is_free(state.port) else None)
    for _attempt in range(3):
        state.port = preferred or _free_port()
        _spawn(folder, state)
        try:
            if _wait_until_ready(folder, state):
                return _to_studio(folder, state)
        except BaseException:  # Ctrl-C too: no half-started server stays behind
            _give_up(folder, state)
            raise
        _give_up(folder, state)
        if port is not None:
            raise StudioError(f"port {port} was taken by another program meanwhile; choose another --port")
        preferred = None
    raise StudioError("three free ports were taken by other programs one after the other; try again")


def _refuse_taken_port(port: int | None) -> None:
    if port is not None and not _is_free(port):
        raise StudioError(f"port {port} is taken by another program; choose another --port, or none for any free one")


def _recover_pid(folder: Path, state: State) -> None:
    """Note the process of a running server whose starter was killed before it could."""
    if state.pid is None:
        state.pid = _read_pid(folder)
        write_state(folder, state)


def _read_pid(folder: Path) -> int | None:
    """What the server wrote down about itself when it began."""
    try:
        return int((folder / _PID_FILE).read_bytes())
    except (OSError, ValueError):
        return None


def _spawn(folder: Path, state: State) -> None:
    login = {"USERNAME": state.username, "PASSWORD": state.password, "USER_TOKEN": state.api_key}
    environment = server_environment(
        folder, database=state.database, public_url=state.public_url, backend=state.backend, login=login
    )
    state.pid = None
    write_state(folder, state)
    log_path = folder / "server.log"
    log_path.unlink(missing_ok=True)
    (folder / _PID_FILE).unlink(missing_ok=True)
    log = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        with hold_lock(folder / "server.lock") as lock:
            assert state.port is not None  # noqa: S101
            child = subprocess.Popen(
                # the shell becomes the server, so that no kill of ours comes between a server and its number
                ["/bin/sh", "-c", f'echo $$ > {_PID_FILE}; exec "$@"', "sh", *server_command(state.port)],
                env=environment,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=(lock,),
            )
    finally:
        os.close(log)
    _children[child.pid] = child
    state.pid = child.pid
    write_state(folder, state)


def _wait_until_ready(folder: Path, state: State) -> bool:
    """True once the server answers and accepts our token, False when it moved to another port than ours."""
    deadline = time.monotonic() + _START_SECONDS
    # proxies of the environment must not get between us and our own machine
    import httpx

    with httpx.Client(base_url=f"http://{HOST}:{state.port}", timeout=5.0, trust_env=False) as client:
        while time.monotonic() < deadline:
            if not is_locked(folder / "server.lock"):
                raise _Ended(f"Label Studio ended while it started\n{_log_tail(folder)}")
            if f"Port {state.port} is in use" in _read_log(folder):
                return False
            if _is_up(client):
                _check_login(client, folder, state)
                return True
            time.sleep(0.1)
    raise StudioError(f"Label Studio did not answer within {_START_SECONDS:.0f} s\n{_log_tail(folder)}")


def _is_up(client: httpx.Client) -> bool:
    import httpx

    try:
        answer = client.get("/health")
    except httpx.HTTPError:
        return False
    return answer.status_code == 200 and "UP" in answer.text


def _check_login(client: httpx.Client, folder: Path, state: State) -> None:
    answer = client.get("/api/current-user/whoami", headers={"Authorization": f"Token {state.api_key}"})
    if answer.status_code != 200 or answer.json().get("email") != state.username:
        raise StudioError(
            f"the server at port {state.port} does not know the login in {folder / 'studio.json'}: "
            "its database was made with another one; put the matching file back or choose another --dir"
        )


def _give_up(folder: Path, state: State) -> None:
    if state.pid is not None and is_locked(folder / "server.lock"):
        _end_process(folder, state.pid)
    _reap(state.pid)
    state.pid = None
    write_state(folder, state)


def _end_process(folder: Path, pid: int) -> None:
    for sign, seconds in ((signal.SIGTERM, _STOP_SECONDS), (signal.SIGKILL, _STOP_SECONDS)):
        try:
            os.kill(pid, sign)
        except ProcessLookupError:
            pass
        except PermissionError as error:
            raise StudioError(f"the server of {folder} (process {pid}) belongs to another user") from error
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not is_locked(folder / "server.lock"):
                _reap(pid)
                return
            time.sleep(0.05)
    raise StudioError(f"the server of {folder} (process {pid}) does not end")


def _reap(pid: int | None) -> None:
    if pid is not None and (child := _children.pop(pid, None)) is not None:
        child.wait()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # as the server does: connections that still fade away after a stop do not count
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _read_log(folder: Path) -> str:
    path = folder / "server.log"
    return path.read_bytes().decode("utf-8", "replace") if path.exists() else ""


def _log_tail(folder: Path) -> str:
    lines = [line for line in _read_log(folder).splitlines() if line.strip()][-_LOG_LINES:]
    return "\n".join([f"last lines of {folder / 'server.log'}:", *(f"  {line}" for line in lines)])


def _to_studio(folder: Path, state: State) -> Studio:
    return Studio(
        url=f"http://{HOST}:{state.port}",
        username=state.username,
        password=state.password,
        api_key=state.api_key,
        dir=folder,
        pid=state.pid or 0,
        public_url=state.public_url,
    )
