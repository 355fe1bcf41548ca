"""Spectral contrast, as librosa.feature.spectral."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quaver import _core
from quaver._caches import kept
from quaver.compat.librosa.core import transform
from quaver.compat.librosa.core.convert import fft_frequencies
from quaver.compat.librosa.core.spectrum import check_signal, length_of, power_to_db
from quaver.compat.librosa.util.exceptions import ParameterError
from quaver.compat.librosa.util.utils import lowest, stack_of

Array = NDArray[Any]

# The kernel's lists of extremes; it refuses longer ones.
_LONGEST_EXTREMES = 64


def spectral_contrast(
    *, y: Array | None = None, sr: float = 22050, S: Array | None = None, n_fft: int = 2048,
    hop_length: int = 512, win_length: int | None = None, window: Any = "hann", center: bool = True,
    pad_mode: Any = "constant", freq: Array | None = None, fmin: float = 200.0, n_bands: int = 6,
    quantile: float = 0.02, linear: bool = False,
) -> Array:  # fmt: skip
    """Compute the distance between peaks and valleys of the spectrum in octave bands.

    Arguments as librosa's. Returns (..., n_bands + 1, n_frames), float64.

    Examples
    --------
    >>> spectral_contrast(y=np.zeros(22050, np.float32)).shape
    (7, 44)
    """
    frames = None
    if S is None:
        n_fft = check_signal(y, n_fft)
        frames = transform.Framing.of(y, n_fft, hop_length, win_length, window, center, pad_mode)
    else:
        n_fft = length_of(S, n_fft)
    n_bins = n_fft // 2 + 1 if S is None else S.shape[-2]
    if freq is not None:
        freq = np.atleast_1d(freq)
        if freq.ndim != 1 or len(freq) != n_bins:
            raise ParameterError(f"freq must have shape ({n_bins},), got {freq.shape}")
    if n_bands < 1 or not isinstance(n_bands, (int, np.integer)):
        raise ParameterError(f"n_bands must be a positive integer, got {n_bands}")
    if not 0.0 < quantile < 1.0:
        raise ParameterError(f"quantile must lie in (0, 1), got {quantile}")
    if fmin <= 0:
        raise ParameterError(f"fmin must be positive, got {fmin}")
    highest = fmin * 2.0 ** (n_bands - 1)
    if highest >= 0.5 * sr:
        raise ParameterError(
            f"the bands must begin below half the sampling rate ({0.5 * sr} Hz), got"
            f" {highest} Hz; use a lower fmin or fewer bands"
        )
    if freq is None:
        bands = _cached_bands(float(sr), n_fft, float(fmin), n_bands)
    else:
        bands = _bands(freq, _edges(fmin, n_bands))
    counts = [max(1, round(quantile * count)) for _, count in bands]
    valley, peak = _extremes(S, frames, [bins for bins, _ in bands], counts)
    if linear:
        return peak - valley
    return np.asarray(power_to_db(peak) - power_to_db(valley))


@kept
def _cached_bands(
    sr: float, n_fft: int, fmin: float, n_bands: int
) -> tuple[list[tuple[Array, int]], int]:
    bands = _bands(fft_frequencies(sr=sr, n_fft=n_fft), _edges(fmin, n_bands))
    return bands, sum(bins.nbytes for bins, _ in bands)


def _edges(fmin: float, n_bands: int) -> Array:
    return np.concatenate([[0.0], fmin * 2.0 ** np.arange(n_bands + 1)])


def _bands(freq: Array, edges: Array) -> list[tuple[Array, int]]:
    """Bins of each octave band, and how many there were before its upper neighbour was left out."""
    bands = []
    last = len(edges) - 2
    for k in range(last + 1):
        inside = (freq >= edges[k]) & (freq <= edges[k + 1])
        found = np.flatnonzero(inside)
        # One bin below belongs to a band too, and everything above to the highest.
        if k > 0:
            inside[found[0] - 1] = True
        if k == last:
            inside[found[-1] + 1 :] = True
        count = int(inside.sum())
        bins = np.flatnonzero(inside)
        bands.append((bins if k == last else bins[:-1], count))
    return bands


def _extremes(
    S: Array | None, frames: transform.Framing | None, bands: list[Array], counts: list[int]
) -> tuple[Array, Array]:
    """Mean of the smallest and largest values of each band, of a picture or of frames."""
    spans = [
        (int(bins[0]), int(bins[-1]) + 1, min(count, len(bins)))
        for bins, count in zip(bands, counts, strict=True)
        if len(bins) and bins[-1] - bins[0] + 1 == len(bins) and count <= _LONGEST_EXTREMES
    ]
    simple = len(spans) == len(bands)
    if frames is not None:
        if simple and frames.plan is not None and frames.y.dtype == np.float32:
            return frames.extremes(spans)
        S = frames.picture(1)
    assert S is not None
    shape = (*S.shape[:-2], len(bands), S.shape[-1])
    if S.size and simple and not math.isnan(lowest(S)):
        low, high = _core.contrast(*stack_of(S), spans)
        low, high = (part.astype(np.float64).reshape(shape) for part in (low, high))
        return low, high
    valley, peak = np.zeros(shape), np.zeros(shape)
    for k, (bins, count) in enumerate(zip(bands, counts, strict=True)):
        ordered = np.sort(S[..., bins, :], axis=-2)
        valley[..., k, :] = np.mean(ordered[..., :count, :], axis=-2)
        peak[..., k, :] = np.mean(ordered[..., -count:, :], axis=-2)
    return valley, peak
