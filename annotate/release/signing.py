"""Signatures of releases with SSH keys, made and verified by `ssh-keygen`, as git does.

The bytes of `manifest.json` are signed, in the namespace `annotate-release`: they have the hash of every other
file. The signature is the file `manifest.json.sig` beside it, in the armoured form of `ssh-keygen -Y sign`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from annotate.errors import AnnotateError, GoldError
from annotate.gold.contents import SIGNATURE
from annotate.gold.manifest import MANIFEST

NAMESPACE = "annotate-release"


def sign_manifest(folder: Path, key: Path) -> None:
    """Write the signature of the manifest in the folder.

    Args:
        key: the private key, or the public one of a key that the SSH agent holds. A passphrase is asked for on the
            terminal, by `ssh-keygen` itself.

    Raises:
        AnnotateError: there is no `ssh-keygen` or no such key, or the key cannot sign.
    """
    if not key.is_file():
        raise AnnotateError(f"{key}: no such key; --sign takes an SSH private key (make one: ssh-keygen -t ed25519)")
    done = _run(["-Y", "sign", "-f", str(key), "-n", NAMESPACE], (folder / MANIFEST).read_bytes())
    if done.returncode or not done.stdout:
        raise AnnotateError(f"{key}: cannot sign ({_reason(done)}); nothing was released")
    (folder / SIGNATURE).write_bytes(done.stdout)


def verify_manifest(folder: Path, signers: Path) -> str:
    """Who signed the manifest in the folder, as the file of allowed signers names them.

    Args:
        signers: lines of a name and a public key, the format `allowed_signers` of `ssh-keygen`.

    Raises:
        AnnotateError: there is no `ssh-keygen` or no such file.
        GoldError: the release is not signed, by none of these signers, or the signature is not of these bytes.
    """
    if not signers.is_file():
        raise AnnotateError(f"{signers}: no such file; --signers takes lines of a name and a public key")
    path = folder / SIGNATURE
    if not path.is_file():
        raise GoldError([f"{folder}: not signed: it has no {SIGNATURE}"])
    allowed, signature = str(signers.absolute()), str(path.absolute())
    found = _run(["-Y", "find-principals", "-f", allowed, "-s", signature], b"")
    names = found.stdout.decode("utf-8", "replace").splitlines()
    if found.returncode or not names:
        raise GoldError([f"{path}: not signed by anyone in {signers} ({_reason(found)})"])
    data = (folder / MANIFEST).read_bytes()
    for name in names:
        done = _run(["-Y", "verify", "-f", allowed, "-I", name, "-n", NAMESPACE, "-s", signature], data)
        if done.returncode == 0:
            return name
    raise GoldError([f"{path}: not a valid signature of this {MANIFEST} ({_reason(done)}); get the release again"])


def _run(arguments: list[str], data: bytes) -> subprocess.CompletedProcess[bytes]:
    program = shutil.which("ssh-keygen")
    if program is None:
        raise AnnotateError("signatures need ssh-keygen, which is not installed; install OpenSSH 8.2 or newer")
    environment = {**os.environ, "LC_ALL": "C"}
    return subprocess.run([program, *arguments], input=data, capture_output=True, check=False, env=environment)


def _reason(done: subprocess.CompletedProcess[bytes]) -> str:
    lines = done.stderr.decode("utf-8", "replace").splitlines() or done.stdout.decode("utf-8", "replace").splitlines()
    return "".join(c for c in lines[-1] if c.isprintable()) if lines else f"ssh-keygen ended with {done.returncode}"
