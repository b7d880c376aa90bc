"""The command line: options and printing around the public functions of the package."""
