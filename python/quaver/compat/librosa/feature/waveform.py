"""Loudness and zero crossings of the waveform, as librosa.feature.spectral."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quaver import _core
from quaver.compat.librosa import _release
from quaver.compat.librosa.util.exceptions import ParameterError
from quaver.compat.librosa.util.utils import (
    KERNEL_TYPES,
    abs2,
    frame,
    pad_ends,
    stack_of,
    threshold_in,
    valid_audio,
)

Array = NDArray[Any]


def rms(
    *, y: Array | None = None, S: Array | None = None, frame_length: int = 2048,
    hop_length: int = 512, center: bool = True, pad_mode: Any = "constant", dtype: Any = np.float32,
) -> Array:  # fmt: skip
    """Compute the root mean square of each frame.

    Arguments as librosa's; 1.0 refuses samples that are integers or not finite, releases before
    it take them. Returns (..., 1, n_frames) of type `dtype`.

    Examples
    --------
    >>> rms(y=np.ones(4096), frame_length=1024, hop_length=1024, center=False)
    array([[1., 1., 1., 1.]], dtype=float32)
    """
    if y is not None:
        if not _release.is_before_1():
            valid_audio(y)
        if center:
            y = pad_ends(y, frame_length // 2, frame_length // 2, pad_mode)
        power = _mean_square(y, frame_length, hop_length, dtype)
    elif S is not None:
        if S.shape[-2] != frame_length // 2 + 1:
            raise ParameterError(
                f"frame_length must be {2 * S.shape[-2] - 2} or {2 * S.shape[-2] - 1} for the"
                f" {S.shape[-2]} bins of S, got {frame_length}"
            )
        power = 2 * _energies(S, frame_length, dtype) / frame_length**2
    else:
        raise ParameterError("y or S must be given, got neither")
    return np.asarray(np.sqrt(power))


def _energies(S: Array, frame_length: int, dtype: Any) -> Array:
    """Sum the squares of a spectrogram over bins, those that have no mirror image by half."""
    if S.dtype in KERNEL_TYPES and dtype in (np.float32, S.dtype) and S.shape[-2] > 1:
        sums = _core.energies(*stack_of(S), frame_length % 2 == 0)
        return sums.reshape(*S.shape[:-2], 1, S.shape[-1]).astype(dtype, copy=False)
    x = abs2(S, dtype=dtype)
    x[..., 0, :] *= 0.5
    if frame_length % 2 == 0:
        x[..., -1, :] *= 0.5
    return np.asarray(np.sum(x, axis=-2, keepdims=True))


def _mean_square(y: Array, frame_length: int, hop_length: int, dtype: Any) -> Array:
    common = int(np.gcd(frame_length, hop_length)) if hop_length >= 1 else 1
    if common < 16 or y.shape[-1] < frame_length:
        x = frame(y, frame_length=frame_length, hop_length=hop_length)
        return np.asarray(np.mean(abs2(x, dtype=dtype), axis=-2, keepdims=True))
    sums = _block_sums(abs2(y, dtype=dtype), frame_length, hop_length, common, None)
    return np.asarray((sums / frame_length).astype(dtype)[..., np.newaxis, :])


def zero_crossing_rate(
    y: Array, *, frame_length: int = 2048, hop_length: int = 512, center: bool = True,
    **kwargs: Any,
) -> Array:  # fmt: skip
    """Compute the share of samples of each frame at which the sign changes.

    Arguments as librosa's, of `zero_crossings` as well. Returns (..., 1, n_frames), float64.

    Examples
    --------
    >>> y = np.tile([1.0, -1.0], 1024)
    >>> zero_crossing_rate(y, center=False)
    array([[0.99951172]])
    """
    valid_audio(y)
    if frame_length < 1:
        raise ParameterError(f"frame_length must be at least 1, got {frame_length}")
    if center:
        y = pad_ends(y, frame_length // 2, frame_length // 2, "edge")
    frames = frame(y, frame_length=frame_length, hop_length=hop_length)
    kwargs.pop("axis", None)
    return _crossings(y, frames, hop_length, **kwargs)


def _crossings(
    y: Array,
    frames: Array,
    hop_length: int,
    *,
    threshold: float = 1e-10,
    ref_magnitude: Any = None,
    pad: bool = False,
    zero_pos: bool = True,
) -> Array:
    if callable(ref_magnitude):
        threshold = threshold * ref_magnitude(np.abs(frames))
    elif ref_magnitude is not None:
        threshold = threshold * ref_magnitude
    frame_length, n_frames = frames.shape[-2:]
    if np.ndim(threshold) != 0:
        # A threshold for each frame: frames no longer share their crossings.
        limit = np.moveaxis(np.broadcast_to(threshold, frames.shape), -2, -1)
        change = _changes(np.moveaxis(frames, -2, -1), limit, zero_pos)
        counts = change.sum(axis=-1)
    else:
        change = _changes(y, threshold_in(y.dtype, threshold), zero_pos)
        counts = _counts(change, frame_length, hop_length, n_frames)
    return np.asarray(((counts + bool(pad)) / frame_length)[..., np.newaxis, :])


def _counts(change: Array, frame_length: int, hop_length: int, n_frames: int) -> Array:
    """Count the changes within each frame, of which the one to the sample behind it is none."""
    starts = hop_length * np.arange(n_frames)
    common = math.gcd(frame_length, hop_length)
    if 16 <= common <= np.iinfo(np.uint16).max:
        sums = _block_sums(change.view(np.uint8), frame_length, hop_length, common, np.uint16)
        return np.asarray(sums - change[..., starts + frame_length - 1])
    ahead = np.zeros(change.shape, np.int64)
    np.cumsum(change[..., :-1], axis=-1, out=ahead[..., 1:])
    return np.asarray(ahead[..., starts + frame_length - 1] - ahead[..., starts])


def _block_sums(x: Array, frame_length: int, hop_length: int, common: int, dtype: Any) -> Array:
    """Sum the frames of x, which share blocks of `common` samples, summed once, as dtype."""
    count = x.shape[-1] // common
    blocks = x[..., : count * common].reshape(*x.shape[:-1], count, common)
    sums = blocks.sum(axis=-1, dtype=dtype)
    view = np.lib.stride_tricks.sliding_window_view(sums, frame_length // common, axis=-1)
    return np.asarray(view[..., :: hop_length // common, :].sum(axis=-1))


def _changes(y: Array, threshold: Any, zero_pos: bool) -> Array:
    """Tell where the sign of the sample behind differs, which the last one lacks, (..., n)."""
    if zero_pos and np.ndim(threshold) == 0:
        sign = y < -np.maximum(threshold, 0)
    else:
        quiet = np.abs(y) <= threshold
        sign = (y < 0) & ~quiet if zero_pos else np.where(quiet, 0, np.sign(y)).astype(np.int8)
    change = np.zeros(y.shape, bool)
    np.not_equal(sign[..., 1:], sign[..., :-1], out=change[..., :-1])
    return change
