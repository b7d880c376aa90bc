"""Copies of annotated articles: what was annotated once is carried to them."""
