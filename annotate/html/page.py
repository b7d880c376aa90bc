"""The page shell: one HTML file with its style, script and data inline, that loads nothing and runs nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, StrictUndefined

from annotate.schema import Schema, iter_labels

_ENVIRONMENT = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def render_page(
    title: str,
    template: str,
    data: Mapping[str, Any],
    *,
    schema: Schema | None = None,
    script: str = "",
    style: str = "",
) -> str:
    """A complete HTML page.

    Args:
        title: shown as the page's heading and in the browser's tab.
        template: Jinja source of the body, autoescaped; the keys of `data` are its variables.
        data: what JSON can hold; the page's script finds it as `annotate.data`. Under `texts` are the texts that
            elements `<div data-text="KEY" data-marks="NAME"></div>` show: `{KEY: {"text": str, "marks": {NAME:
            [mark, ...]}}}`, marks as `to_marks` makes them.
        schema: gives the labels their colours.
        script: JavaScript that runs after the shell's; no other script can run (the page's content security policy
            names the hash of each, and forbids every connection).
        style: further CSS.

    >>> page = render_page("A & B", "<p>{{ note }}</p>", {"note": "</script><b>"})
    >>> "<p>&lt;/script&gt;&lt;b&gt;</p>" in page, "<title>A &amp; B</title>" in page, "</script><b>" in page
    (True, True, False)

    Raises:
        jinja2.UndefinedError: the template names a variable that `data` does not have.
    """
    scripts = [_check_inline(source) for source in (read_asset("annotate.html", "shell.js"), script) if source]
    shell = read_asset("annotate.html", "marks.css") + read_asset("annotate.html", "shell.css")
    styles = [_check_inline(source) for source in (shell, style) if source]
    colours = label_colours(schema) if schema is not None else {}
    page: str = _shell().render(
        title=title,
        policy=_policy(scripts, styles),
        scripts=scripts,
        styles=styles,
        data=to_script_json({"colours": colours, **data}),
        body=_ENVIRONMENT.from_string(template).render(dict(data)),
    )
    return page


def label_colours(schema: Schema) -> dict[str, str]:
    """The colours of the schema's labels, `#rrggbb` by name; labels without one are left out."""
    return {label.name: label.colour for label in iter_labels(schema) if label.colour is not None}


def to_script_json(value: Any) -> str:
    """JSON that cannot end the script element that holds it: ASCII only, and none of `<`, `>` and `&`.

    >>> to_script_json("</script>\\u2028<!--")
    '"\\\\u003c/script\\\\u003e\\\\u2028\\\\u003c!--"'
    """
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


@cache
def read_asset(package: str, name: str) -> str:
    """The text of a file in a package: a template, script or style."""
    return (resources.files(package) / name).read_text(encoding="utf-8")


@cache
def _shell() -> Any:
    return _ENVIRONMENT.from_string(read_asset("annotate.html", "shell.html"))


def _check_inline(source: str) -> str:
    if "</script" in source.lower() or "</style" in source.lower():
        raise ValueError("a script or style of a page may not hold a closing tag")
    return source


def _policy(scripts: list[str], styles: list[str]) -> str:
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {_hashes(scripts)}",
            f"style-src {_hashes(styles)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _hashes(sources: list[str]) -> str:
    digests = (base64.b64encode(hashlib.sha256(source.encode()).digest()).decode() for source in sources)
    return " ".join(f"'sha256-{digest}'" for digest in digests)
