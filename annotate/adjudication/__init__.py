"""From several annotations of one article to one decision."""
