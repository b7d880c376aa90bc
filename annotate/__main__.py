"""`python -m annotate` is the `annotate` command."""

from annotate.cli.app import main

if __name__ == "__main__":
    main()
