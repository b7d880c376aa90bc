"""What the toolkit knows about English text: tokens, heads of noun phrases, sentences.

Everything here works on a text and ranges of code points; nothing knows records' layers, gold or scores.
"""
