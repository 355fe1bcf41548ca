"""The tuning of a picture, as `estimate_tuning` with its defaults, on what the answer needs."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quaver.compat.librosa.core.convert import hz_to_octs

Array = NDArray[Any]

_LOWEST, _HIGHEST = 150.0, 4000.0  # Hz, of the pitches looked at
_THRESHOLD = 0.1  # of a frame's largest value
_RESOLUTION = 0.01  # steps of the scale


def tuning_of(S: Array, sr: float, n_fft: int, bins_per_octave: int = 12) -> float:
    """Return what ``estimate_tuning(S=S, sr=sr, bins_per_octave=bins_per_octave)`` returns.

    Instead of pictures of all pitches and magnitudes, only the peaks between 150 and 4,000 Hz are
    gathered.

    Parameters
    ----------
    S : ndarray of shape (n_bins, n_frames), floating-point
        Magnitude or power.
    sr : float
        Sampling rate in Hz.
    n_fft : int
        Length of the transform.
    bins_per_octave : int, default 12
        Steps of an octave.

    Returns
    -------
    float
        Deviation in steps; 0 with a warning when there is no peak.

    Examples
    --------
    >>> S = np.zeros((1025, 1), np.float32)
    >>> S[40:43, 0] = [0.2, 1.0, 0.8]
    >>> round(tuning_of(S, 22050, 2048), 2)
    0.18
    """
    hertz, magnitude = _peaks(S, sr, n_fft)
    if hertz.size:
        hertz = hertz[magnitude >= np.median(magnitude)]
    else:
        warnings.warn("no frequency to estimate the tuning from", stacklevel=3)
        return 0.0
    residual = np.mod(bins_per_octave * hz_to_octs(hertz), 1.0)
    residual[residual >= 0.5] -= 1.0
    edges = np.linspace(-0.5, 0.5, int(np.ceil(1.0 / _RESOLUTION)) + 1)
    counts = np.bincount(np.searchsorted(edges, residual, side="right") - 1)
    return float(edges[np.argmax(counts)])


def _peaks(S: Array, sr: float, n_fft: int) -> tuple[Array, Array]:
    """Return frequency and height of the vertex of the parabola through each peak, as piptrack."""
    frequencies = np.arange(S.shape[0]) * float(sr) / n_fft
    wanted = (frequencies >= _LOWEST) & (frequencies < min(_HIGHEST, float(sr) / 2))
    bins = np.flatnonzero(wanted)
    if bins.size == 0:
        return np.zeros(0), np.zeros(0)
    first = int(bins[0])
    rows = S[first - 1 : bins[-1] + 2]
    loud = rows * (rows > _THRESHOLD * S.max(axis=0))
    middle = loud[1:-1]
    at = np.flatnonzero((middle > loud[:-2]) & (middle >= loud[2:])) + rows.shape[1]
    values = rows.ravel()
    here, below, above = values[at], values[at - rows.shape[1]], values[at + rows.shape[1]]
    bend, slope = above + below - 2 * here, (above - below) / 2
    # A vertex further than a bin away is none.
    fits = np.abs(slope) < np.abs(bend)
    shift = np.where(fits, -slope / np.where(fits, bend, 1), 0).astype(S.dtype, copy=False)
    bin_of = at // rows.shape[1] + (first - 1)
    hertz = ((bin_of + shift) * float(sr) / n_fft).astype(S.dtype, copy=False)
    return hertz, here + 0.5 * slope * shift
