"""Articles from files, folders, data sets and standard input, normalised once and checked together."""
