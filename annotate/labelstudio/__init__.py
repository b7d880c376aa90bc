"""Everything that needs a connection to a Label Studio server: push, pull, migrate, doctor, submit, effort, backend.

All HTTP calls go through `connection`.
"""
