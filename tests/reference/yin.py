"""YIN and probabilistic YIN.

de Cheveigne & Kawahara, YIN, a fundamental frequency estimator for speech and music (J. Acoust.
Soc. Am. 111, 2002); Mauch & Dixon, pYIN (ICASSP 2014), with the prior of their published program.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def difference(
    samples: Array, frame_length: int, hop_length: int, min_period: int, max_period: int
) -> Array:
    """Cumulative mean normalised difference of each frame, (n_frames, n_lags).

    The difference at lag 1 leaves out the energy term, as in librosa.
    """
    rows = []
    for start in range(0, len(samples) - frame_length + 1, hop_length):
        y = samples[start : start + frame_length]
        correlation = np.array([y[: len(y) - k] @ y[k:] for k in range(max_period + 1)])
        energy = np.concatenate([[0.0, 0.0], np.cumsum(y**2)[1:max_period]])
        d = 2 * (correlation[0] - correlation) - energy
        mean = np.cumsum(d[1:]) / np.arange(1, max_period + 1)
        rows.append(d[min_period:] / (mean[min_period - 1 :] + np.finfo(float).tiny))
    return np.array(rows)


def troughs(row: Array) -> list[int]:
    """Local minima; a first or last value counts when below its only neighbour."""
    n = len(row)
    inner = [i for i in range(1, n - 1) if row[i] < row[i - 1] and row[i] <= row[i + 1]]
    return [0] * bool(row[0] < row[1]) + inner + [n - 1] * bool(row[-1] < row[-2])


def shift(row: Array, i: int) -> float:
    """Vertex of the parabola through three values, relative to the middle one."""
    if i in (0, len(row) - 1):
        return 0.0
    a, b = row[i + 1] + row[i - 1] - 2 * row[i], (row[i + 1] - row[i - 1]) / 2
    return 0.0 if abs(b) >= abs(a) else -b / a


def period(row: Array, min_period: int, threshold: float) -> float:
    """First trough below the threshold, or the smallest value; refined."""
    below = [i for i in troughs(row) if row[i] < threshold]
    best = below[0] if below else int(np.argmin(row))
    return min_period + best + shift(row, best)


def candidates(
    row: Array, thresholds: Array, prior: Array, boltzmann: float, no_trough: float
) -> dict[int, float]:
    """Probability of each trough: over thresholds, of its rank among the troughs below."""
    found = troughs(row)
    probability = dict.fromkeys(found, 0.0)
    for threshold, weight in zip(thresholds, prior, strict=True):
        below = [i for i in found if row[i] < threshold]
        for rank, i in enumerate(below):
            share = (1 - np.exp(-boltzmann)) / (1 - np.exp(-boltzmann * len(below)))
            probability[i] += weight * share * np.exp(-boltzmann * rank)
        if found and not below:
            probability[min(found, key=lambda i: row[i])] += no_trough * weight
    return probability


def viterbi(log_prob: Array, log_transition: Array, log_start: float) -> Array:
    """Best path through (n_frames, n_states), over all transitions."""
    value = log_prob[0] + log_start
    back = []
    for row in log_prob[1:]:
        paths = value[:, None] + log_transition
        back.append(np.argmax(paths, axis=0))
        value = row + np.max(paths, axis=0)
    states = [int(np.argmax(value))]
    for pointers in reversed(back):
        states.append(int(pointers[states[-1]]))
    return np.array(states[::-1])
