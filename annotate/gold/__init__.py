"""Reading releases: which there are, their manifests and records, and the differences between two of them.

Nothing here builds or changes a release; that is `annotate.release`.
"""
