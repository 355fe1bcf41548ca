"""Decomposition of spectrograms, as librosa.decompose."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from quaver import _core
from quaver.compat.librosa import forward
from quaver.compat.librosa.util.exceptions import ParameterError
from quaver.compat.librosa.util.utils import check_index, contiguous

Array = NDArray[Any]

# Of the kernel: the window of each frame is kept in order.
_LARGEST_KERNEL = 1 << 15


def hpss(
    S: Array, *, kernel_size: Any = 31, power: float = 2.0, mask: bool = False, margin: Any = 1.0,
) -> tuple[Array, Array]:  # fmt: skip
    """Separate a spectrogram into what lasts in time and what is spread over frequency.

    Medians along time keep harmonics, medians along frequency keep bursts; soft masks of the two
    divide `S` (Fitzgerald 2010; Driedger, Mueller & Disch 2014). Arguments as librosa's. Where a
    spectrogram is so short that half a kernel spans four times its length, its mirror image is
    continued; SciPy, and librosa through it, reads beyond it there.

    Examples
    --------
    >>> tone = np.zeros((64, 40), np.float32)
    >>> tone[20] = 1
    >>> harmonic, percussive = hpss(tone)
    >>> float(harmonic.sum()), float(percussive.sum())
    (40.0, 0.0)
    """
    magnitude = np.abs(S) if np.iscomplexobj(S) else S
    pair = (tuple, list)
    win_harm, win_perc = kernel_size[:2] if isinstance(kernel_size, pair) else (kernel_size,) * 2
    margin_harm, margin_perc = margin[:2] if isinstance(margin, pair) else (margin,) * 2
    if margin_harm < 1 or margin_perc < 1:
        raise ParameterError(f"margin must be at least 1, got {margin}; 1 to 10 is usual")
    harm = _median(magnitude, win_harm, -1)
    perc = _median(magnitude, win_perc, -2)
    split = margin_harm == 1 and margin_perc == 1
    mask_harm = _soft_mask(harm, perc * margin_harm, power, split)
    mask_perc = _soft_mask(perc, harm * margin_perc, power, split)
    if mask:
        return mask_harm, mask_perc
    return S * mask_harm, S * mask_perc


def _median(magnitude: Array, size: Any, axis: int) -> Array:
    """Return the running median along one of the last two axes."""
    size = check_index("kernel_size", size)
    if size == 0:
        raise RuntimeError("kernel_size must be positive, got 0")  # SciPy's choice of type
    if not 0 < size <= _LARGEST_KERNEL:
        raise ParameterError(f"kernel_size must lie between 1 and {_LARGEST_KERNEL}, got {size}")
    kind = magnitude.dtype if magnitude.dtype == np.float32 else np.dtype(np.float64)
    out = np.empty_like(magnitude)
    for index in np.ndindex(magnitude.shape[:-2]):
        page = magnitude[index] if axis == -2 else magnitude[index].T
        median = _core.running_median(contiguous(page, kind), size)
        out[index] = median if axis == -2 else median.T
    return out


def _soft_mask(x: Array, other: Array, power: float, split_zeros: bool) -> Array:
    """Return the share of `x`: x^power / (x^power + other^power), without overflow."""
    if (x < 0).any() or (other < 0).any():
        raise ParameterError("spectrograms must not be negative")
    if power <= 0:
        raise ParameterError(f"power must be positive, got {power}")
    if not np.isfinite(power):
        return np.asarray(x > other)
    kind = x.dtype if np.issubdtype(x.dtype, np.floating) else np.dtype(np.float32)
    larger = np.maximum(x, other).astype(kind, copy=False)
    silent = larger < np.finfo(kind).tiny
    larger[silent] = 1
    mask = np.asarray(x / larger) ** power
    rest = np.asarray(other / larger) ** power
    rest += mask
    rest[silent] = 1
    mask /= rest
    mask[silent] = 0.5 if split_zeros else 0.0
    return mask


__getattr__, __dir__ = forward.attach("decompose", {"hpss": "decompose"})
