"""What the originals take the stand-ins take, and what they refuse these refuse."""

from __future__ import annotations

import importlib
from functools import partial
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

import originals
import quaver.compat.librosa as stand_in
import quaver.compat.python_speech_features as speech_features
from compat.parity import LIBROSA_1, assert_same, both, signal
from quaver.compat.librosa.feature import contrast, melodic
from quaver.compat.pyaudioanalysis import ShortTermFeatures

Array = NDArray[Any]


def feature(module: Any, name: str, *arguments: Any, **options: Any) -> Any:
    return getattr(module.feature, name)(*arguments, **options)


def effect(module: Any, name: str, *arguments: Any, **options: Any) -> Any:
    return getattr(module.effects, name)(*arguments, **options)


def integers() -> list[Array]:
    y = signal(9000, dtype=np.float64)
    return [(y * 3e4).astype(kind) for kind in (np.int16, np.int32, np.int64)]


@pytest.mark.parametrize("name", ["trim", "split"])
def test_silence_of_integers_and_of_what_is_not_finite(name: str) -> None:
    for y in integers():
        quiet = np.concatenate([y // 20000, y, y // 20000])
        # librosa 1.0 refuses integers and what is not finite.
        same = partial(assert_same, rtol=0, may_fail=LIBROSA_1)
        found = same(partial(effect, name=name, y=quiet, top_db=40))
        if name == "trim" and not LIBROSA_1:
            start, end = found.values[1]
            assert 0 < start < end < len(quiet)
    spoiled = signal(9000)
    for bad in (np.nan, np.inf):
        spoiled[4000] = bad
        assert_same(partial(effect, name=name, y=spoiled), rtol=0, may_fail=LIBROSA_1)
        assert_same(partial(effect, name=name, y=spoiled, ref=1.0), rtol=0, may_fail=LIBROSA_1)


def test_loudness_of_integers_and_of_what_is_not_finite() -> None:
    for y in integers():
        for framing in ({}, {"frame_length": 301, "hop_length": 100}):
            assert_same(partial(feature, name="rms", y=y, **framing), rtol=1e-6, may_fail=LIBROSA_1)
    spoiled = signal(9000)
    spoiled[4000] = np.nan
    found = assert_same(partial(feature, name="rms", y=spoiled), rtol=1e-6, may_fail=LIBROSA_1)
    assert LIBROSA_1 or 0 < np.isnan(found.values[0]).sum() < found.values[0].size


@pytest.mark.parametrize("shape", [(0,), (1, 0), (2, 0), (2, 3, 0)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_samples(shape: tuple[int, ...], dtype: type) -> None:
    y = np.zeros(shape, dtype)
    for name in ("melspectrogram", "mfcc", "rms", "spectral_centroid", "spectral_flatness"):
        rtol = 1e-3 if name == "spectral_flatness" else 1e-4  # whose means librosa takes in float32
        assert_same(partial(feature, name=name, y=y), may_fail=True, rtol=rtol, atol=1e-9)
    with pytest.warns(UserWarning, match="n_fft=2048 is too large"):
        assert stand_in.feature.melspectrogram(y=y).shape == (*shape[:-1], 128, 1)
    assert_same(lambda m: m.stft(y))
    assert_same(lambda m: m.feature.zero_crossing_rate(y), may_fail=True)
    assert_same(lambda m: m.yin(y, fmin=80, fmax=400), may_fail=True)


@pytest.mark.parametrize("delay", [1.0, 1.5, -1.0, -2.5, np.float32(2)])
def test_delays_that_are_no_integers(delay: Any) -> None:
    for n_steps in (2, 3, 4):
        S = np.random.default_rng(n_steps).random((3, 20))
        options = {"n_steps": n_steps, "delay": delay}
        assert_same(partial(feature, name="stack_memory", data=S, **options), rtol=0)


def test_orders_that_are_no_integers() -> None:
    S = np.random.default_rng(0).random((2, 129, 5))
    for order in (1.0, 2.0, 0.0):
        assert_same(partial(feature, name="poly_features", S=S, order=order), rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_delta_refuses_ends_that_have_no_fit(dtype: type, bad: float) -> None:
    for mode in ("interp", "nearest"):
        for place in range(20):
            data = np.random.default_rng(0).random((3, 20)).astype(dtype)
            data[1, place] = bad
            call = partial(feature, name="delta", data=data, mode=mode)
            with np.errstate(invalid="ignore"):
                found, expected = both(call)
            at_an_end = place < 9 or place >= 11
            assert found.error == ("ValueError" if mode == "interp" and at_an_end else "")
            for f, e in zip(found.values, expected.values, strict=True):
                if np.isnan(bad):  # infinity times a weight of 0 has either sign in SciPy
                    np.testing.assert_allclose(f, e, rtol=1e-4, atol=1e-5)


def test_emphasis_of_integers_is_refused() -> None:
    for name in ("preemphasis", "deemphasis"):
        with pytest.raises(stand_in.ParameterError, match="floating-point, got int16"):
            effect(stand_in, name, integers()[0])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_deemphasis_of_what_is_not_finite(bad: float) -> None:
    y = signal(900, channels=(2,), dtype=np.float64)
    y[0, 300], y[0, 500] = bad, 1e9
    with np.errstate(invalid="ignore"):
        assert_same(partial(effect, name="deemphasis", y=y), rtol=1e-9)


def test_lengths_that_are_no_integers_stay_refused() -> None:
    y = signal(9000)
    stand_in.feature.melspectrogram(y=y, sr=16000, n_fft=512)  # 512.0 is equal, and no length
    for name in ("melspectrogram", "mfcc", "spectral_flatness", "spectral_contrast"):
        with pytest.raises((ValueError, TypeError)):
            feature(stand_in, name, y=y, n_fft=512.0)


def test_rates_in_arrays_of_no_dimension() -> None:
    y, rate = signal(9000), np.array(16000)
    for name in ("melspectrogram", "mfcc", "chroma_stft", "spectral_contrast"):
        options = {"tuning": 0.1} if name == "chroma_stft" else {}
        found = feature(stand_in, name, y=y, sr=rate, **options)
        np.testing.assert_array_equal(found, feature(stand_in, name, y=y, sr=16000, **options))
    for cache in (melodic._cached_mel_bank, contrast._cached_bands):
        before = cache.__wrapped__.cache_info()
        feature(stand_in, "melspectrogram", y=y, sr=np.array(16000))
        feature(stand_in, "spectral_contrast", y=y, sr=np.array(16000))
        after = cache.__wrapped__.cache_info()
        assert (after.hits, after.misses) == (before.hits + 1, before.misses)
    x = y * 3e4
    np.testing.assert_array_equal(speech_features.mfcc(x, rate), speech_features.mfcc(x, 16000))
    calls = [ShortTermFeatures.feature_extraction(x, r, 800, 400)[0] for r in (rate, 16000)]
    np.testing.assert_array_equal(*calls)


if not LIBROSA_1:  # librosa 1.0 knows no audioread

    def test_files_that_audioread_has_open(tmp_path: Path) -> None:
        audioread = originals.quietly(importlib.import_module, "audioread.rawread")
        path = tmp_path / "clip.wav"
        soundfile.write(path, signal(9000), 16000, subtype="PCM_16")
        with audioread.RawAudioFile(str(path)) as file:
            found, rate = originals.quietly(stand_in.load, file, sr=16000)  # librosa's warning
        expected, _ = originals.quietly(librosa.load, path, sr=16000)
        assert rate == 16000
        np.testing.assert_allclose(found, expected, atol=1e-6)
        with pytest.raises(TypeError):
            stand_in.load(3.5)
