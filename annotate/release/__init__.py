"""Building a release from decided records, and checking one.

`build` groups the articles so that stories keep to one split (`grouping`), `writer` writes the tables, and manifest,
card, Croissant description and list of changes are derived from them; `check` derives them again.
"""
