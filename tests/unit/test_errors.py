"""Errors travel between processes as they are."""

from __future__ import annotations

import pickle

import pytest

from annotate.errors import AnnotateError, DataProblems, GoldError, MissingExtraError


@pytest.mark.parametrize(
    "error",
    [
        AnnotateError("one"),
        GoldError(["a", "b"]),
        DataProblems(str(i) for i in range(40)),
        MissingExtraError("ray", "x", ["ray"]),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_survives_pickling(error: AnnotateError) -> None:
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is type(error)
    assert str(back) == str(error)
    assert getattr(back, "problems", None) == getattr(error, "problems", None)
