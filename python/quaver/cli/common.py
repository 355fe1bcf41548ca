"""What the commands share: consoles, messages, progress, the treatment of errors and extras."""

from __future__ import annotations

import importlib
import io
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from typer.core import TyperGroup

from quaver._validate import Downmix
from quaver.audio import find_audio
from quaver.batch import Failure

#: Exit codes; 0 is success.
SOME_FAILED, USAGE = 1, 2

#: Width of tables that go to a file or a pipe, where nothing should be folded.
_PIPE_WIDTH = 200


def console(*, stderr: bool = False) -> Console:
    """Return a console that prints file names and numbers as they are."""
    made = Console(stderr=stderr, markup=False, highlight=False, emoji=False)
    if not made.is_terminal:
        made.width = _PIPE_WIDTH
    return made


def escape_names() -> None:
    """Let stdout write what its encoding lacks in escapes, instead of ending there."""
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")


def shown(path: str | os.PathLike[str]) -> str:
    """Return a path as text that every terminal and encoder takes."""
    return os.fsencode(path).decode("utf-8", "replace")


def recording_path(text: str) -> Path:
    """Read a path from the command line; an unset variable must not be the current folder."""
    if not text:
        raise typer.BadParameter("expected a recording or a folder, got ''")
    return Path(text)


def say(message: str) -> None:
    """Print one line for people to stderr, so that stdout holds results only."""
    console(stderr=True).print(" ".join(message.split()), soft_wrap=True)


def stop(message: str, code: int = SOME_FAILED) -> NoReturn:
    """Print one line to stderr and leave."""
    say(f"quaver: {message}")
    raise typer.Exit(code)


@contextmanager
def errors_told(*, debug: bool = False) -> Iterator[None]:
    """Turn errors of the user's input into one line and exit code 1, unless debugging."""
    try:
        yield
    except BrokenPipeError:  # `quaver predict ... | head`: no error of ours
        raise
    except (ValueError, TypeError, OSError) as error:
        if debug:
            raise
        stop(describe_error(error))


class Commands(TyperGroup):
    """Turns errors of the user's input into one line and exit code 1, unless debugging."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        with errors_told(debug=ctx.params.get("debug", False)):
            return super().invoke(ctx)


class WithDefault(TyperGroup):
    """Takes the first of its commands if none is named, so that its arguments can stand alone."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that is named first, or the default with all arguments."""
        if args and args[0] not in self.commands:
            args = [next(iter(self.commands)), *args]
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        """Leave options before the first argument to the default command, but --help."""
        if args and args[0].startswith("-") and args[0] not in ("--help", "-h"):
            args = [next(iter(self.commands)), *args]
        return super().parse_args(ctx, args)


def describe_error(error: BaseException) -> str:
    """Return the message of an error, without its errno."""
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{shown(error.filename)}: {error.strerror}"
    return str(error) or type(error).__name__


@contextmanager
def quiet() -> Iterator[None]:
    """Hold back what TensorFlow notes about its build, which no setting silences, unless it fails.

    The notes come from C++: it is the file descriptor that has to be turned away.
    """
    sys.stderr.flush()
    screen = os.dup(2)
    with tempfile.TemporaryFile() as notes:
        os.dup2(notes.fileno(), 2)
        try:
            yield
        except BaseException:
            notes.seek(0)
            os.write(screen, notes.read())
            raise
        finally:
            os.dup2(screen, 2)
            os.close(screen)


def require(*modules: str, extra: str) -> None:
    """Leave with exit code 2 and the command that installs what is missing."""
    missing = []
    for name in modules:
        try:
            importlib.import_module(name)
        except ImportError:
            missing.append(name)
    if missing:
        missing_extra(" and ".join(missing), extra)


def missing_extra(what: str, extra: str) -> NoReturn:
    """Leave with exit code 2 and the command that installs an extra."""
    stop(f'this command needs {what}: pip install "quaver[{extra}]"', USAGE)


@contextmanager
def progress(description: str) -> Iterator[Callable[[int, int], object]]:
    """Yield a function of (done, total) that moves a bar on stderr, if that is a terminal."""
    screen = console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:
        task = bar.add_task(description, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def collect(paths: Sequence[Path]) -> tuple[list[Path], list[Failure]]:
    """Return the recordings at and below the paths, and the paths that hold none."""
    files: list[Path] = []
    failures = []
    for i, path in enumerate(paths):
        try:
            files += find_audio(path)
        except (ValueError, OSError) as error:
            failures.append(Failure(i, str(path), type(error).__name__, describe_error(error)))
    return files, failures


def report_failures(failures: Sequence[Failure]) -> None:
    """Print what failed and why to stderr."""
    if not failures:
        return
    table = Table(title=f"{len(failures)} failed", title_justify="left")
    for heading in ("file", "error", "reason"):
        table.add_column(heading, overflow="fold")
    for failure in failures:
        table.add_row(shown(failure.source), failure.error, " ".join(failure.reason.split()))
    console(stderr=True).print(table)


def print_json(value: object) -> None:
    """Print JSON to stdout, ASCII only, numbers in full."""
    typer.echo(json.dumps(value, indent=2))


def parse_downmix(value: str | None) -> Downmix:
    """Read the option --downmix."""
    if value is None or value == "mean":
        return value  # type: ignore[return-value]  # narrowed to the literal
    if value.isdecimal():
        return int(value)
    raise typer.BadParameter(f"expected 'mean' or the number of a channel, got {value!r}")


def examples(*commands: str) -> str:
    """Return the end of a help text; blank lines keep the commands on lines of their own."""
    return "\n\n".join(["[bold]Examples[/bold]", *(f"  $ {command}" for command in commands)])
