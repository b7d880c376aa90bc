"""The language-model preannotator against a small server that speaks chat completions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from annotate.errors import PreannotatorError
from annotate.preannotate.llm import make_answer_schema, make_instructions
from annotate.preannotate.run import preannotate_articles
from annotate.preannotate.worker import Failure
from annotate.records import Article
from annotate.schema import load_schema
from tests.support.servers import QuietHandler, serving

TEXT = "Kadhimi met Biden. “Nobody will win,” Kadhimi said."
ANSWER = {
    "entities": [
        {"text": "Kadhimi", "label": "PERSON"},
        {"text": "Biden", "label": "PERSON"},
        {"text": "Mars", "label": "LOC"},
    ],
    "quotes": [{"type": "direct", "content": ["“Nobody will win,”"], "speaker": "Kadhimi", "cue": "said"}],
    "claims": [],
}


class Server:
    """Answers with what is in `replies`, one after the other, the last one for ever; keeps the requests."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.replies: list[tuple[int, dict[str, str], str]] = []
        outer = self

        class Handler(QuietHandler):
            def do_POST(self) -> None:
                outer.requests.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                outer.keys.append(self.headers["Authorization"])
                status, headers, body = outer.replies.pop(0) if len(outer.replies) > 1 else outer.replies[0]
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body.encode())

        self.handler = Handler

    def will_say(self, content: Any, tokens: int = 100) -> None:
        text = content if isinstance(content, str) else json.dumps(content)
        reply = {"choices": [{"message": {"content": text}}], "usage": {"total_tokens": tokens}}
        self.replies.append((200, {}, json.dumps(reply)))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    server = Server()
    monkeypatch.setenv("ANNOTATE_LLM_API_KEY", "secret")
    monkeypatch.delenv("ANNOTATE_LLM_BUDGET", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with serving(server.handler) as url:
        monkeypatch.setenv("ANNOTATE_LLM_URL", f"{url}/v1")
        yield server


def _predict(text: str = TEXT, failures: list[Failure] | None = None, number: int = 1) -> list[Any]:
    articles = [Article(id=f"a{n}", text=f"{text}{' ' * n}") for n in range(number)]
    return list(preannotate_articles(articles, preannotator="llm:tiny", failures=failures))


def test_strings_are_grounded_and_kept(server: Server) -> None:
    server.will_say(ANSWER)
    (one,) = _predict()
    assert [(TEXT[e.start : e.end], e.start) for e in one.entities] == [("Kadhimi", 0), ("Biden", 12)]
    (quote,) = one.quotes
    assert TEXT[quote.content[0].start : quote.content[0].end] == "“Nobody will win,”"
    assert TEXT[quote.speaker.start : quote.speaker.end] == "Kadhimi"
    assert (one.claims, one.model) == ([], "llm:tiny-1")
    assert _predict()[0] == one
    assert len(server.requests) == 1, "the second time the answer comes from the cache"
    (request,) = server.requests
    assert request["response_format"]["json_schema"]["schema"] == make_answer_schema(load_schema())
    assert server.keys == ["Bearer secret"]


def test_a_busy_server_is_asked_again(server: Server) -> None:
    server.replies += [(429, {"Retry-After": "0"}, "busy"), (503, {"Retry-After": "0"}, "down")]
    server.will_say(ANSWER)
    assert len(_predict()[0].entities) == 2
    assert len(server.requests) == 3


def test_a_refusing_server_stops_the_run(server: Server) -> None:
    server.replies.append((401, {}, "who are you"))
    with pytest.raises(PreannotatorError, match="401"):
        _predict(failures=[])
    assert len(server.requests) == 1


@pytest.mark.parametrize("content", ["no json", "[1]", None])
def test_a_useless_answer_is_one_articles_failure(server: Server, content: str | None) -> None:
    server.replies.append((200, {}, json.dumps({"choices": [{"message": {"content": content}}]})))
    failures: list[Failure] = []
    assert _predict(failures=failures) == []
    assert [failure.id for failure in failures] == ["a0"]


def test_the_budget_ends_the_run_and_the_cache_goes_on(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANNOTATE_LLM_BUDGET", "150")
    server.will_say(ANSWER)
    with pytest.raises(PreannotatorError, match="200 tokens used"):
        _predict(number=3)
    assert len(server.requests) == 2
    assert len(_predict(number=3)) == 3
    assert len(server.requests) == 3


def test_long_articles_go_in_windows(server: Server) -> None:
    server.will_say(ANSWER)
    text = "\n\n".join([TEXT, "x " * 4000, TEXT])
    (one,) = _predict(text)
    assert len(server.requests) > 1
    assert "".join(request["messages"][1]["content"] for request in server.requests) == text
    assert [text[e.start : e.end] for e in one.entities].count("Biden") == 2


@pytest.mark.parametrize(("name", "value"), [("ANNOTATE_LLM_URL", ""), ("ANNOTATE_LLM_BUDGET", "many")])
def test_settings_are_checked(server: Server, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(PreannotatorError, match=name):
        _predict()


def test_the_model_reads_every_definition() -> None:
    schema = load_schema()
    instructions = make_instructions(schema)
    assert schema.entities is not None
    assert all(label.definition in instructions for label in schema.entities.labels)
