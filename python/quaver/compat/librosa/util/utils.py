"""Framing, normalising and padding, as librosa.util."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quaver import _core
from quaver.compat.librosa import _release, forward
from quaver.compat.librosa._names import UTIL
from quaver.compat.librosa.util.exceptions import ParameterError

Array = NDArray[Any]

#: Samples of a frame or a transform: with more, librosa asks for gigabytes too.
LONGEST = 1 << 26

_ZEROS = {"mode": "constant"}

# The C library gives freed memory back to the system, whose pages it then has to take anew, beyond
# twice the largest block that it has seen freed. librosa's own imports free large ones; without,
# half the time of a loop over recordings went to pages. No page of this one is touched.
np.empty(24 << 20, np.uint8)


def valid_audio(y: Array) -> bool:
    """Refuse what is not a finite floating-point array of at least one dimension.

    Arguments as librosa's; returns True, or raises ParameterError.

    Examples
    --------
    >>> valid_audio(np.zeros(4))
    True
    """
    if not isinstance(y, np.ndarray):
        raise ParameterError(f"audio must be a numpy.ndarray, got {type(y).__name__}")
    if y.dtype.kind != "f":
        raise ParameterError(f"audio must be floating-point, got {y.dtype}")
    if y.ndim == 0:
        raise ParameterError("audio must have at least one dimension, got shape ()")
    if not np.isfinite(y).all():
        raise ParameterError("audio must be finite everywhere, got NaN or infinity")
    return True


def is_positive_int(x: float) -> bool:
    """Tell whether x is an integer above 0.

    Examples
    --------
    >>> is_positive_int(2), is_positive_int(2.0)
    (True, False)
    """
    return isinstance(x, (int, np.integer)) and x > 0


def threshold_in(dtype: Any, threshold: Any) -> Any:
    """Return what values of a type are to be compared with, to compare in float64 as librosa 1.0.

    Before, the threshold is rounded to float32.

    Examples
    --------
    >>> float(threshold_in(np.dtype(np.float64), 0.2))
    0.2
    """
    if dtype != np.float32:
        return threshold
    limit = np.asarray(threshold, np.float32)
    if _release.is_before_1():
        return limit
    is_above = limit.astype(np.float64) > threshold
    return np.where(is_above, np.nextafter(limit, np.float32(-np.inf)), limit)


def tiny(x: Any) -> Any:
    """Return the smallest normal number of x's floating type; float32's for other types.

    Examples
    --------
    >>> bool(tiny(np.float32(1)) == np.finfo(np.float32).tiny)
    True
    """
    dtype = np.asarray(x).dtype
    return np.finfo(dtype if dtype.kind in "fc" else np.float32).tiny


def abs2(x: Any, dtype: Any = None) -> Any:
    """Return the squared magnitude.

    Arguments as librosa's.

    Examples
    --------
    >>> float(abs2(3 + 4j))
    25.0
    """
    if np.iscomplexobj(x):
        squares = np.square(np.real(x)) + np.square(np.imag(x))
        return squares if dtype is None else squares.astype(dtype)
    return np.square(x, dtype=dtype)


def expand_to(x: Array, *, ndim: int, axes: Any) -> Array:
    """Reshape x to ndim dimensions, its own at the positions `axes`.

    Arguments as librosa's. Returns a view.

    Examples
    --------
    >>> expand_to(np.arange(3), ndim=3, axes=-2).shape
    (1, 3, 1)
    """
    places = tuple(axes) if np.iterable(axes) else (axes,)
    if len(places) != x.ndim:
        raise ParameterError(f"axes must name {x.ndim} dimensions for shape {x.shape}, got {axes}")
    if ndim < x.ndim:
        raise ParameterError(f"ndim must be at least {x.ndim} for shape {x.shape}, got {ndim}")
    shape = [1] * ndim
    for size, place in zip(x.shape, places, strict=True):
        shape[place] = size
    return x.reshape(shape)


def frame(
    x: Array, *, frame_length: int, hop_length: int, axis: int = -1, writeable: bool = False,
    subok: bool = False,
) -> Array:  # fmt: skip
    """View an array as overlapping frames.

    Arguments as librosa's. Returns a view with one dimension more: a negative `axis` becomes
    (frame_length, n_frames), any other (n_frames, frame_length).

    Examples
    --------
    >>> frame(np.arange(6), frame_length=3, hop_length=2)
    array([[0, 2],
           [1, 3],
           [2, 4]])
    """
    x = np.asanyarray(x) if subok else np.asarray(x)
    if x.shape[axis] < frame_length:
        raise ParameterError(
            f"frame_length must not exceed the input, got {frame_length} for {x.shape[axis]}"
        )
    if hop_length < 1:
        raise ParameterError(f"hop_length must be at least 1, got {hop_length}")
    shape, strides = list(x.shape), list(x.strides)
    stride = strides[axis]
    shape[axis] = (shape[axis] - frame_length) // hop_length + 1
    strides[axis] = stride * hop_length
    # A frame's samples lie before the axis of time, or behind it where that counts from the front.
    place = axis + x.ndim if axis < 0 else axis + 1
    shape.insert(place, frame_length)
    strides.insert(place, stride)
    return np.lib.stride_tricks.as_strided(x, shape, strides, subok=subok, writeable=writeable)


def pad_center(data: Array, *, size: int, axis: int = -1, **kwargs: Any) -> Array:
    """Pad an array at both ends to a size.

    Arguments as librosa's.

    Examples
    --------
    >>> pad_center(np.ones(2), size=5)
    array([0., 1., 1., 0., 0.])
    """
    count = data.shape[axis]
    left = int((size - count) // 2)
    if left < 0:
        raise ParameterError(f"size must be at least that of the input ({count}), got {size}")
    return _padded(data, left, int(size - count - left), axis, **kwargs)


def pad_ends(y: Array, before: int, after: int, mode: Any = "constant", **options: Any) -> Array:
    """Pad the last axis.

    Examples
    --------
    >>> pad_ends(np.ones((1, 2)), 1, 0, "constant")
    array([[0., 1., 1.]])
    """
    return _padded(y, before, after, -1, mode=mode, **options)


def _padded(x: Array, before: int, after: int, axis: int, **options: Any) -> Array:
    """Pad an axis as np.pad, which takes longer for zeros than short signals for all the rest."""
    options.setdefault("mode", "constant")
    if options == _ZEROS and type(x) is np.ndarray:
        count = x.shape[axis]
        shape = list(x.shape)
        shape[axis] = before + count + after
        out: Array = np.empty(shape, x.dtype, order="F" if x.flags.fnc else "C")
        along = out.swapaxes(axis, -1)
        along[..., :before] = along[..., before + count :] = 0
        along[..., before : before + count] = x.swapaxes(axis, -1)
        return out
    widths = [(0, 0)] * x.ndim
    widths[axis] = (before, after)
    return np.asarray(np.pad(x, widths, **options))


def contiguous(x: Array, dtype: Any = None) -> Array:
    """Return x in C order and aligned, as kernels take it.

    Examples
    --------
    >>> contiguous(np.zeros((2, 3)).T).flags.c_contiguous
    True
    """
    found: Array = np.ascontiguousarray(x, dtype)
    return found if found.flags.aligned else found.copy()


def plain(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return parameters that a cache can tell apart: arrays of no dimension as numbers.

    Examples
    --------
    >>> plain({"sr": np.array(16000)})
    {'sr': np.int64(16000)}
    """
    return {
        name: value[()] if isinstance(value, np.ndarray) and value.ndim == 0 else value
        for name, value in parameters.items()
    }


def channels(x: Array, ndim: int) -> Array:
    """Return the arrays of the last dimensions one after the other, as kernels take them.

    One of zeros where there is none: what is made of it has a shape, all that `stacked` needs.

    Examples
    --------
    >>> channels(np.zeros((2, 3, 4, 5)), 2).shape, channels(np.zeros((2, 0, 4, 5)), 2).shape
    ((6, 4, 5), (1, 4, 5))
    """
    count, shape = math.prod(x.shape[:-ndim]), x.shape[-ndim:]
    return contiguous(x).reshape(count, *shape) if count else np.zeros((1, *shape), x.dtype)


def in_memory_order(x: Array, n_kept: int = 0) -> tuple[Array, tuple[int, ...]]:
    """Return x with its axes from `n_kept` on as they lie in memory, and the transpose back.

    In C order: a copy only where the axes leave gaps, or the first ones lie inside others.

    Examples
    --------
    >>> flat, axes = in_memory_order(np.zeros((2, 5, 4)).swapaxes(1, 2))
    >>> flat.shape, axes
    ((2, 5, 4), (0, 2, 1))
    """
    order = list(range(x.ndim))
    if x.flags.c_contiguous:
        return contiguous(x), tuple(order)
    order[n_kept:] = sorted(order[n_kept:], key=lambda axis: -abs(x.strides[axis]))
    back = sorted(range(x.ndim), key=order.__getitem__)
    return contiguous(x.transpose(order)), tuple(back)


#: Types that kernels of pictures take.
KERNEL_TYPES = (np.float32, np.float64)


def stack_of(S: Array) -> tuple[Array, bool]:
    """Return pictures (..., n_bins, n_frames) as kernels take them, in the order of their memory.

    A stack (n, n_bins, n_frames) and False, or (n, n_frames, n_bins) and True where frames lie one
    after the other, as `stft` leaves them.

    Examples
    --------
    >>> stack_of(np.zeros((2, 3, 4, 5)))[0].shape, stack_of(np.zeros((5, 4)).T)[0].shape
    ((6, 4, 5), (1, 5, 4))
    """
    x, axes = in_memory_order(S, S.ndim - 2)
    return x.reshape(math.prod(x.shape[:-2]), *x.shape[-2:]), axes[-1] != S.ndim - 1


def lowest(S: Array) -> float:
    """Return the lowest value; NaN when one is not finite, or the type not a kernel's.

    Examples
    --------
    >>> lowest(np.array([[1.0, -2.0]])), lowest(np.array([[1.0, np.inf]]))
    (-2.0, nan)
    """
    return _core.lowest(stack_of(S)[0]) if S.ndim > 1 and S.dtype in KERNEL_TYPES else math.nan


def stacked(results: list[Array], lead: tuple[int, ...]) -> Array:
    """Return what was made of each of `channels` under their leading dimensions.

    Examples
    --------
    >>> stacked([np.zeros(4)] * 6, (2, 3)).shape, stacked([np.zeros(4)], (2, 0)).shape
    ((2, 3, 4), (2, 0, 4))
    """
    return np.stack(results)[: math.prod(lead)].reshape(*lead, *results[0].shape)


def check_length(name: str, value: Any) -> int:
    """Return a length of frames or transforms as an int; refuse what is none, or far too large.

    ParameterError, as librosa's; TypeError for what is no number.

    Examples
    --------
    >>> check_length("n_fft", np.int64(512))
    512
    """
    if isinstance(value, (float, np.floating)):
        raise ParameterError(f"{name} must be a positive integer, got {value}")
    length = check_index(name, value)
    if length < 1:
        raise ParameterError(f"{name} must be a positive integer, got {length}")
    if length > LONGEST:
        raise ParameterError(f"{name} must be at most {LONGEST}, got {length}")
    return length


def check_index(name: str, value: Any) -> int:
    """Return an integer of any kind as an int, or raise TypeError.

    Examples
    --------
    >>> check_index("hop_length", np.int64(512))
    512
    """
    if not isinstance(value, (bool, np.bool_)):
        try:
            return operator.index(value)
        except TypeError:
            pass
    raise TypeError(f"{name} must be an integer, got {value!r}")


def fix_length(data: Array, *, size: int, axis: int = -1, **kwargs: Any) -> Array:
    """Cut or pad an array at its end to a size.

    Arguments as librosa's.

    Examples
    --------
    >>> fix_length(np.ones(2), size=3)
    array([1., 1., 0.])
    """
    count = data.shape[axis]
    if count > size:
        cut = [slice(None)] * data.ndim
        cut[axis] = slice(0, size)
        return data[tuple(cut)]
    if count == size:
        return data
    return _padded(data, 0, size - count, axis, **kwargs)


def normalize(
    S: Array, *, norm: float | None = np.inf, axis: int | None = 0, threshold: float | None = None,
    fill: bool | None = None,
) -> Array:  # fmt: skip
    """Scale an array to unit norm along an axis.

    Arguments as librosa's. Returns the shape and type of `S`.

    Examples
    --------
    >>> normalize(np.array([[1.0, 0.0], [4.0, 0.0]]))
    array([[0.25, 0.  ],
           [1.  , 0.  ]])
    """
    if threshold is None:
        threshold = tiny(S)
    elif threshold <= 0:
        raise ParameterError(f"threshold must be positive, got {threshold}")
    if fill not in (None, False, True):
        raise ParameterError(f"fill must be None or a bool, got {fill}")
    if not np.isfinite(S).all():
        raise ParameterError("S must be finite everywhere, got NaN or infinity")
    if norm is None:
        return S
    magnitude = np.abs(S)
    if norm not in (np.inf, -np.inf) or S.dtype.kind != "f":
        magnitude = magnitude.astype(float)
    length, unit = _length(magnitude, norm, axis, fill)
    length = length.astype(float, copy=False)
    small = length < threshold
    length[small] = np.inf if fill is False else 1.0
    scaled = np.empty_like(S)
    np.divide(S, length, out=scaled, casting="unsafe")  # in float64, rounded once
    if fill:
        scaled[np.broadcast_to(small, scaled.shape)] = unit
    return scaled


def _length(
    magnitude: Array, norm: float, axis: int | None, fill: bool | None
) -> tuple[Array, float]:
    """Norms along the axis, and the constant whose norm is 1."""
    if norm == np.inf:
        return np.max(magnitude, axis=axis, keepdims=True), 1.0
    if norm == -np.inf:
        return np.min(magnitude, axis=axis, keepdims=True), 1.0
    if norm == 0:
        if fill is True:
            raise ParameterError("fill must not be True for norm 0: no constant has that norm")
        return np.sum(magnitude > 0, axis=axis, keepdims=True, dtype=magnitude.dtype), 1.0
    if not (np.issubdtype(type(norm), np.number) and norm > 0):
        raise ParameterError(f"norm must be inf, -inf, at least 0 or None, got {norm!r}")
    if norm == 1:
        length = np.sum(magnitude, axis=axis, keepdims=True)
    else:
        length = np.sum(magnitude**norm, axis=axis, keepdims=True) ** (1.0 / norm)
    count = magnitude.size if axis is None else magnitude.shape[axis]
    return length, count ** (-1.0 / norm)


# Names of librosa's that quaver keeps elsewhere, or lacks.
__getattr__ = forward.attach_module("util.utils", UTIL)
