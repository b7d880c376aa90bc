"""Annotations back from a server, with the certificate of what became of every predicted span."""
