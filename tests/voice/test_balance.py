"""The spectral balance of a voice against its float64 twin and openSMILE, on every SIMD target."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import quaver
import tolerances
from oracles import smile_levels
from quaver import voice
from reference import balance as twin

RATES = (8000, 11025, 16000, 22050, 44100, 48000)
# As openSMILE's graph of components names them; their columns in the order of ours.
LEVELS = {
    "gemapsv01b_loudness": [0],
    "gemapsv01b_logSpectral": [3, 4, 1, 2],
    "egemapsv02_logSpectral_flux": [5],
    "egemapsv02_mfcc": [6, 7, 8, 9],
}


def assert_agrees(found: NDArray[np.float32], expected: NDArray[np.float64]) -> None:
    assert found.dtype == np.float32
    assert found.shape == expected.shape
    error = np.abs(found - expected)
    bounds = tolerances.BALANCE + tolerances.BALANCE_OF_LEVEL * np.abs(expected)
    t, column = np.unravel_index((error / bounds).argmax(), error.shape)
    assert (error <= bounds).all(), (
        f"{voice.SPECTRAL_BALANCE[column]} of frame {t}: {found[t, column]} instead of"
        f" {expected[t, column]}"
    )


@pytest.mark.parametrize("rate", RATES)
def test_agrees_with_the_twin(target: str, speech: NDArray[np.float32], rate: int) -> None:
    frames = voice.spectral_balance(speech, rate)
    assert frames.names == voice.SPECTRAL_BALANCE
    assert frames.times[:2] == pytest.approx([0.01, 0.02])
    assert_agrees(frames.values, twin.spectral_balance(speech, rate))


@pytest.mark.parametrize("n", [320, 321, 479, 480, 481, 1600, 160 * 16 + 319, 160 * 17 + 320])
def test_lengths(target: str, speech: NDArray[np.float32], n: int) -> None:
    x = speech[4000 : 4000 + n]
    found = voice.spectral_balance(x, 16000).values
    assert len(found) == 1 + (n - 320) // 160
    assert_agrees(found, twin.spectral_balance(x, 16000))


SHAPES = {
    "impulse": np.eye(1, 5000, 777)[0],
    "constant": np.full(5000, 0.5),
    "square": np.sign(np.sin(np.arange(5000) * 0.05) + 1e-9),
    "noise": np.random.default_rng(3).standard_normal(5000),
    "very loud": 1e6 * np.random.default_rng(4).standard_normal(5000),
    "very soft": 1e-4 * np.random.default_rng(5).standard_normal(5000),
}


@pytest.mark.parametrize("shape", list(SHAPES))
def test_shapes_of_signals(target: str, shape: str) -> None:
    x = SHAPES[shape].astype(np.float32)
    found, expected = voice.spectral_balance(x, 16000).values, twin.spectral_balance(x, 16000)
    columns = slice(None)
    if shape in ("constant", "square"):  # whose weakest bins are the transform's own noise
        assert np.isfinite(found).all()
        columns = slice(0, 2)
    np.testing.assert_allclose(found[:, columns], expected[:, columns], rtol=1e-3, atol=2e-3)


@pytest.mark.parametrize("scale", [0.0, 1e-30, 1e-42])
def test_silence_lies_on_the_floors(target: str, scale: float) -> None:
    """-140 dB, which slopes of bins that count in part do not cancel, and no ratio."""
    x = np.full(5000, scale, np.float32)
    found = voice.spectral_balance(x, 16000).values
    floor = [0.00103397, 0, 0, 0.112, 0.0763636, 0, 0, 0, 0, 0]
    if scale == 0:
        np.testing.assert_allclose(found, np.tile(floor, (30, 1)), rtol=1e-5, atol=2e-5)
    assert np.isfinite(found).all()


@pytest.mark.parametrize("dtype", [np.int16, np.float32, np.float64])
def test_types_and_views(target: str, speech: NDArray[np.float32], dtype: type) -> None:
    integers = (speech * 20000).astype(np.int16)
    x = integers if dtype == np.int16 else integers.astype(dtype) / dtype(32768)
    for view in (x, x[::-1], x[100:-7:3]):
        expected = voice.spectral_balance(
            np.ascontiguousarray(view).astype(np.float64) / (32768 if dtype == np.int16 else 1),
            16000,
        )
        np.testing.assert_array_equal(voice.spectral_balance(view, 16000).values, expected.values)


def test_what_is_refused() -> None:
    x = np.zeros(1000, np.float32)
    with pytest.raises(ValueError, match="sample_rate must be at least 8000 Hz, got 7999"):
        voice.spectral_balance(x, 7999)
    with pytest.raises(ValueError, match="samples must hold at least 320 samples, got 319"):
        voice.spectral_balance(x[:319], 16000)
    with pytest.raises(ValueError, match=r"got shape \(2, 500\)|downmix"):
        voice.spectral_balance(x.reshape(2, 500), 16000)
    with pytest.raises(TypeError, match="samples must be int16, float32 or float64"):
        voice.spectral_balance("clip.wav", 16000)


@pytest.mark.parametrize("index", [0, 500, 990])  # the last one lies behind the last frame
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_samples_that_are_not_finite(target: str, value: float, index: int) -> None:
    x = np.zeros(1000, np.float32)
    x[index] = value
    with pytest.raises(ValueError, match=str(index)):
        voice.spectral_balance(x, 16000)


def assert_as_opensmile(clips: list[tuple[NDArray[np.int16], int]]) -> None:
    for (samples, rate), levels in zip(clips, smile_levels(clips, list(LEVELS)), strict=True):
        found = voice.spectral_balance(samples, rate).values
        for level, columns in LEVELS.items():
            error = np.abs(found[:, columns] - levels[level]).max(axis=0)
            assert (error <= 1e-3 * levels[level].std(axis=0)).all(), (rate, level, error)


@pytest.mark.peer("opensmile")
def test_agrees_with_opensmile(speech: NDArray[np.float32]) -> None:
    noise = np.random.default_rng(1).standard_normal(len(speech))
    loud = np.round(32767 * (0.9 * speech / abs(speech).max())) + noise
    assert_as_opensmile([(np.asarray(loud, np.int16), rate) for rate in RATES])


@pytest.mark.peer("opensmile")
@pytest.mark.data
def test_agrees_with_opensmile_on_speech(ravdess: list[Path]) -> None:
    clips = [quaver.load(path) for path in ravdess[::480]]
    assert_as_opensmile([(np.asarray(np.round(x * 32768), np.int16), rate) for x, rate in clips])
