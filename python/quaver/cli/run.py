"""The command that runs someone else's script on quaver."""

from __future__ import annotations

import runpy
import sys
import traceback
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from quaver.cli.errors import USAGE, stop
from quaver.compat.install import BACKENDS, install_as

#: How a shell reports a process that Ctrl-C ended.
_INTERRUPTED = 130


def run_command(
    context: typer.Context,
    script: Annotated[
        Path, typer.Argument(metavar="SCRIPT", help="Python script; its own arguments follow.")
    ],
    backend: Annotated[
        list[str],
        typer.Option(
            "--backend",
            "-b",
            metavar="LIBRARY",
            help=f"Library to replace: {', '.join(BACKENDS)}. May be given several times.",
        ),
    ],
) -> None:
    """Run a script with quaver in the place of librosa or another library."""
    for name in backend:
        if name not in BACKENDS:
            raise typer.BadParameter(
                f"expected one of {', '.join(BACKENDS)}, got {name!r}", param_hint="--backend"
            )
    if not script.is_file():
        stop(f"no such script: {script}", USAGE)
    sys.argv = [str(script), *context.args]
    # As `python SCRIPT` would: its folder ahead of everything, instead of that of `quaver`.
    sys.path[0] = str(script.resolve().parent)
    with ExitStack() as stack:
        for name in backend:
            stack.enter_context(install_as(name))
        _run(script)


def _run(script: Path) -> None:
    """Run the script; its errors are its own, with a traceback that begins in it."""
    try:
        runpy.run_path(str(script), run_name="__main__")
    except KeyboardInterrupt:
        raise SystemExit(_INTERRUPTED) from None
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        inside = [i for i, frame in enumerate(frames) if frame.filename == str(script)]
        for _ in range(inside[0] if inside else 0):
            if error.__traceback__ is not None:
                error.__traceback__ = error.__traceback__.tb_next
        sys.excepthook(type(error), error, error.__traceback__)
        raise SystemExit(1) from None
