"""Resampling with the filters of resampy, "kaiser_best" and "kaiser_fast".

A sinc under a Kaiser window lies in a table, between whose entries lines are drawn (Smith, Digital
audio resampling home page, 2002, as resampy 0.4 does it). Where rates are whole numbers the weights
repeat, so that blocks of samples times one matrix are blocks of the result.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from quaver._caches import kept

Array = NDArray[Any]


class _Filter(NamedTuple):
    """Shape of the Kaiser window, cut-off in half rates, zero crossings, entries between two."""

    beta: float
    roll_off: float
    n_zeros: int
    n_entries: int


#: By the names of their types: those of resampy's tables, within 5e-11.
FILTERS = {
    "kaiser_best": _Filter(12.984585325158617, 0.9173473712608761, 50, 8192),
    "kaiser_fast": _Filter(9.903224458592966, 0.8682120388377784, 24, 512),
}
# Weights of the matrix, and outputs of a block: enough for a matrix product at full speed.
_LARGEST_MATRIX = 1 << 21
_BLOCK = 48
# Samples that are laid out at a time.
_AT_ONCE = 1 << 20


def resample(y: Array, orig_sr: float, target_sr: float, res_type: str) -> Array | None:
    """Resample the last axis of float32 or float64 samples; None for ratios without a short period.

    Returns ``int(n * target_sr / orig_sr)`` samples, within 1e-6 of the largest of resampy's.

    Examples
    --------
    >>> resample(np.ones(1000), 48000, 16000, "kaiser_fast").shape
    (333,)
    """
    rates = orig_sr, target_sr
    if y.dtype not in (np.float32, np.float64) or any(rate != int(rate) for rate in rates):
        return None
    common = math.gcd(int(orig_sr), int(target_sr))
    before, after = int(orig_sr) // common, int(target_sr) // common
    n_out = _count(y, orig_sr, target_sr)
    periods = -(-_BLOCK // after)
    reach = _reach(res_type, min(1.0, after / before))
    if (periods * before + 2 * reach) * periods * after > _LARGEST_MATRIX:
        return None
    matrix = _matrix(res_type, before, after, periods, y.dtype.str)
    rows = y.reshape(-1, y.shape[-1])
    out = np.stack([_filtered(row, matrix, before, after, periods, reach, n_out) for row in rows])
    _settle_whole_times(rows, out, res_type, before, after, reach)
    return out.reshape(*y.shape[:-1], n_out)


def _count(y: Array, orig_sr: float, target_sr: float) -> int:
    n_out = int(y.shape[-1] * float(target_sr) / float(orig_sr))
    if n_out < 1:
        raise ValueError(
            f"y is too short to be resampled from {orig_sr} to {target_sr}, got"
            f" {y.shape[-1]} samples"
        )
    return n_out


def resample_anywhere(y: Array, orig_sr: float, target_sr: float, res_type: str) -> Array:
    """Resample the last axis at any ratio, weights of each output by themselves: as resampy, slow.

    Examples
    --------
    >>> resample_anywhere(np.ones(1000), 16000.5, 16000, "kaiser_fast").shape
    (999,)
    """
    ratio = float(target_sr) / float(orig_sr)
    n_entries, scale = FILTERS[res_type].n_entries, min(1.0, ratio)
    step = int(scale * n_entries)
    if step < 1:
        raise ValueError(f"{res_type} has no filter from {orig_sr} to {target_sr} Hz")
    table = _table(res_type) * scale
    slopes = np.diff(table, append=table[-1])
    time = np.arange(_count(y, orig_sr, target_sr)) * (1.0 / ratio)
    sample = time.astype(np.int64)
    share = scale * (time - sample)
    reach = len(table) // step + 1
    rows = y.reshape(-1, y.shape[-1])
    padded = np.zeros((len(rows), rows.shape[-1] + 2 * reach))
    padded[:, reach : reach + rows.shape[-1]] = rows
    out = np.zeros((len(rows), len(time)))
    for distance, first, way in (
        (share, reach + sample, -1),
        (scale - share, reach + sample + 1, 1),
    ):
        index = (distance * n_entries).astype(np.int64)
        rest = distance * n_entries - index
        last = (len(table) - index) // step  # taps of each output
        for i in range(int(last.max())):
            used = i < last
            place = np.where(used, index + i * step, 0)
            weight = np.where(used, table[place] + rest * slopes[place], 0.0)
            out += weight * padded[:, np.clip(first + way * i, 0, padded.shape[-1] - 1)]
    return out.reshape(*y.shape[:-1], -1).astype(y.dtype)


def _filtered(
    y: Array, matrix: Array, before: int, after: int, periods: int, reach: int, n_out: int
) -> Array:
    """Multiply blocks of samples, which overlap, by the matrix of a block."""
    step, size = periods * before, len(matrix)
    n_blocks = -(-n_out // (periods * after))
    padded = np.zeros(max((n_blocks - 1) * step + size, reach + len(y)), y.dtype)
    padded[reach : reach + len(y)] = y
    out = np.empty((n_blocks, periods * after), y.dtype)
    blocks = np.lib.stride_tricks.sliding_window_view(padded, size)[::step]
    at_once = max(1, _AT_ONCE // size)
    for first in range(0, n_blocks, at_once):
        part = slice(first, min(first + at_once, n_blocks))
        np.matmul(np.ascontiguousarray(blocks[part]), matrix, out=out[part])
    return out.ravel()[:n_out]


def _settle_whole_times(
    rows: Array, out: Array, res_type: str, before: int, after: int, reach: int
) -> None:
    """Filter anew where rounding has put a time that is a sample's just before it, as resampy has.

    The table's steps are rounded, so that the two sides of a sample are not the same.
    """
    times = np.arange(0, out.shape[-1], after) * (1.0 / (after / before))
    low = np.flatnonzero(times.astype(np.int64) < before * np.arange(len(times)))
    if not low.size:
        return
    weights = _weights(res_type, before, after, 1.0, reach).astype(rows.dtype)
    padded = np.zeros((len(rows), rows.shape[-1] + 2 * reach + before), rows.dtype)
    padded[:, reach : reach + rows.shape[-1]] = rows
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach, axis=-1)
    out[:, low * after] = windows[:, low * before] @ weights  # of the sample before


def _reach(res_type: str, scale: float) -> int:
    """Return how many samples the filter looks at on each side, at most."""
    shape = FILTERS[res_type]
    step = int(scale * shape.n_entries)
    return (shape.n_zeros * shape.n_entries + 1) // step + 1 if step else 1 << 30


@kept
def _table(res_type: str) -> tuple[Array, int]:
    """Return the right half of the filter."""
    shape = FILTERS[res_type]
    size = shape.n_zeros * shape.n_entries
    time = np.linspace(0, shape.n_zeros, size + 1)
    table = shape.roll_off * np.sinc(shape.roll_off * time)
    table *= np.i0(shape.beta * np.sqrt(np.maximum(0, 1 - (time / shape.n_zeros) ** 2)))
    table /= np.i0(shape.beta)
    return table, table.nbytes


def _weights(res_type: str, before: int, after: int, share: float, reach: int) -> Array:
    """Return weights of the samples around a time, a share behind the one at reach - 1."""
    n_entries = FILTERS[res_type].n_entries
    scale = min(1.0, after / before)
    table = _table(res_type) * scale
    slopes = np.diff(table, append=table[-1])
    step = int(scale * n_entries)
    weights = np.zeros(2 * reach)
    for distance, places in ((scale * share, -1), (scale - scale * share, 1)):
        whole, rest = divmod(distance * n_entries, 1.0)
        index = int(whole) + step * np.arange((len(table) - int(whole)) // step)
        start = reach - 1 if places < 0 else reach
        weights[start + places * np.arange(len(index))] = table[index] + rest * slopes[index]
    return weights


@kept
def _matrix(res_type: str, before: int, after: int, periods: int, dtype: str) -> tuple[Array, int]:
    """Return the matrix that makes periods * after samples of those of a block."""
    reach = _reach(res_type, min(1.0, after / before))
    matrix = np.zeros((periods * before + 2 * reach, periods * after))
    for phase in range(after):
        sample, rest = divmod(phase * before, after)
        weights = _weights(res_type, before, after, rest / after, reach)
        for period in range(periods):
            first = sample + period * before + 1
            matrix[first : first + 2 * reach, phase + period * after] = weights
    result = matrix.astype(dtype)
    return result, result.nbytes


__all__ = ["FILTERS", "resample", "resample_anywhere"]
