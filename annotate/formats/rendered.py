"""Where the words of a text are that another tool shows as HTML, as paragraphs or with other white space."""

from __future__ import annotations

import bisect
import re
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from html.parser import HTMLParser

from annotate.formats.markup import Range

_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)
_HIDDEN = frozenset(("script", "style", "title", "template"))
_TRANSPARENT = frozenset(("html", "head", "body"))
_ENDED_BY_THEMSELVES = frozenset(("p", "li", "dt", "dd", "option", "tr", "td", "th"))
_STEP = re.compile(r"(?<=/)([a-z][\w-]*)(?!\[|\()(?=/|$)")


class Rendered(HTMLParser):
    """The text of an HTML page, and where in it each text node begins, by its XPath as browsers count.

    >>> page = Rendered("<p>Ana &amp; <b>Bo</b></p><p>left<br>.</p>")
    >>> page.text
    'Ana & Boleft\\n.'
    >>> page.find("/p[1]/b[1]/text()[1]", 1), page.find("/p[2]/text()[2]", 1), page.find("/ul/text()", 0)
    (7, 14, None)
    """

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.nodes: dict[str, Range] = {}
        self._open: list[tuple[str, str, Counter[str]]] = [("", "", Counter())]
        self._fresh = True
        self.feed(html)
        self.close()

    def find(self, path: str, offset: int) -> int | None:
        """The place of a character in a text node; None where there is no such node, or it is shorter."""
        path = _STEP.sub(r"\1[1]", path.removeprefix(".")).lower()
        path = re.sub(r"text\(\)$", "text()[1]", path)
        for root in ("", "/html[1]", "/html[1]/body[1]", "/body[1]"):
            if path.startswith(f"{root}/") and (found := self.nodes.get(path.removeprefix(root))):
                return found[0] + offset if 0 <= offset <= found[1] - found[0] else None
        return None

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """Open an element; one that ends where its like begins is closed first."""
        self._fresh = True
        if tag in _TRANSPARENT:
            return
        if tag in _ENDED_BY_THEMSELVES and self._open[-1][0] == tag:
            self._open.pop()
        _, path, children = self._open[-1]
        children[tag] += 1
        if tag == "br":
            self.text += "\n"
        if tag not in _VOID:
            self._open.append((tag, f"{path}/{tag}[{children[tag]}]", Counter()))

    def handle_endtag(self, tag: str) -> None:
        """Close an element, and those that were left open in it."""
        self._fresh = True
        if any(name == tag for name, _, _ in self._open):
            while self._open.pop()[0] != tag:
                pass

    def handle_comment(self, data: str) -> None:
        """A comment parts two text nodes."""
        self._fresh = True

    def handle_data(self, data: str) -> None:
        """Add to the text node, or begin one."""
        tag, path, children = self._open[-1]
        if tag in _HIDDEN or not data:
            return
        children["text()"] += self._fresh
        node = f"{path}/text()[{children['text()']}]"
        start = self.nodes[node][0] if node in self.nodes else len(self.text)
        self.text += data
        self.nodes[node] = start, len(self.text)
        self._fresh = False


class Places:
    """Offsets of one text in another that has the same characters but for white space.

    >>> places = Places("Ana  left\\n", "Ana left")
    >>> places.same, places.find(5, 10)
    (True, (4, 8))
    """

    def __init__(self, source: str, target: str) -> None:
        self.source = source
        self.target = target
        self.same = source == target or "".join(source.split()) == "".join(target.split())

    @cached_property
    def _from(self) -> list[int]:
        return [i for i, char in enumerate(self.source) if not char.isspace()]

    @cached_property
    def _to(self) -> list[int]:
        return [i for i, char in enumerate(self.target) if not char.isspace()]

    def find(self, start: int, end: int) -> Range | None:
        """The range in the target that holds the same characters; None where there are none."""
        if self.source == self.target:
            return (start, end) if 0 <= start < end <= len(self.target) else None
        first, last = bisect.bisect_left(self._from, start), bisect.bisect_left(self._from, end)
        return (self._to[first], self._to[last - 1] + 1) if self.same and first < last else None


def find_in_order(pieces: Iterable[str], text: str) -> list[int] | None:
    """Where each piece begins in the text, one behind the other; None where one of them is not there.

    >>> find_in_order(["Go.", "Go."], "A: Go. B: Go."), find_in_order(["No."], "A: Go.")
    ([3, 10], None)
    """
    starts: list[int] = []
    at = 0
    for piece in pieces:
        found = text.find(piece, at)
        if found < 0:
            return None
        starts.append(found)
        at = found + len(piece)
    return starts
