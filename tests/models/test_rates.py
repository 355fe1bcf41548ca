"""The shipped models hear the same in recordings at other rates, whoever resamples them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from numpy.typing import NDArray

import quaver
from quaver.models.base import open_model
from recorded import encoded
from tolerances import RESAMPLED_SOXR

RATE = 16000


def theirs(samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """As the models' training read it: by libsndfile, and by soxr."""
    return np.asarray(soxr.resample(samples, rate, RATE, quality="HQ"))


@pytest.fixture(scope="module")
def published(data_dir: Path) -> list[NDArray[np.float32]]:
    paths = sorted((data_dir / "ravdess_48k").glob("*.wav"))[::5]
    assert paths
    return [soundfile.read(path, dtype="float32")[0] for path in paths]


def test_samples_of_published_recordings(data_dir: Path) -> None:
    for path in sorted((data_dir / "ravdess_48k").glob("*.wav"))[::5]:
        samples, _ = quaver.load(path, RATE)
        expected = theirs(*soundfile.read(path, dtype="float32"))
        np.testing.assert_allclose(samples, expected, rtol=0, atol=RESAMPLED_SOXR)
        found = quaver.extract_many([path]).values[0]
        np.testing.assert_array_equal(found, quaver.extract(samples, RATE))


def test_vectors(published: list[NDArray[np.float32]]) -> None:
    """With the noise of a microphone: of digital silence, logarithms are those of roundings."""
    rng = np.random.default_rng(0)
    noisy = [x + rng.normal(0, 4 / 32768, x.size).astype(np.float32) for x in published]
    files = [encoded(x, "WAV", "FLOAT", 48000) for x in noisy]
    found = quaver.extract_many(files).values
    expected = np.stack([quaver.extract(theirs(x, 48000), RATE) for x in noisy])
    assert np.abs(found - expected).max() > 0
    # Of each feature's ten statistics the largest; medians of derivatives are next to nothing.
    largest = np.abs(expected).reshape(len(found), -1, 10).max(axis=2, keepdims=True)
    difference = np.abs(found - expected).reshape(len(found), -1, 10)
    assert (difference / largest).max() < 1e-4


@pytest.mark.parametrize("name", ["svm", "ravdess-nemo-svm", "tdcnn", "encoder"])
@pytest.mark.parametrize("rate", [48000, 44100])
def test_labels(published: list[NDArray[np.float32]], name: str, rate: int) -> None:
    """Between 44.1 and 16 kHz soxr has several filters, and ours is flatter."""
    pytest.importorskip({"tdcnn": "onnxruntime", "encoder": "onnxruntime"}.get(name, "sklearn"))
    if rate != 48000:
        published = [soxr.resample(x, 48000, rate, quality="VHQ") for x in published]
    files = [encoded(x, "WAV", "PCM_16", rate) for x in published]
    model = open_model(name, "recordings")
    found = model.predict_clips(files)
    read = [soundfile.read(io.BytesIO(data), dtype="float32")[0] for data in files]
    expected = model.predict_clips([theirs(x, rate) for x in read], RATE)
    assert list(found.labels) == list(expected.labels)
