"""The fused vector equals its steps, and its names say what it holds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import quaver
import tolerances
from reference import functionals as twin_functionals
from reference import short_term as twin

N_VALUES = len(quaver.feature_names())
TARGETS = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def noise(n: int, seed: int = 0) -> NDArray[np.float32]:
    return np.asarray(0.1 * np.random.default_rng(seed).standard_normal(n), np.float32)


def in_steps(samples: NDArray[Any], config: quaver.FeatureConfig) -> NDArray[np.float32]:
    frames = quaver.short_term(samples, config.sample_rate, config=config).values
    return quaver.functionals(frames, statistics=config.statistics)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"delta_order": 0},
        {"delta_order": 2},
        {"delta_order": 2, "delta_width": 5},
        {"features": ("mfcc",), "n_mfcc": 5},
        {"features": ("energy", "spectral_rolloff")},
        {"statistics": ("mean", "std")},
        {"statistics": ("percentile_99",), "hop_length": 77},
    ],
    ids=str,
)
def test_fused_equals_steps(
    target: str, speech: NDArray[np.float32], options: dict[str, Any]
) -> None:
    config = quaver.FeatureConfig(**options)
    found = quaver.extract(speech, 16000, config=config)
    assert found.dtype == np.float32
    assert found.shape == (len(quaver.feature_names(config)),)
    np.testing.assert_array_equal(found, in_steps(speech, config))


@TARGETS
@given(n=st.integers(400, 20000), seed=st.integers(0, 1000))
def test_fused_equals_steps_for_any_length(target: str, n: int, seed: int) -> None:
    x = noise(n, seed)
    found = quaver.extract(x, 16000)
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(found, in_steps(x, quaver.FeatureConfig()))


def test_matches_the_twins_from_end_to_end(target: str) -> None:
    """Statistics of location inherit the bounds of the frames; noise has no ties to settle."""
    x = noise(16000)
    stages = twin.stages(x, 16000)
    frames = twin.with_derivatives(stages.values, 1, None)
    bounds = tolerances.short_term_bounds(stages.values)
    bounds = np.concatenate([bounds, tolerances.difference_bounds(bounds)], axis=1).max(axis=0)
    expected = twin_functionals.functionals(frames).reshape(-1, len(quaver.STATISTICS))
    found = quaver.extract(x, 16000).reshape(-1, len(quaver.STATISTICS))
    for s, name in enumerate(quaver.STATISTICS):
        if name in ("kurtosis", "skewness"):
            continue  # compared with the same frames below and in test_functionals
        allowed = 2 * bounds + tolerances.STATISTICS * np.abs(expected[:, s])
        assert (np.abs(found[:, s] - expected[:, s]) <= allowed).all(), name
    shape = [quaver.STATISTICS.index(name) for name in ("kurtosis", "skewness")]
    np.testing.assert_allclose(found[:, shape], expected[:, shape], rtol=1e-3, atol=1e-3)


def test_names_are_the_truth(target: str) -> None:
    x = noise(4000)
    names = quaver.feature_names()
    assert len(set(names)) == len(names)
    vector = dict(zip(names, quaver.extract(x, 16000), strict=True))
    frames = quaver.short_term(x, 16000)
    assert frames.names == quaver.frame_names()
    for feature, column in zip(frames.names, frames.values.T, strict=True):
        assert vector[f"{feature}_min"] == column.min()
        assert vector[f"{feature}_max"] == column.max()
        assert vector[f"{feature}_mean"] == np.float32(column.mean(dtype=np.float64))


def test_names_follow_the_configuration() -> None:
    config = quaver.FeatureConfig(
        features=("mfcc", "energy"), n_mfcc=2, delta_order=2, statistics=("max", "mean")
    )
    base = ("energy", "mfcc_0", "mfcc_1")
    names = (*base, *(f"delta_{n}" for n in base), *(f"delta2_{n}" for n in base))
    assert quaver.frame_names(config) == names
    assert quaver.feature_names(config)[:3] == ("energy_mean", "energy_max", "mfcc_0_mean")
    assert len(quaver.feature_names(config)) == 18


def test_out_is_filled_and_returned(target: str) -> None:
    x = noise(2000)
    out = np.full(N_VALUES, np.nan, np.float32)
    assert quaver.extract(x, 16000, out=out) is out
    np.testing.assert_array_equal(out, quaver.extract(x, 16000))
    rows = np.zeros((3, N_VALUES), np.float32)
    quaver.extract(x, 16000, out=rows[1])
    np.testing.assert_array_equal(rows, [np.zeros(N_VALUES), out, np.zeros(N_VALUES)])


@pytest.mark.parametrize(
    ("out", "error"),
    [
        (np.empty(N_VALUES - 1, np.float32), ValueError),
        (np.empty((1, N_VALUES), np.float32), ValueError),
        (np.empty(N_VALUES, np.float64), TypeError),
        (np.empty(2 * N_VALUES, np.float32)[::2], TypeError),
        ([0.0] * N_VALUES, TypeError),
    ],
)
def test_wrong_out(out: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"^out must (be a C-contiguous array of float32|have shape)"):
        quaver.extract(noise(2000), 16000, out=out)


def test_read_only_out_is_refused() -> None:
    out = np.zeros(N_VALUES, np.float32)
    out.flags.writeable = False
    with pytest.raises(ValueError, match="not writeable"):
        quaver.extract(noise(2000), 16000, out=out)
    assert not out.any()


def test_misaligned_out_is_refused() -> None:
    out = np.zeros(4 * N_VALUES + 1, np.uint8)[1:].view(np.float32)
    with pytest.raises(ValueError, match="must be aligned to their item size"):
        quaver.extract(noise(2000), 16000, out=out)
    assert not out.any()


def test_one_frame_has_no_spread(target: str) -> None:
    vector = quaver.extract(noise(400), 16000).reshape(-1, len(quaver.STATISTICS))
    named = dict(zip(quaver.STATISTICS, vector.T, strict=True))
    for name in ("std", "kurtosis", "skewness", "range"):
        assert not named[name].any()
    np.testing.assert_array_equal(named["mean"], named["median"])
    assert not vector[len(vector) // 2 :].any()


@pytest.mark.parametrize("trim_db", [20.0, 40.0])
def test_trimming_leaves_out_quiet_ends(target: str, trim_db: float) -> None:
    x = noise(16000)
    x[:3000] *= 1e-3
    x[13000:] *= 1e-3
    x[7000:8000] = 0  # a pause in between stays
    config = quaver.FeatureConfig(trim_db=trim_db)
    frames = quaver.short_term(x, 16000, config=config)
    assert len(frames.values) == 98  # frames are never dropped, only left out of statistics
    energy = frames.values[:, 1].astype(np.float64)
    loud = np.flatnonzero(energy >= energy.max() * 10 ** (-trim_db / 10))
    span = frames.values[loud[0] : loud[-1] + 1]
    assert 50 < len(span) < 70
    found = quaver.extract(x, 16000, config=config)
    np.testing.assert_array_equal(found, quaver.functionals(span))


def test_trimming_silence_keeps_it(target: str) -> None:
    config = quaver.FeatureConfig(trim_db=30.0)
    found = quaver.extract(np.zeros(2000, np.float32), 16000, config=config)
    np.testing.assert_array_equal(found, quaver.extract(np.zeros(2000, np.float32), 16000))


def test_padding_a_short_clip(target: str) -> None:
    x = noise(123)
    padded = np.concatenate([x, np.zeros(277, np.float32)])
    expected = quaver.extract(padded, 16000)
    np.testing.assert_array_equal(quaver.extract(x, 16000, pad=True), expected)
    longer = noise(500)
    np.testing.assert_array_equal(
        quaver.extract(longer, 16000, pad=True), quaver.extract(longer, 16000)
    )
