"""quaver.recipes against the librosa versions that projects write."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

import tolerances
from quaver import recipes
from quaver.compat.librosa import estimate_tuning

Array = NDArray[Any]


def their_180(y: Array, sr: int) -> Array:
    stft = np.abs(librosa.stft(y))
    mfcc = np.mean(librosa.feature.mfcc(y=y, sr=sr, n_mfcc=40).T, axis=0)
    chroma = np.mean(librosa.feature.chroma_stft(S=stft, sr=sr).T, axis=0)
    mel = np.mean(librosa.feature.melspectrogram(y=y, sr=sr).T, axis=0)
    return np.hstack([mfcc, chroma, mel])


def their_162(y: Array, sr: int) -> Array:
    stft = np.abs(librosa.stft(y))
    return np.hstack(
        [
            np.mean(librosa.feature.zero_crossing_rate(y=y).T, axis=0),
            np.mean(librosa.feature.chroma_stft(S=stft, sr=sr).T, axis=0),
            np.mean(librosa.feature.mfcc(y=y, sr=sr).T, axis=0),
            np.mean(librosa.feature.rms(y=y).T, axis=0),
            np.mean(librosa.feature.melspectrogram(y=y, sr=sr).T, axis=0),
        ]
    )


def their_mfcc(y: Array, sr: int) -> Array:
    return np.asarray(np.mean(librosa.feature.mfcc(y=y, sr=sr, n_mfcc=40).T, axis=0))


RECIPES: list[tuple[Callable[..., Array], Callable[..., Array], tuple[str, ...]]] = [
    (recipes.vector_180, their_180, recipes.NAMES_180),
    (recipes.vector_162, their_162, recipes.NAMES_162),
    (recipes.mean_mfcc, their_mfcc, tuple(f"mfcc_{i}" for i in range(40))),
]
each_recipe = pytest.mark.parametrize(
    ("ours", "theirs", "names"), RECIPES, ids=["180", "162", "mfcc"]
)


def assert_like(found: Array, expected: Array, names: tuple[str, ...]) -> None:
    assert found.shape == expected.shape == (len(names),)
    assert found.dtype == expected.dtype
    cepstral = np.array([name.startswith("mfcc") for name in names])
    error = np.abs(found - expected)
    decibel = np.maximum(tolerances.MFCC_DB, tolerances.PEER_MFCC * np.abs(expected))
    assert (error <= decibel)[cepstral].all()
    bound = tolerances.SHORT_TERM * np.abs(expected) + tolerances.NEAR_ZERO
    assert (error <= bound)[~cepstral].all()


@each_recipe
@pytest.mark.parametrize("index", range(0, 1440, 160))
def test_clips(ravdess: list[Path], ours: Any, theirs: Any, names: Any, index: int) -> None:
    y, rate = soundfile.read(ravdess[index], dtype="float32")
    assert_like(ours(y, rate), theirs(y, rate), names)


@each_recipe
@pytest.mark.parametrize("rate", [8000, 16000, 22050, 44100, 48000])
def test_rates(
    target: str, ravdess: list[Path], ours: Any, theirs: Any, names: Any, rate: int
) -> None:
    y, _ = soundfile.read(ravdess[7], dtype="float32")
    assert_like(ours(y, rate), theirs(y, rate), names)


@each_recipe
@pytest.mark.parametrize("n", [2, 512, 1025, 2047, 2048, 2049, 5000])
def test_lengths(ravdess: list[Path], ours: Any, theirs: Any, names: Any, n: int) -> None:
    y, rate = soundfile.read(ravdess[7], dtype="float32")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # both say that the signal is shorter than n_fft
        y = y[20000 : 20000 + n]
        assert_like(ours(y, rate), theirs(y, rate), names)


@each_recipe
def test_silence(ours: Any, theirs: Any, names: Any) -> None:
    y = np.zeros(16000, np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # librosa finds no pitch to tune to, and says so
        assert_like(ours(y, 16000), theirs(y, 16000), names)


@each_recipe
def test_types(ravdess: list[Path], ours: Any, theirs: Any, names: Any) -> None:
    integers, rate = soundfile.read(ravdess[7], dtype="int16")
    y = (integers / 32768).astype(np.float32)
    expected = ours(y, rate)
    np.testing.assert_array_equal(ours(integers, rate), expected)
    np.testing.assert_array_equal(ours(integers / 32768, rate), expected)
    np.testing.assert_array_equal(ours(np.stack([y, 0 * y]), rate, downmix=0), expected)


@each_recipe
def test_bad_input(ours: Any, theirs: Any, names: Any) -> None:
    with pytest.raises(ValueError, match="at least one sample, got 0"):
        ours(np.zeros(0), 16000)
    with pytest.raises(ValueError, match=r"nan"):
        ours(np.where(np.arange(5000) == 5, np.nan, 0), 16000)
    with pytest.raises(ValueError, match="2 channels"):
        ours(np.zeros((2, 5000)), 16000)
    with pytest.raises(ValueError, match="sample_rate"):
        ours(np.zeros(5000), 0)
    with pytest.raises(TypeError, match="complex"):
        ours(np.zeros(5000, complex), 16000)


def test_number_of_cepstra(ravdess: list[Path]) -> None:
    y, rate = soundfile.read(ravdess[7], dtype="float32")
    found, expected = recipes.mean_mfcc(y, rate, n_mfcc=13), recipes.mean_mfcc(y, rate)[:13]
    # Two float32 products of other shapes, which BLAS may sum in another order: sums of 128 terms.
    rounding = 128 * np.finfo(np.float32).eps * np.abs(recipes.mean_mfcc(y, rate)).max()
    np.testing.assert_allclose(found, expected, rtol=0, atol=rounding)
    with pytest.raises(ValueError, match="at most 128, got 129"):
        recipes.mean_mfcc(y, rate, n_mfcc=129)


@pytest.mark.parametrize("index", range(0, 1440, 60))
@pytest.mark.parametrize("rate", [8000, 16000, 44100])
def test_tuning_is_that_of_librosa(ravdess: list[Path], index: int, rate: int) -> None:
    y, _ = soundfile.read(ravdess[index], dtype="float32")
    magnitude = np.abs(librosa.stft(y))
    for S in (magnitude, magnitude**2):
        expected = librosa.estimate_tuning(S=S, sr=rate, bins_per_octave=12)
        assert estimate_tuning(S=S, sr=rate) == expected
        assert estimate_tuning(S=np.ascontiguousarray(S), sr=rate) == expected


def test_tuning_of_nothing() -> None:
    with pytest.warns(UserWarning, match="empty frequency set"):
        assert estimate_tuning(S=np.zeros((1025, 5), np.float32), sr=16000) == 0
    with pytest.warns(UserWarning, match="empty frequency set"):  # no bin lies above 150 Hz
        assert estimate_tuning(S=np.ones((1025, 5), np.float32), sr=200) == 0
