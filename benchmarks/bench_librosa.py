"""quaver.compat.librosa against librosa with its defaults at 22,050 Hz, the answers compared first.

Run with ``--benchmark-enable`` and one thread; without it each body runs once, as a test.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import librosa
import numpy as np
import pytest
from numpy.typing import NDArray

import quaver.compat.librosa as stand_in

Array = NDArray[np.float32]

CALLS: dict[str, Callable[[Any, Array], Any]] = {
    "stft": lambda m, y: m.stft(y),
    "melspectrogram": lambda m, y: m.feature.melspectrogram(y=y),
    "mfcc": lambda m, y: m.feature.mfcc(y=y),
    "chroma_stft": lambda m, y: m.feature.chroma_stft(y=y),
    "spectral_contrast": lambda m, y: m.feature.spectral_contrast(y=y),
    "spectral_centroid": lambda m, y: m.feature.spectral_centroid(y=y),
    "spectral_bandwidth": lambda m, y: m.feature.spectral_bandwidth(y=y),
    "spectral_rolloff": lambda m, y: m.feature.spectral_rolloff(y=y),
    "zero_crossing_rate": lambda m, y: m.feature.zero_crossing_rate(y),
    "rms": lambda m, y: m.feature.rms(y=y),
}


@pytest.fixture(scope="module")
def clip_22050(clip: Array) -> Array:
    """The clip at librosa's own rate, as `librosa.load` would give it."""
    return stand_in.resample(clip, orig_sr=16000, target_sr=22050)


@pytest.mark.parametrize("library", ["quaver", "librosa"])
@pytest.mark.parametrize("name", CALLS)
def test_features(benchmark: Any, clip_22050: Array, name: str, library: str) -> None:
    benchmark.group = f"librosa: {name}"
    call = CALLS[name]
    expected = call(librosa, clip_22050)
    scale = np.abs(expected).max()
    assert np.abs(call(stand_in, clip_22050) - expected).max() < 1e-4 * scale
    module = {"quaver": stand_in, "librosa": librosa}[library]
    assert benchmark(call, module, clip_22050).shape == expected.shape


@pytest.mark.parametrize("library", ["quaver", "librosa"])
@pytest.mark.parametrize("name", ["delta", "istft", "power_to_db"])
def test_stages(benchmark: Any, clip_22050: Array, name: str, library: str) -> None:
    benchmark.group = f"librosa: {name}"
    spectrum = librosa.stft(clip_22050)
    data: Any = {
        "delta": librosa.feature.mfcc(y=clip_22050),
        "istft": spectrum,
        "power_to_db": np.abs(spectrum) ** 2,
    }[name]
    functions: dict[str, Callable[[Any], Any]] = {
        "quaver": stand_in.feature.delta if name == "delta" else getattr(stand_in, name),
        "librosa": librosa.feature.delta if name == "delta" else getattr(librosa, name),
    }
    expected = functions["librosa"](data)
    error = np.abs(functions["quaver"](data) - expected).max()
    assert error < 1e-4 * np.abs(expected).max()
    assert benchmark(functions[library], data).shape == expected.shape
