"""Short-time Fourier transform and its inverse by weighted overlap-add.

Griffin & Lim, Signal estimation from modified short-time Fourier transform (IEEE Trans. ASSP 32,
1984).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Spectrum = NDArray[np.complex128]


def centred(window: Array, n_fft: int) -> Array:
    """Window with zeros at both ends, the surplus one behind."""
    lead = (n_fft - len(window)) // 2
    return np.pad(np.asarray(window, float), (lead, n_fft - len(window) - lead))


def stft(samples: Array, n_fft: int, hop_length: int, window: Array, center: bool) -> Spectrum:
    """S[t][k] = sum_n w[n] y[t hop + n - pad] exp(-2 pi i k n / n_fft)."""
    samples = np.asarray(samples, float)
    if center:
        samples = np.pad(samples, n_fft // 2)
    count = (len(samples) - n_fft) // hop_length + 1
    frames = [samples[t * hop_length : t * hop_length + n_fft] for t in range(count)]
    return np.fft.rfft(np.array(frames) * centred(window, n_fft))


def istft(
    spectrum: Spectrum, n_fft: int, hop_length: int, window: Array, center: bool, n_samples: int
) -> tuple[Array, Array]:
    """Samples, and the sum of squared windows at each of them, which divides where it is not 0."""
    taps = centred(window, n_fft)
    pad = n_fft // 2 if center else 0
    size = max((len(spectrum) - 1) * hop_length + n_fft, pad + n_samples)
    total, weight = np.zeros(size), np.zeros(size)
    for t, frame in enumerate(np.fft.irfft(spectrum, n_fft)):
        place = slice(t * hop_length, t * hop_length + n_fft)
        total[place] += taps * frame
        weight[place] += taps**2
    total, weight = total[pad : pad + n_samples], weight[pad : pad + n_samples]
    return np.divide(total, weight, out=total.copy(), where=weight > 0), weight
