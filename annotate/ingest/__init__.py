"""Articles from text files, JSON, CSV, Parquet, data sets and standard input, read once and checked together.

`read_articles(sources)` is the way in; `articles` holds what an article must be, `sources` the kinds of sources.
"""

from annotate.ingest.articles import Articles, read_articles

__all__ = ["Articles", "read_articles"]
