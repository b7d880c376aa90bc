"""Handling of English text: words, sentences, quotation marks, places of strings, tags, word lists.

Everything here works on a text and ranges of code points; nothing depends on records' layers, gold or scores.
"""
