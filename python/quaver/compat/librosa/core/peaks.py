"""Peaks of spectra, for the tuning of a chromagram."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from quaver.compat.librosa.core.convert import fft_frequencies

Array = NDArray[Any]

# Where librosa.piptrack looks for pitches by default, in Hz, and how low below a frame's largest.
_LOWEST, _HIGHEST = 150.0, 4000.0
_THRESHOLD = 0.1


def loud_pitches(S: Array, sr: float) -> Array | None:
    """Return the pitches in Hz of the louder half of the peaks of all frames.

    The peaks are those of `piptrack` with its defaults, without its pictures, which are zero
    elsewhere; the louder half is what `estimate_tuning` counts. `S` is a real spectrogram (...,
    n_bins, n_frames) without negative values. None when a peak could lie on the first or last bin,
    which has no parabola.

    Examples
    --------
    >>> S = np.zeros((1025, 1))
    >>> S[40:43, 0] = 1, 2, 1
    >>> loud_pitches(S, 20480)
    array([410.])
    """
    n_fft = 2 * (S.shape[-2] - 1)
    freq = fft_frequencies(sr=sr, n_fft=n_fft)
    inside = np.flatnonzero((freq >= _LOWEST) & (freq < min(_HIGHEST, sr / 2)))
    if not inside.size or inside[0] == 0 or inside[-1] == len(freq) - 1:
        return None
    first, last = int(inside[0]), int(inside[-1]) + 1
    # In the order of the memory that `stft` leaves, and in flat arrays: half the time.
    frames = np.moveaxis(S, -2, -1)
    inner = np.ascontiguousarray(frames[..., first - 1 : last + 1])
    values = inner.ravel()
    rises = values[1:] > values[:-1]
    found = inner > _THRESHOLD * frames.max(axis=-1, keepdims=True)
    found[..., 0] = found[..., -1] = False
    found.ravel()[1:-1] &= rises[:-1] > rises[1:]
    where = np.flatnonzero(found)
    bin_of = where % inner.shape[-1] + (first - 1)
    at, before, behind = values[where], values[where - 1], values[where + 1]
    bend, slope = behind + before - 2 * at, (behind - before) / 2
    # A vertex further than a bin away is none.
    fits = np.abs(slope) < np.abs(bend)
    shift = np.where(fits, -slope / np.where(fits, bend, 1), 0).astype(S.dtype, copy=False)
    hertz = (bin_of + shift) * float(sr) / n_fft
    pitches: Array = hertz.astype(S.dtype, copy=False)
    magnitudes = at + 0.5 * slope * shift
    if not magnitudes.size:
        return pitches
    return np.asarray(pitches[magnitudes >= np.median(magnitudes)])
