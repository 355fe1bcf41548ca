"""The decoder of FLAC against libFLAC: every kind of frame, and what it leaves to that."""

from __future__ import annotations

import io
import random

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from fuzzing import CALLS
from quaver import _core

RNG = np.random.default_rng(0)
N = 20_000
T = np.arange(N)
TONE = 9000 * np.sin(T * 0.05) + 3000 * np.sin(T * 0.31)
#: Of these libFLAC makes constant, verbatim, fixed and linear predictions, Rice codes and escapes.
SIGNALS: dict[str, NDArray[np.float64]] = {
    "silence": np.zeros(N),
    "constant": np.full(N, -1234.0),
    "noise": RNG.uniform(-32768, 32767, N),
    "soft noise": RNG.normal(0, 3, N),
    "tone": TONE,
    "tone in noise": TONE + RNG.normal(0, 200, N),
    "walk": np.cumsum(RNG.integers(-2, 3, N)).clip(-32768, 32767),
    "clipped": np.clip(TONE * 9, -32768, 32767),
    "wasted bits": np.rint(TONE / 64) * 64,
    "bursts": np.where(T // 700 % 3 == 0, RNG.normal(0, 9000, N), 0).clip(-32768, 32767),
    "extremes": np.where(T % 2 == 0, -32768, 32767),
}


def flac(samples: NDArray[np.int16], level: float = 0.5, rate: int = 16000) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, "PCM_16", format="FLAC", compression_level=level)
    return buffer.getvalue()


@pytest.mark.parametrize("name", list(SIGNALS))
@pytest.mark.parametrize("level", [0.0, 0.3, 0.6, 1.0])
def test_mono(name: str, level: float) -> None:
    samples = np.rint(SIGNALS[name]).astype(np.int16)
    for n in (1, 15, 16, 17, 4096, 4097, N):
        found = _core.decode_flac(flac(samples[:n], level))
        if found is None:  # predictions of more than 12 samples before
            assert level == 1.0
            continue
        np.testing.assert_array_equal(found, samples[:n, None])


@pytest.mark.parametrize("rate", [8000, 11025, 44100, 48000, 96000, 12345, 65535, 100_000])
def test_channels_and_rates(rate: int) -> None:
    a, b = (np.rint(SIGNALS[name]) for name in ("tone in noise", "soft noise"))
    for columns in ([a, a + b], [a, b - a], [a, a, b], [b] * 8, [a, -a], [b, a + b]):
        samples = np.stack(columns, axis=1).clip(-32768, 32767).astype(np.int16)
        found = _core.decode_flac(flac(samples, rate=rate))
        assert found is not None
        np.testing.assert_array_equal(found, samples)


def test_what_is_left_to_libflac() -> None:
    good = flac(np.rint(TONE).astype(np.int16))
    assert _core.decode_flac(good) is not None
    for bits in ("PCM_S8", "PCM_24"):
        buffer = io.BytesIO()
        soundfile.write(buffer, TONE / 32768, 16000, bits, format="FLAC")
        assert _core.decode_flac(buffer.getvalue()) is None
    for n in (0, 4, 41, 42, 60, len(good) // 2, len(good) - 1):
        assert _core.decode_flac(good[:n]) is None
    picture = bytes([6, 0, 0, 4]) + b"none"
    assert _core.decode_flac(good[:42] + picture + good[42:]) is None
    padding = bytes([1, 0, 0, 4]) + b"none"
    assert _core.decode_flac(good[:42] + padding + good[42:]) is not None
    assert _core.decode_flac(good + b"what follows") is not None


def test_a_byte_that_is_wrong_is_found() -> None:
    """Each frame has a checksum; the samples are right, or there are none."""
    rng = random.Random(1)
    samples = np.rint(SIGNALS["tone in noise"][:9000]).astype(np.int16)
    good = flac(samples)
    start = good.index(b"\xff\xf8")
    for _ in range(CALLS):
        data = bytearray(good)
        at = rng.randrange(start, len(data))
        data[at] ^= 1 << rng.randrange(8)
        assert _core.decode_flac(bytes(data)) is None
    for _ in range(CALLS):  # lengths, rates and places
        data = bytearray(good)
        data[rng.randrange(4, start)] = rng.randrange(256)
        found = _core.decode_flac(bytes(data))
        if found is not None:
            np.testing.assert_array_equal(found.ravel(), samples[: found.size])
