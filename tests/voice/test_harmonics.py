"""Periodicity and harmonics of a voice against their twin and openSMILE, on every target."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

import quaver
from oracles import smile_levels
from quaver import _core, voice
from reference import harmonics as twin
from reference import shs

RATES = (8000, 11025, 16000, 22050, 44100, 48000)
DECIBEL = 1e-3  # as the kernel's header has it
UNVOICED = [0, 0, 0, -201, -201, -201]


def run(x: ArrayLike, rate: int, f0: ArrayLike, formants: ArrayLike) -> NDArray[np.float32]:
    samples = np.asarray(x)
    _, spectra = _core.Pitch(sample_rate=rate).spectra(samples)
    return _core.Harmonics(sample_rate=rate).run(
        spectra, np.asarray(f0, np.float32), np.asarray(formants, np.float32)
    )


def pitches_and_formants(n: int, seed: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Any, half of the frames without a voice, some formants without a harmonic near."""
    rng = np.random.default_rng(seed)
    f0 = np.where(rng.random(n) < 0.5, rng.uniform(55, 1000, n), 0).astype(np.float32)
    formants = np.sort(rng.uniform(0, 5450, (n, 3)), axis=1)
    formants[rng.random((n, 3)) < 0.1] = 0
    return f0, formants.astype(np.float32)


def assert_levels(found: NDArray[np.float32], expected: NDArray[np.float64]) -> None:
    """Maxima that float32 cannot tell apart may be taken for each other, in one of 100 frames."""
    assert found.dtype == np.float32
    assert found.shape == expected.shape
    near = np.isclose(found, expected, rtol=0, atol=DECIBEL).all(axis=1)
    assert near.mean() >= 0.99 or (~near).sum() <= 1, np.flatnonzero(~near)


@pytest.mark.parametrize("rate", RATES)
def test_agrees_with_the_twin(target: str, speech: NDArray[np.float32], rate: int) -> None:
    x = speech + 0.01 * np.random.default_rng(rate).standard_normal(len(speech)).astype(np.float32)
    track = shs.pitch(x, rate)[:, 0].astype(np.float32)
    anywhere, formants = pitches_and_formants(len(track), rate)
    assert (track > 0).sum() > 20
    for f0 in (track, anywhere):
        expected = twin.harmonics(x, rate, f0.astype(float), formants.astype(float))
        assert_levels(run(x, rate, f0, formants), expected)


@pytest.mark.parametrize("n_frames", [1, 2, 15, 16, 17, 33])
def test_lengths(target: str, speech: NDArray[np.float32], n_frames: int) -> None:
    x = speech[4000 : 4000 + 960 + 160 * n_frames - 1]
    f0, formants = pitches_and_formants(n_frames, n_frames)
    f0[-1] = 150
    expected = twin.harmonics(x, 16000, f0.astype(float), formants.astype(float))
    assert_levels(run(x, 16000, f0, formants), expected)


def test_what_harmonics_are_missing(target: str) -> None:
    """A tone of 500 Hz has no second harmonic; nothing is found at 5000 Hz of a rate of 8000."""
    tone = 0.3 * np.sin(2 * np.pi * 500 * np.arange(1600) / 16000).astype(np.float32)
    rows = run(tone, 16000, [500.0] * 5, [[500.0, 5200.0, 0.0]] * 5)
    assert (rows[:, 0] > 12).all()
    np.testing.assert_array_equal(rows[:, 2:4], [[-201, 0]] * 5)  # none is near F3, the first is F1
    noise = np.random.default_rng(1).standard_normal(800).astype(np.float32)
    row = run(noise, 8000, [100.0] * 5, [[500.0, 1500.0, 5000.0]] * 5)
    np.testing.assert_array_equal(row[:, [2, 5]], [[-201, 0]] * 5)


def test_whatever_comes_is_finite(target: str, extreme: tuple[str, NDArray[np.float32]]) -> None:
    shape, x = extreme
    f0, formants = pitches_and_formants(45, 4)
    rows = run(x, 16000, f0, formants)
    assert np.isfinite(rows).all()
    assert (abs(rows) <= 201).all()
    np.testing.assert_array_equal(rows[f0 == 0], [UNVOICED] * int((f0 == 0).sum()))
    if shape in ("silence", "denormal"):
        assert (rows[:, 0] == 0).all()


def test_noise_lowers_the_ratio(target: str, speech: NDArray[np.float32]) -> None:
    """Its share takes from that of the period, which the window has of a tone. At any level."""
    phase = 2 * np.pi * 160 * np.arange(16000) / 16000
    x = sum(np.sin(k * phase + k) for k in range(1, 12)) / 11
    noise = np.random.default_rng(6).standard_normal(16000) * x.std()
    of_window = np.exp(-0.25 * (100 / (0.4 * 479.5)) ** 2)
    for gain in (0.03, 0.1, 0.3, 1.0):
        ratios = voice.harmonics(0.1 * (x + gain * noise), 16000).values[:, 0]
        share = of_window / (1 + gain**2)
        expected = 10 * np.log10(share / (1 - share))
        assert np.median(ratios[ratios != 0]) == pytest.approx(expected, abs=0.5)
        quiet = voice.harmonics(0.02 * (x + gain * noise), 16000).values[:, 0]
        np.testing.assert_allclose(quiet, ratios, atol=DECIBEL)


def test_a_slope_of_harmonics(target: str) -> None:
    """Amplitudes 1 / k^2: from the second to the third 7.04 dB."""
    phase = 2 * np.pi * 220 * np.arange(22050) / 22050
    x = 0.3 * sum(np.sin(k * phase) / k**2 for k in range(1, 20))
    frames = voice.harmonics(x, 22050)
    assert frames.names[:3] == ("hnr", "h1_h2", "h1_a3")
    assert frames.times[:2] == pytest.approx([0.03, 0.04])
    np.testing.assert_allclose(frames.values[:, 1], 40 * np.log10(1.5), atol=0.3)
    assert (frames.values[:, 0] > 12).all()


@pytest.mark.parametrize("dtype", [np.int16, np.float64])
def test_types_and_views(target: str, speech: NDArray[np.float32], dtype: type) -> None:
    integers = (speech * 20000).astype(np.int16)[:8000]
    expected = voice.harmonics(integers.astype(np.float32) / 32768, 16000).values
    x = integers if dtype == np.int16 else integers.astype(dtype) / 32768
    np.testing.assert_array_equal(voice.harmonics(x, 16000).values, expected)


def test_silence_has_none() -> None:
    frames = voice.harmonics(np.zeros(1600, np.int16), 16000)
    np.testing.assert_array_equal(frames.values, [UNVOICED] * 5)


def test_levels_are_at_the_pitch_and_the_formants(speech: NDArray[np.float32]) -> None:
    frames = voice.harmonics(speech, 16000)
    f0 = voice.pitch(speech, 16000).values[:, 0]
    formants = voice.formants(speech, 16000).values[: len(f0), ::2]
    expected = twin.harmonics(speech, 16000, f0.astype(float), formants.astype(float))
    assert (f0 > 0).sum() > 20
    assert_levels(frames.values, expected)


def test_what_is_refused() -> None:
    x = np.zeros(1120, np.float32)
    with pytest.raises(ValueError, match="sample_rate must be at least 8000 Hz, got 7999"):
        voice.harmonics(x, 7999)
    with pytest.raises(ValueError, match="samples must hold at least 960 samples, got 959"):
        voice.harmonics(x[:959], 16000)
    with pytest.raises(ValueError, match="999"):
        voice.harmonics(np.where(np.arange(1120) == 999, np.nan, 0), 16000)
    for hz in (49.0, 2001.0, -100.0, np.nan, np.inf):
        with pytest.raises(ValueError, match=r"f0 must be 0 or between 50 and 2000 Hz, got .* 1"):
            run(x, 16000, [0.0, hz], np.zeros((2, 3)))
    for hz in (-1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="formant_hz must be finite and not negative"):
            run(x, 16000, [0.0, 100.0], [[0.0, 0.0, 0.0], [0.0, hz, 0.0]])
    shapes: list[tuple[Any, Any]] = [([0.0], np.zeros((2, 3))), ([0.0, 0.0], np.zeros((2, 2)))]
    for f0, formants in shapes:
        with pytest.raises(ValueError, match=r"formant_hz must be \(n_frames, 3\)"):
            run(x, 16000, f0, formants)
    with pytest.raises(ValueError, match="spectra must be those of the frames of f0"):
        run(x, 16000, np.zeros(40), np.zeros((40, 3)))
    _, spectra = _core.Pitch(sample_rate=8000).spectra(x)
    with pytest.raises(ValueError, match="spectra must be those of the frames of f0"):
        _core.Harmonics(sample_rate=16000).run(
            spectra, np.zeros(9, np.float32), np.zeros((9, 3), np.float32)
        )


@pytest.mark.peer("opensmile")
@pytest.mark.data
def test_agrees_with_opensmile(ravdess: list[Path]) -> None:
    """All six of every voiced frame, at its own pitch and formants."""
    loaded = [quaver.load(path) for path in ravdess[90::360]]
    clips = [(np.asarray(np.round(x * 32768), np.int16), rate) for x, rate in loaded]
    clips += [(samples[:30000], rate) for samples, _ in clips[:1] for rate in (8000, 44100)]
    levels = [f"gemapsv01b_{name}" for name in ("logPitch", "formants", "harmonics")]
    near = []
    for (samples, rate), found in zip(clips, smile_levels(clips, levels), strict=True):
        track, formants, theirs = (found[level] for level in levels)
        n = _core.Pitch(sample_rate=rate).candidates(samples).shape[0]
        f0, hz = np.zeros(n, np.float32), np.zeros((n, 3), np.float32)
        m = min(n, len(track), len(theirs))
        f0[:m], hz[:m] = track[:m, 0], formants[:m, :3]
        ours = run(samples, rate, f0, hz)[:m]
        near.append(np.isclose(ours, theirs[:m], rtol=0, atol=2 * DECIBEL)[f0[:m] > 0])
        np.testing.assert_array_equal(ours[f0[:m] == 0], theirs[:m][f0[:m] == 0])
    assert sum(map(len, near)) > 300
    assert np.concatenate(near).mean(axis=0).min() >= 0.995
