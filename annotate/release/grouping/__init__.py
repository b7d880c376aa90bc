"""Which articles belong together, and so into one split: near-duplicates, and articles about one event."""
