"""The resampler against its twin and soxr, on every SIMD target."""

from __future__ import annotations

import numpy as np
import pytest
import soxr
from numpy.typing import NDArray

from quaver import _core
from reference import resample as twin
from tolerances import RESAMPLED, RESAMPLED_SOXR

Array = NDArray[np.float32]
# Where soxr has one filter, and where it has several.
SIMPLE = [(48000, 16000), (44100, 22050), (24000, 16000), (16000, 48000), (8000, 16000)]
OTHERS = [(44100, 16000), (22050, 16000), (16000, 22050), (11025, 16000), (48000, 44100)]


def plan(before: int, after: int) -> _core.ResamplePlan:
    return _core.ResamplePlan(rate_before=before, rate_after=after, taps=[])


def noise(n: int, seed: int = 0) -> Array:
    return (np.random.default_rng(seed).standard_normal(n) * 0.2).astype(np.float32)


@pytest.mark.parametrize(("before", "after"), [*SIMPLE, *OTHERS, (16000, 1000), (7, 5)])
def test_twin(target: str, before: int, after: int) -> None:
    for n in (0, 1, 2, 3, 7, 160, 1001):
        x = noise(n, n)
        found = plan(before, after).run(x)
        assert found.dtype == np.float32
        expected = twin.resample(x.astype(float), before, after)
        assert found.shape == expected.shape
        largest = np.abs(x).max(initial=0)
        np.testing.assert_allclose(found, expected, rtol=0, atol=RESAMPLED * largest)


@pytest.mark.parametrize(("before", "after"), [*SIMPLE, *OTHERS])
def test_soxr(target: str, before: int, after: int) -> None:
    """Blocks for all lanes and some of the next."""
    x = noise(40_000)
    expected = soxr.resample(x, before, after, quality="HQ")
    found = plan(before, after).run(x)
    assert found.shape == expected.shape
    if (before, after) in SIMPLE:
        np.testing.assert_allclose(found, expected, rtol=0, atol=RESAMPLED_SOXR)
    # Its further filters fall to -0.01 dB where the pass band ends; ours stays flat.
    low = soxr.resample(soxr.resample(x, 1, 0.85, quality="VHQ"), 0.85, 1, quality="VHQ")[: len(x)]
    if after < before:
        low = soxr.resample(x[: len(x) * after // before // 2], after * 0.85, before, quality="VHQ")
    expected = soxr.resample(low, before, after, quality="HQ")
    inner = slice(200, -200)  # what is cut off at the ends has all frequencies
    found = plan(before, after).run(low)
    np.testing.assert_allclose(found[inner], expected[inner], rtol=0, atol=1e-3)


@pytest.mark.parametrize(("before", "after"), [*SIMPLE, *OTHERS])
def test_lengths_are_those_of_soxr(before: int, after: int) -> None:
    for n in range(40):
        x = np.zeros(n, np.float32)
        assert plan(before, after).count(n) == len(soxr.resample(x, before, after)), n


def gain(before: int, after: int, frequency: float, seen: float | None = None) -> float:
    """Of a tone in dB, as it comes out at a frequency, by default the same."""
    n = before // 4
    x = np.sin(2 * np.pi * frequency * np.arange(n) / before).astype(np.float32)
    y = plan(before, after).run(x)[after // 32 : -after // 32].astype(float)
    t = np.arange(len(y)) / after
    window = np.blackman(len(y))
    at = frequency if seen is None else seen
    found = abs(2 * (y * window) @ np.exp(-2j * np.pi * at * t)) / window.sum()
    return 20 * float(np.log10(found + 1e-12))


@pytest.mark.parametrize(("before", "after"), [*SIMPLE, *OTHERS])
def test_pass_and_stop_band(before: int, after: int) -> None:
    half = min(before, after) / 2
    for part in (0.1, 0.5, 0.8, 0.91):
        assert abs(gain(before, after, part * half)) < 0.01
    assert -6.5 < gain(before, after, 0.957 * half) < -5.5
    if after < before:  # aliases
        for hertz in (1.01 * half, min(1.9 * half, 0.99 * before / 2)):
            assert gain(before, after, hertz, after - hertz) < -100
    else:  # images
        assert gain(before, after, 0.9 * half, before - 0.9 * half) < -100


def test_linear_phase(target: str) -> None:
    x = np.zeros(4801, np.float32)
    x[2400] = 1
    y = plan(48000, 16000).run(x)
    assert np.argmax(y) == 800
    np.testing.assert_allclose(y[800:1600], y[800:0:-1], rtol=0, atol=1e-7)


@pytest.mark.parametrize(("before", "after"), [(48000, 16000), (22050, 16000), (8000, 44100)])
def test_bit_by_bit(target: str, before: int, after: int) -> None:
    x = noise(30_000)
    whole = plan(before, after).run(x)
    for seed in range(3):
        cuts = np.sort(np.random.default_rng(seed).integers(0, len(x), 9))
        signal = _core.Resampling(plan(before, after))
        parts = [signal.feed(part, last=False) for part in np.split(x, cuts)]
        assert len(parts[-2]) + len(parts[-1]) > 0  # before it ends
        parts.append(signal.feed(x[:0], last=True))
        np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_kinds_of_samples(target: str) -> None:
    x = (noise(5000) * 32768).astype(np.int16)
    ratio = plan(48000, 16000)
    expected = ratio.run(x / np.float32(32768))
    np.testing.assert_array_equal(ratio.run(x), expected)
    np.testing.assert_array_equal(ratio.run(x / 32768), expected)
    np.testing.assert_array_equal(ratio.run(np.repeat(x, 2)[::2]), expected)
    np.testing.assert_array_equal(ratio.run(x[::-1].copy()[::-1]), expected)


def test_silence_and_extremes(target: str) -> None:
    ratio = plan(48000, 16000)
    assert not ratio.run(np.zeros(9000, np.float32)).any()
    tiny = noise(3000) * np.float32(1e-42)  # denormals
    assert np.abs(ratio.run(tiny)).max() < 1e-41
    square = np.where(np.arange(9000) // 100 % 2, 1, -1).astype(np.float32)
    expected = twin.resample(square.astype(float), 48000, 16000)
    np.testing.assert_allclose(ratio.run(square), expected, rtol=0, atol=RESAMPLED)
    assert 1 < np.abs(ratio.run(square)).max() < 1.3  # clipped signals ring
    loud = ratio.run(square * np.float32(1e30))
    np.testing.assert_allclose(loud, expected * 1e30, rtol=0, atol=RESAMPLED * 1e30)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_spoils_its_surroundings(target: str, bad: float) -> None:
    x = noise(48_000)
    clean = plan(48000, 16000).run(x)
    x[24_000] = bad
    found = plan(48000, 16000).run(x)
    assert not np.isfinite(found[7_990:8_010]).any()
    spoilt = np.flatnonzero(~np.isfinite(found))
    assert spoilt.min() > 6_000
    assert spoilt.max() < 10_000
    np.testing.assert_array_equal(found[:6_000], clean[:6_000])
    np.testing.assert_array_equal(found[10_000:], clean[10_000:])


@pytest.mark.parametrize(("before", "after"), [(48000, 16000), (16000, 22050)])
def test_a_filter_of_ones_own(target: str, before: int, after: int) -> None:
    """Its taps lie at the rate after."""
    step = min(1.0, before / after)
    taps = step * twin.filter_at(np.arange(200) * step, before, after)
    halved = _core.ResamplePlan(rate_before=before, rate_after=after, taps=list(taps / 2))
    x = noise(5000)
    expected = plan(before, after).run(x) / 2
    np.testing.assert_allclose(halved.run(x), expected, rtol=0, atol=RESAMPLED)


def test_ratios() -> None:
    assert _core.resample_plan(44100, 16000) is not None
    for before, after in ((44101, 16000), (16000, 44101), (384000, 383999), (200_000, 1)):
        assert _core.resample_plan(before, after) is None
        with pytest.raises(ValueError, match=f"from {before} to {after} Hz"):
            plan(before, after)
    with pytest.raises(ValueError, match="rates must be positive, got 0 and 5"):
        plan(0, 5)
