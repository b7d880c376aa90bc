"""From pulled annotations to decided records in a file, with the disputed articles in a review project."""

from __future__ import annotations

import contextlib
from pathlib import Path

from annotate.adjudication import Adjudication, ReviewPage, adjudicate_annotations, apply_review, to_review
from annotate.files import Outputs
from annotate.jsonl import RecordSource, open_output, write_lines
from annotate.locks import lock_output
from annotate.records import Annotation
from annotate.schema import Schema, load_schema


def adjudicate(
    annotations: RecordSource[Annotation],
    output: str | Path | None = None,
    *,
    strategy: str = "majority",
    decisions: RecordSource[Annotation] | None = None,
    push: str | None = None,
    log: str | Path | None = None,
    url: str | None = None,
    api_key: str | None = None,
    schema: Schema | str | Path | None = None,
) -> Adjudication:
    """Decide between the annotators' versions of each article; what the strategy cannot decide stays disputed.

    Only submitted annotations count. Where one annotator annotated a layer, that version is taken, and `decided_by`
    names the annotator.

    Args:
        annotations: a JSON Lines file as `pull` writes it, or the records.
        output: where the decided records go; `-` is standard output, None writes nothing.
        strategy: unanimous, majority, trusted:NAME, union (recall) or intersection (precision).
        decisions: what was pulled from the review project; a reviewed article is decided as the reviewer left it.
        push: the review project that the disputed articles are sent to; see `push_predictions` for `url` and `api_key`.
        log: where the decision log goes, one line for each decision; None writes none.
        schema: the labels that annotations may have, and those of the review project; None = `news`.

    >>> from annotate.records import Entity
    >>> rome, oslo = Entity(0, 4, "GPE"), Entity(9, 13, "GPE")
    >>> marked = {"ann": [rome], "bob": [rome, oslo], "cyd": [rome]}
    >>> found = adjudicate(
    ...     Annotation(id="a1", text="Rome and Oslo", annotator=name, entities=items) for name, items in marked.items()
    ... )
    >>> [(entity.start, entity.end) for entity in found.decided[0].entities], found.decided[0].decided_by
    ([(0, 4)], 'majority')

    Raises:
        RecordError: annotations or decisions with problems, labels that the schema does not declare among them; all of
            a file together.
        AnnotateError: there is no such strategy, or a file cannot be written.
        LabelStudioError: the server cannot be reached, or refuses.
        MissingExtraError: `push` is given, and the extra `labelstudio` is not installed.
    """
    if push is not None:
        from annotate.labelstudio.connection import require_client

        require_client()
    schema = load_schema(schema)
    path = None if output is None else Path(output)
    with contextlib.nullcontext() if path is None else lock_output(path):
        result = adjudicate_annotations(annotations, strategy=strategy, schema=schema)
        if decisions is not None:
            result = apply_review(result, decisions, schema=schema)
        if push is not None and result.disputed:
            from annotate.labelstudio.push.push import push_predictions

            reviews, page = to_review(result.disputed), ReviewPage(result.disputed)
            push_predictions(reviews, push, url=url, api_key=api_key, schema=schema, page=page)
        with Outputs() as outputs:
            if path is not None:
                write_lines(open_output(outputs, path), result.decided)
            if log is not None:
                write_lines(open_output(outputs, Path(log)), result.log)
    return result
