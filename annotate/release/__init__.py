"""Building a release from decided records, and checking one.

Articles are grouped so that stories keep to one split, tables are written, and manifest, card, Croissant description
and list of changes are derived from them; `check` derives them again.
"""
