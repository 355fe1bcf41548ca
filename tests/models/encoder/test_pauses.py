"""Where speech begins and ends: against a slow twin, in noise, at any level, in silence."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import quaver.data
from quaver import augmentation
from quaver.models import encoder
from quaver.models.encoder import pauses, spoken

RATE, HOP = 16000, 160


def twin(samples: NDArray[Any]) -> tuple[int, int]:
    """First and last sample, frame by frame in float64."""
    peak = max(abs(float(value)) for value in samples) or 1.0
    n = len(samples) // HOP
    power = [
        sum((float(v) / peak) ** 2 for v in samples[i * HOP : (i + 1) * HOP]) for i in range(n)
    ]
    smooth = [power[max(i - 1, 0)] + power[i] + power[min(i + 1, n - 1)] for i in range(n)]
    lowest = max(max(smooth) * 1e-12, np.finfo(float).tiny)
    levels = [10 * np.log10(max(value, lowest)) for value in smooth]
    loud, quiet = np.quantile(levels, 0.95), np.quantile(levels, 0.1)
    threshold = min(max(loud - 35, quiet + 6), loud - 12)
    above = [i for i in range(n) if levels[i] > threshold]
    first, last = max(above[0] - 10, 0), min(above[-1] + 11, n)
    return first * HOP, len(samples) if last == n else last * HOP


def speech() -> NDArray[np.float32]:
    samples, _ = quaver.load(quaver.data.demo_clip(), RATE, downmix="mean")
    return samples


def between(before: float, samples: NDArray[Any], after: float) -> NDArray[Any]:
    ends = [np.zeros(round(seconds * RATE), samples.dtype) for seconds in (before, after)]
    return np.concatenate([ends[0], samples, ends[1]])


@pytest.mark.parametrize("condition", ["clean", "20 dB", "0 dB", "telephone", "room", "hiss"])
def test_twin(condition: str) -> None:
    samples = augmentation.apply(condition, between(1.003, speech(), 0.701), RATE, 0)
    first, end = twin(samples)
    np.testing.assert_array_equal(spoken(samples), samples[first:end])


def test_pauses_at_the_ends_change_nothing() -> None:
    inner = spoken(speech())
    padded = spoken(between(2.0, inner, 3.0))
    at = next(i for i in range(padded.size) if padded[i] == inner[0])
    np.testing.assert_array_equal(padded[at : at + inner.size], inner)
    assert padded.size - inner.size <= 2 * (pauses.MARGIN + 1) * HOP
    wide, narrow = (
        encoder.embed(x, RATE, normalize=True, trim=True) for x in (between(2, inner, 3), inner)
    )
    assert float(np.corrcoef(wide.ravel(), narrow.ravel())[0, 1]) > 0.99


@pytest.mark.parametrize("gain", [1e-3, 0.1, 3.0, 1e30, 1e-30])
def test_any_gain(gain: float) -> None:
    samples = between(1.0, speech(), 1.0).astype(np.float64)
    assert spoken(samples * gain).size == spoken(samples).size < samples.size - RATE


@pytest.mark.parametrize("n", [0, 1, 159, 160, 161, 8000, 8159, 8160, 8161, 30000])
@pytest.mark.parametrize("kind", ["zeros", "steady", "click"])
def test_where_nothing_stands_out(n: int, kind: str) -> None:
    samples = np.zeros(n, np.float32)
    if kind == "steady":
        samples += np.random.default_rng(0).standard_normal(n).astype(np.float32)
    elif n:
        samples[n // 2] = kind == "click"
    found = spoken(samples)
    assert found.size >= min(n, RATE // 2)
    if kind != "click":
        assert found.size == n


@pytest.mark.parametrize("at", [0.0, 0.3, 2.0, 3.7])
def test_half_a_second_is_left(at: float) -> None:
    samples = np.zeros(4 * RATE, np.float32)
    first = round(at * RATE)
    samples[first : first + 3200] = np.sin(np.arange(3200) * 0.3)
    found = spoken(samples)
    assert RATE // 2 <= found.size <= RATE * 0.6
    assert np.square(found).sum() == pytest.approx(np.square(samples).sum())


def test_an_hour_takes_no_memory() -> None:
    samples = np.resize(speech(), 3600 * RATE)
    tracemalloc.start()
    try:
        spoken(samples)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 0.2 * samples.nbytes


def test_kinds_of_samples() -> None:
    samples = (between(1.0, speech(), 1.0) * 32768).astype(np.int16)
    samples[RATE + 8000] = -32768  # which has no positive counterpart
    found = spoken(samples)
    assert found.dtype == np.int16
    assert np.shares_memory(found, samples)
    assert found.size == spoken(samples.astype(np.float32)).size < samples.size - RATE
    np.testing.assert_array_equal(spoken(samples[::7].astype(float).tolist()), spoken(samples[::7]))


@pytest.mark.parametrize(
    ("samples", "error", "message"),
    [
        (np.full(RATE, np.nan), ValueError, "samples must be finite, got nan"),
        (np.full(RATE, -np.inf), ValueError, "samples must be finite, got inf"),
        (np.zeros((2, RATE)), ValueError, "2 channels"),
        (np.zeros(RATE, np.int32), TypeError, "int16, float32 or float64"),
        ("clip.wav", TypeError, "int16, float32 or float64"),
    ],
)
def test_what_is_no_recording(samples: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        spoken(samples)
