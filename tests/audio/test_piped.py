"""WAV and raw samples from a pipe, which come bit by bit."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from numpy.typing import NDArray

import quaver
from quaver.recordings.piped import PipedFormat, read_begun, read_head, read_samples
from recorded import RATE, encoded


class Slow(io.BytesIO):
    """Gives as little as a pipe may: at most seven bytes at a time."""

    def read1(self, n: int | None = -1, /) -> bytes:
        return super().read1(min(n or 7, 7))


def all_of(stream: io.BytesIO) -> NDArray[np.float32]:
    form = read_head(stream, "-")
    assert form.rate == RATE
    return np.concatenate(list(read_samples(stream, form, 0.05, "-")))


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
@pytest.mark.parametrize("container", ["WAV", "WAVEX", "RF64"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("kind", [io.BytesIO, Slow])
def test_what_comes_is_what_load_returns(
    speech: NDArray[np.float32],
    subtype: str,
    container: str,
    channels: int,
    kind: type[io.BytesIO],
) -> None:
    samples = np.stack([speech[i : i + 1000] for i in range(channels)], axis=1)
    data = encoded(samples, container, subtype)
    expected = np.atleast_2d(quaver.load(data)[0])
    np.testing.assert_array_equal(all_of(kind(data)).T, expected)


@pytest.mark.parametrize("length", [0, 0xFFFFFFFF, 0x7FFF0000])
def test_who_writes_to_a_pipe_does_not_know_the_length(
    speech: NDArray[np.float32], length: int
) -> None:
    data = bytearray(encoded(speech[:1000], "WAV", "PCM_16"))
    data[40:44] = struct.pack("<I", length)
    np.testing.assert_array_equal(all_of(io.BytesIO(data + b"\1"))[:, 0], quaver.load(data)[0])


def test_chunks_around_the_samples_are_left(speech: NDArray[np.float32]) -> None:
    data = encoded(speech[:1000], "WAV", "PCM_16")
    odd = b"LIST" + struct.pack("<I", 5) + b"words\0"
    found = all_of(io.BytesIO(data[:12] + odd + data[12:] + odd))
    np.testing.assert_array_equal(found[:, 0], quaver.load(data)[0])


def test_a_pipe_that_breaks_is_told_after_what_came(speech: NDArray[np.float32]) -> None:
    stream = io.BytesIO(encoded(speech[:4000], "WAV", "PCM_16")[: 44 + 2001])
    blocks = read_samples(stream, read_head(stream, "-"), 0.05, "-")
    assert sum(map(len, (next(blocks), next(blocks)))) == 1000
    with pytest.raises(ValueError, match="promises 4000 samples and 1000 came"):
        next(blocks)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "nothing came"),
        (b"fLaC" + bytes(40), "must begin with the header of a WAV; raw samples need their rate"),
        (b"RIFF\0\0\0\0WAVEfmt ", "header ends before its first sample"),
        (b"RIFF\0\0\0\0WAVEdata" + bytes(4), "header ends before its first sample"),
        (encoded(np.zeros(100), "WAV", "ALAW"), "WAV of format 6 with 8 bits, expected plain"),
        (encoded(np.zeros(100), "WAV", "IMA_ADPCM"), "WAV of format 17 with 4 bits"),
    ],
    ids=str,
)
def test_what_is_no_such_wav(data: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=f"^-: .*{message}"):
        read_head(io.BytesIO(data), "-")


@pytest.mark.parametrize(
    ("at", "value", "message"),
    [
        (22, struct.pack("<H", 0), "no channels"),
        (24, struct.pack("<I", 0), "sample_rate must be"),
        (24, struct.pack("<I", 1 << 30), "sample_rate must be at most"),
        (34, struct.pack("<H", 12), "WAV of format 1 with 12 bits"),
    ],
)
def test_forged_headers(at: int, value: bytes, message: str) -> None:
    data = bytearray(encoded(np.zeros(100), "WAV", "PCM_16"))
    data[at : at + len(value)] = value
    with pytest.raises(ValueError, match=f"^-: .*{message}"):
        read_head(io.BytesIO(data), "-")


def test_raw_samples() -> None:
    values = np.arange(-3000, 3001, dtype="<i2")
    stream = Slow(values.tobytes() + b"\7")
    form = PipedFormat(8000, 1, "i2")
    found = list(read_samples(stream, form, 0.05, "-", read_begun(stream, "-")))
    np.testing.assert_array_equal(np.concatenate(found)[:, 0], values / np.float32(32768))
    with pytest.raises(ValueError, match="nothing came"):
        read_begun(io.BytesIO(), "-")
    with pytest.raises(ValueError, match="begins with the header of a WAV"):
        read_begun(io.BytesIO(encoded(np.zeros(100), "WAV")), "-")
