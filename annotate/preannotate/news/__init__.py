"""The preannotator `news`: a small trained network with rules around it; see model/MODEL_CARD.md.

`NewsPipeline()(text)` gives the layers of a text. On the way there, `passage` splits the text into words, `network`
tags them, `entities`, `linking` and `quotes`, and `claims` make items of the tags, and `furniture` finds where no item
may be. `component` is the same for spaCy.
"""

from annotate.preannotate.news.pipeline import NewsPipeline, build_news

__all__ = ["NewsPipeline", "build_news"]
