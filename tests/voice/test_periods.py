"""Jitter and shimmer against their float64 twin and openSMILE, on every SIMD target."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

import quaver
from oracles import smile_levels
from quaver import _core, voice
from reference import periods as twin
from reference import shs

RATES = (8000, 11025, 16000, 22050, 44100, 48000)
TOLERANCE = np.array([1e-5, 1e-4])  # of jitter, and dB of shimmer, as the kernel's header has it


def run(x: ArrayLike, rate: int, f0: ArrayLike) -> NDArray[np.float32]:
    return _core.Periods(sample_rate=rate).run(np.asarray(x), np.asarray(f0, np.float32))


def assert_near(found: NDArray[np.float32], expected: NDArray[np.floating[Any]]) -> None:
    """Maxima that rounding cannot tell apart may be taken for each other in one voice of many."""
    assert found.dtype == np.float32
    assert found.shape == expected.shape
    off = (abs(found - expected) > TOLERANCE).any(axis=1)
    assert off.mean() <= 0.01, np.flatnonzero(off)


def voiced(n: int, seed: int) -> NDArray[np.float32]:
    """Any pitch, steady for some frames, half of them without a voice."""
    rng = np.random.default_rng(seed)
    track = np.repeat(rng.uniform(50, 1000, n), 6)[:n] * rng.uniform(0.95, 1, n)
    silent = np.repeat(rng.random(n) < 0.4, 5)[:n]
    return np.where(silent, 0, np.maximum(track, 50)).astype(np.float32)


def pulses(periods: ArrayLike, gains: ArrayLike, rate: int) -> NDArray[np.float64]:
    """One damped pulse a period, its length in seconds."""
    starts = np.concatenate([[0], np.cumsum(periods)[:-1]])
    t = np.arange(int(np.sum(periods) * rate)) / rate
    x = np.zeros(len(t))
    for start, gain in zip(starts, np.asarray(gains, float), strict=True):
        since = t - start
        x += gain * np.where(since >= 0, np.exp(-600 * since) * np.sin(4000 * since), 0)
    return x


@pytest.mark.parametrize("rate", RATES)
def test_agrees_with_the_twin(target: str, speech: NDArray[np.float32], rate: int) -> None:
    x = speech + 0.01 * np.random.default_rng(rate).standard_normal(len(speech)).astype(np.float32)
    track = shs.pitch(x, rate)[:, 0].astype(np.float32)
    assert (track > 0).sum() > 20
    for f0 in (track, voiced(len(track), rate)):
        assert_near(run(x, rate, f0), twin.jitter_shimmer(x, rate, f0))


@pytest.mark.parametrize("f0", [50.0, 101.0, 246.9, 2000.0])
@pytest.mark.parametrize("n", [960, 1119, 1120, 4001])
def test_lengths(target: str, speech: NDArray[np.float32], n: int, f0: float) -> None:
    x = speech[4000 : 4000 + n]
    track = np.full(1 + (n - 960) // 160, f0)
    assert_near(run(x, 16000, track), twin.jitter_shimmer(x, 16000, track))


@pytest.mark.parametrize("rate", [8000, 16000, 44100])
def test_periods_in_turns(target: str, rate: int) -> None:
    """Lengths of 8 and 8.2 ms, extents of 1 and 1.2, alternating."""
    n = 120
    x = pulses(np.tile([0.008, 0.0082], n // 2), np.tile([1, 1.2], n // 2), rate)
    f0 = np.full(1 + (len(x) - int(0.06 * rate + 0.5)) // int(0.01 * rate + 0.5), 1 / 0.0081)
    rows = run(x, rate, f0)[4:-4]
    assert np.median(rows[:, 0]) == pytest.approx(0.2 / 8.1, rel=0.1)
    assert np.median(rows[:, 1]) == pytest.approx(20 * np.log10(1 + 0.2 / 1.1), rel=0.1)


def test_a_steady_voice_has_neither(target: str) -> None:
    phase = 2 * np.pi * 160 * np.arange(16000) / 16000
    tone = 0.1 * sum(np.sin(k * phase + k) for k in range(1, 12))
    frames = voice.jitter_shimmer(tone, 16000)
    assert frames.names == voice.JITTER_SHIMMER == ("jitter", "shimmer")
    assert frames.times[:2] == pytest.approx([0.03, 0.04])
    assert frames.values.max() < 1e-4
    louder = voice.jitter_shimmer(tone * np.exp(np.arange(16000) / 10000), 16000).values
    np.testing.assert_allclose(louder[1:, 1], 20 * np.log10(1 + 0.01), rtol=0.02)


def test_neither_depends_on_level_or_offset(target: str, speech: NDArray[np.float32]) -> None:
    f0 = shs.pitch(speech, 16000)[:, 0]
    expected = run(speech, 16000, f0)
    assert expected.max() > 0
    for gain, offset in ((1e-6, 0.0), (1e10, 0.0), (1.0, 0.5), (0.01, -0.2)):
        x = np.float32(gain) * speech + np.float32(offset)
        np.testing.assert_allclose(run(x, 16000, f0), expected, rtol=0.02, atol=2e-3)


def test_stretches_that_are_constant(target: str, speech: NDArray[np.float32]) -> None:
    """A lag beside one without a correlation is no maximum."""
    x = speech.copy()
    for n, start in enumerate(range(3000, len(x) - 2000, 2500)):
        x[start : start + 300 + 150 * n] = 0.01 * (n % 2)
    f0 = shs.pitch(speech, 16000)[:, 0]
    assert_near(run(x, 16000, f0), twin.jitter_shimmer(x, 16000, f0))
    steps = np.repeat(np.random.default_rng(1).integers(-2, 3, 400), 40).astype(np.int16)
    f0 = np.full(1 + (len(steps) - 960) // 160, 300.0)
    assert_near(run(steps, 16000, f0), twin.jitter_shimmer(steps, 16000, f0))


def test_what_a_frame_without_a_period_has(target: str) -> None:
    """What the frame before had; a voice after silence begins anew."""
    rng = np.random.default_rng(7)
    voice_of = pulses(rng.uniform(0.0078, 0.0082, 40), rng.uniform(0.8, 1, 40), 16000)
    x = np.concatenate([voice_of[:4800], np.zeros(4800), voice_of[:4800]])
    f0 = np.full(1 + (len(x) - 960) // 160, 125.0)
    rows = run(x, 16000, f0)
    inside = rows[35:55]
    np.testing.assert_array_equal(inside, np.tile(inside[0], (len(inside), 1)))
    assert (inside[0] > 0).all()
    f0[40:60] = 0
    again = run(x, 16000, f0)
    np.testing.assert_array_equal(again[:40], rows[:40])
    assert (again[40:60] == 0).all()
    np.testing.assert_array_equal(again[60:80], run(x[60 * 160 :], 16000, f0[60:])[:20])


def test_whatever_comes_is_finite(target: str, extreme: tuple[str, NDArray[np.float32]]) -> None:
    shape, x = extreme
    f0 = voiced(45, 4)
    rows = run(x, 16000, f0)
    assert (rows >= 0).all()
    assert (rows[:, 0] <= 1).all()
    assert (rows[:, 1] <= 20 * np.log10(2) + 1e-6).all()
    assert (rows[f0 == 0] == 0).all()
    if shape in ("silence", "denormal", "constant"):
        assert (rows == 0).all()
    else:
        assert_near(rows, twin.jitter_shimmer(x, 16000, f0))


@pytest.mark.parametrize("dtype", [np.int16, np.float64])
def test_types_and_views(target: str, speech: NDArray[np.float32], dtype: type) -> None:
    integers = (speech * 20000).astype(np.int16)[:8000]
    expected = voice.jitter_shimmer(integers.astype(np.float32) / 32768, 16000).values
    assert expected.max() > 0
    x = integers if dtype == np.int16 else integers.astype(dtype) / 32768
    np.testing.assert_array_equal(voice.jitter_shimmer(x, 16000).values, expected)
    backwards = x[::-1]
    np.testing.assert_array_equal(
        voice.jitter_shimmer(backwards, 16000).values,
        voice.jitter_shimmer(backwards.copy(), 16000).values,
    )
    stereo = np.stack([x, x])
    np.testing.assert_array_equal(voice.jitter_shimmer(stereo, 16000, downmix=1).values, expected)


def test_what_is_refused() -> None:
    x = np.zeros(1120, np.float32)
    with pytest.raises(ValueError, match="sample_rate must be at least 8000 Hz, got 7999"):
        voice.jitter_shimmer(x, 7999)
    with pytest.raises(ValueError, match="samples must hold at least 960 samples, got 959"):
        voice.jitter_shimmer(x[:959], 16000)
    with pytest.raises(ValueError, match="1100"):
        run(np.where(np.arange(1120) == 1100, np.nan, 0), 16000, np.zeros(2))
    for hz in (49.0, 2001.0, -100.0, np.nan, np.inf):
        with pytest.raises(ValueError, match=r"f0 must be 0 or between 50 and 2000 Hz, got .* 1"):
            run(x, 16000, [0.0, hz])
    for f0 in (np.zeros(1), np.zeros(3), np.zeros((2, 1))):
        with pytest.raises(ValueError, match="f0 must hold the pitch of each of the 2 frames"):
            run(x, 16000, f0)
    with pytest.raises(TypeError, match="f0"):
        _core.Periods(sample_rate=16000).run(x, np.zeros(2))  # type: ignore[arg-type]
    assert run(x[:959], 16000, np.zeros(0)).shape == (0, 2)


@pytest.mark.peer("opensmile")
@pytest.mark.data
def test_agrees_with_opensmile(ravdess: list[Path]) -> None:
    """Every frame, at its own pitch, where 10 ms are samples or rounded up to them."""
    loaded = [quaver.load(path) for path in ravdess[90::240]]
    clips = [(np.asarray(np.round(x * 32768), np.int16), rate) for x, rate in loaded]
    clips += [(samples[:30000], rate) for samples, _ in clips[:1] for rate in (8000, 22050, 44100)]
    levels = ["gemapsv01b_logPitch", "gemapsv01b_jitterShimmer"]
    n_voiced = 0
    for (samples, rate), found in zip(clips, smile_levels(clips, levels), strict=True):
        track, theirs = (found[level] for level in levels)
        ours = run(samples, rate, track[:, 0])
        np.testing.assert_allclose(ours[:, 0], theirs[:, 0], rtol=0, atol=1e-5)
        np.testing.assert_array_equal(ours[:, 0] == 0, theirs[:, 0] == 0)
        np.testing.assert_allclose(ours[:, 1], theirs[:, 1], rtol=0, atol=1e-3)
        n_voiced += int((track[:, 0] > 0).sum())
    assert n_voiced > 300
