"""The descriptors of GeMAPS that need no pitch, as openSMILE 2.6 gives them.

Eyben et al., The Geneva minimalistic acoustic parameter set (GeMAPS) for voice research and
affective computing (IEEE Trans. Affective Computing 7(2), 2016); Young et al., The HTK Book;
Hermansky, Perceptual linear predictive analysis of speech (JASA 87, 1990). What the papers leave
open (edges of bands, floors, the constants of loudness) was found by comparing numbers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference import framing, rfft

Array = NDArray[np.float64]

BANDS = 26


def lengths(sample_rate: float) -> tuple[int, int, int]:
    """Frame and hop in samples, points of the transform."""
    length, hop = int(0.02 * sample_rate + 0.5), int(0.01 * sample_rate + 0.5)
    return length, hop, int(2 ** np.ceil(np.log2(length)))


def magnitudes(samples: ArrayLike, sample_rate: float) -> tuple[Array, Array]:
    """(T, n_bins), and the frequency of each bin, which a rounded frame shifts."""
    length, hop, n_fft = lengths(sample_rate)
    x = framing.scale(samples) * 32768 / 32767
    frames = framing.frames(x, length, hop) * framing.window("hamming", length)
    return rfft.magnitude(frames, n_fft), np.arange(n_fft // 2 + 1) * length / 0.02 / n_fft


def mel_bank(hz: Array) -> tuple[Array, Array]:
    """(26, n_bins) of unit height on HTK's scale, and the bands' centres in Hz."""
    mel = 1127 * np.log(1 + hz / 700)
    low, high = 1127 * np.log(1 + np.array([20, min(8000, hz[-1])]) / 700)
    edges = np.linspace(low, high, BANDS + 2)
    bank = np.stack(
        [
            np.minimum((mel - a) / (b - a), (c - mel) / (c - b)).clip(0)
            for a, b, c in zip(edges, edges[1:], edges[2:], strict=False)
        ]
    )
    bank[:, : int(20 / hz[1] + 1.5)] = 0
    return bank, 700 * (np.exp(edges[1:-1] / 1127) - 1)


def equal_loudness(hz: Array) -> Array:
    """Hermansky's curve, with a fall of its own towards 8 kHz."""
    o = 2 * np.pi * hz
    curve = (o**2 + 56.8e6) * o**4 / ((o**2 + 6.3e6) ** 2 * (o**2 + 0.38e9))
    return np.asarray(curve / (0.17 + 1e-32 * o**7))


def decibel_ratio(above: Array, below: Array) -> Array:
    """Return 0 where a part is."""
    both = (above > 0) & (below > 0)
    return np.asarray(
        np.where(both, 10 * np.log10(np.where(both, above, 1) / np.where(both, below, 1)), 0.0)
    )


def slope(decibel: Array, hz: Array, low: float, high: float) -> Array:
    """Of bins of which the outer ones count in part."""
    first, last = int(low / hz[1]), int(high / hz[1])
    weights = np.ones(last - first + 1)
    weights[0] = first + 1 - low / hz[1]
    if high / hz[1] > last:
        weights[-1] = high / hz[1] - last
    f, level = hz[first : last + 1], decibel[:, first : last + 1]
    n, s = last - first, (weights * f).sum()
    top = (n * weights * f * level).sum(1) - s * (weights * level).sum(1)
    return np.asarray(top / (n * ((weights * f) ** 2).sum() - s**2))


def cosines() -> Array:
    """(4, 26): lifter 22."""
    k, m = np.arange(1, 5)[:, None], np.arange(BANDS)
    lifter = 1 + 11 * np.sin(np.pi * k / 22)
    return np.asarray(np.sqrt(2 / BANDS) * lifter * np.cos(np.pi * k * (m + 0.5) / BANDS))


def spectral_balance(samples: ArrayLike, sample_rate: float) -> Array:
    """(T, 10): loudness, alpha ratio, Hammarberg index, two slopes, flux, cepstra 1 to 4."""
    x, hz = magnitudes(samples, sample_rate)
    power = x**2
    bank, centres = mel_bank(hz)
    bands = power @ bank.T
    loudness = ((equal_loudness(centres) * np.maximum(bands, 9.3e-10)) ** 0.33).mean(1)
    middle, below = (hz >= 1000) & (hz <= 5000), hz < 1000
    alpha = decibel_ratio(power[:, middle].sum(1), power[:, below].sum(1))
    upper = (hz >= 2000) & (hz <= 5000)
    hammarberg = decibel_ratio(power[:, hz < 2000].max(1), power[:, upper].max(1))
    level = 10 * np.log10(np.maximum(power, 1e-14))
    flux = np.zeros(len(x))
    flux[1:] = np.sqrt((np.diff(x[:, hz < 5000], axis=0) ** 2).mean(1))
    columns = [loudness, alpha, hammarberg, slope(level, hz, 0, 500), slope(level, hz, 500, 1500)]
    cepstra = np.log(np.maximum(bands, 32767.0**-2)) @ cosines().T
    return np.column_stack([*columns, flux, cepstra])
