"""`python -m sessionload` is the command `sessionload`."""

from sessionload.cli.cli import main

if __name__ == "__main__":
    main()
