"""Self-contained HTML pages with highlighted text."""
