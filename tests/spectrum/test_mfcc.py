"""MFCCs against librosa, its framing aligned, on every SIMD target."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.fft
import scipy.signal
from numpy.typing import NDArray

import quaver
import tolerances
from oracles import librosa_mfcc
from reference import cepstrum

Array = NDArray[np.float64]


@pytest.mark.parametrize("n_out", [1, 13, 40])
def test_twin_dct_is_scipys(n_out: int) -> None:
    expected = scipy.fft.dct(np.eye(40), type=2, norm="ortho", axis=0)[:n_out]
    found = cepstrum.dct_matrix(n_out, 40)
    np.testing.assert_allclose(found, expected, atol=tolerances.PLAN)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"n_mfcc": 40},
        {"n_mfcc": 1, "n_mels": 1},
        {"n_mels": 26, "fmin": 80.0, "fmax": 7000.0},
        {"n_fft": 400},
        {"n_fft": 2048, "window": "blackman"},
        {"frame_length": 401, "hop_length": 100, "pre_emphasis": 0.0},
    ],
    ids=str,
)
def test_agrees_with_librosa(
    target: str, speech: NDArray[np.float32], options: dict[str, Any]
) -> None:
    x = speech[:12000]
    config = quaver.FeatureConfig(**options)
    found = quaver.mfcc(x, 16000, config=config)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, librosa_mfcc(x, config), atol=tolerances.MFCC_DB, rtol=0)


@pytest.mark.parametrize("sample_rate", [8000, 22050, 44100, 48000])
def test_sample_rates(target: str, speech: NDArray[np.float32], sample_rate: int) -> None:
    x = speech[:12000]
    expected = librosa_mfcc(x, quaver.FeatureConfig(sample_rate=sample_rate))
    np.testing.assert_allclose(
        quaver.mfcc(x, sample_rate), expected, atol=tolerances.MFCC_DB, rtol=0
    )


def test_is_the_end_of_short_term(target: str, speech: NDArray[np.float32]) -> None:
    frames = quaver.short_term(speech, 16000)
    first, behind = frames.names.index("mfcc_0"), frames.names.index("mfcc_12") + 1
    np.testing.assert_array_equal(quaver.mfcc(speech, 16000), frames.values[:, first:behind])
    found = quaver.mfcc(speech, 16000, n_mfcc=5)
    np.testing.assert_array_equal(found, frames.values[:, first : first + 5])


def test_config_and_n_mfcc(speech: NDArray[np.float32]) -> None:
    config = quaver.FeatureConfig(n_mfcc=20, features=("energy",), delta_order=2)
    assert quaver.mfcc(speech, 16000, config=config).shape == (198, 20)
    assert quaver.mfcc(speech, 16000, config=config, n_mfcc=7).shape == (198, 7)


@pytest.mark.parametrize("n_mfcc", [0, 41])
def test_wrong_number_of_coefficients(n_mfcc: int) -> None:
    with pytest.raises(ValueError, match=f"n_mfcc must .*, got {n_mfcc}"):
        quaver.mfcc(np.zeros(1000, np.float32), 16000, n_mfcc=n_mfcc)


def test_silence_has_the_floor_in_all_bands(target: str) -> None:
    found = quaver.mfcc(np.zeros(1000, np.float32), 16000)
    np.testing.assert_allclose(found[:, 0], -100 * np.sqrt(40), rtol=1e-6)
    np.testing.assert_allclose(found[:, 1:], 0, atol=tolerances.MFCC_DB)
