"""The command line in a process of its own, on a terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

ANNOTATE = [sys.executable, "-m", "annotate"]
UTF8 = {**os.environ, "PYTHONIOENCODING": "utf-8"}


def run_on_terminal(command: list[str], **environment: str) -> str:
    """What `annotate COMMAND` prints to a terminal."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [*ANNOTATE, *command], stdout=follower, stderr=follower, env={**UTF8, "TERM": "xterm-256color", **environment}
    )
    os.close(follower)
    output = b""
    while True:
        try:
            piece = os.read(leader, 65536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        output += piece
    os.close(leader)
    process.wait()
    return output.decode("utf-8")
