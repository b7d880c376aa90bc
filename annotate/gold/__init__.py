"""Reading releases: manifest, rows and Parquet tables, names, and the differences between two of them.

Nothing here builds or changes a release; that is `annotate.release`.
"""
