"""What changed between two releases, article by article and item by item: computed, as text and as a page."""
