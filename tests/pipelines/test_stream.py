"""Chunks of any size give bit for bit the frames of the whole signal."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import quaver

TARGETS = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def noise(n: int, seed: int = 0) -> NDArray[np.float32]:
    return np.asarray(0.1 * np.random.default_rng(seed).standard_normal(n), np.float32)


def fed(stream: quaver.Stream, samples: NDArray[Any], cuts: list[int]) -> NDArray[np.float32]:
    """All frames of the chunks between the cuts."""
    edges = [0, *sorted(min(cut, len(samples)) for cut in cuts), len(samples)]
    return np.concatenate([stream.feed(samples[low:high]) for low, high in pairwise(edges)])


CONFIGS: list[dict[str, Any]] = [
    {},
    {"delta_order": 0},
    {"delta_order": 2},
    {"hop_length": 77},
    {"hop_length": 1001},  # further than a frame is long
    {"frame_length": 401, "hop_length": 400},
    {"pre_emphasis": 0.0},
    {"features": ("spectral_flux",)},
    {"features": ("zero_crossing_rate", "mfcc"), "n_mfcc": 3},
]


@pytest.mark.parametrize("options", CONFIGS, ids=str)
@TARGETS
@given(
    n=st.integers(0, 9000),
    cuts=st.lists(st.integers(0, 9000), max_size=12),
    seed=st.integers(0, 100),
)
def test_any_chunking(
    target: str, options: dict[str, Any], n: int, cuts: list[int], seed: int
) -> None:
    config = quaver.FeatureConfig(**options)
    x = noise(n, seed)
    stream = quaver.Stream(16000, config=config)
    found = fed(stream, x, cuts)
    assert found.dtype == np.float32
    assert stream.n_frames == len(found)
    assert stream.names == quaver.frame_names(config)
    if n < config.frame_length:
        assert found.shape == (0, len(stream.names))
        return
    np.testing.assert_array_equal(found, quaver.short_term(x, 16000, config=config).values)


@pytest.mark.parametrize("size", [1, 7, 159, 160, 161, 400, 2561])
@pytest.mark.parametrize("dtype", [np.int16, np.float32, np.float64])
def test_even_chunks_and_types(target: str, size: int, dtype: type) -> None:
    x = noise(5000)
    x = (x * 20000).astype(dtype) if dtype == np.int16 else x.astype(dtype)
    found = fed(quaver.Stream(16000), x, list(range(size, 5000, size)))
    np.testing.assert_array_equal(found, quaver.short_term(x, 16000).values)


def test_views_and_silence(target: str) -> None:
    x = np.concatenate([noise(3000), np.zeros(4000, np.float32), noise(3001)])
    cuts = [1234, 4000, 5001]
    for view in (x[::-1], x[1::2]):
        found = fed(quaver.Stream(16000), view, cuts)
        np.testing.assert_array_equal(found, quaver.short_term(view, 16000).values)


def test_types_may_be_mixed(target: str) -> None:
    x = (noise(4000) * 20000).astype(np.int16)
    stream = quaver.Stream(16000)
    scaled = x / 32768
    found = np.concatenate([stream.feed(x[:1001]), stream.feed(scaled[1001:])])
    np.testing.assert_array_equal(found, quaver.short_term(x, 16000).values)


def test_reset_begins_a_new_signal(target: str) -> None:
    x = noise(3000)
    stream = quaver.Stream(16000)
    first = stream.feed(x)
    stream.feed(x[:123])
    stream.reset()
    assert stream.n_frames == 0
    np.testing.assert_array_equal(stream.feed(x), first)


def test_streams_do_not_share_anything(target: str) -> None:
    x, y = noise(3000, 1), noise(3000, 2)
    one, other = quaver.Stream(16000), quaver.Stream(16000)
    found: list[list[NDArray[np.float32]]] = [[], []]
    for low in range(0, 3000, 250):
        found[0].append(one.feed(x[low : low + 250]))
        found[1].append(other.feed(y[low : low + 250]))
    for chunks, signal in zip(found, (x, y), strict=True):
        expected = quaver.short_term(signal, 16000).values
        np.testing.assert_array_equal(np.concatenate(chunks), expected)


def test_a_refused_chunk_leaves_the_stream_as_it_was(target: str) -> None:
    x = noise(3000)
    stream = quaver.Stream(16000)
    head = stream.feed(x[:1000])
    bad = x[1000:1500].copy()
    bad[3] = np.nan
    with pytest.raises(ValueError, match="nan at index 3"):
        stream.feed(bad)
    with pytest.raises(TypeError, match="complex"):
        stream.feed(np.zeros(5, complex))
    assert stream.n_frames == len(head)
    found = np.concatenate([head, stream.feed(x[1000:])])
    np.testing.assert_array_equal(found, quaver.short_term(x, 16000).values)


@pytest.mark.parametrize(
    ("chunk", "message"),
    [
        (np.zeros((2, 3, 4)), r"must have shape \(n,\) or \(channels, n\), got \(2, 3, 4\)"),
        (np.zeros(()), r"must have shape .*, got \(\)"),
        (np.zeros((0, 5)), r"no channels \(shape \(0, 5\)\)"),
        (np.array([0.0, -np.inf]), "-inf at index 1"),
        (np.full(3, 2e12), "at most 1e12"),
    ],
    ids=["3-D", "a scalar", "no channels", "infinity", "too large"],
)
def test_a_chunk_that_cannot_be_used(target: str, chunk: NDArray[Any], message: str) -> None:
    x = noise(1000)
    stream = quaver.Stream(16000)
    stream.feed(x[:500])
    with pytest.raises(ValueError, match=message):
        stream.feed(chunk)
    found = stream.feed(x[500:])
    np.testing.assert_array_equal(found, quaver.short_term(x, 16000).values[1:])


@pytest.mark.parametrize("rate", [0, -16000, 0.5, np.nan])
def test_impossible_rate(rate: float) -> None:
    with pytest.raises(ValueError, match=f"sample_rate must be .*, got {rate}"):
        quaver.Stream(rate)


def test_channels(target: str) -> None:
    stereo = np.stack([noise(2000, 1), noise(2000, 2)])
    stream = quaver.Stream(16000)
    with pytest.raises(ValueError, match="2 channels"):
        stream.feed(stereo)
    found = stream.feed(stereo, downmix=1)
    np.testing.assert_array_equal(found, quaver.short_term(stereo[1], 16000).values)


def test_a_smoothed_derivative_is_refused() -> None:
    with pytest.raises(ValueError, match="delta_width must be None, got 9"):
        quaver.Stream(16000, config=quaver.FeatureConfig(delta_width=9))
    with pytest.raises(ValueError, match=r"8000.*16000"):
        quaver.Stream(8000, config=quaver.FeatureConfig())
