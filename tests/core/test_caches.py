"""What is kept for the next call is bounded in bytes, and what is small is never made twice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import quaver
from quaver import _caches, features
from quaver.compat import python_speech_features
from quaver.compat.librosa import effects, feature, filters
from quaver.compat.pyaudioanalysis import ShortTermFeatures

MEGABYTE = 1 << 20


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> _caches.Pool:
    """An empty pool in the place of the one that all share."""
    pool = _caches.Pool(8 * MEGABYTE)
    monkeypatch.setattr(_caches, "POOL", pool)
    return pool


def counted() -> tuple[list[int], Any]:
    made: list[int] = []

    @_caches.kept
    def make(n_bytes: int, mark: object = None) -> tuple[list[int], int]:
        made.append(n_bytes)
        return [n_bytes], n_bytes

    return made, make


def test_what_is_small_is_made_once(pool: _caches.Pool) -> None:
    made, make = counted()
    assert make(10) is make(10)
    assert made == [10]
    assert pool.used == 0


def test_what_is_large_is_kept_while_there_is_room(pool: _caches.Pool) -> None:
    made, make = counted()
    for n in (3, 4, 3, 5, 3):  # the fourth drives the second out, which was asked for before
        make(n * MEGABYTE)
    assert [n // MEGABYTE for n in made] == [3, 4, 5]
    assert pool.used == 8 * MEGABYTE
    make(4 * MEGABYTE)
    assert [n // MEGABYTE for n in made] == [3, 4, 5, 4]
    assert pool.used <= pool.n_bytes


def test_what_is_larger_than_the_pool_is_not_kept(pool: _caches.Pool) -> None:
    made, make = counted()
    assert make(9 * MEGABYTE) == make(9 * MEGABYTE) == [9 * MEGABYTE]
    assert len(made) == 2
    assert pool.used == 0


def test_types_are_told_apart_and_lists_are_taken(pool: _caches.Pool) -> None:
    made, make = counted()
    for n in (1, 1.0, True, 2 * MEGABYTE, 2.0 * MEGABYTE):
        make(n)
        make(n)
    assert len(made) == 5
    assert make(1, mark=[]) == [1]


def large_calls() -> dict[str, Any]:
    """Calls that keep more than a megabyte: of each cache one."""
    n = 1 << 15
    y = np.zeros(n, np.float32)
    config = quaver.FeatureConfig(sample_rate=16000, frame_length=n, hop_length=n, n_fft=n)
    return {
        "extractors": lambda: features.make_extractor(config),
        "log_mel": lambda: quaver.log_mel(y, 16000, n_fft=n, hop_length=n),
        "mel": lambda: filters.mel(sr=16000, n_fft=1 << 14),
        "chroma": lambda: filters.cached_chroma(sr=16000, n_fft=n, n_chroma=36),
        "melspectrogram": lambda: feature.melspectrogram(y=y, sr=16000, n_fft=n, hop_length=n),
        "hpss": lambda: effects.hpss(y, n_fft=n, hop_length=n),
        "delta": lambda: feature.delta(np.zeros((1, 999)), width=599, polyorder=2),
        "mfcc": lambda: python_speech_features.mfcc(y, 16000, winlen=n / 16000, nfft=n),
        "feature_extraction": lambda: ShortTermFeatures.feature_extraction(y, 16000, n, n),
    }


@pytest.mark.parametrize("name", large_calls())
def test_every_cache_uses_the_pool(name: str, pool: _caches.Pool) -> None:
    large_calls()[name]()
    assert 0 < pool.used <= pool.n_bytes
