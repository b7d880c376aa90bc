"""The preannotator `llm:MODEL`: any server that speaks OpenAI's chat completions, asked for strings.

Models cannot count characters, so the answer holds strings, constrained by a JSON Schema made from the label
schema, and `annotate.formats.strings` finds where they are. Answers are cached by the hash of the request.
Settings come from the environment: `ANNOTATE_LLM_URL` (such as `http://127.0.0.1:11434/v1`), `ANNOTATE_LLM_API_KEY`
and `ANNOTATE_LLM_BUDGET`, a limit on tokens for one run, in and out.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from annotate.errors import PreannotatorError
from annotate.files import write_text
from annotate.preannotate.registry import Preannotator, register
from annotate.preannotate.text_windows import join_windows, split_windows
from annotate.records import LAYERS, Article, Layers
from annotate.schema import Label, Schema

if TYPE_CHECKING:
    import httpx

VERSION = "1"

#: Code points of one request; small enough for any model's window together with its answer.
_WINDOW = 8_000
_ATTEMPTS = 5
_TIMEOUT_S = 120.0


@register("llm", layers=LAYERS, argument="MODEL", needs=("httpx", "platformdirs", "rapidfuzz"))
def build_llm(schema: Schema, model: str) -> Preannotator:
    """A language model behind `ANNOTATE_LLM_URL` as a preannotator.

    Raises:
        PreannotatorError: the address is not set, or the budget is not a number.
    """
    url = os.environ.get("ANNOTATE_LLM_URL")
    if not url:
        raise PreannotatorError("llm needs ANNOTATE_LLM_URL, the base address of the server, such as http://host/v1")
    budget = os.environ.get("ANNOTATE_LLM_BUDGET", "")
    if budget and not budget.isdigit():
        raise PreannotatorError(f"ANNOTATE_LLM_BUDGET is {budget!r}; expected a number of tokens")
    asker = _Asker(url.rstrip("/"), os.environ.get("ANNOTATE_LLM_API_KEY"), int(budget) if budget else None)

    def pipe(articles: Iterable[Article]) -> Iterator[Layers]:
        for article in articles:
            yield _annotate(article.text, asker, schema, model)

    return Preannotator(f"llm:{model}", VERSION, schema.layers, pipe)


def _annotate(text: str, asker: _Asker, schema: Schema, model: str) -> Layers:
    from annotate.formats.strings import ground_layers

    parts = []
    for start, end in split_windows(text, _WINDOW):
        answer = asker.ask(make_request(text[start:end], schema, model))
        empty: dict[str, Any] = {layer: [] for layer in schema.layers}
        layers = ground_layers({**empty, **answer}, text[start:end], schema=schema)
        parts.append(((start, end), layers))
    return join_windows(text, parts)


# --------------------------------------------------------------------------------------------------------- request


def make_request(text: str, schema: Schema, model: str) -> dict[str, Any]:
    """The body of the request for one window of text; equal input gives an equal body, which is the cache's key."""
    return {
        "model": model,
        "temperature": 0,
        "messages": [{"role": "system", "content": make_instructions(schema)}, {"role": "user", "content": text}],
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "layers", "strict": True, "schema": make_answer_schema(schema)},
        },
    }


def make_instructions(schema: Schema) -> str:
    """The instructions for the model: the task and every definition of the label schema."""
    parts = [
        f"You annotate news articles. {schema.description}",
        "Copy every string exactly from the article, character by character, in the order of the article; "
        "list each occurrence. Answer with JSON only.",
        *schema.general_rules,
    ]
    if schema.entities:
        parts += ["Entities:", *map(_define, schema.entities.labels)]
    parts += ["Parts:", *map(_define, schema.parts)] if schema.parts else []
    if schema.quotes:
        parts += ["Types of quotes:", *map(_define, schema.quotes.types)]
    if schema.claims:
        parts += ["check_worthy:", *map(_define, schema.claims.check_worthy), "Kinds of claims:"]
        parts += map(_define, schema.claims.kinds)
    return "\n".join(parts)


def _define(label: Label) -> str:
    return f"- {label.name}: {label.definition} Example: {label.example}"


def make_answer_schema(schema: Schema) -> dict[str, Any]:
    """The JSON Schema of the answer, strict: no key is optional, no other key is allowed."""
    text, maybe = {"type": "string"}, {"type": ["string", "null"]}
    items: dict[str, dict[str, Any]] = {
        "entities": {"text": text, "label": {"type": "string", "enum": list(schema.entity_labels)}},
        "quotes": {
            "type": {"type": "string", "enum": list(schema.quote_types)},
            "content": {"type": "array", "items": text},
            "speaker": maybe,
            "cue": maybe,
        },
        "claims": {
            "text": text,
            "check_worthy": {"type": "boolean"},
            "kind": {"type": "string", "enum": list(schema.claim_kinds)},
            "claimer": maybe,
            "score": {"type": "number"},
        },
    }
    return _object({layer: {"type": "array", "items": _object(items[layer])} for layer in schema.layers})


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


# ---------------------------------------------------------------------------------------------------------- server


class _Asker:
    """Asks the server, keeps answers, counts tokens."""

    def __init__(self, url: str, api_key: str | None, budget: int | None) -> None:
        import httpx
        import platformdirs

        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._client = httpx.Client(timeout=_TIMEOUT_S, headers=headers)
        self._url = url
        self._budget = budget
        self._spent = 0
        self._cache = platformdirs.user_cache_path("annotate") / "llm"

    def ask(self, body: dict[str, Any]) -> dict[str, Any]:
        """The answer to a request, from the cache or the server.

        Raises:
            PreannotatorError: the server cannot be reached, refuses, or the budget is spent: no article can go on.
            ValueError: the answer to this request cannot be used.
        """
        request = msgspec.json.encode(body, order="deterministic")
        key = hashlib.sha256(self._url.encode() + b"\n" + request).hexdigest()
        kept = self._cache / key[:2] / f"{key}.json"
        content = kept.read_text(encoding="utf-8") if kept.is_file() else self._fetch(request, kept)
        try:
            answer = msgspec.json.decode(content)
        except msgspec.MsgspecError as error:
            raise ValueError(f"the model's answer is not JSON: {content[:80]!r}") from error
        if not isinstance(answer, dict):
            raise ValueError(f"the model's answer is not a JSON object: {content[:80]!r}")
        return answer

    def _fetch(self, request: bytes, kept: Path) -> str:
        if self._budget is not None and self._spent >= self._budget:
            raise PreannotatorError(
                f"{self._spent} tokens used, ANNOTATE_LLM_BUDGET is {self._budget}; what is done is kept, "
                "a further run goes on from there"
            )
        reply = self._post(request)
        try:
            content = reply.json()["choices"][0]["message"]["content"]
            self._spent += int((reply.json().get("usage") or {}).get("total_tokens", 0))
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise ValueError(f"{self._url} sent no chat completion: {reply.text[:80]!r}") from error
        if not isinstance(content, str):
            raise ValueError(f"{self._url} sent an answer without content (a refusal?)")
        write_text(kept, content)
        return content

    def _post(self, request: bytes) -> httpx.Response:
        """The reply; a busy or failing server is asked again, after the time that it asks for or a growing one."""
        import httpx

        trouble = ""
        for attempt in range(_ATTEMPTS):
            wait = 0.5 * 2**attempt
            try:
                reply = self._client.post(
                    f"{self._url}/chat/completions", content=request, headers={"Content-Type": "application/json"}
                )
            except httpx.TransportError as error:
                trouble = f"{type(error).__name__}: {error}"
            else:
                if reply.is_success:
                    return reply
                trouble = f"HTTP {reply.status_code}: {reply.text[:200]}"
                if reply.status_code != 429 and reply.status_code < 500:
                    break
                after = reply.headers.get("Retry-After", "")
                wait = min(float(after), 60.0) if after.isdigit() else wait
            if attempt + 1 < _ATTEMPTS:
                time.sleep(wait)
        raise PreannotatorError(f"{self._url} does not answer ({trouble}); check ANNOTATE_LLM_URL and the model's name")
