"""What commands write: results to stdout, notes and progress to stderr."""

from __future__ import annotations

import codecs
import io
import json
import os
import re
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text


def notes() -> Console:
    """Return a console on stderr that prints file names and numbers as they are."""
    return Console(stderr=True, markup=False, highlight=False, emoji=False)


def escape_names() -> None:
    """Let stdout write the bytes of names that are no text, and escapes for what it lacks."""
    codecs.register_error("quaver.names", _bytes_or_escapes)
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors in _STRICT:
        sys.stdout.reconfigure(errors="quaver.names")


_STRICT = ("strict", "surrogateescape")


def _bytes_or_escapes(error: UnicodeError) -> tuple[bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    made = b""
    for character in error.object[error.start : error.end]:
        is_byte = "\udc80" <= character <= "\udcff"  # as Python keeps those that are not UTF-8
        escape = character.encode("ascii", "backslashreplace")
        made += bytes([ord(character) - 0xDC00]) if is_byte else escape
    return made, error.end


_SURROGATES = re.compile("[\ud800-\udfff]")


def shown(path: str | os.PathLike[str]) -> str:
    """Return a path as text that every terminal takes, for people."""
    return _SURROGATES.sub("\ufffd", os.fspath(path))


def say(message: str) -> None:
    """Print one line for people to stderr, so that stdout holds results only."""
    notes().print(shown(" ".join(message.split())), soft_wrap=True)


@contextmanager
def warnings_told() -> Iterator[None]:
    """Say what the library warns of, without the line of code that it comes from."""
    with warnings.catch_warnings():
        warnings.filterwarnings("default", category=UserWarning, module=r"quaver(\.|$)")
        warnings.showwarning = lambda message, *_, **__: say(f"quaver: {message}")
        yield


def counted(n: int, noun: str) -> str:
    """Return a number of things in words.

    Examples
    --------
    >>> counted(1, "clip"), counted(2, "clip")
    ('1 clip', '2 clips')
    """
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def write(text: str, end: str = "\n") -> None:
    """Write to stdout as it is."""
    sys.stdout.write(text + end)


def print_json(value: object) -> None:
    """Print JSON to stdout, ASCII only, numbers in full."""
    write(json.dumps(value, indent=2))


@contextmanager
def progress(description: str, *, rate: bool = False) -> Iterator[Callable[[int, int], object]]:
    """Yield a function of (done, total) that moves a bar on stderr, if that is a terminal.

    With `rate` it says how many are done a second, without those that the first call brings.
    """
    screen = notes()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        *([_Rate()] if rate else []),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:
        task = bar.add_task(description, total=None)
        is_first = rate

        def told(done: int, total: int) -> None:
            nonlocal is_first
            if is_first:
                bar.reset(task, completed=done, total=total)
                is_first = False
            bar.update(task, completed=done, total=total)

        yield told


class _Rate(ProgressColumn):
    """How many are done in a second."""

    def render(self, task: Task) -> Text:
        return Text("" if task.speed is None else f"{task.speed:.0f}/s")


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
