"""What commands write: results to stdout, notes and progress to stderr."""

from __future__ import annotations

import io
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


def notes() -> Console:
    """Return a console on stderr that prints file names and numbers as they are."""
    return Console(stderr=True, markup=False, highlight=False, emoji=False)


def escape_names() -> None:
    """Let stdout write what its encoding lacks in escapes, instead of ending there."""
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")


def shown(path: str | os.PathLike[str]) -> str:
    """Return a path as text that every terminal and encoder takes."""
    return os.fsencode(path).decode("utf-8", "replace")


def say(message: str) -> None:
    """Print one line for people to stderr, so that stdout holds results only."""
    notes().print(" ".join(message.split()), soft_wrap=True)


def write(text: str, end: str = "\n") -> None:
    """Write to stdout as it is."""
    sys.stdout.write(text + end)


def print_json(value: object) -> None:
    """Print JSON to stdout, ASCII only, numbers in full."""
    write(json.dumps(value, indent=2))


@contextmanager
def progress(description: str) -> Iterator[Callable[[int, int], object]]:
    """Yield a function of (done, total) that moves a bar on stderr, if that is a terminal."""
    screen = notes()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:
        task = bar.add_task(description, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


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
