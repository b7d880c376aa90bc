"""The card's YAML header is read by others as it was meant, whatever stands in licence and title."""

from __future__ import annotations

import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from annotate.release.card import spell


@given(st.text(st.characters(exclude_categories=["Cs"])))
@example("no")
@example("1.0.0")
@example("1e3")
@example("x\nconfigs:\n- config_name: evil")
@example("family: \U0001f468\u200d\U0001f469\u200d\U0001f467, \x1b[31m, \u2028, \ufeff, \x85")
@example("n<1K")
@example("a/b-c.parquet")
def test_any_text_is_one_line_and_reads_back(text: str) -> None:
    line = spell(text)
    assert len(line.splitlines()) <= 1
    assert yaml.safe_load(f"key: {line}") == {"key": text}
    assert yaml.safe_load(f"- {line}") == [text]
