"""Versioned gold releases."""
