"""Standard streams that are closed, full or read by nobody."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast


class ClosedOutput(io.TextIOBase):
    """In the place of a standard output that the caller closed: results are not lost unsaid."""

    def write(self, text: str) -> int:
        """Refuse."""
        raise OSError("standard output is closed")


class _Notes:
    """Standard error whose failures cost notes, not results."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.flush()


@contextmanager
def streams_guarded(*, of_a_script: bool = False) -> Iterator[None]:
    """Run a command so that a stream that takes nothing is told in one line, with exit code 1.

    Parameters
    ----------
    of_a_script : bool, default False
        Whether the streams belong to someone else's script, which then finds them as they are.
    """
    _occupy_descriptors()
    if not of_a_script:
        if sys.stdout is None:
            sys.stdout = ClosedOutput()
        sys.stderr = cast("TextIO", _Notes(sys.stderr or io.StringIO()))
    code: Any = 0
    try:
        yield
    except SystemExit as leaving:
        code = leaving.code
    except OSError as error:  # of a help text: commands tell theirs
        if of_a_script or "--debug" in sys.argv:
            raise
        code = _told(error)
    lost = _flush()
    sys.exit(_told(lost) if lost is not None and not code else code)


def _told(lost: OSError) -> int:
    """Say that the output could not be written, unless its reader left; return the exit code."""
    if not isinstance(lost, BrokenPipeError):
        sys.stderr.write(f"quaver: {lost.strerror or lost}\n")
    return 1


def _occupy_descriptors() -> None:
    """Keep files from being opened as 0, 1 or 2, where the notes of libraries would go into."""
    for number, flags in ((0, os.O_RDONLY), (1, os.O_WRONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, flags)


def _flush() -> OSError | None:
    """Write what is left; Python would say on its own, at its end, that it could not."""
    if sys.stdout is None:
        return None
    try:
        sys.stdout.flush()
    except OSError as error:
        with contextlib.suppress(OSError, ValueError), open(os.devnull, "w") as nothing:
            os.dup2(nothing.fileno(), sys.stdout.fileno())
        return error
    return None
