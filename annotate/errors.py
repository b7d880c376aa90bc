"""The errors that the toolkit raises: each is one clear message about data, server or settings.

The command line turns any of them into that message and exit code 1; everything else is a bug and keeps its
traceback.
"""

from __future__ import annotations

from collections.abc import Iterable

#: What stands between a problem and the values that are allowed; a message has each list of them once.
ALLOWED = "; expected one of "


class AnnotateError(Exception):
    """Something that the user can fix: the message has the place, what was expected, what was found, what to do."""


class DataProblems(AnnotateError):
    """All problems of one input together, one per line.

    Args:
        problems: one sentence each, place first (`file:line: ...`).
        shown: how many are printed; the rest are counted.

    >>> print(DataProblems(["a.jsonl:1: no id", "a.jsonl:7: empty text"]))
    2 problems:
    a.jsonl:1: no id
    a.jsonl:7: empty text
    """

    def __init__(self, problems: Iterable[str], *, shown: int = 20) -> None:
        self.problems = list(problems)
        head = _list_allowed_once(self.problems[:shown])
        rest = len(self.problems) - len(head)
        lines = head + ([f"... and {rest:,} more"] if rest else [])
        text = lines[0] if len(lines) == 1 else "\n".join([f"{len(self.problems):,} problems:", *lines])
        super().__init__(text)

    def __reduce__(self) -> tuple[type[DataProblems], tuple[list[str]]]:
        # an exception pickles its message; the constructor wants the problems (worker processes send errors so)
        return type(self), (self.problems,)


def _list_allowed_once(problems: Iterable[str]) -> list[str]:
    """The problems without the allowed values that an earlier one has listed.

    >>> _list_allowed_once(["no 'a'; expected one of b, c", "no 'd'; expected one of b, c"])
    ["no 'a'; expected one of b, c", "no 'd'"]
    """
    found: list[str] = []
    seen: set[str] = set()
    for problem in problems:
        sentence, _, allowed = problem.partition(ALLOWED)
        found.append(sentence if allowed in seen else problem)
        if allowed:
            seen.add(allowed)
    return found


class RecordError(DataProblems):
    """Records that do not have the agreed form: broken JSON, missing keys, wrong types, duplicate ids."""


class RecordWarning(UserWarning):
    """Something in records that is read without an error and was probably meant otherwise; for `warnings`."""


class SchemaError(DataProblems):
    """A label schema that is not well formed, or a label that the schema does not declare."""


class SourceError(DataProblems):
    """Articles that cannot be ingested."""


class MissingExtraError(AnnotateError):
    """Something needs packages of an extra that is not installed.

    Args:
        extra: the extra that brings them.
        purpose: what needs them, as the subject of a sentence.
        missing: the modules that are missing.

    >>> print(MissingExtraError("release", "annotate release", ["spacy", "yaml"]))
    annotate release needs spacy, yaml, not installed: pip install 'annotate-gold[release]'
    """

    def __init__(self, extra: str, purpose: str, missing: Iterable[str]) -> None:
        self.extra = extra
        self.purpose = purpose
        self.missing = tuple(missing)
        names = ", ".join(self.missing)
        super().__init__(f"{purpose} needs {names}, not installed: pip install 'annotate-gold[{extra}]'")

    def __reduce__(self) -> tuple[type[MissingExtraError], tuple[str, str, tuple[str, ...]]]:
        return type(self), (self.extra, self.purpose, self.missing)


class PreannotatorError(AnnotateError):
    """A preannotator that is unknown, cannot be built, or fails on an article."""


class StudioError(AnnotateError):
    """The embedded Label Studio cannot be started, found or stopped."""


class LabelStudioError(AnnotateError):
    """A Label Studio server refuses, fails or holds something unexpected."""


class GoldError(DataProblems):
    """A release that cannot be built, is damaged, or already exists."""


class ScoreError(DataProblems):
    """Gold and predictions that cannot be scored against each other."""


class PublishError(AnnotateError):
    """A release that could not be published or does not come back as it was sent."""
