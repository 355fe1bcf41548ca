"""Windows over frames against the twin, on every SIMD target."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import quaver
from quaver import _core
from reference import windowing as twin


def frames(n_frames: int, n_features: int = 5) -> NDArray[np.float32]:
    rng = np.random.default_rng(n_frames)
    return rng.standard_normal((n_frames, n_features)).astype(np.float32)


@pytest.mark.parametrize("tail", ["align", "pad", "drop"])
@pytest.mark.parametrize("n_frames", [1, 2, 7, 8, 9, 12, 15, 16, 17, 40])
@pytest.mark.parametrize(("length", "step"), [(8, 4), (8, 8), (8, 3), (1, 1), (7, 16), (16, 5)])
def test_equals_the_twin(target: str, tail: Any, n_frames: int, length: int, step: int) -> None:
    for n_features in (1, 5, 16):
        values = frames(n_frames, n_features)
        found = quaver.windows(values, length, step, tail=tail)
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, twin.windows(values, length, step, tail, None))


def test_every_frame_is_in_some_window_when_aligned() -> None:
    values = np.arange(301, dtype=np.float32)[:, None]
    found = quaver.windows(values, 128, 64)
    assert set(found.ravel().tolist()) == set(range(301))
    assert found[-1, 0, -1] == 300


def test_fill_is_the_smallest_value_or_what_is_given() -> None:
    values = frames(5)
    assert (quaver.windows(values, 8, 4)[0, :, 5:] == values.min()).all()
    found = quaver.windows(values, 8, 4, fill=-80.0)
    np.testing.assert_array_equal(found, twin.windows(values, 8, 4, "align", -80.0))


def test_a_window_of_filling_alone_is_none() -> None:
    values = np.arange(1, 10, dtype=np.float32)[:, None]
    seven, nine = (
        quaver.windows(values[:n], 2, 4, tail="pad", fill=-1)[:, 0].tolist() for n in (7, 9)
    )
    assert seven == [[1, 2], [5, 6]]
    assert nine == [[1, 2], [5, 6], [9, -1]]


def test_denormals_and_signed_zeros_are_moved_as_they_are(target: str) -> None:
    values = np.array([[-0.0, 1e-42], [3e38, -3e38], [0.0, -1e-45]], np.float32)
    found = quaver.windows(values, 2, 1)
    assert found.tobytes() == np.stack([values[:2].T, values[1:].T]).tobytes()


def test_strided_and_float64_values_are_converted() -> None:
    values = frames(40, 6)
    expected = twin.windows(values[::2, ::3], 8, 4, "align", None)
    np.testing.assert_array_equal(quaver.windows(values[::2, ::3], 8, 4), expected)
    doubled = values.astype(np.float64)[::2, ::3]
    np.testing.assert_array_equal(quaver.windows(doubled, 8, 4), expected)


@pytest.mark.parametrize(
    ("values", "arguments", "error", "message"),
    [
        (np.zeros(5), {}, ValueError, r"\(n_frames, n_features\), got \(5,\)"),
        (np.zeros((0, 3)), {}, ValueError, r"got shape \(0, 3\)"),
        (np.full((3, 2), np.nan), {}, ValueError, "nan at frame 0, feature 0"),
        (np.zeros((3, 2)), {"length": 0}, ValueError, "length must be positive, got 0"),
        (np.zeros((3, 2)), {"step": -1}, ValueError, "step must be positive, got -1"),
        (np.zeros((3, 2)), {"length": 2.5}, TypeError, "length must be an int, got float"),
        (np.zeros((3, 2)), {"tail": "reflect"}, ValueError, "tail must be .* got 'reflect'"),
        (np.zeros((3, 2)), {"fill": "low"}, TypeError, "fill must be a number, got 'low'"),
        (np.zeros((3, 2)), {"fill": np.nan}, ValueError, "fill must be finite .*, got nan"),
        (np.zeros((3, 2)), {"fill": 1e300}, ValueError, "fill must be finite .*, got inf"),
        (np.zeros((3, 2), complex), {}, TypeError, "real numbers, got complex128"),
    ],
)
def test_bad_input(
    values: Any, arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        quaver.windows(values, **arguments)


def test_steps_that_would_wrap_around() -> None:
    values = np.arange(30, dtype=np.float32).reshape(10, 3)
    for step in (2**62 + 1, 2**64 - 1):
        with pytest.raises(ValueError, match="step must be at most 4611686018427387904, got"):
            _core.windows(values, 4, step, False)
    for step in (7, 2**61, 2**62):  # one window fits, and with align another
        np.testing.assert_array_equal(_core.windows(values, 4, step, False), [values[:4].T])
        both = _core.windows(values, 4, step, True)
        np.testing.assert_array_equal(both, [values[:4].T, values[6:].T])
    with pytest.raises(ValueError, match="at least 18446744073709551615 frames, got 10"):
        _core.windows(values, 2**64 - 1, 1, False)
