"""Pitch by subharmonic summation and a path of least cost.

Hermes, Measurement of pitch by subharmonic summation (JASA 83, 1988). Peaks, edges, scales and
limits as openSMILE 2.6 has them, found by comparing numbers, as are the path's costs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import CubicSpline

from reference import framing, rfft

Array = NDArray[np.float64]

CANDIDATES, HARMONICS = 6, 15
LOWEST, FROM, TO = 25.0, 55.0, 1000.0
LAG = 39  # frames, at most, until one is decided


def magnitudes(samples: ArrayLike, sample_rate: float) -> tuple[Array, Array, Array]:
    """(T, n_bins), frequencies of the bins, and the root of the mean square of each frame."""
    length, hop = int(0.06 * sample_rate + 0.5), int(0.01 * sample_rate + 0.5)
    n_fft = int(2 ** np.ceil(np.log2(length)))
    z = (np.arange(length) - (length - 1) / 2) / (0.4 * (length - 1) / 2)
    frames = framing.frames(framing.scale(samples) * 32768 / 32767, length, hop)
    frames = frames * np.exp(-0.5 * z**2)
    hz = np.arange(n_fft // 2 + 1) * length / 0.06 / n_fft
    return rfft.magnitude(frames, n_fft), hz, np.sqrt((frames**2).mean(1))


def enhanced(row: Array) -> Array:
    """Nothing but the neighbourhood of peaks, and the tails beyond the outer ones."""
    padded = np.pad(row, 1)
    peaks = np.flatnonzero((row > padded[:-2]) & (row > padded[2:]))
    if not len(peaks):
        return row
    kept = np.zeros(len(row), bool)
    kept[: peaks[0]] = kept[peaks[-1] :] = True
    for peak in peaks:
        kept[max(0, peak - 2) : peak + 3] = True
    return np.where(kept, row, 0.0)


def octaves(magnitude: Array, hz: Array) -> tuple[Array, float]:
    """Spectra over the logarithm of frequency, and the octaves that they span."""
    rows = np.stack([enhanced(row) for row in magnitude])
    padded = np.pad(rows, ((0, 0), (1, 1)))
    smoothed = 0.25 * padded[:, :-2] + 0.5 * rows + 0.25 * padded[:, 2:]
    smoothed[:, -1] = rows[:, -1]
    n, span = len(hz), float(np.log2(hz[-1] / LOWEST))
    knots = np.log2(np.maximum(hz, hz[1] / 2))
    places = np.log2(LOWEST) + span * np.arange(n) / (n - 1)
    spline = CubicSpline(knots, smoothed, axis=1, bc_type="natural")
    ear = 0.5 + np.arctan(3 * (span * (np.arange(n) + 2) / n - np.log2(1.3))) / np.pi
    return np.maximum(spline(places), 0) * ear, span


def subharmonic_sums(spectra: Array, span: float) -> Array:
    n = spectra.shape[1]
    sums = np.zeros_like(spectra)
    for h in range(1, HARMONICS + 1):
        shift = int(np.log2(h) * n / span)
        sums[:, : n - shift] += 0.85 ** (h - 1) * spectra[:, shift:]
    return sums / HARMONICS


def candidates_of(sums: Array, span: float) -> tuple[list[float], list[float]]:
    """Frequencies and strengths of one frame."""
    n = len(sums)
    peaks = 1 + np.flatnonzero((sums[1:-1] > sums[:-2]) & (sums[1:-1] >= sums[2:]))
    peaks = peaks[np.argsort(-sums[peaks], kind="stable")][:CANDIDATES]
    hz, heights = [], []
    for peak in peaks:
        left, at, right = sums[peak - 1 : peak + 2]
        shift = 0.5 * (left - right) / (left - 2 * at + right)
        found = LOWEST * 2 ** ((peak + shift) * span / (n - 1))
        if FROM <= found <= TO:
            hz.append(float(found))
            heights.append(float(at - 0.25 * (left - right) * shift))
    if hz:
        best = int(np.argmax(heights))
        for row in (hz, heights):
            row[0], row[best] = row[best], row[0]
    return hz, [max(0.0, 1 - sums.mean() / height) for height in heights]


def candidates(samples: ArrayLike, sample_rate: float) -> Array:
    """(T, 13): six frequencies, 0 where there are fewer, six strengths, and the level."""
    magnitude, hz, level = magnitudes(samples, sample_rate)
    spectra, span = octaves(magnitude, hz)
    rows = np.zeros((len(magnitude), 2 * CANDIDATES + 1))
    for row, sums in zip(rows, subharmonic_sums(spectra, span), strict=True):
        found, strengths = candidates_of(sums, span)
        row[: len(found)] = found
        row[CANDIDATES : CANDIDATES + len(found)] = strengths
    rows[:, -1] = level
    return rows


def local_cost(row: Array, state: int) -> float:
    if state == CANDIDATES:
        return 8.0 if row[CANDIDATES] >= 0.7 else 0.0
    hz, strength = float(row[state]), float(row[CANDIDATES + state])
    beyond = 1 - hz / 100 if hz < 100 else 1.2 if hz >= 600 else max(0.0, (hz - 350) / 250)
    return beyond + (8.0 if strength < 0.7 else 0.0) - 2 * float(np.log(max(strength, 0.01)))


def step_costs(before: Array, hz: float, compared: float) -> list[float]:
    """To one frequency from those of the frame before, 0 for none.

    Each interval is compared with the one before it in the list.
    """
    found = []
    for f in before:
        if f == 0 or hz == 0:
            found.append(1.0 if f == hz else 10.0)
            continue
        interval = float(np.log(hz) - np.log(f))
        found.append(10 * (abs(interval) + abs(interval - compared)))
        compared = interval
    return found


def unsettled(steps: list[dict[int, int]]) -> int:
    """Of the last frames those where paths to the last one differ; missing states are none's."""
    reached, n = set(range(CANDIDATES + 1)), 0
    for came in reversed(steps):
        if len(reached) == 1:
            break
        reached = {came.get(s, CANDIDATES) for s in reached}
        n += 1
    return min(max(n, 1), LAG)


def followed(steps: list[dict[int, int]], state: int) -> list[int]:
    """The path to a state behind the last step, its frames in order."""
    states = [state]
    for came in reversed(steps):
        states.append(came[states[-1]])
    return states[::-1]


def path(rows: Array) -> tuple[Array, int]:
    """(T, 2) of candidates: pitch, 0 for none, and the strength of it or of the first one.

    And how many of the last frames the end of input decided.
    """
    states = [[s for s in range(CANDIDATES + 1) if s == CANDIDATES or row[s] > 0] for row in rows]
    hz = np.column_stack([rows[:, :CANDIDATES], np.zeros(len(rows))])
    costs = {s: local_cost(rows[0], s) for s in states[0]}
    steps: list[dict[int, int]] = []
    decided: list[int] = []
    for t in range(1, len(rows)):
        came, total = {}, {}
        for s in states[t]:
            compared = 1.0 if t == 1 and s == 0 else 0.0
            step = step_costs(hz[t - 1, states[t - 1]], hz[t, s], compared)
            reach = {p: costs[p] + cost for p, cost in zip(states[t - 1], step, strict=True)}
            came[s] = min(reach, key=reach.__getitem__)
            total[s] = reach[came[s]] + local_cost(rows[t], s)
        steps.append(came)
        costs = total
        if t >= LAG:
            decided.append(followed(steps[t - LAG :], min(costs, key=costs.__getitem__))[0])
    decided += followed(steps, min(costs, key=costs.__getitem__))[len(decided) :]
    out = np.zeros((len(rows), 2))
    for t, state in enumerate(decided):
        if rows[t, -1] >= 0.001:
            out[t] = hz[t, state], rows[t, CANDIDATES + state % CANDIDATES]
    return out, unsettled(steps)


def pitch(samples: ArrayLike, sample_rate: float) -> Array:
    return path(candidates(samples, sample_rate))[0]
