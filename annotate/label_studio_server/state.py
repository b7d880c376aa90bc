"""What is known about an embedded server: its login, kept for good, and where it runs now."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import msgspec

from annotate.errors import StudioError
from annotate.extras import require
from annotate.files import write_text
from annotate.label_studio_server.database import DATABASE

USERNAME = "annotator@localhost"


class State(msgspec.Struct, kw_only=True):
    """The content of `studio.json`, which only its owner can read. `pid` is None while no server is meant to run."""

    username: str
    password: str
    api_key: str
    port: int | None = None
    pid: int | None = None
    database: str | None = None
    public_url: str | None = None
    backend: str | None = None


def studio_dir(folder: str | Path | None) -> Path:
    """The data folder: the given one, that of `ANNOTATE_STUDIO_DIR`, or one under the user's data folder; absolute."""
    named = folder or os.environ.get("ANNOTATE_STUDIO_DIR")
    if not named:
        require("studio", "the embedded Label Studio", "platformdirs")
        import platformdirs

        named = platformdirs.user_data_path("annotate") / "studio"
    return Path(named).expanduser().absolute()


def read_state(folder: Path) -> State | None:
    """The state kept in the folder, or None where no server was ever started.

    Raises:
        StudioError: the file is damaged.
    """
    path = folder / "studio.json"
    if not path.exists():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=State)
    except (msgspec.DecodeError, OSError) as error:
        raise StudioError(f"{path}: cannot be read ({error}); restore it or choose another --dir") from error


def write_state(folder: Path, state: State) -> None:
    """Keep the state, readable for its owner only."""
    write_text(folder / "studio.json", msgspec.json.encode(state).decode() + "\n", private=True)


def make_state(folder: Path) -> State:
    """A new login with random password and token.

    Raises:
        StudioError: the folder has a database whose login is lost.
    """
    if (folder / DATABASE).exists():
        raise StudioError(
            f"{folder} holds a Label Studio database, but not the login for it (studio.json); "
            "put that file back or choose another --dir"
        )
    return State(username=USERNAME, password=secrets.token_urlsafe(12), api_key=secrets.token_hex(20))
