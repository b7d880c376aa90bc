"""Checks that every locked package has a wheel for each Python and kind of machine that the README names.

Run by `make wheels`, with the path of uv. Source packages that Label Studio or a test peer cannot do without are listed
below by name; each is pure Python and is built with the locked setuptools.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

LOCK = Path(__file__).parent.parent.parent / "requirements" / "test.lock"
PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
PLATFORMS = ["x86_64-manylinux_2_28", "aarch64-manylinux_2_28", "aarch64-apple-darwin"]
#: Who asks for what has no wheel.
FROM_SOURCE = {
    "django-ranged-fileresponse": "Label Studio",
    "drf-flex-fields": "Label Studio",
    "drf-generators": "Label Studio",
    "jsonpath-rw": "mlcroissant, a test peer",
    "ordered-set": "Label Studio",
}


def name_of(requirement: str) -> str:
    """The package that a block of the lock file is about."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    return found[0] if found else ""


def main(uv: str) -> int:
    """Prints what has no wheel; 0 where everything has one or is listed above, else 1."""
    blocks = re.split(r"(?m)^(?=[A-Za-z0-9])", LOCK.read_text("utf-8"))
    checked = "".join(block for block in blocks if name_of(block) not in FROM_SOURCE)
    missing = []
    for python in PYTHONS:
        for platform in PLATFORMS:
            command = [uv, "pip", "compile", "--quiet", "--no-deps", "--only-binary", ":all:"]
            command += ["--python-version", python, "--python-platform", platform, "-"]
            run = subprocess.run(
                command,
                input=checked,
                capture_output=True,
                text=True,
                env={**os.environ, "MACOSX_DEPLOYMENT_TARGET": "14.0"},
            )
            if run.returncode:
                missing.append(f"Python {python} on {platform}: {run.stderr.strip()}")
    for line in missing:
        print(line)
    if not missing:
        print(f"{len(blocks) - 1} locked packages: wheels for Python {PYTHONS[0]} to {PYTHONS[-1]} on")
        print(f"{', '.join(PLATFORMS)}; from source:")
        for name, reason in FROM_SOURCE.items():
            print(f"  {name} ({reason})")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
