"""Derivatives and histories of features, as librosa.feature.utils."""

from __future__ import annotations

import operator
from math import factorial, isqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quaver import _core
from quaver._caches import kept
from quaver.compat.librosa import forward
from quaver.compat.librosa._names import FEATURE
from quaver.compat.librosa.util.exceptions import ParameterError
from quaver.compat.librosa.util.utils import contiguous, is_positive_int, pad_ends

Array = NDArray[Any]

# What SciPy calls a mode of the filter, and NumPy one of padding.
_PADS = {"constant": "constant", "nearest": "edge", "mirror": "reflect", "wrap": "wrap"}


def delta(
    data: Array, *, width: int = 9, order: int = 1, axis: int = -1, mode: str = "interp",
    **kwargs: Any,
) -> Array:  # fmt: skip
    """Estimate a derivative over time with a Savitzky-Golay filter.

    Arguments as librosa's; `kwargs` are those of `scipy.signal.savgol_filter`, of which ``deriv``
    is ignored. Returns the shape of `data`, float32 for float32 and else float64.

    Examples
    --------
    >>> delta(np.arange(9.0) ** 2)[4].round(6)
    np.float64(8.0)
    """
    data = np.atleast_1d(data)
    if mode == "interp" and width > data.shape[axis]:
        raise ParameterError(
            f"width must not exceed the frames in mode 'interp', got {width} for {data.shape[axis]}"
        )
    if width < 3 or np.mod(width, 2) != 1:
        raise ParameterError(f"width must be odd and at least 3, got {width}")
    if not is_positive_int(order):
        raise ParameterError(f"order must be a positive integer, got {order}")
    if mode == "interp":
        width = operator.index(width)  # a float is no length of the ends, which are fitted
    kwargs.pop("deriv", None)
    return _savitzky_golay(data, int(width), int(order), axis, mode, **kwargs)


def _savitzky_golay(
    data: Array,
    width: int,
    order: int,
    axis: int,
    mode: str,
    *,
    polyorder: int | None = None,
    delta: float = 1.0,
    cval: float = 0.0,
) -> Array:
    degree = order if polyorder is None else polyorder
    if degree >= width:
        raise ValueError(f"polyorder must be less than width ({width}), got {degree}")
    if mode != "interp" and mode not in _PADS:
        raise ValueError(f"mode must be interp, {', '.join(_PADS)}, got {mode!r}")
    if data.dtype not in (np.float32, np.float64):
        data = data.astype(np.float64)
    rows = np.moveaxis(data, axis, -1)
    if mode == "interp":  # the ends are fitted, as by SciPy, which refuses what has no fit
        for end in (rows[..., :width], rows[..., -width:]):
            if not np.isfinite(end).all():
                raise ValueError(f"the first and last {width} frames must be finite everywhere")
    half = width // 2
    if mode != "interp":
        extra = {"constant_values": cval} if mode == "constant" and cval != 0 else {}
        rows = pad_ends(rows, half, half, mode=_PADS[mode], **extra)
    if degree == order <= 2 and delta == 1.0 and data.size:
        flat = contiguous(rows).reshape(-1, rows.shape[-1])
        result = _core.delta_rows(flat, width, order).reshape(rows.shape)
        inner = result if mode == "interp" else result[..., half : half + data.shape[axis]]
        return np.moveaxis(inner, -1, axis)
    taps = _taps(width, degree, order) / delta**order
    if mode != "interp":
        return np.moveaxis(_correlate(rows, taps[half]).astype(rows.dtype), -1, axis)
    out = np.empty_like(rows)
    out[..., half : rows.shape[-1] - half] = _correlate(rows, taps[half])
    out[..., :half] = rows[..., :width] @ taps[:half].T
    out[..., rows.shape[-1] - half :] = rows[..., -width:] @ taps[half + 1 :].T
    return np.moveaxis(out, -1, axis)


def _correlate(rows: Array, taps: Array) -> Array:
    count = rows.shape[-1] - len(taps) + 1
    total = np.asarray(taps[0] * rows[..., :count])
    part = np.empty_like(total)
    for i, tap in enumerate(taps[1:], 1):
        total += np.multiply(tap, rows[..., i : i + count], out=part)
    return total


@kept
def _taps(width: int, degree: int, order: int) -> tuple[Array, int]:
    """Weights of a fit to `width` frames for its derivative at each of them, (width, width)."""
    if width**2 > _core.largest_table:
        raise ParameterError(f"width must be at most {isqrt(_core.largest_table)}, got {width}")
    x = np.arange(width) - width // 2
    if order > degree:
        return np.zeros((width, width)), 8 * width**2
    # Scaled to [-1, 1], which keeps high degrees well conditioned.
    scale = width // 2
    fit = np.linalg.pinv(np.vander(x / scale, degree + 1, increasing=True))
    powers = np.arange(order, degree + 1)
    factors = [factorial(p) // factorial(p - order) for p in powers]
    derivative = np.vander(x / scale, degree + 1, increasing=True)[:, : degree + 1 - order]
    return (derivative * factors) @ fit[order:] / scale**order, 8 * width**2


def stack_memory(data: Array, *, n_steps: int = 2, delay: int = 1, **kwargs: Any) -> Array:
    """Put each frame's past (or future, for a negative delay) below it.

    Arguments as librosa's. Returns (..., d * n_steps, t).

    Examples
    --------
    >>> stack_memory(np.arange(1, 4))
    array([[1, 2, 3],
           [0, 1, 2]])
    """
    if n_steps < 1:
        raise ParameterError(f"n_steps must be a positive integer, got {n_steps}")
    if delay == 0:
        raise ParameterError("delay must not be 0")
    data = np.atleast_2d(data)
    count = data.shape[-1]
    if count < 1:
        raise ParameterError(f"data must have frames, got shape {data.shape}")
    reach = int((n_steps - 1) * abs(delay))
    padded = pad_ends(data, *((reach, 0) if delay > 0 else (0, reach)), **kwargs)
    # Each step's first frame, from the front or, for what is to come, from the end; a delay may be
    # a fraction, which is cut.
    steps = range(n_steps - 1, -1, -1)
    if delay > 0:
        starts = [int(step * delay) for step in steps]
    else:
        starts = [count + reach + int(step * delay - count) for step in steps]
    return np.concatenate([padded[..., s : s + count] for s in starts], axis=-2)


# Names of librosa's that quaver keeps elsewhere, or lacks.
__getattr__ = forward.attach_module("feature.utils", FEATURE)
