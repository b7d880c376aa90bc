"""The preannotator `news`: a small trained encoder with rules around it; see model/MODEL_CARD.md."""

from annotate.preannotate.news.pipeline import NewsPipeline, build_news

__all__ = ["NewsPipeline", "build_news"]
