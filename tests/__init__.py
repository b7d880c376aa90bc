"""The tests; README.md has what is where."""
