"""How commands fail: one line that says why, and an exit code."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

import typer

from quaver.batch import Failure
from quaver.cli.console import say, shown

#: Exit codes; 0 is success, the last how a shell reports what Ctrl-C ended.
SOME_FAILED, USAGE, INTERRUPTED = 1, 2, 130


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


# What messages of the library call an argument, and what the command line calls it.
_OPTIONS = (
    ("pass downmix='mean' or a channel index", "give --downmix mean or the number of a channel"),
    ("pass pad=True", "give --pad"),
    ("max_duration", "--max-duration"),
    ("downmix must be", "--downmix must be"),
    ("raw samples need their rate", "raw samples need --rate"),
    ("pass what it gives as a file object", "give - and pipe it"),
)


def by_options(message: str) -> str:
    """Return a message of the library with the options' names in the place of arguments'."""
    for argument, option in _OPTIONS:
        message = message.replace(argument, option)
    return message


def describe_error(error: BaseException) -> str:
    """Return the message of an error, without its errno."""
    if isinstance(error, OSError) and error.strerror:
        return f"{shown(error.filename)}: {error.strerror}" if error.filename else error.strerror
    return by_options(str(error)) or type(error).__name__


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


def report_failures(failures: Sequence[Failure]) -> None:
    """Print what failed and why to stderr."""
    if not failures:
        return
    say(f"{len(failures)} failed:")
    for failure in failures:
        source = "" if shown(failure.source) in shown(failure.reason) else f"{failure.source}: "
        say(f"{source}{failure.error}: {by_options(failure.reason)}")


def leave_with(failures: Sequence[Failure]) -> None:
    """Report what failed; the exit code tells whether anything did."""
    report_failures(failures)
    if failures:
        raise typer.Exit(SOME_FAILED)
