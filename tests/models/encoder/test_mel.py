"""Whisper's picture: against its twin, and against its published definition by librosa."""

from __future__ import annotations

from typing import Any

import librosa
import numpy as np
import pytest
from numpy.typing import NDArray

import quaver
import quaver.data
from quaver.models.encoder import picture
from reference import whisper

# In Whisper's units, of which one is 40 dB: values near the floor lie under the transform's
# rounding noise. Measured 1e-5 on speech, 3e-4 on clicks.
CLOSE = 1e-3


def clip() -> NDArray[np.float32]:
    samples, _ = quaver.load(quaver.data.demo_clip(), 16000, downmix="mean")
    return samples


def click(n: int) -> NDArray[np.float32]:
    found = np.zeros(n, np.float32)
    found[-1] = 1.0
    return found


@pytest.mark.parametrize("n", [400, 401, 559, 560, 16000, 59999])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16])
def test_twin(n: int, dtype: Any, target: str) -> None:
    samples = np.resize(clip(), n)
    samples = np.rint(samples * 32767).astype(dtype) if dtype == np.int16 else samples.astype(dtype)
    found = picture(samples)
    assert found.shape == (n // 160, 80)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, whisper.picture(samples), atol=CLOSE)


def test_published_definition() -> None:
    samples = clip()
    stft = librosa.stft(samples.astype(np.float64), n_fft=400, hop_length=160, pad_mode="reflect")
    filters = librosa.filters.mel(sr=16000, n_fft=400, n_mels=80, dtype=np.float64)
    logarithm = np.log10(np.maximum(filters @ np.abs(stft[:, :-1]) ** 2, 1e-10))
    expected = (np.maximum(logarithm, logarithm.max() - 8) + 4) / 4
    found = picture(samples).T
    np.testing.assert_allclose(found, expected, atol=CLOSE)
    assert float(np.abs(found - expected).mean()) < 1e-5


def test_the_dropped_frame_does_not_raise_the_floor() -> None:
    samples = 1e-3 * np.sin(np.arange(1600) * 0.3) + np.pad(click(40), (1560, 0))
    samples[-1] = 1000.0  # in the last frame, and at the end of the one before
    found = picture(samples)
    np.testing.assert_allclose(found, whisper.picture(samples), atol=CLOSE)
    assert found.max() - found.min() == pytest.approx(2.0, abs=1e-5)


def test_silence_is_its_floor() -> None:
    np.testing.assert_array_equal(picture(np.zeros(800)), np.full((5, 80), -1.5, np.float32))


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 400 samples, got 399"):
        picture(np.zeros(399))
    with pytest.raises(ValueError, match=r"must be finite.*got nan at index 7"):
        picture(np.where(np.arange(800) == 7, np.nan, 0.0))
    with pytest.raises(ValueError, match="must not be empty"):
        picture(np.zeros(0))
    with pytest.raises(TypeError, match="int16, float32 or float64"):
        picture(np.zeros(800, np.int32))
