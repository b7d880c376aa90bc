"""The command line: thin shells over the public functions of the package."""
