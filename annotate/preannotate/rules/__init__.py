"""The preannotator `rules`: entities, quotes and claims by hand-written rules and word lists, without a model."""

from annotate.preannotate.rules.pipeline import build_rules, load_pipeline

__all__ = ["build_rules", "load_pipeline"]
