"""A part of a recording, as what takes recordings takes it."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass

from quaver._validate import check_real


@dataclass(frozen=True, slots=True)
class Segment(os.PathLike[str]):
    """A part of a recording in a file, wherever a recording is taken.

    Parameters
    ----------
    path : path
    start : float, default 0.0
        Where it begins, in seconds.
    end : float, optional
        Where it ends, in seconds; by default with the file.
    max_duration : float, optional
        Longest part, in seconds, that is not refused; see `quaver.load`.

    Raises
    ------
    ValueError
        For a start that is negative or not before the end.

    Examples
    --------
    >>> str(Segment("dialogue.wav", 1.5, 4))
    'dialogue.wav [1.5 s to 4 s]'
    """

    path: str | os.PathLike[str]
    start: float = 0.0
    end: float | None = None
    max_duration: float | None = None

    def __post_init__(self) -> None:
        start = check_real("start", self.start)
        if not 0 <= start < math.inf:
            raise ValueError(f"start must be finite and at least 0, got {start}")
        if self.end is not None and not start < check_real("end", self.end) < math.inf:
            raise ValueError(f"end must be finite and after the start {start:g}, got {self.end}")

    def __fspath__(self) -> str:
        return os.fsdecode(self.path)

    def __str__(self) -> str:
        if self.start == 0 and self.end is None:
            return os.fsdecode(self.path)
        until = "the end" if self.end is None else f"{self.end:g} s"
        return f"{os.fsdecode(self.path)} [{self.start:g} s to {until}]"

    def within(self, offset: float, duration: float | None) -> tuple[float, float | None]:
        """Return offset and duration in the file of a part of this part, in seconds."""
        if self.end is None:
            return self.start + offset, duration
        left = self.end - self.start - offset
        if left <= 0:
            raise ValueError(f"{self}: offset {offset} s lies behind the end")
        return self.start + offset, left if duration is None else min(left, duration)
