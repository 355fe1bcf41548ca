"""A part of an opened recording, read block by block: `opened_part`."""

from __future__ import annotations

import math
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver._validate import HIGHEST_RATE
from quaver.recordings.segments import Segment
from quaver.recordings.sources import AudioFile, Sound, describe, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import DTypeLike, NDArray

# Each thread keeps what it decodes into, whose fresh pages would cost as much as all the work:
# bytes at the most.
_KEPT = 1 << 22
# Without a `max_duration`, samples may take so many bytes, or so many times those of the file.
# Speech at the lowest bit rates has 250 times as many samples as bytes; silence could fill the
# memory from a small file.
_FREE_BYTES = 256 << 20
_MOST_TIMES = 1000


@dataclass(slots=True)
class Part:
    """What is to be read of a recording.

    Attributes
    ----------
    sound : Sound
    start : int
        The first frame.
    promised : int or None
        Frames that a header promises from there; None where that is not known.
    wanted : int or None
        Frames that were asked for; None for all.
    most : int
        More than these are refused, and `reason` says why.
    """

    sound: Sound
    start: int
    promised: int | None
    wanted: int | None
    most: float
    reason: str

    @property
    def length(self) -> int | None:
        """Frames that will be read; None where that is not known."""
        if self.promised is None or self.wanted is None:
            return self.promised
        return min(self.promised, self.wanted)

    def check(self, n_read: int) -> None:
        """Refuse a part of which more was read than may be."""
        if n_read > self.most:
            rate, channels = self.sound.rate, self.sound.channels
            raise ValueError(
                f"{self.sound.name}: holds {'' if self.length else 'more than '}{n_read / rate:.1f}"
                f" s of {channels} channel(s) at {rate} Hz, {self.reason}"
            )

    def finish(self, n_read: int) -> None:
        """Refuse a part of which less was read than was promised, or nothing."""
        name = self.sound.name
        if n_read == 0:
            if self.start:
                raise ValueError(
                    f"{name}: offset {self.start / self.sound.rate:.3f} s lies behind the end"
                )
            raise ValueError(f"{name}: the recording holds no samples, leave it out")
        if self.length is not None and n_read < self.length:
            raise ValueError(
                f"{name}: truncated, the header promises {self.length} samples and {n_read} follow:"
                " copy it again, or encode what is there anew"
            )


@contextmanager
def opened_part(
    file: AudioFile,
    offset: float,
    duration: float | None,
    max_duration: float | None,
    itemsize: int,
) -> Iterator[Part]:
    """Yield a part of a recording, to be read once; arguments as of `quaver.load`.

    `itemsize` are the bytes of a sample in memory.
    """
    file = getattr(file, "recording", file)
    name = describe(file)
    if isinstance(file, Segment):
        offset, duration = file.within(offset, duration)
        max_duration = file.max_duration if max_duration is None else max_duration
        file = file.path
    ends = (offset + seconds for seconds in (duration, max_duration) if seconds is not None)
    until = [end for end in ends if end < math.inf]
    with opened(file, name, seconds=min(until) + 1 if until else None) as sound:
        if sound.rate > HIGHEST_RATE:
            raise ValueError(
                f"{sound.name}: claims {sound.rate} Hz, at most {HIGHEST_RATE} Hz are read: mend"
                " its header"
            )
        yield _place(sound, offset, duration, max_duration, itemsize)


def _place(
    sound: Sound, offset: float, duration: float | None, max_duration: float | None, itemsize: int
) -> Part:
    """Go to where reading begins, and return what is to be read."""
    rate, total = sound.rate, sound.frames
    start = round(offset * rate)
    if total is not None and 0 < total <= start:
        raise ValueError(
            f"{sound.name}: offset {offset} s lies behind the end ({total / rate:.3f} s)"
        )
    most, reason = math.inf, ""
    if max_duration is not None:
        most, reason = max_duration * rate, f"max_duration is {max_duration:g} s"
    elif duration is None:
        most = affordable(sound) // (itemsize * sound.channels)
        reason = (
            f"more than {_MOST_TIMES} times the {sound.size} bytes of the file: pass max_duration,"
            " in seconds, to read so much"
        )
    part = Part(
        sound,
        start,
        None if total is None else total - start,
        None if duration is None else max(1, round(duration * rate)),
        most,
        reason,
    )
    part.check(part.length or 0)
    if start and sound.skip(start, decode_buffer(sound, np.float32)) < start:
        part.finish(0)
    return part


def affordable(sound: Sound) -> int:
    """Return the bytes of samples that a file of this size may become."""
    return max(_FREE_BYTES, _MOST_TIMES * sound.size)


def blocks_of(part: Part, buffer: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Yield blocks of shape (n,) or (n, channels), each in the place of the last."""
    n_read = 0
    end = part.wanted if part.length is None else part.length
    while end is None or n_read < end:
        block = part.sound.read(buffer[: None if end is None else end - n_read])
        if len(block) == 0:
            break
        n_read += len(block)
        part.check(n_read)
        yield block
    part.finish(n_read)


class _Kept(threading.local):
    memory: NDArray[np.uint8] | None = None


_kept = _Kept()


def decode_buffer(sound: Any, dtype: DTypeLike) -> NDArray[Any]:
    """Return this thread's memory for frames of an opened recording, as ``read(out=...)`` takes."""
    if _kept.memory is None:
        _kept.memory = np.empty(_KEPT, np.uint8)
    values = _kept.memory.view(dtype)
    if sound.channels == 1:
        return values
    n_frames = values.size // sound.channels
    return values[: n_frames * sound.channels].reshape(n_frames, sound.channels)
