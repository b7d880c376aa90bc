"""Training of the bundled `news` pipeline; nothing here is needed to run it."""
