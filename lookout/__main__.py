"""`python -m lookout`: the `lookout` command."""

from lookout.cli.main import main

if __name__ == "__main__":
    main()
