"""Articles from text files, JSON, CSV, Parquet, data sets and standard input, read once and checked together.

`read_articles(sources)` is the way in; `articles` holds what an article must be, `sources` the kinds of sources,
`columns` which column is which field, `tables`, `encodings` and `dates` how they are read, `text_damage` what to
warn of.
"""

from annotate.ingest.articles import Articles, read_articles
from annotate.ingest.columns import ColumnMap

__all__ = ["Articles", "ColumnMap", "read_articles"]
