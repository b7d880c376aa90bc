"""Sending a checked release to where others find it."""
