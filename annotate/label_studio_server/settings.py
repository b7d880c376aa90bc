"""How the embedded Label Studio is started: its command, its environment, its database."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

from annotate.errors import StudioError

HOST = "127.0.0.1"

_PACKAGES = Path(__file__).resolve().parents[2]

# Label Studio reads settings from variables with everyday names (HOST, PORT, DEBUG, CI, PASSWORD ...): only these
# go through, everything else in the caller's environment stays out.
_PASSED = ("PATH", "HOME", "LANG", "TZ", "TMPDIR", "PYTHONPATH", "LD_LIBRARY_PATH", "VIRTUAL_ENV")

_FIXED = {
    "LABEL_STUDIO_COLLECT_ANALYTICS": "false",
    "LABEL_STUDIO_SENTRY_DSN": "",
    "LABEL_STUDIO_FRONTEND_SENTRY_DSN": "",
    "LABEL_STUDIO_LATEST_VERSION_CHECK": "false",
    "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK": "true",
    # what people enter as address of a file, webhook or model must not lead into this machine or its network
    "LABEL_STUDIO_ML_BLOCK_LOCAL_IP": "true",
    "LABEL_STUDIO_SSRF_PROTECTION_ENABLED": "true",
    "LABEL_STUDIO_CORS_ALLOW_ALL_ORIGINS": "false",
    "DJANGO_SETTINGS_MODULE": "annotate.label_studio_server.django_settings",
    # without this flag predictions that the editor cannot show are accepted in silence
    "fflag_feat_utc_210_prediction_validation_15082025": "true",
}


def server_command(port: int) -> list[str]:
    """The command that serves on the port; the login comes from the environment, where `ps` does not show it."""
    return [
        *(sys.executable, "-m", "label_studio.server", "start", "--no-browser"),
        *("--internal-host", HOST, "--port", str(port), "--enable-legacy-api-token"),
    ]


def migrate_command() -> list[str]:
    """A command that creates or updates the database and ends."""
    return [sys.executable, "-m", "label_studio.server", "user", "--username", "nobody@localhost"]


def server_environment(
    folder: Path,
    *,
    database: str | None = None,
    public_url: str | None = None,
    backend: str | None = None,
    login: dict[str, str] | None = None,
) -> dict[str, str]:
    """The whole environment of the server: telemetry and sign-up off, prediction validation and SSRF protection on.

    Args:
        folder: where the server keeps its files.
        database: `postgresql://USER:PASSWORD@HOST:PORT/NAME`; None = SQLite in the folder.
        public_url: where a reverse proxy shows the server to others; None = nowhere.
        backend: `http://HOST:PORT` of a live preannotator, the one address of this machine or its network that the
            server may connect to; None = none.
        login: `USERNAME`, `PASSWORD` and `USER_TOKEN` of the first user.

    Raises:
        StudioError: the database, the public URL or the backend is not such an address, or there is a backend as well
            as a public URL.
    """
    if public_url and backend:
        raise StudioError(
            f"a server shown at {public_url} connects to no address of its own machine or network; "
            "push predictions instead, or start it without --public-url or without --backend"
        )
    hosts = [HOST, "localhost", *([urlsplit(_origin(public_url)).hostname or ""] if public_url else [])]
    passed = {name: value for name, value in os.environ.items() if name in _PASSED or name.startswith("LC_")}
    return {
        **passed,
        **_FIXED,
        # where annotate runs from a clone, the server's process has to find its settings too
        "PYTHONPATH": os.pathsep.join(filter(None, (passed.get("PYTHONPATH"), str(_PACKAGES)))),
        "LABEL_STUDIO_ALLOWED_HOSTS": ",".join(hosts),
        **({"ANNOTATE_BACKEND_URL": _backend_origin(backend)} if backend else {}),
        "LABEL_STUDIO_BASE_DATA_DIR": str(folder),
        **(_postgresql(database) if database else {"LABEL_STUDIO_DJANGO_DB": "sqlite"}),
        **({"LABEL_STUDIO_CSRF_TRUSTED_ORIGINS": _origin(public_url)} if public_url else {}),
        **{f"LABEL_STUDIO_{name}": value for name, value in (login or {}).items()},
    }


def _origin(url: str) -> str:
    """What browsers send as origin; forms that come from another one are refused."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path not in ("", "/"):
        raise StudioError(f"public URL {url!r}: expected https://HOST, without a path")
    return f"{parts.scheme}://{parts.netloc}"


def _backend_origin(url: str) -> str:
    """The backend's address, as the server compares addresses with it."""
    parts = urlsplit(url)
    try:
        known = parts.scheme == "http" and parts.hostname and parts.port and parts.path in ("", "/")
    except ValueError:
        known = False
    if not known:
        raise StudioError(f"backend {url!r}: expected http://HOST:PORT, as `annotate backend` prints it")
    return f"http://{parts.hostname}:{parts.port}"


def _postgresql(address: str) -> dict[str, str]:
    parts = urlsplit(address)
    name = parts.path.lstrip("/")
    if parts.scheme not in ("postgresql", "postgres") or not parts.hostname or not name:
        # the address may hold a password, so it is not repeated
        raise StudioError("the database address must read postgresql://USER:PASSWORD@HOST:PORT/NAME")
    return {
        "LABEL_STUDIO_DJANGO_DB": "postgresql",
        "LABEL_STUDIO_POSTGRE_NAME": unquote(name),
        "LABEL_STUDIO_POSTGRE_USER": unquote(parts.username or "postgres"),
        "LABEL_STUDIO_POSTGRE_PASSWORD": unquote(parts.password or ""),
        "LABEL_STUDIO_POSTGRE_HOST": parts.hostname,
        "LABEL_STUDIO_POSTGRE_PORT": str(parts.port or 5432),
    }
