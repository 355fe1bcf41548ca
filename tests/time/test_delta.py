"""Derivatives over time against the twin and librosa, on every SIMD target."""

from __future__ import annotations

from typing import Any

import librosa
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

import quaver
import tolerances
from reference import delta as twin

TARGETS = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def rows(n_frames: int, n_features: int = 3) -> NDArray[np.float32]:
    rng = np.random.default_rng(n_frames)
    return np.asarray(rng.standard_normal((n_frames, n_features)) + 10, np.float32)


def assert_close(found: NDArray[np.float32], expected: NDArray[np.float64], scale: float) -> None:
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerances.DELTA * scale)


@pytest.mark.parametrize("width", [3, 5, 9, 15])
@pytest.mark.parametrize("order", [1, 2])
def test_agrees_with_librosa(target: str, width: int, order: int) -> None:
    for n_frames in (width, width + 1, 2 * width + 3, 64):
        x = rows(n_frames)
        expected = librosa.feature.delta(
            x.astype(np.float64), width=width, order=order, axis=0, mode="interp"
        )
        np.testing.assert_allclose(
            twin.delta(x, width=width, order=order), expected, atol=1e-9, rtol=0
        )
        assert_close(quaver.delta(x, width=width, order=order), expected, 20)


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("n_frames", [1, 2, 3, 7, 8, 9, 15, 16, 17, 33])
def test_differences(target: str, order: int, n_frames: int) -> None:
    x = rows(n_frames)
    assert_close(quaver.delta(x, order=order), twin.delta(x, order=order), 20)
    assert (quaver.delta(x)[0] == 0).all()


def test_differences_of_integers_are_exact(target: str) -> None:
    x = np.random.default_rng(0).integers(-1000, 1000, (50, 4))
    first = np.diff(x, axis=0, prepend=x[:1])
    np.testing.assert_array_equal(quaver.delta(x), first)
    second = np.diff(first, axis=0, prepend=first[:1])
    np.testing.assert_array_equal(quaver.delta(x, order=2), second)


@pytest.mark.parametrize("width", [3, 9])
def test_polynomials_are_differentiated_exactly(target: str, width: int) -> None:
    t = np.arange(20.0)[:, None]
    assert_close(quaver.delta(3 * t + 5, width=width), np.full((20, 1), 3.0), 65)
    assert_close(quaver.delta(2 * t**2 - t, width=width, order=2), np.full((20, 1), 4.0), 703)


@TARGETS
@given(
    values=arrays.arrays(
        np.float32,
        st.tuples(st.integers(9, 40), st.integers(1, 4)),
        elements=st.floats(-1e6, 1e6, width=32),
    ),
    width=st.sampled_from([None, 3, 9]),
    order=st.integers(1, 2),
)
def test_any_values(
    target: str, values: NDArray[np.float32], width: int | None, order: int
) -> None:
    scale = max(1e-30, float(np.abs(values).max()))
    expected = twin.delta(values.astype(np.float64), width=width, order=order)
    assert_close(quaver.delta(values, width=width, order=order), expected, scale)


def test_strided_and_other_types(target: str) -> None:
    x = rows(40, 8)
    expected = quaver.delta(np.ascontiguousarray(x[::2, 1::3]))
    np.testing.assert_array_equal(quaver.delta(x[::2, 1::3]), expected)
    np.testing.assert_array_equal(quaver.delta(np.asfortranarray(x)), quaver.delta(x))
    np.testing.assert_array_equal(quaver.delta(x.astype(np.float64)), quaver.delta(x))
    np.testing.assert_array_equal(quaver.delta(x.tolist()), quaver.delta(x))


@pytest.mark.parametrize("width", [-3, 0, 1, 2, 4])
def test_wrong_width(width: int) -> None:
    with pytest.raises(ValueError, match=f"width must be .*odd and at least 3, got {width}"):
        quaver.delta(rows(20), width=width)


def test_fewer_frames_than_the_width() -> None:
    with pytest.raises(ValueError, match=r"9.*5"):
        quaver.delta(rows(5), width=9)
    config = quaver.FeatureConfig(delta_width=9)
    with pytest.raises(ValueError, match="got width 9 and 5 frames"):
        quaver.short_term(np.zeros(400 + 4 * 160), 16000, config=config)


def test_values_beyond_float32_are_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        quaver.delta(np.array([[1.0], [1e300]]))


@pytest.mark.parametrize("order", [0, 3])
def test_wrong_order(order: int) -> None:
    with pytest.raises(ValueError, match=f"order must be 1 or 2, got {order}"):
        quaver.delta(rows(20), order=order)


@pytest.mark.parametrize("name", ["width", "order"])
@pytest.mark.parametrize("value", [3.0, True, "3"])
def test_width_and_order_of_another_kind(name: str, value: Any) -> None:
    with pytest.raises(TypeError, match=f"{name} must be an int, got {type(value).__name__}"):
        quaver.delta(rows(20), **{name: value})


@pytest.mark.parametrize("shape", [(5,), (2, 3, 4)])
def test_wrong_shape(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="must have shape"):
        quaver.delta(np.zeros(shape))
