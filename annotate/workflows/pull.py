"""Annotations from Label Studio into a file, with the certificate beside it."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from annotate.files import Outputs, is_stream
from annotate.jsonl import STDIO, open_output, write_lines
from annotate.labelstudio.pull.certificate import Certificate
from annotate.labelstudio.pull.pull import Pull
from annotate.locks import lock_output
from annotate.schema import Schema


def pull_annotations(
    projects: str | Sequence[str],
    output: str | Path,
    *,
    certificate: str | Path | None = None,
    since: str | None = None,
    url: str | None = None,
    api_key: str | None = None,
    schema: Schema | None = None,
) -> Certificate:
    """Write what annotators submitted to a file, one annotation per line, and return the certificate.

    The certificate records what happened to every predicted span; `fetch_annotations` gives a list instead.

    Args:
        projects: titles or `#NUMBER`s; several are merged.
        output: a JSON Lines file; `-` is standard output.
        certificate: where the certificate goes as JSON; None writes none.
        since: only tasks changed after this time (ISO 8601; without a zone: UTC).
        url: of the server; None = `LABEL_STUDIO_URL`, or the embedded server.
        api_key: its token; None = `LABEL_STUDIO_API_KEY`, or that of the embedded server.
        schema: the labels; None = `news`.

    Raises:
        LabelStudioError: the server cannot be reached, or there is no such project.
        AnnotateError: a file cannot be written.
        MissingExtraError: the extra `labelstudio` is not installed.
    """
    path = Path(output)
    with contextlib.nullcontext() if path == STDIO or is_stream(path) else lock_output(path):
        found = Pull(projects, since=since, url=url, api_key=api_key, schema=schema)
        with Outputs() as outputs:
            write_lines(open_output(outputs, path), found)
            if certificate is not None:
                encoded = msgspec.json.format(msgspec.json.encode(found.certificate.to_dict())) + b"\n"
                open_output(outputs, Path(certificate)).write(encoded)
    return found.certificate
