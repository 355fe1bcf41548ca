"""Descriptors of the extended Geneva set smoothed over frames, and its 88 statistics of a clip.

What openSMILE 2.6 does, found by comparing numbers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

HOP = 0.01


def smoothed(row: ArrayLike, rows: int | None = None) -> Array:
    """Means of three, the ends repeated."""
    row = np.asarray(row, dtype=np.float64)
    padded = np.concatenate([row[:1], row, row[-1:]])
    return ((padded[:-2] + padded[1:-1] + padded[2:]) / 3)[:rows]


def smoothed_values(row: ArrayLike) -> Array:
    """Means of those of three that are not 0; what is 0 stays 0."""
    row = np.asarray(row, dtype=np.float64)
    if not len(row):
        return row
    padded = np.concatenate([row[:1], row, row[-1:]])
    three = np.stack([padded[:-2], padded[1:-1], padded[2:]])
    count = np.maximum((three != 0).sum(axis=0), 1)
    return np.where(row != 0, three.sum(axis=0) / count, 0.0)


def semitones(hz: ArrayLike) -> Array:
    hz = np.asarray(hz, dtype=np.float64)
    return np.where(hz > 0, 12 * np.log2(np.where(hz > 0, hz, 27.5) / 27.5), 0.0)


def settled_rows(n: int, unsettled: int) -> int:
    return n - unsettled if unsettled < n else n


def tail_smoothed(row: Array, unsettled: int) -> Array:
    """What is settled is smoothed by itself, its last value told once more."""
    m = settled_rows(len(row), unsettled)
    behind = [] if m == len(row) else [*smoothed_values(row)[m + 1 :], row[-1]]
    return np.array([*smoothed_values(row[:m]), row[m - 1], *behind])


def descriptors(balance: NDArray[np.float32], voice: NDArray[np.float32], unsettled: int) -> Array:
    values = voice.astype(np.float64)
    values[:, 0] = semitones(values[:, 0])
    rows = len(voice) + 1
    padded = np.concatenate([balance, np.repeat(balance[-1:], rows, axis=0)])
    left = [smoothed(column, rows) for column in padded.T]
    return np.stack(left + [tail_smoothed(column, unsettled) for column in values.T], axis=1)


def extrema(x: Array) -> list[tuple[int, bool]]:
    """Maxima and minima by turns, as (place, is_maximum)."""
    threshold = 0.1 * (x.max() - x.min())
    found: list[tuple[int, bool]] = []
    low = x[0]
    for i in range(1, len(x) - 2):
        is_maximum = bool(x[i - 1] < x[i] > x[i + 1])
        if not is_maximum and not x[i - 1] > x[i] < x[i + 1]:
            continue
        if not is_maximum:
            low = min(low, x[i])
        last = x[found[-1][0]] if found else x[0]
        if found and found[-1][1] == is_maximum:
            higher = x[i] > last and (x[i] > 1.05 * last or x[i] - low > threshold)
            if higher if is_maximum else x[i] < last:
                found[-1], low = (i, is_maximum), x[i]
        elif (x[i] - last if is_maximum else last - x[i]) > threshold:
            found.append((i, is_maximum))
            low = x[i]
    return found


def spread(slopes: list[float], last_is_open: bool) -> tuple[float, float]:
    if not slopes:
        return 0.0, 0.0
    squares = (np.array(slopes) - np.mean(slopes)) ** 2
    counted = squares[: len(slopes) - last_is_open].sum()
    return float(np.mean(slopes)), float(np.sqrt(counted / len(slopes)))


def slopes(x: Array) -> tuple[float, float, float, float]:
    """Mean and deviation of rising and falling slopes."""
    if not len(x):
        return 0.0, 0.0, 0.0, 0.0
    found = extrema(x)
    if not found:
        whole = (x[-1] - x[0]) / len(x)
        return (whole, 0.0, 0.0, 0.0) if whole > 0 else (0.0, 0.0, whole, 0.0)
    rising: list[float] = []
    falling: list[float] = []
    place = 0
    for i, is_maximum in found:
        slope = abs(x[i] - x[place]) / ((i - place) * HOP)
        (rising if is_maximum else falling).append(slope)
        place = i
    rest = (x[-1] - x[place]) / ((len(x) - 1 - place) * HOP)
    (falling if found[-1][1] else rising).append(rest)
    return (*spread(rising, not found[-1][1]), *spread(falling, found[-1][1]))


def mean_and_ratio(values: Array) -> tuple[float, float]:
    if not len(values):
        return 0.0, 0.0
    mean = float(values.mean())
    return mean, float(values.std()) / mean if mean else 0.0


def ten(x: Array) -> list[float]:
    if not len(x):
        return [0.0] * 10
    low, middle, high = np.percentile(x, [20, 50, 80])
    return [*mean_and_ratio(x), low, middle, high, high - low, *slopes(x)]


def segments(voiced: NDArray[np.bool_]) -> Array:
    """Lengths in seconds of the parts that are voiced, but for gaps of one and parts below 3."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], voiced.astype(int), [0]])))
    merged: list[list[int]] = []
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        if merged and start - merged[-1][1] <= 1:
            merged[-1][1] = stop
        else:
            merged.append([start, stop])
    return np.array([(b - a - 1) * HOP for a, b in merged if b - a >= 3])


def present(row: Array) -> Array:
    return row[row != 0]


def functionals(
    balance: NDArray[np.float32], voice: NDArray[np.float32], unsettled: int, mean_square: float
) -> Array:
    n = settled_rows(len(voice), unsettled)
    voiced = voice[:, 0] > 0
    loudness = smoothed(balance[:, 0])
    out: list[float] = ten(present(smoothed_values(semitones(voice[:, 0]))[:n])) + ten(loudness)
    columns = balance.astype(np.float64).T
    for column in columns[5:]:
        out += mean_and_ratio(smoothed(column))
    for q, column in enumerate(voice.astype(np.float64).T[1:], 1):
        is_formant = q >= 6 and q % 3 != 2
        raw = column * voiced if is_formant else column
        out += mean_and_ratio(present(smoothed_values(raw[:n])))
    shared = columns[:, : len(voice)]
    for column in shared[1:]:
        out += mean_and_ratio(present(smoothed_values(column * voiced)[:n]))
    for column in shared[1:6]:
        out.append(mean_and_ratio(present(smoothed_values(column * ~voiced)[:n]))[0])
    peaks = sum(is_maximum for _, is_maximum in extrema(loudness))
    parts, rests = segments(voiced[:n]), segments(~voiced[:n])
    out += [peaks / (len(loudness) * HOP), len(parts) / (n * HOP)]
    for lengths in (parts, rests):
        out += [lengths.mean(), lengths.std()] if len(lengths) else [0.0, 0.0]
    return np.array([*out, 10 * np.log10(max(mean_square, 1e-12))])
