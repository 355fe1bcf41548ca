"""How much of a voice is periodic, and the levels of its harmonics below its formants."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference import shs

Array = NDArray[np.float64]

MISSING, LEAST = -200.0, -201.0


def peaks_of(row: Array) -> NDArray[np.int64]:
    inner = row[1:-1]
    return 1 + np.flatnonzero((inner >= row[:-2]) & (inner >= row[2:]))


def nearest(peaks: NDArray[np.int64], place: int, *, prefer_right: bool) -> int | None:
    """The peak nearest to a place, or None of none."""
    if not len(peaks):
        return None
    side = 0.25 if prefer_right else -0.25
    return int(peaks[np.argmin(abs(peaks - place - side))])


def ratio_of_noise(magnitude: Array, period: float) -> float:
    """Harmonics to noise in dB, from the circular autocorrelation of the frame."""
    correlation = abs(np.fft.irfft(magnitude**2))[: len(magnitude)]
    lag = nearest(peaks_of(correlation), int(period), prefer_right=False)
    if correlation[0] == 0:
        return 0.0
    at = min(int(period), len(magnitude) - 2) if lag is None else lag
    share = np.clip(correlation[at] / correlation[0], 1e-10, 1 - 2.0**-24)
    return float(10 * np.log10(share / (1 - share)))


def harmonics_of(magnitude: Array, step: float) -> tuple[Array, Array, Array]:
    """Bins, levels in dB and magnitudes of the harmonics of `step` bins, missing ones at bin -1."""
    peaks = peaks_of(magnitude)
    n = max(3, int((len(magnitude) - 1) / step))
    bins, levels, heights = np.full(n, -1.0), np.full(n, MISSING), np.zeros(n)
    for k in range(n):
        at = (k + 1) * step
        if at > len(magnitude) - 1:
            continue
        own = (peaks >= int(at - 0.5 * step + 0.5)) & (peaks <= int(at + 0.5 * step + 0.5))
        peak = nearest(peaks[own], int(at + 0.5), prefer_right=True)
        if peak is None:
            continue
        left, top, right = magnitude[peak - 1 : peak + 2]
        bend = left - 2 * top + right
        shift = 0.5 * (left - right) / bend if bend < 0 else 0.0
        bins[k], heights[k] = peak + shift, top
        levels[k] = 20 * np.log10(top - 0.25 * (left - right) * shift)
    return bins, levels, heights


def voiced_row(magnitude: Array, width: float, f0: float, formants: Array) -> list[float]:
    noise = ratio_of_noise(magnitude, 2 * (len(magnitude) - 1) * width / f0)
    bins, levels, heights = harmonics_of(magnitude, f0 / width)
    if bins[0] < 0:
        return [noise, 0.0, 0.0, *[LEAST] * 3]
    first = 20 * np.log10(heights[0])
    levels = np.where(bins < 0, MISSING, np.maximum(levels - first, MISSING))
    levels[0] = 0.0
    below: list[float] = []
    for hz in formants:
        near = (bins >= 0.8 * hz / width) & (bins <= 1.2 * hz / width)
        best = int(np.argmax(np.where(near, heights, -1)))
        below.append(levels[best] if near.any() else np.nan)
    pair = np.nan_to_num([levels[1] - levels[2], levels[1] - below[2]], nan=LEAST)
    return [noise, *np.clip(pair, LEAST, -LEAST), *np.nan_to_num(below)]


def harmonics(samples: ArrayLike, sample_rate: float, f0: Array, formants: Array) -> Array:
    """(T, 6) of pitches (T,) and formants (T, 3) in Hz."""
    magnitude, hz, _ = shs.magnitudes(samples, sample_rate)
    rows = np.tile([0.0, 0.0, 0.0, LEAST, LEAST, LEAST], (len(magnitude), 1))
    for t in np.flatnonzero(f0[: len(rows)] > 0):
        rows[t] = voiced_row(magnitude[t], hz[1], f0[t], formants[t])
    return rows
