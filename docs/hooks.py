"""What MkDocs does not find in docs/: README, changelog and model card, the reference of commands, and the tutorial.

Pages are made when the site is built, so that nothing is written twice. Links between files of the repository lead to
their pages. A page of docs/ that the navigation does not name comes last in it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parent.parent
#: page -> the file of the repository that it shows
PAGES = {
    "index.md": "README.md",
    "changelog.md": "CHANGELOG.md",
    "contributing.md": "CONTRIBUTING.md",
    "tests.md": "tests/README.md",
    "model-card.md": "annotate/preannotate/news/model/MODEL_CARD.md",
    "seeds.md": "seeds/corrections/README.md",
    "tutorial.md": "docs/tutorial.ipynb",
}


def on_config(config: Any) -> Any:
    """Add to the navigation what it lacks."""
    named = set(re.findall(r"[\w-]+\.md", json.dumps(config.nav)))
    more = sorted(path.name for path in (ROOT / "docs").glob("*.md") if path.name not in named)
    if more:
        config.nav.append({"More": more})
    return config


def on_files(files: Any, config: Any) -> Any:
    """Add the pages that are made."""
    for page, source in PAGES.items():
        path = ROOT / source
        text = path.read_text("utf-8")
        content = notebook_to_markdown(text) if path.suffix == ".ipynb" else drop_header(text)
        files.append(File.generated(config, page, content=resolve_links(content, path.parent)))
    files.append(File.generated(config, "commands.md", content="\n".join(describe_commands())))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Links of the pages in docs/ that lead out of it."""
    return markdown if page.file.generated_by else resolve_links(markdown, ROOT / "docs")


def drop_header(text: str) -> str:
    """The Markdown without the YAML header that a model card has."""
    return re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)


def resolve_links(markdown: str, folder: Path) -> str:
    """The Markdown of a file in `folder`, with links to files of the repository as links to their pages.

    Raises:
        FileNotFoundError: a link leads to no file; one to a file without a page becomes the file's name.
    """
    places = {ROOT / source: page for page, source in PAGES.items()}

    def resolve(found: re.Match[str]) -> str:
        image, words, target, anchor = found.groups()
        path = Path(os.path.normpath(folder / target))
        if not path.exists():
            raise FileNotFoundError(f"{folder}: link to {target}")
        if path in places:
            return f"{image}[{words}]({places[path]}{anchor or ''})"
        if path.is_relative_to(ROOT / "docs"):
            return f"{image}[{words}]({path.relative_to(ROOT / 'docs').as_posix()}{anchor or ''})"
        return f"{words} (`{path.relative_to(ROOT).as_posix()}`)"

    return re.sub(r"(!?)\[([^\]]*)\]\((?!https?:|mailto:|#)([^)#\s]+)(#[^)]*)?\)", resolve, markdown)


def notebook_to_markdown(text: str) -> str:
    """The cells of a notebook, each with what it printed."""
    parts = []
    for cell in json.loads(text)["cells"]:
        source = "".join(cell["source"])
        parts.append(source if cell["cell_type"] == "markdown" else f"```python\n{source}\n```")
        for output in cell.get("outputs", ()):
            parts.append(f"```text\n{''.join(output['text']).rstrip()}\n```")
    return "\n\n".join(parts)


def describe_commands() -> Iterator[str]:
    """The reference of commands, from what `--help` is made of."""
    import typer

    from annotate.cli.app import GROUPS, SECTIONS, app

    group: Any = typer.main.get_command(app)
    yield "# Commands\n"
    yield "What `annotate COMMAND --help` prints. Each command also has `-q`, `-v` and `-h`.\n"
    for heading, names in {**SECTIONS, "Labels": GROUPS}.items():
        yield f"## {heading}\n"
        for name in names:
            command = group.commands[name]
            inner = getattr(command, "commands", None)
            for words, each in (
                {f"{name} {key}": value for key, value in inner.items()}.items() if inner else [(name, command)]
            ):
                yield from describe_command(words, each)


def describe_command(words: str, command: Any) -> Iterator[str]:
    """One command: what it does, its example, and a table of what it takes."""
    import typer

    from annotate.cli.command import wrap_command

    text, _, example = command.help.partition("Example: ")
    yield f"### annotate {words}\n"
    yield from (f"{' '.join(paragraph.split())}\n" for paragraph in text.strip().split("\n\n"))
    lines = "\n".join(wrap_command(example.strip(), 76))
    yield f"```sh\n{lines}\n```\n"
    yield "| takes | what it is for |\n| --- | --- |"
    with typer.Context(command, info_name=words) as context:
        rows = list(command.list_params(context))
    for name, what in rows:
        if not name.startswith(("-q,", "-v,", "-h,")):
            yield f"| `{name}` | {escape(what)} |"
    yield ""


def escape(text: str) -> str:
    """Plain text in a cell of a table."""
    return re.sub(r"([\\|*_\[\]<`])", r"\\\1", " ".join(text.split()))
