"""Autocorrelation, linear prediction and zero crossings, as in librosa.core.audio."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quaver import _core
from quaver._caches import PER_POINT, kept
from quaver._prediction import burg
from quaver.compat.librosa.util.exceptions import ParameterError
from quaver.compat.librosa.util.utils import (
    is_positive_int,
    threshold_in,
    tiny,
    valid_audio,
)

Array = NDArray[Any]

# With this many samples a lag, blocks of the signal are correlated one by one, up to lags whose
# blocks a kernel transforms.
_SHORT_LAGS, _MOST_LAGS = 8, 1 << 14


def autocorrelate(y: Array, *, max_size: int | None = None, axis: int = -1) -> Array:
    """Correlate a signal with itself at lags from 0 on.

    Arguments as librosa's.

    Examples
    --------
    >>> autocorrelate(np.array([1.0, 2.0, 3.0])).round(9).tolist()
    [14.0, 8.0, 3.0]
    """
    n = y.shape[axis]
    n_lags = n if max_size is None else int(min(max_size, n))
    size = _fast_length(2 * n - 1)
    found: Array
    spectrum: Array
    fft = transforms()
    if np.iscomplexobj(y):
        spectrum = fft.fft(y, n=size, axis=axis)
        found = fft.ifft(np.multiply(spectrum, spectrum.conj(), out=spectrum), n=size, axis=axis)
        kind: Any = y.dtype
    else:
        is_single = y.dtype.kind == "f" and y.dtype.itemsize <= 4
        kind = np.float32 if is_single else np.float64
        if y.size and 0 < _SHORT_LAGS * n_lags <= n and n_lags <= _MOST_LAGS:
            return _short_lags(y.astype(kind, copy=False), n_lags, axis)
        spectrum = fft.rfft(y, n=size, axis=axis)
        # In place, and as complex numbers of their own precision: NumPy would widen real ones.
        found = fft.irfft(np.multiply(spectrum, spectrum.conj(), out=spectrum), n=size, axis=axis)
    lags = [slice(None)] * found.ndim
    lags[axis] = slice(n_lags)
    return found[tuple(lags)].astype(kind, copy=False)


def _short_lags(y: Array, n_lags: int, axis: int) -> Array:
    """Correlate blocks with themselves and what follows: short transforms stay in the cache."""
    size = max(1024, 1 << (4 * n_lags - 1).bit_length())
    length = size - n_lags + 1
    rows = np.moveaxis(y, axis, -1)
    count = -(-rows.shape[-1] // length)
    padded = np.zeros((*rows.shape[:-1], (count - 1) * length + size), y.dtype)
    padded[..., : rows.shape[-1]] = rows
    fft = transforms()
    spectrum = np.stack(
        [_cross_spectrum(row, size, length) for row in padded.reshape(-1, padded.shape[-1])]
    ).reshape(*rows.shape[:-1], size // 2 + 1)
    return np.moveaxis(fft.irfft(spectrum, n=size)[..., :n_lags], -1, axis)


def _cross_spectrum(y: Array, size: int, length: int) -> Array:
    """Sum the products of the spectra of blocks and of what they begin, conjugates of the former.

    Blocks are `length` samples long, extended ones `size`.
    """
    blocks, extended = (plan.run(y) for plan in _block_plans(size, length, y.dtype == np.float32))
    np.conj(blocks, out=blocks)
    blocks *= extended
    return np.asarray(blocks.sum(axis=0))


@kept
def _block_plans(size: int, length: int, single: bool) -> tuple[tuple[Any, Any], int]:
    within = np.zeros(size)
    within[:length] = 1
    options: Any = {"n_fft": size, "hop_length": length, "center": False}
    make: Any = _core.Stft if single else partial(_core.Stft64, invertible=False)
    plans = make(window=within, **options), make(window=np.ones(size), **options)
    return plans, 2 * PER_POINT * size


@lru_cache(maxsize=1)
def transforms() -> Any:
    """Return SciPy's transforms, which take channels side by side, or NumPy's without SciPy."""
    try:
        from scipy import fft
    except ModuleNotFoundError:
        return np.fft
    return fft


@lru_cache(maxsize=256)
def _fast_length(n: int) -> int:
    """Return the smallest length from n on without a prime factor above 5."""
    if n < 1:
        raise ValueError("a signal must hold at least one sample, got 0")
    best = 1 << (n - 1).bit_length()
    five = 1
    while five < best:
        odd = five
        while odd < best:
            # Times the smallest power of two that reaches n.
            best = min(best, odd << (-(-n // odd) - 1).bit_length())
            odd *= 3
        five *= 5
    return best


def lpc(y: Array, *, order: int, axis: int = -1) -> Array:
    """Find the coefficients of linear prediction by Burg's method (Marple 1980).

    Arguments as librosa's, but an order above the number of samples is refused, where librosa reads
    what lies in memory behind them. Returns ``order + 1`` coefficients along `axis`, the leading 1
    included, of the filter whose output is the prediction error.

    Examples
    --------
    >>> lpc(0.9 ** np.arange(50.0), order=1).round(2).tolist()
    [1.0, -0.99]
    """
    if not is_positive_int(order):
        raise ParameterError(f"order must be a positive int, got {order}")
    valid_audio(y)
    x = np.moveaxis(y, axis, -1)
    n = x.shape[-1]
    if order > max(n, 1):
        raise ParameterError(f"order must be at most the number of samples, {n}, got {order}")
    return np.moveaxis(burg(x, order, float(tiny(x))), -1, axis)


def zero_crossings(
    y: Array, *, threshold: float = 1e-10, ref_magnitude: Any = None, pad: bool = True,
    zero_pos: bool = True, axis: int = -1,
) -> Array:  # fmt: skip
    """Mark the samples whose sign differs from that of the sample before.

    Arguments as librosa's. Returns bools of the shape of `y`.

    Examples
    --------
    >>> zero_crossings(np.array([1.0, -1.0, -2.0, 0.0, 3.0])).tolist()
    [True, True, False, True, False]
    """
    if callable(ref_magnitude):
        threshold = threshold * ref_magnitude(np.abs(y))
    elif ref_magnitude is not None:
        threshold = threshold * ref_magnitude
    limit = np.asarray(threshold_in(y.dtype, threshold))[..., np.newaxis]  # one, or of each signal
    signals = y.swapaxes(-1, axis)
    if zero_pos and (limit >= 0).all():
        sign = np.signbit(signals) & ~(signals >= -limit)
    else:
        loud = np.where((signals >= -limit) & (signals <= limit), y.dtype.type(0), signals)
        sign = np.signbit(loud) if zero_pos else np.sign(loud)
    crossings = np.empty(y.shape, bool)
    view = crossings.swapaxes(-1, axis)
    view[..., 1:] = sign[..., 1:] != sign[..., :-1]
    view[..., 0] = pad
    return crossings
