"""Recordings that the core reads by itself, from their bytes to samples: `read`."""

from __future__ import annotations

import io
import math
import os
from functools import cache
from typing import TYPE_CHECKING, Any

from quaver import _core
from quaver.recordings.segments import Segment

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from quaver._validate import Downmix

# What becomes of channels, in the core's words, where it is not the number of one of them.
_ALL, _MEAN = -2, -1
_MOST_CHANNELS = 1 << 16


def read(
    file: object, rate: int | None, downmix: Downmix, max_duration: float | None
) -> tuple[NDArray[np.float32], int] | None:
    """Return samples and rate as `quaver.load` does, or None for what only that can read or refuse.

    Nothing is raised of a recording: whatever is strange about it is left to `quaver.load`.
    """
    source, choice = source_of(file), choice_of(downmix)
    if source is None or choice is None:
        return None
    most = math.inf if max_duration is None else max_duration
    return _core.read_plain(source, rate or 0, choice, most)


def source_of(file: object) -> str | bytes | None:
    """Return the path or the bytes of a whole recording, None for what is given otherwise."""
    connect()
    file = getattr(file, "recording", file)  # of a corpus' clip
    if isinstance(file, Segment):
        if file.start != 0 or file.end is not None or file.max_duration is not None:
            return None
        file = file.path
    if isinstance(file, (str, bytes)):
        return file
    if isinstance(file, os.PathLike) and not isinstance(file, io.IOBase):
        path: Any = os.fspath(file)
        return path if isinstance(path, str) else None  # the core takes bytes for what a file holds
    return None


def choice_of(downmix: Downmix) -> int | None:
    """Return the core's word for a downmix that was checked, None for one that it has not."""
    if downmix is None or downmix == "mean":
        return _ALL if downmix is None else _MEAN
    return int(downmix) if 0 <= downmix < _MOST_CHANNELS else None


@cache
def connect() -> None:
    """Tell the core where the functions of soundfile's libsndfile are, if that can be known.

    They are called without Python and its lock; where they are not known, Python calls them.
    """
    found = addresses()
    if found:
        _core.connect_sndfile(**found)


def addresses() -> dict[str, int]:
    """Return the addresses of the functions, or none of another soundfile or another Python."""
    names = {
        "open_virtual": "sf_open_virtual", "read_shorts": "sf_readf_short",
        "read_floats": "sf_readf_float", "error": "sf_error", "close": "sf_close",
    }  # fmt: skip
    try:
        from soundfile import _ffi, _snd

        if (_ffi.sizeof("SF_INFO"), _ffi.sizeof("SF_VIRTUAL_IO")) != (32, 5 * _ffi.sizeof("void*")):
            return {}
        return {
            name: int(_ffi.cast("uintptr_t", _ffi.addressof(_snd, function)))
            for name, function in names.items()
        }
    except (ImportError, AttributeError, OSError, TypeError, ValueError, NotImplementedError):
        return {}
