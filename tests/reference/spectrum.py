"""Features of the magnitude spectrum X and the power spectrum P = X^2.

Centroid and spread: Peeters, A large set of audio features for sound description (Ircam, 2004),
sec. 6.1, as librosa's spectral_centroid and spectral_bandwidth; the others: Giannakopoulos &
Pikrakis, Introduction to Audio Analysis (2014), sec. 4.4. `bin_width` is the sample rate over
n_fft, in Hz.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reference import timedomain

Array = NDArray[np.float64]


def normalised(magnitude: Array) -> Array:
    """X / sum X; zeros for a silent frame."""
    total = magnitude.sum(axis=1, keepdims=True)
    return np.divide(magnitude, total, out=np.zeros_like(magnitude), where=total > 0)


def centroid(magnitude: Array, bin_width: float) -> Array:
    return normalised(magnitude) @ np.arange(magnitude.shape[1]) * bin_width


def spread(magnitude: Array, bin_width: float) -> Array:
    f = np.arange(magnitude.shape[1]) * bin_width
    distance = f - centroid(magnitude, bin_width)[:, None]
    return np.sqrt((distance**2 * normalised(magnitude)).sum(axis=1))


def spectral_entropy(power: Array, n_bands: int) -> Array:
    return timedomain.entropy(timedomain.sums_of_blocks(power, n_bands))


def flux(magnitude: Array) -> Array:
    """Sum of squared differences of the normalised spectra of neighbours; first frame 0."""
    change = np.diff(normalised(magnitude), axis=0)
    return np.concatenate([[0.0], (change**2).sum(axis=1)])


def rolloff_bin(power: Array, share: float) -> NDArray[np.intp]:
    """First bin at which the running sum of P reaches `share` of its total; 0 when silent."""
    running = power.cumsum(axis=1)
    return (running < share * power.sum(axis=1, keepdims=True)).sum(axis=1)


def rolloff(power: Array, bin_width: float, share: float) -> Array:
    f = np.arange(power.shape[1]) * bin_width
    return f[np.minimum(rolloff_bin(power, share), power.shape[1] - 1)]


def slope(power: Array, bin_width: float) -> Array:
    """Line of least squares through the spectrum in decibel over frequency, in dB per kHz."""
    f = np.arange(power.shape[1]) * bin_width / 1000
    decibel = 10 * np.log10(np.maximum(power, 1e-10))
    return np.polynomial.polynomial.polyfit(f, decibel.T, 1)[1]


def rolloff_distance(power: Array, share: float) -> Array:
    """|running sum - threshold| / total of every bin; a step that ends at a bin where this is
    within rounding may be taken either way.
    """
    total = power.sum(axis=1, keepdims=True)
    distance = np.abs(power.cumsum(axis=1) - share * total)
    return np.divide(distance, total, out=np.zeros_like(power), where=total > 0)
