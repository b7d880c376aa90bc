"""Publishing to an S3 server on loopback: each round has a prefix of its own, its folder's name."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

from tests.faults.cases import Case, State, annotate

_KIND = "publish to S3"
_BUCKET = "gold"


def publish() -> None:
    """Publish the release to the bucket."""
    annotate("publish", "inputs/gold/news/1.0.0", "--to", f"s3://{_BUCKET}/{_prefix()}")()


def read_objects() -> State:
    """The objects of this round with their hashes; without the manifest there is no release, only what was sent."""
    import boto3

    listed = boto3.client("s3").list_objects_v2(Bucket=_BUCKET, Prefix=f"{_prefix()}/").get("Contents", [])
    found = {item["Key"].removeprefix(f"{_prefix()}/"): item["ETag"] for item in listed}
    return found if "news/1.0.0/manifest.json" in found else {}


def _prefix() -> str:
    return f"{Path.cwd().parent.name}-{Path.cwd().name}"


@contextlib.contextmanager
def s3_case(wanted: list[str] | None) -> Iterator[list[Case]]:
    """The case, while its server runs."""
    if wanted is not None and _KIND not in wanted:
        yield []
        return
    import boto3

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    # in a process of its own: a process with threads is not to be forked
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    settings = {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    try:
        with patch.dict(os.environ, settings):
            for _ in range(600):
                with contextlib.suppress(OSError), urllib.request.urlopen(url):
                    break
                time.sleep(0.1)
            boto3.client("s3").create_bucket(Bucket=_BUCKET)
            yield [Case(_KIND, publish, "news/1.0.0/manifest.json", read=read_objects, fills=False)]
    finally:
        server.kill()
        server.wait()
