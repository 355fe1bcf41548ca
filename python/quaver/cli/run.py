"""The command that runs someone else's script on quaver."""

from __future__ import annotations

import importlib.util
import os
import runpy
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from quaver import compat
from quaver.cli.errors import USAGE, stop
from quaver.compat.install import BACKENDS, install_as

#: How a shell reports a process that Ctrl-C ended.
_INTERRUPTED = 130
#: Where frames of a program's traceback begin behind: what runs it.
_RUNNERS = (__file__, runpy.__file__, "<frozen runpy>")
_STARTUP = Path(compat.__file__).parent / "_startup"


def run_command(
    context: typer.Context,
    script: Annotated[
        Path,
        typer.Argument(
            metavar="SCRIPT",
            help="Python script, folder or archive with a __main__.py, or -m and a module;"
            " its own arguments follow.",
        ),
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
    """Run a program with quaver in the place of librosa or another library.

    Python processes that it starts see the same.
    """
    for name in backend:
        if name not in BACKENDS:
            raise typer.BadParameter(
                f"expected one of {', '.join(BACKENDS)}, got {name!r}", param_hint="--backend"
            )
    arguments = list(context.args)
    program = _module(arguments) if str(script) == "-m" else _path(script)
    sys.argv = [str(script), *arguments]
    with ExitStack() as stack:
        stack.enter_context(_in_children(backend))
        for name in backend:
            stack.enter_context(install_as(name))
        _run(program)


def _module(arguments: list[str]) -> Callable[[], Any]:
    """Take a module's name off the arguments and return what runs it, as `python -m` would."""
    if not arguments:
        stop("-m: the name of a module must follow", USAGE)
    name = arguments.pop(0)
    sys.path[0] = os.getcwd()  # instead of the folder of `quaver`
    try:
        found = importlib.util.find_spec(name)
    except ImportError:  # of a package around it
        found = None
    if found is None:
        stop(f"no such module: {name}", USAGE)
    return lambda: runpy.run_module(name, run_name="__main__", alter_sys=True)


def _path(script: Path) -> Callable[[], Any]:
    """Return what runs a script, folder or archive, as `python SCRIPT` would."""
    if script.is_dir():
        if not (script / "__main__.py").is_file():
            stop(f"no __main__.py in the folder {script}", USAGE)
    elif not script.is_file():
        stop(f"no such script: {script}", USAGE)
    # Its folder ahead of everything, instead of that of `quaver`; of a folder or archive, itself.
    sys.path[0] = str(script.resolve().parent)
    return lambda: runpy.run_path(str(script), run_name="__main__")


@contextmanager
def _in_children(backend: Sequence[str]) -> Iterator[None]:
    """Let Python processes that are started meanwhile find the stand-ins too."""
    before = {name: os.environ.get(name) for name in ("PYTHONPATH", "QUAVER_BACKENDS")}
    paths = [str(_STARTUP), *filter(None, [before["PYTHONPATH"]])]
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)
    os.environ["QUAVER_BACKENDS"] = ",".join(dict.fromkeys(backend))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _run(program: Callable[[], Any]) -> None:
    """Run a program; its errors are its own, with a traceback that begins in it."""
    try:
        program()
    except KeyboardInterrupt:
        raise SystemExit(_INTERRUPTED) from None
    except Exception as error:
        for frame in traceback.extract_tb(error.__traceback__):
            if frame.filename not in _RUNNERS or error.__traceback__ is None:
                break
            error.__traceback__ = error.__traceback__.tb_next
        sys.excepthook(type(error), error, error.__traceback__)
        raise SystemExit(1) from None
