"""Global statistics against the twin, NumPy and SciPy, on every SIMD target."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

import quaver
from oracles import bound, with_scipy
from quaver._lists import KNOWN_STATISTICS
from quaver._validate import as_frames
from reference import functionals as twin

Array = NDArray[np.float64]
TARGETS = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def assert_matches(values: NDArray[Any]) -> None:
    """Compare with the twin, and the twin with SciPy where that is accurate."""
    frames = np.asarray(values, np.float32).astype(np.float64)
    found = quaver.functionals(values, statistics=KNOWN_STATISTICS)
    assert found.dtype == np.float32
    rows = found.reshape(frames.shape[1], len(KNOWN_STATISTICS))
    for f, (column, row) in enumerate(zip(frames.T, rows, strict=True)):
        expected = twin.statistics(column)
        for name, value in zip(KNOWN_STATISTICS, row, strict=True):
            error = abs(float(value) - expected[name])
            assert error <= bound(name, expected[name], column), (
                f"{name} of feature {f}: {value} instead of {expected[name]}"
            )


@pytest.mark.parametrize(
    "n", [2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 96, 97, 101, 1000, 9999]
)
@pytest.mark.parametrize("kind", ["normal", "exponential", "offset", "ties", "silence", "outlier"])
def test_sizes_and_distributions(target: str, n: int, kind: str) -> None:
    rng = np.random.default_rng(n)
    values = {
        "normal": rng.standard_normal((n, 3)),
        "exponential": rng.exponential(size=(n, 3)) ** 3,
        "offset": 1000 + 0.01 * rng.standard_normal((n, 3)),
        "ties": rng.integers(0, 3, (n, 3)),
        "silence": rng.standard_normal((n, 3)) * (rng.random((n, 3)) < 0.7),
        "outlier": np.r_[rng.standard_normal((n - 1, 3)), np.full((1, 3), 1e6)],
    }[kind]
    assert_matches(values)
    for column in np.asarray(values, np.float32).astype(np.float64).T:
        expected, scipys = twin.statistics(column), with_scipy(column)
        if np.ptp(column) == 0:
            continue  # SciPy has NaN there
        for name in KNOWN_STATISTICS:
            assert abs(expected[name] - scipys[name]) <= 0.01 * bound(name, scipys[name], column)


@TARGETS
@given(
    arrays.arrays(
        np.float32,
        st.tuples(st.integers(1, 80), st.integers(1, 3)),
        elements=st.floats(-(2.0**100), 2.0**100, width=32, allow_subnormal=False),
    )
)
def test_any_values_are_finite_and_ordered(target: str, values: NDArray[np.float32]) -> None:
    found = quaver.functionals(values).reshape(values.shape[1], -1)
    with np.errstate(over="ignore"):
        named = dict(zip(quaver.STATISTICS, found.T, strict=True))
    assert np.isfinite(found).all()
    order = ("min", "percentile_1", "median", "percentile_99", "max")
    for low, high in pairwise(order):
        assert (named[low] <= named[high]).all()
    np.testing.assert_array_equal(named["min"], values.min(axis=0))
    np.testing.assert_array_equal(named["max"], values.max(axis=0))
    assert (named["std"] >= 0).all()


@TARGETS
@given(
    arrays.arrays(
        np.float32,
        st.tuples(st.integers(1, 120), st.integers(1, 3)),
        elements=st.floats(-1e4, 1e4, width=32).filter(lambda v: v == 0 or abs(v) > 1e-4),
    )
)
def test_any_values_match_the_twin(target: str, values: NDArray[np.float32]) -> None:
    assert_matches(values)


@pytest.mark.parametrize("value", [0.0, 0.1, -7.3, 1e-30, 1e30])
@pytest.mark.parametrize("n", [1, 2, 17, 100])
def test_constant_rows(target: str, value: float, n: int) -> None:
    found = quaver.functionals(np.full((n, 2), value, np.float32)).reshape(2, -1)
    expected = [value, value, 0, 0, 0, value, value, value, value, 0]
    np.testing.assert_array_equal(found, np.asarray([expected] * 2, np.float32))


def test_two_neighbouring_floats(target: str) -> None:
    """The smallest deviation there is: moments must not cancel."""
    low = np.float32(1000)
    high = np.nextafter(low, np.float32(2000))
    assert_matches(np.array([[low], [high], [low], [low], [high]], np.float32))


@pytest.mark.parametrize("scale", [1e-38, 1e-30, 1e30, 1e37])
def test_extreme_scales(target: str, scale: float) -> None:
    values = (scale * np.random.default_rng(0).uniform(-1, 1, (50, 2))).astype(np.float32)
    found = quaver.functionals(values)
    assert np.isfinite(found).all()
    if scale != 1e-38:  # subnormal numbers carry fewer digits
        assert_matches(values)


def test_statistic_is_fastest_and_subsets_keep_the_order_asked_for(target: str) -> None:
    values = np.random.default_rng(1).standard_normal((40, 5)).astype(np.float32)
    whole = quaver.functionals(values).reshape(5, -1)
    for names in (("max",), ("median", "mean"), ("range", "percentile_1", "kurtosis")):
        columns = [quaver.STATISTICS.index(name) for name in names]
        found = quaver.functionals(values, statistics=names)
        np.testing.assert_array_equal(found, whole[:, columns].ravel())


def test_strided_input(target: str) -> None:
    values = np.random.default_rng(1).standard_normal((40, 6)).astype(np.float32)
    expected = quaver.functionals(values[::2, ::3].copy())
    np.testing.assert_array_equal(quaver.functionals(values[::2, ::3]), expected)
    np.testing.assert_array_equal(quaver.functionals(values[::2, ::3].tolist()), expected)


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        (np.zeros(5), ValueError, r"must have shape \(n_frames, n_features\), got \(5,\)"),
        (np.zeros((0, 3)), ValueError, r"must not be empty, got shape \(0, 3\)"),
        (np.array([[1.0, 2.0], [3.0, np.nan]]), ValueError, "nan at frame 1, feature 1"),
        (np.array([[np.inf]]), ValueError, "inf at frame 0, feature 0"),
        (np.array([[1.0], [1e300]]), ValueError, "1e\\+300|inf"),
        (np.array([["a"]]), TypeError, "must be real numbers"),
        (np.array([[1j]]), TypeError, "must be real numbers"),
    ],
)
def test_bad_values(values: NDArray[Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        quaver.functionals(values)


@pytest.mark.parametrize("names", [(), ("mode",), ("mean", "mode")])
def test_bad_statistics(names: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="statistics must be among"):
        quaver.functionals(np.zeros((3, 2)), statistics=names)


def test_misaligned_values_are_copied(target: str) -> None:
    values = np.random.default_rng(0).standard_normal((40, 3)).astype(np.float32)
    shifted = np.zeros(values.nbytes + 1, np.uint8)[1:].view(np.float32).reshape(values.shape)
    shifted[:] = values
    assert not shifted.flags.aligned
    assert as_frames(shifted).flags.aligned
    np.testing.assert_array_equal(quaver.functionals(shifted), quaver.functionals(values))
