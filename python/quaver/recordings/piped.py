"""Samples that come through a pipe while someone speaks: WAV, or raw samples, bit by bit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Literal

import numpy as np

from quaver._validate import check_sample_rate
from quaver.recordings.containers import MOST_CHUNKS, STREAMED

if TYPE_CHECKING:
    from numpy.typing import NDArray

_Kind = Literal["u1", "i2", "i3", "i4", "f4", "f8"]

# What a chunk "fmt " calls integers, floats, and what says so further on.
_INTEGERS, _FLOATS, _EXTENDED = 1, 3, 0xFFFE
_INTEGER_KINDS: dict[int, _Kind] = {8: "u1", 16: "i2", 24: "i3", 32: "i4"}
_FLOAT_KINDS: dict[int, _Kind] = {32: "f4", 64: "f8"}
# Bytes of a "fmt " that say all that counts, and those that are skipped at a time.
_FORMAT, _SKIPPED = 40, 1 << 16


@dataclass(frozen=True, slots=True)
class PipedFormat:
    """How samples are written that come through a pipe.

    Attributes
    ----------
    rate, channels : int
    kind : {"u1", "i2", "i3", "i4", "f4", "f8"}
        Of a sample: integer or float and its bytes, the lowest first.
    length : int or None, default None
        Bytes that a header promises; None where that is not known.
    """

    rate: int
    channels: int
    kind: _Kind
    length: int | None = None

    @property
    def frame(self) -> int:
        """Bytes of a sample of every channel."""
        return self.channels * int(self.kind[1])

    def decoded(self, data: bytes) -> NDArray[np.float32]:
        """Return whole frames as samples of full scale 1, shape (n, channels)."""
        if self.kind == "i3":
            wide = np.zeros((len(data) // 3, 4), np.uint8)
            wide[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
            values = wide.view("<i4")[:, 0]
        else:
            values = np.frombuffer(data, f"<{self.kind}")
        if self.kind == "u1":
            values = values.astype(np.int16) - 128
        bits = {"u1": 8, "i2": 16, "i3": 32, "i4": 32}.get(self.kind)
        samples = values.astype(np.float32)
        if bits is not None:
            samples *= np.float32(2.0 ** (1 - bits))
        return samples.reshape(-1, self.channels)


def read_head(stream: BinaryIO, name: str) -> PipedFormat:
    """Read the header of a WAV up to its first sample.

    Raises
    ------
    ValueError
        For what is no WAV, or one of another codec than plain samples; begins with `name`.
    """
    head = _exactly(stream, 12)
    if not head:
        raise ValueError(f"{name}: nothing came through the pipe")
    if not is_wave(head):
        raise ValueError(
            f"{name}: a pipe must begin with the header of a WAV; raw samples need their rate, and"
            " ffmpeg -i FILE -f wav - makes WAV of anything else"
        )
    found: PipedFormat | None = None
    for _ in range(MOST_CHUNKS):
        chunk = _exactly(stream, 8)
        length = int.from_bytes(chunk[4:], "little")
        if len(chunk) < 8:
            break
        if chunk[:4] == b"data":
            if found is None:
                break
            # Who writes to a pipe does not know the length, and says the greatest one, or 0.
            promised = length if 0 < length < STREAMED else None
            return PipedFormat(found.rate, found.channels, found.kind, promised)
        taken = 0
        if chunk[:4] == b"fmt ":
            about = _exactly(stream, min(length, _FORMAT))
            found, taken = _format(about, name), len(about)
        left = length + length % 2 - taken
        while left > 0 and (skipped := stream.read(min(left, _SKIPPED))):
            left -= len(skipped)
    raise ValueError(f"{name}: a WAV whose header ends before its first sample")


def is_wave(head: bytes) -> bool:
    """Tell by its first 12 bytes whether a stream is a WAV."""
    return head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:12] == b"WAVE"


def _format(about: bytes, name: str) -> PipedFormat:
    tag, channels = (int.from_bytes(about[i : i + 2], "little") for i in (0, 2))
    rate, bits = int.from_bytes(about[4:8], "little"), int.from_bytes(about[14:16], "little")
    if tag == _EXTENDED:
        tag = int.from_bytes(about[24:26], "little")
    kind = {_INTEGERS: _INTEGER_KINDS, _FLOATS: _FLOAT_KINDS}.get(tag, {}).get(bits)
    if kind is None:
        raise ValueError(
            f"{name}: a WAV of format {tag} with {bits} bits, expected plain samples: integers of"
            " 8, 16, 24 or 32 bits, or floats"
        )
    if channels == 0:
        raise ValueError(f"{name}: a WAV of no channels")
    try:
        return PipedFormat(check_sample_rate(rate), channels, kind)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def read_samples(
    stream: BinaryIO, piped: PipedFormat, seconds: float, name: str, begun: bytes = b""
) -> Iterator[NDArray[np.float32]]:
    """Yield samples of shape (n, channels) as they come, of at most so many seconds each.

    Bytes of no whole sample at the end are left.

    Parameters
    ----------
    stream : binary file object with ``read1``
    piped : PipedFormat
    seconds : float
    name : str
        What errors call it.
    begun : bytes
        What was read already.

    Raises
    ------
    ValueError
        After the last sample, if a header promised more.
    """
    most = max(1, round(seconds * piped.rate)) * piped.frame
    n_read, rest = len(begun), begun
    while piped.length is None or n_read < piped.length:
        left = most if piped.length is None else min(most, piped.length - n_read)
        data = stream.read1(left)  # type: ignore[attr-defined]  # of buffered streams
        n_read += len(data)
        rest += data
        whole = len(rest) - len(rest) % piped.frame
        if whole:
            yield piped.decoded(rest[:whole])
        rest = rest[whole:]
        if not data:
            break
    if piped.length is not None and n_read < piped.length:
        promised, found = piped.length // piped.frame, n_read // piped.frame
        raise ValueError(
            f"{name}: truncated, the header promises {promised} samples and {found} came"
        )


def _exactly(stream: BinaryIO, n: int) -> bytes:
    """Return n bytes, fewer at the end."""
    data = b""
    while len(data) < n and (more := stream.read(n - len(data))):
        data += more
    return data


def read_begun(stream: BinaryIO, name: str) -> bytes:
    """Return the first bytes of raw samples, or raise if they are those of a WAV."""
    begun = _exactly(stream, 12)
    if not begun:
        raise ValueError(f"{name}: nothing came through the pipe")
    if is_wave(begun):
        raise ValueError(f"{name}: begins with the header of a WAV, which says its rate itself")
    return begun
