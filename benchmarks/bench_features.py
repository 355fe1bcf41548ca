"""One clip of 3.7 s on one thread: seed pipeline, short-term features, log-mel, MFCC, statistics.

Where definitions agree the answers are compared first; the peers of `optional_peers` have sets of
their own and are there for their speed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import librosa
import numpy as np
import optional_peers
import pytest
import scipy.stats
from numpy.typing import NDArray
from peers import FRAME, HOP, N_FFT, RATE, LibrosaPipeline, NumpyPipeline, frames_of, statistics

import quaver
from quaver import _core

Array = NDArray[np.float32]
Work = Callable[[Array], Any]


def peer(name: str) -> Any:
    """A library of the bench extra; what it warns of is its own affair."""
    return pytest.param(name, marks=[pytest.mark.peer, pytest.mark.filterwarnings("ignore")])


def row_error(got: Array, expected: Array) -> NDArray[np.float64]:
    """Largest error of each column, relative to the column's largest magnitude."""
    scale = np.maximum(np.abs(expected).max(axis=0), 1e-9)
    return np.abs(got - expected).max(axis=0) / scale


def describe(benchmark: Any, group: str, clip: Array) -> None:
    benchmark.group = group
    benchmark.extra_info["seconds"] = len(clip) / RATE


TARGETS = [f"quaver {target}" for target in ("avx2", "base") if target in _core.targets()[:-1]]


@pytest.mark.parametrize(
    "name",
    ["quaver", *TARGETS, "librosa", "numpy", peer("pyAudioAnalysis"), peer("openSMILE eGeMAPS")],
)
def test_seed_pipeline(benchmark: Any, clip: Array, name: str) -> None:
    describe(benchmark, "clip to 420 statistics", clip)
    if name in TARGETS:
        _core.set_target(name.split()[1])
    makers: dict[str, Callable[[], Work]] = {
        "librosa": lambda: LibrosaPipeline().extract,
        "numpy": lambda: NumpyPipeline().extract,
        "pyAudioAnalysis": optional_peers.pyaudioanalysis,
        "openSMILE eGeMAPS": optional_peers.opensmile_egemaps,
    }
    ours = quaver.short_term(clip, RATE).values
    if name in ("librosa", "numpy"):
        pipeline = LibrosaPipeline() if name == "librosa" else NumpyPipeline()
        error = row_error(pipeline.short_term(clip).T, ours)
        assert np.median(error) < 1e-4, error  # float32 peers; the twins in tests/ are the judge
        assert error.max() < 5e-2, error
    make = makers.get(name, lambda: lambda x: quaver.extract(x, RATE))
    result = benchmark(make(), clip)
    if name not in ("openSMILE eGeMAPS", "pyAudioAnalysis"):
        assert result.shape == (len(quaver.feature_names()),)


@pytest.mark.parametrize("name", ["quaver", peer("openSMILE eGeMAPS")])
def test_egemaps(benchmark: Any, clip: Array, name: str) -> None:
    describe(benchmark, "clip to the 88 values of eGeMAPSv02", clip)
    if name == "quaver":
        result = benchmark(quaver.egemaps, clip, RATE)
    else:
        result = benchmark(optional_peers.opensmile_egemaps(), clip).to_numpy()[0]
    # Means of loudness, flux and cepstra: no decision about a voice is part of them.
    wanted = [i for i, n in enumerate(quaver.egemaps_names()) if n.endswith("sma3_amean")]
    expected = quaver.egemaps(clip, RATE)[wanted]
    assert len(wanted) >= 6
    np.testing.assert_allclose(result[wanted], expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", ["quaver", "quaver out="])
def test_short_call(benchmark: Any, clip: Array, name: str) -> None:
    """The cost of a call."""
    short = clip[20000:21600].copy()
    describe(benchmark, "extract of 0.1 s", short)
    out = np.empty(len(quaver.feature_names()), np.float32)
    if name == "quaver":
        result = benchmark(lambda: quaver.extract(short, RATE))
    else:
        result = benchmark(lambda: quaver.extract(short, RATE, out=out))
    np.testing.assert_array_equal(result, quaver.extract(clip[20000:21600], RATE))


@pytest.mark.parametrize("name", ["quaver", "librosa", "numpy", peer("pyAudioAnalysis")])
def test_short_term(benchmark: Any, clip: Array, name: str) -> None:
    describe(benchmark, "short-term features and deltas", clip)
    makers: dict[str, Callable[[], Work]] = {
        "quaver": lambda: lambda x: quaver.short_term(x, RATE).values.T,
        "librosa": lambda: LibrosaPipeline().short_term,
        "numpy": lambda: NumpyPipeline().short_term,
        "pyAudioAnalysis": optional_peers.pyaudioanalysis_short_term,
    }
    result = benchmark(makers[name](), clip)
    if name != "pyAudioAnalysis":
        assert np.median(row_error(result.T, quaver.short_term(clip, RATE).values)) < 1e-4


def log_mel_librosa(clip: Array) -> Array:
    mel = librosa.feature.melspectrogram(y=clip, sr=RATE, n_fft=N_FFT, hop_length=128, n_mels=64)
    return librosa.power_to_db(mel, top_db=None).T


@pytest.mark.parametrize(
    "name",
    [
        "quaver", "librosa", peer("kaldi-native-fbank"), peer("python_speech_features"),
        peer("audioFlux"),
    ],
)  # fmt: skip
def test_log_mel(benchmark: Any, clip: Array, name: str) -> None:
    describe(benchmark, "log-mel: 512 / 128, 64 bands", clip)
    makers: dict[str, Callable[[], Work]] = {
        "quaver": lambda: lambda x: quaver.log_mel(x, RATE, n_fft=512, hop_length=128, n_mels=64),
        "librosa": lambda: log_mel_librosa,
        "kaldi-native-fbank": optional_peers.kaldi_log_mel,
        "python_speech_features": optional_peers.python_speech_features_log_mel,
        "audioFlux": optional_peers.audioflux_log_mel,
    }
    result = benchmark(makers[name](), clip)
    if name in ("quaver", "librosa"):
        expected = log_mel_librosa(clip.astype(np.float64))
        near = expected > expected.max(axis=1, keepdims=True) - 60
        assert np.abs(result - expected)[near].max() < 1e-3


def mfcc_librosa(clip: Array) -> Array:
    emphasised = librosa.effects.preemphasis(clip, coef=0.97, zi=[0.0])
    padded = np.pad(emphasised, (N_FFT - FRAME) // 2)
    mel = librosa.feature.melspectrogram(
        y=padded, sr=RATE, n_fft=N_FFT, hop_length=HOP, win_length=FRAME,
        window=np.hamming(FRAME), center=False, n_mels=40,
    )  # fmt: skip
    return librosa.feature.mfcc(S=librosa.power_to_db(mel, top_db=None), n_mfcc=13).T


def mfcc_numpy(clip: Array) -> Array:
    pipeline = NumpyPipeline()
    return pipeline.mfcc(pipeline.power(frames_of(clip) * pipeline.window))


@pytest.mark.parametrize(
    "name",
    [
        "quaver", "librosa", "numpy", peer("kaldi-native-fbank"), peer("python_speech_features"),
        peer("audioFlux"),
    ],
)  # fmt: skip
def test_mfcc(benchmark: Any, clip: Array, name: str) -> None:
    describe(benchmark, "MFCC: 13 of 40 bands", clip)
    pipeline = NumpyPipeline()
    makers: dict[str, Callable[[], Work]] = {
        "quaver": lambda: lambda x: quaver.mfcc(x, RATE),
        "librosa": lambda: mfcc_librosa,
        "numpy": lambda: lambda x: pipeline.mfcc(pipeline.power(frames_of(x) * pipeline.window)),
        "kaldi-native-fbank": optional_peers.kaldi_mfcc,
        "python_speech_features": optional_peers.python_speech_features_mfcc,
        "audioFlux": optional_peers.audioflux_mfcc,
    }
    result = benchmark(makers[name](), clip)
    if name in ("quaver", "librosa", "numpy"):
        assert row_error(result, mfcc_numpy(clip.astype(np.float64))).max() < 1e-4


def functionals_scipy(values: Array) -> Array:
    p1, p50, p99 = np.percentile(values, [1, 50, 99], axis=0)
    columns = [
        values.mean(axis=0), p50, values.std(axis=0), scipy.stats.kurtosis(values, axis=0),
        scipy.stats.skew(values, axis=0), p1, p99, values.min(axis=0), values.max(axis=0),
        np.ptp(values, axis=0),
    ]  # fmt: skip
    return np.stack(columns, axis=1).ravel()


@pytest.mark.parametrize("name", ["quaver", "numpy, one sort", "numpy and scipy.stats"])
@pytest.mark.parametrize("n_frames", [370, 60000])
def test_functionals(benchmark: Any, n_frames: int, name: str) -> None:
    shape = (n_frames, len(quaver.frame_names()))
    benchmark.group = f"ten statistics of {shape}"
    values = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    functions: dict[str, Work] = {
        "quaver": quaver.functionals,
        "numpy, one sort": lambda x: statistics(np.ascontiguousarray(x.T)),
        "numpy and scipy.stats": functionals_scipy,
    }
    result = benchmark(functions[name], values)
    np.testing.assert_allclose(result, functionals_scipy(values.astype(float)), 1e-3, 1e-4)


@pytest.mark.parametrize("chunk", [160, 1600, 16000])
def test_stream(benchmark: Any, clip: Array, chunk: int) -> None:
    describe(benchmark, "stream", clip)
    parts = np.split(clip, range(chunk, len(clip), chunk))

    def work() -> list[Array]:
        stream = quaver.Stream(RATE)
        return [stream.feed(part) for part in parts]

    result = np.concatenate(benchmark(work))
    np.testing.assert_array_equal(result, quaver.short_term(clip, RATE).values)
