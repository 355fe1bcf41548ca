"""``python -m quaver.cli``: the command line where no script is installed."""

from quaver.cli import main

if __name__ == "__main__":
    main()
