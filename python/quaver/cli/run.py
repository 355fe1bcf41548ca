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
from types import ModuleType
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from quaver import compat
from quaver.cli.errors import INTERRUPTED, USAGE, stop
from quaver.compat.install import BACKENDS, install_as, parse
from quaver.compat.librosa._release import RELEASES

#: Where frames of a program's traceback begin behind: what runs it.
_RUNNERS = (__file__, runpy.__file__, "<frozen runpy>")
_STARTUP = Path(compat.__file__).parent / "_startup"


def run_command(
    context: typer.Context,
    script: Annotated[
        Path,
        typer.Argument(
            metavar="SCRIPT",
            help="Python script, folder or archive with a __main__.py, -m and a module, -c and"
            " code, or - for code on standard input; its own arguments follow.",
        ),
    ],
    backend: Annotated[
        list[str],
        typer.Option(
            "--backend",
            "-b",
            metavar="LIBRARY",
            help=f"Library to replace: {', '.join(BACKENDS)}, or a release of it:"
            f" {', '.join(f'librosa=={release}' for release in RELEASES)}. May be given several"
            " times.",
        ),
    ],
) -> None:
    """Run a program with quaver in the place of librosa or another library.

    Python processes that it starts see the same.
    """
    try:
        libraries = [parse(each) for each in backend]
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--backend") from None
    arguments = list(context.args)
    program = _program(str(script), arguments)
    sys.argv = [str(script), *arguments]
    with ExitStack() as stack:
        stack.enter_context(_in_children(backend))
        for name, version in libraries:
            stack.enter_context(install_as(name, version))
        _run(program)


class RunCommand(TyperCommand):
    """Takes options up to the program only: what follows is the program's, as with `python`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Mark where the options end, and part -mMODULE and -cCODE."""
        n_options = 0
        while n_options < len(args) and args[n_options].startswith(("-b", "--backend", "--help")):
            n_options += 2 if args[n_options] in ("-b", "--backend") else 1
        options, program = args[:n_options], args[n_options:]
        if program and program[0] != "--":
            if program[0].startswith(("-m", "-c")) and len(program[0]) > 2:
                program[:1] = [program[0][:2], program[0][2:]]
            program.insert(0, "--")
        return super().parse_args(ctx, [*options, *program])


def _program(script: str, arguments: list[str]) -> Callable[[], Any]:
    """Return what runs a program, whose name or code is taken off the arguments after -m or -c."""
    if script == "-":
        return _text(sys.stdin.buffer.read(), "<stdin>")
    if script in ("-m", "-c"):
        if not arguments:
            what = "the name of a module" if script == "-m" else "code"
            stop(f"{script}: {what} must follow", USAGE)
        given = arguments.pop(0)
        return _module(given) if script == "-m" else _text(given, "<string>")
    return _path(Path(script))


def _module(name: str) -> Callable[[], Any]:
    """Return what runs a module, as `python -m` would."""
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
        if str(script).startswith("-"):
            stop(f"no such option: {script} (of Python's there are -m, -c and -)", USAGE)
        stop(f"no such script: {script}", USAGE)
    # Its folder ahead of everything, instead of that of `quaver`; of a folder or archive, itself.
    sys.path[0] = str(script.resolve().parent)
    return lambda: runpy.run_path(str(script), run_name="__main__")


def _text(source: str | bytes, name: str) -> Callable[[], Any]:
    """Return what runs code without a file, as `python -c` and `python -` would."""
    sys.path[0] = ""

    def run() -> None:
        before, module = sys.modules["__main__"], ModuleType("__main__")
        sys.modules["__main__"] = module
        try:
            exec(compile(source, name, "exec", dont_inherit=True), vars(module))
        finally:
            sys.modules["__main__"] = before

    return run


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
        raise SystemExit(INTERRUPTED) from None
    except Exception as error:
        for frame in traceback.extract_tb(error.__traceback__):
            if frame.filename not in _RUNNERS or error.__traceback__ is None:
                break
            error.__traceback__ = error.__traceback__.tb_next
        sys.excepthook(type(error), error, error.__traceback__)
        raise SystemExit(1) from None
