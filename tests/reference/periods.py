"""Jitter and shimmer from the periods of a voice's waveform.

Pearson's correlation of neighbouring periods; ranges, limits and order as openSMILE 2.6 has them,
found by comparing numbers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference import framing

Array = NDArray[np.float64]

LEAST_LIKENESS = 0.5


def likeness(x: Array, lag: int, deviation: float) -> float:
    """Of the first `lag` samples to the next ones; NaN where one of both does not deviate."""
    own, following = (part - part.mean() for part in (x[:lag], x[lag : 2 * lag]))
    if min(own.std(), following.std()) <= deviation:
        return np.nan
    return float(own @ following / np.sqrt((own @ own) * (following @ following)))


def find_period(x: Array, expected: float) -> tuple[int, float, float] | None:
    """Lag, length and likeness of the period at the first sample."""
    first, last = int(0.9 * expected), int(1.1 * expected)
    deviation = float(np.hypot(1e-15, 1e-6 * x[: 2 * last].mean()))
    c = np.array([likeness(x, lag, deviation) for lag in range(first, last + 1)])
    peaks = 1 + np.flatnonzero((c[1:-1] > c[:-2]) & (c[1:-1] >= c[2:]))
    if not len(peaks):
        return None
    best = int(peaks[np.argmax(c[peaks])])
    left, at, right = c[best - 1 : best + 2]
    shift = 0.5 * (left - right) / (left - 2 * at + right)
    return first + best, first + best + shift, at - 0.25 * (left - right) * shift


def of_frame(
    periods: list[tuple[float, float, float]], last: float, held: tuple[float, float]
) -> tuple[float, float]:
    """Jitter and shimmer of lengths and extents of neighbours, after a period of length `last`."""
    if not periods:
        return held
    lengths, own, following = np.array(periods).T
    steps = abs(np.diff(np.concatenate([[last] if last else [], lengths])))
    steps = np.where(steps < 1e-5, 0.0, steps)
    jitter = min(1.0, steps.mean() / lengths.mean()) if len(steps) else held[0]
    mean = (own + following).sum() / 2
    change = min(1.0, abs(following - own).sum() / mean) if mean > 0 else 0.0
    return jitter, 20 * np.log10(1 + change)


def jitter_shimmer(samples: ArrayLike, sample_rate: float, f0: ArrayLike) -> Array:
    """(T, 2) of as many pitches in Hz, 0 where there is no voice."""
    x, hop = framing.scale(samples), int(0.01 * sample_rate + 0.5)
    pitch = np.asarray(f0, np.float64)
    rows = np.zeros((len(pitch), 2))
    at = begin = 0
    last = 0.0
    for t in np.flatnonzero(pitch > 0):
        start, goes_on = t * hop, t > 0 and pitch[t - 1] > 0
        if not goes_on:
            at, last = start, 0.0
        elif at > start - 2:
            at = begin
        begin, expected = at, sample_rate / pitch[t]
        periods: list[tuple[float, float, float]] = []
        before = last
        while at == begin or at + 2 * int(1.1 * expected) + 4 <= start + hop:
            found = find_period(x[at:], expected)
            if found is not None and found[2] > LEAST_LIKENESS:
                lag, last, _ = found
                own, following = x[at + 1 : at + lag - 1], x[at + lag + 1 : at + 2 * lag - 1]
                periods.append((last, float(np.ptp(own)), float(np.ptp(following))))
            at += int(expected + 0.5) if found is None else found[0]
        rows[t] = of_frame(periods, before, tuple(rows[t - 1]) if goes_on else (0.0, 0.0))
    return rows
