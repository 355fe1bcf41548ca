"""The command line: ``quaver`` after installation, or ``python -m quaver.cli``.

`app` names the commands, one module each; this one loads without typer and rich to say what is
missing.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and leave with its exit code.

    0: done. 1: some input failed. 2: wrong usage, or a package that is not installed.

    Examples
    --------
    >>> main()  # doctest: +SKIP
    """
    try:
        from quaver.cli.app import app
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("typer", "rich", "click"):
            raise
        sys.stderr.write(
            'quaver: the command line needs typer and rich: pip install "quaver[cli]"\n'
        )
        sys.exit(2)
    app(prog_name="quaver")
