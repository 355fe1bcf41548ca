"""Seed pipeline, log-mel and MFCC: quaver, librosa and careful NumPy, the answers compared first.

Run with ``--benchmark-enable``; without it each body runs once, as a test of the answers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import librosa
import numpy as np
import pytest
from numpy.typing import NDArray
from peers import FRAME, HOP, N_FFT, RATE, LibrosaPipeline, NumpyPipeline, frames_of

import quaver

Array = NDArray[np.float32]


def row_error(got: Array, expected: Array) -> NDArray[np.float64]:
    """Largest error of each column, relative to the column's largest magnitude."""
    scale = np.maximum(np.abs(expected).max(axis=0), 1e-9)
    return np.abs(got - expected).max(axis=0) / scale


def log_mel_quaver(clip: Array) -> Array:
    return quaver.log_mel(clip, RATE, n_fft=N_FFT, hop_length=128, n_mels=64)


def log_mel_librosa(clip: Array) -> Array:
    mel = librosa.feature.melspectrogram(y=clip, sr=RATE, n_fft=N_FFT, hop_length=128, n_mels=64)
    return librosa.power_to_db(mel, top_db=None).T


def mfcc_librosa(clip: Array) -> Array:
    emphasised = librosa.effects.preemphasis(clip, coef=0.97, zi=[0.0])
    padded = np.pad(emphasised, (N_FFT - FRAME) // 2)
    mel = librosa.feature.melspectrogram(
        y=padded, sr=RATE, n_fft=N_FFT, hop_length=HOP, win_length=FRAME,
        window=np.hamming(FRAME), center=False, n_mels=40,
    )  # fmt: skip
    return librosa.feature.mfcc(S=librosa.power_to_db(mel, top_db=None), n_mfcc=13).T


def mfcc_numpy(clip: Array) -> Array:
    peer = NumpyPipeline()
    return peer.mfcc(peer.power(frames_of(clip) * peer.window))


@pytest.mark.parametrize("name", ["quaver", "librosa", "numpy"])
def test_seed_pipeline(benchmark: Any, clip: Array, name: str) -> None:
    benchmark.group = "seed pipeline: clip to 420 statistics"
    peers: dict[str, Callable[[Array], Array]] = {
        "quaver": lambda x: quaver.extract(x, RATE),
        "librosa": LibrosaPipeline().extract,
        "numpy": NumpyPipeline().extract,
    }
    ours = quaver.short_term(clip, RATE).values
    for peer in (LibrosaPipeline(), NumpyPipeline()):
        error = row_error(peer.short_term(clip).T, ours)
        assert np.median(error) < 1e-4, error  # float32 peers; the twins in tests/ are the judge
        assert error.max() < 5e-2, error
    result = benchmark(peers[name], clip)
    assert result.shape == (420,)


@pytest.mark.parametrize("name", ["quaver", "librosa"])
def test_log_mel(benchmark: Any, clip: Array, name: str) -> None:
    benchmark.group = "log-mel: 512 / 128, 64 bands"
    function = {"quaver": log_mel_quaver, "librosa": log_mel_librosa}[name]
    expected = log_mel_librosa(clip.astype(np.float64))
    result = benchmark(function, clip)
    near = expected > expected.max(axis=1, keepdims=True) - 60
    assert np.abs(result - expected)[near].max() < 1e-3


@pytest.mark.parametrize("name", ["quaver", "librosa", "numpy"])
def test_mfcc(benchmark: Any, clip: Array, name: str) -> None:
    benchmark.group = "MFCC: 13 of 40 bands"
    peer = NumpyPipeline()
    peers: dict[str, Callable[[Array], Array]] = {
        "quaver": lambda x: quaver.mfcc(x, RATE),
        "librosa": mfcc_librosa,
        "numpy": lambda x: peer.mfcc(peer.power(frames_of(x) * peer.window)),
    }
    result = benchmark(peers[name], clip)
    assert row_error(result, mfcc_numpy(clip.astype(np.float64))).max() < 1e-4
