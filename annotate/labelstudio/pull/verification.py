"""Tasks that come back compared with what was pushed: text, hash, article fields, and the prediction begun from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from annotate.files import sha256_text
from annotate.labelstudio.push.ledger import Ledger, Pushed
from annotate.task_json.remarks import Remark, quarantined, repaired
from annotate.task_json.tasks import ARTICLE_FIELDS, META, Task, digest_prediction, find_prediction, read_info

UNKNOWN = (
    "no push of this article is known: its id was changed, or it was added by other means; "
    "if it was pushed elsewhere, give that file with --predictions"
)


class Verified(msgspec.Struct, kw_only=True):
    """One task after the comparison.

    `problem` is why none of its annotations can be taken, or None. `task` has the article fields that were pushed,
    and only predictions that were pushed. `altered_predictions` counts annotations that began from another one.
    """

    task: Task
    problem: str | None = None
    unknown: bool = False
    remarks: list[Remark] = []
    altered_predictions: int = 0
    regions_with_other_words: int = 0


def verify_task(task: Task, ledger: Ledger | None) -> Verified:
    """The task compared with what the ledger has on its article; without a ledger only with itself."""
    other_words = list(_find_other_words(task))
    found = Verified(task=task, remarks=other_words, regions_with_other_words=len(other_words))
    if ledger is None:
        return found
    data = task["data"]
    pushed = ledger.get(data["doc_id"]) if data.get("doc_id") else None
    if pushed is None:
        found.problem, found.unknown = UNKNOWN, True
        return found
    found.problem = _find_problem(data, pushed) or _find_swap(task, pushed, ledger)
    if found.problem is None:
        _restore_article(found, pushed)
        _withhold_predictions(found, pushed)
    return found


def _find_problem(data: dict[str, Any], pushed: Pushed) -> str | None:
    text = data.get("text")
    if not text or sha256_text(text) != pushed.text_sha256:
        return "the task's text is not the one that was pushed; its marks may cover other words"
    if not data.get("text_sha256"):
        return "text_sha256, which was pushed with the text, was removed from the task's data"
    if data["text_sha256"] != pushed.text_sha256:
        return "text_sha256 in the task's data is not the hash that was pushed"
    return None


def _find_swap(task: Task, pushed: Pushed, ledger: Ledger) -> str | None:
    """Whether the task has a prediction of another article, as where two tasks were given each other's texts."""
    begun = [entry for annotation in task["annotations"] if (entry := find_prediction(annotation, task))]
    for entry in (*task["predictions"], *begun):
        digest = digest_prediction(entry)
        # predictions without a region are alike
        if (
            entry.get("result")
            and digest not in pushed.predictions
            and (owner := ledger.find_owner(digest)) is not None
        ):
            return f"the task has the prediction of {owner!r}: tasks were given each other's articles"
    return None


def _restore_article(found: Verified, pushed: Pushed) -> None:
    """Title, date, publisher, url and meta as they were pushed, and whether the prediction was withheld."""
    task = found.task
    data, info = dict(task["data"]), read_info(task)
    for name in ARTICLE_FIELDS:
        if data.get(name) != pushed.data.get(name):
            found.remarks.append(
                repaired(f"the {name} was changed on the server; the pushed one counts", data.get(name))
            )
            data[name] = pushed.data.get(name)
    blind = info.blind if pushed.blind is None else pushed.blind
    true = msgspec.structs.replace(info, layers=pushed.info.layers, article_meta=pushed.info.article_meta, blind=blind)
    if true != info:
        noted = task["meta"].get(META)
        found.remarks.append(repaired("the task's meta was changed on the server; what was pushed counts", noted))
    found.task = {**task, "data": data, "meta": {**task["meta"], META: msgspec.to_builtins(true)}}


def _withhold_predictions(found: Verified, pushed: Pushed) -> None:
    """Take away predictions that were not pushed, so that nothing counts as kept or changed against them."""

    def is_pushed(entry: dict[str, Any]) -> bool:
        return digest_prediction(entry) in pushed.predictions

    task = found.task
    kept = [entry for entry in task["predictions"] if is_pushed(entry)]
    annotations = []
    for entry in task["annotations"]:
        begun = find_prediction(entry, task)
        # where a prediction is noted and not there, the server did not keep it because it was of another model
        if (entry.get("parent_prediction") is not None) if begun is None else not is_pushed(begun):
            found.altered_predictions += 1
            remark = quarantined("the prediction that this annotation began from was not pushed", begun)
            found.remarks.append(msgspec.structs.replace(remark, annotation_id=entry.get("id")))
        own = entry.get("prediction") or {}
        annotations.append(entry if not own or is_pushed(own) else {**entry, "prediction": {}})
    found.task = {**task, "predictions": kept, "annotations": annotations}


def _find_other_words(task: Task) -> Iterator[Remark]:
    """Regions that carry other words than those at their offsets, as after a copy from another article.

    The editor writes line breaks and tabs in its own way, so only the letters are compared.
    """
    text = task["data"].get("text") or ""
    for entry in task["annotations"]:
        for item in [] if entry.get("was_cancelled") else entry["result"]:
            value = item.get("value") if isinstance(item, dict) and item.get("type") == "labels" else None
            if not value:
                continue
            words, start, end = value.get("text"), value.get("start"), value.get("end")
            if not (isinstance(words, str) and isinstance(start, int) and isinstance(end, int) and 0 <= start < end):
                continue
            if _letters(words) != _letters(text[start:end]):
                remark = repaired(
                    "a region that carries other words than those at its offsets; the offsets count", item
                )
                yield msgspec.structs.replace(remark, annotation_id=entry.get("id"))


def _letters(words: str) -> str:
    return re.sub(r"\\n|\\r|\\t|\W", "", words)
