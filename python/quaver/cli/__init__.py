"""The command line: ``quaver`` after installation, or ``python -m quaver.cli``.

`app` names the commands, one module each; this one loads without typer and rich to say what is
missing.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and leave with its exit code.

    0: done. 1: some input failed, or the output could not be written. 2: wrong usage, or a package
    that is not installed. 130: interrupted. Those of ``quaver run`` are the script's.

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
    from quaver.cli.streams import streams_guarded

    commands = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    with streams_guarded(of_a_script=commands[:1] == ["run"]):
        app(prog_name="quaver")
