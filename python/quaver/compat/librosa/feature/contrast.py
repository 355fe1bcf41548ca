"""Spectral contrast, as librosa.feature.spectral."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from quaver import _core
from quaver.compat.librosa.core.convert import fft_frequencies
from quaver.compat.librosa.core.spectrum import power_to_db, spectrogram
from quaver.compat.librosa.util.exceptions import ParameterError

Array = NDArray[Any]

# The kernel's lists of extremes; it refuses longer ones.
_LONGEST_EXTREMES = 64


def spectral_contrast(
    *,
    y: Array | None = None,
    sr: float = 22050,
    S: Array | None = None,
    n_fft: int = 2048,
    hop_length: int = 512,
    win_length: int | None = None,
    window: Any = "hann",
    center: bool = True,
    pad_mode: Any = "constant",
    freq: Array | None = None,
    fmin: float = 200.0,
    n_bands: int = 6,
    quantile: float = 0.02,
    linear: bool = False,
) -> Array:
    """Compute the distance between peaks and valleys of the spectrum in octave bands.

    Parameters
    ----------
    y, sr, S, n_fft, hop_length, win_length, window, center, pad_mode
        As of `spectral_centroid`.
    freq : ndarray of shape (n_bins,), optional
        Frequencies of the bins in Hz.
    fmin : float, default 200.0
        Upper edge of the lowest band in Hz; each of the others spans an octave.
    n_bands : int, default 6
        Octaves above `fmin`.
    quantile : float, default 0.02
        Share of a band's bins that make a peak and a valley.
    linear : bool, default False
        Difference of magnitudes instead of decibels.

    Returns
    -------
    ndarray of shape (..., n_bands + 1, n_frames), float64

    Raises
    ------
    ParameterError
        For arguments out of range, or bands beyond half the sampling rate.

    Examples
    --------
    >>> spectral_contrast(y=np.zeros(22050, np.float32)).shape
    (7, 44)
    """
    S, n_fft = spectrogram(
        y=y,
        S=S,
        n_fft=n_fft,
        hop_length=hop_length,
        win_length=win_length,
        window=window,
        center=center,
        pad_mode=pad_mode,
        exact=True,
    )
    freq = np.atleast_1d(fft_frequencies(sr=sr, n_fft=n_fft) if freq is None else freq)
    if freq.ndim != 1 or len(freq) != S.shape[-2]:
        raise ParameterError(f"freq must have shape ({S.shape[-2]},), got {freq.shape}")
    if n_bands < 1 or not isinstance(n_bands, (int, np.integer)):
        raise ParameterError(f"n_bands must be a positive integer, got {n_bands}")
    if not 0.0 < quantile < 1.0:
        raise ParameterError(f"quantile must lie in (0, 1), got {quantile}")
    if fmin <= 0:
        raise ParameterError(f"fmin must be positive, got {fmin}")
    edges = np.concatenate([[0.0], fmin * 2.0 ** np.arange(n_bands + 1)])
    if np.any(edges[:-1] >= 0.5 * sr):
        raise ParameterError(
            f"the bands must begin below half the sampling rate ({0.5 * sr} Hz), got"
            f" {edges[-2]} Hz; use a lower fmin or fewer bands"
        )
    valley, peak = _extremes(S, _bands(freq, edges), quantile)
    if linear:
        return peak - valley
    return np.asarray(power_to_db(peak) - power_to_db(valley))


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


def _extremes(S: Array, bands: list[tuple[Array, int]], quantile: float) -> tuple[Array, Array]:
    counts = [int(np.maximum(np.rint(quantile * count), 1)) for _, count in bands]
    shape = (*S.shape[:-2], len(bands), S.shape[-1])
    spans = [
        (int(bins[0]), int(bins[-1]) + 1, min(count, len(bins)))
        for (bins, _), count in zip(bands, counts, strict=True)
        if len(bins) and bins[-1] - bins[0] + 1 == len(bins) and count <= _LONGEST_EXTREMES
    ]
    if S.dtype == np.float32 and S.size and len(spans) == len(bands) and np.isfinite(S).all():
        flat = np.ascontiguousarray(S).reshape(-1, *S.shape[-2:])
        pairs = [_core.contrast(channel, spans) for channel in flat]
        low, high = (np.stack(part).reshape(shape) for part in zip(*pairs, strict=True))
        return low.astype(np.float64), high.astype(np.float64)
    valley, peak = np.zeros(shape), np.zeros(shape)
    for k, ((bins, _), count) in enumerate(zip(bands, counts, strict=True)):
        ordered = np.sort(S[..., bins, :], axis=-2)
        valley[..., k, :] = np.mean(ordered[..., :count, :], axis=-2)
        peak[..., k, :] = np.mean(ordered[..., -count:, :], axis=-2)
    return valley, peak
