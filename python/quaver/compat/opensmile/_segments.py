"""Parts of recordings, and the frames of pandas that results are told in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from quaver._extras import extra

_HOP, _FRAME = 0.01, 0.02  # s
_PER_SECOND = 1_000_000_000  # as pandas counts time


class Cut(NamedTuple):
    """A part of a recording, in seconds; None for its beginning or end."""

    file: Any
    start: float | None
    end: float | None


class Result(NamedTuple):
    """Features of a part: (frames, features) of each channel."""

    file: Any
    start: float
    end: float
    channels: Sequence[NDArray[Any]]
    is_open: bool = False  # its end was not given


def pandas() -> Any:
    """Import pandas, or say what needs it."""
    with extra("pandas", user="opensmile's stand-in"):
        import pandas as module

    return module


def seconds(time: Any) -> float | None:
    """Return a number of seconds, a text such as ``"100ms"`` or a time of pandas in seconds.

    Examples
    --------
    >>> seconds(2), seconds(None)
    (2.0, None)
    """
    if time is None:
        return None
    # A time of NumPy counts as an integer of it.
    if isinstance(time, (int, float, np.number)) and not isinstance(time, np.timedelta64):
        return None if np.isnan(time) else float(time)
    if isinstance(time, str) and time.strip().isdigit():
        raise ValueError(f"a time as text needs a unit, as '{time.strip()}ms', got {time!r}")
    delta = pandas().to_timedelta(time)
    return None if delta is pandas().NaT else float(delta.total_seconds())


def each(times: Any, n: int, name: str) -> list[float | None]:
    """Return a time of each of n files, of a list of them or of one for all."""
    if times is None or isinstance(times, (str, bytes)) or not hasattr(times, "__len__"):
        return [seconds(times)] * n
    if len(times) != n:
        raise ValueError(f"{name} must be as many as files, {n}, got {len(times)}")
    return [seconds(time) for time in times]


def cuts_of(index: Any) -> list[Cut]:
    """Return the parts that an index names: of files, of files, start and end, or of the latter."""
    names = list(index.names)
    if len(names) == 1:
        return [Cut(file, None, None) for file in index]
    if names == ["start", "end"]:
        return [Cut(None, seconds(start), seconds(end)) for start, end in index]
    if names == ["file", "start", "end"]:
        return [Cut(file, seconds(start), seconds(end)) for file, start, end in index]
    raise ValueError(
        "index must have the levels file, or file, start and end, or start and end,"
        f" got {', '.join(map(str, names))}"
    )


def columns(names: list[str], n_channels: int) -> Any:
    """Return the columns of a frame."""
    if n_channels == 1:
        return pandas().Index(names)
    return pandas().MultiIndex.from_product([range(n_channels), names])


def frame(results: list[Result], names: Any, is_clip: bool, keep_nat: bool) -> Any:
    """Return results as a `pandas.DataFrame` by file, start and end."""
    if not results:
        raise ValueError("No objects to concatenate")
    pd = pandas()
    values = np.concatenate([np.concatenate(r.channels, axis=1) for r in results])
    counts = [len(r.channels[0]) for r in results]
    starts = np.repeat(_nanoseconds([r.start for r in results]), counts)
    closed = [None if keep_nat and r.is_open else r.end for r in results]
    ends = np.repeat(_nanoseconds(closed), counts)
    last = np.cumsum(counts) - 1
    if not is_clip:
        place = np.arange(len(values)) - np.repeat(last + 1 - counts, counts)
        of_file = ends[last]
        starts += place * int(_HOP * _PER_SECOND)
        ends = starts + int(_FRAME * _PER_SECOND)
        ends[last] = of_file
    levels = [pd.to_timedelta(starts), pd.to_timedelta(ends)]
    if results[0].file is None:
        return pd.DataFrame(values, _index(levels, ["start", "end"]), names)
    files = np.repeat(np.array([r.file for r in results], dtype=object), counts)
    return pd.DataFrame(values, _index([files, *levels], ["file", "start", "end"]), names)


def _index(levels: list[Any], names: list[str]) -> Any:
    return pandas().MultiIndex.from_arrays(levels, names=names)


def _nanoseconds(times: Sequence[float | None]) -> NDArray[np.int64]:
    """Return whole nanoseconds, of None what pandas takes for no time."""
    none = np.iinfo(np.int64).min
    return np.array([none if t is None else round(t * _PER_SECOND) for t in times], np.int64)
