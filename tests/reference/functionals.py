"""Global statistics of each feature over the frames.

Moments: Joanes & Gill, Comparing measures of sample skewness and kurtosis (The Statistician 47,
1998), g1 and g2; quantiles: Hyndman & Fan, Sample quantiles in statistical packages (The American
Statistician 50, 1996), type 7.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

NAMES = (
    "mean",
    "median",
    "std",
    "kurtosis",
    "skewness",
    "percentile_1",
    "percentile_99",
    "min",
    "max",
    "range",
)


def quantile(row: Array, share: float) -> float:
    """Linear interpolation between the order statistics around rank share (n - 1)."""
    ordered = np.sort(row)
    position = share * (len(row) - 1)
    below = int(np.floor(position))
    above = min(below + 1, len(row) - 1)
    return float(ordered[below] + (position - below) * (ordered[above] - ordered[below]))


def moment(row: Array, power: int) -> float:
    return float(((row - row.mean()) ** power).mean())


def trend(row: Array) -> tuple[float, float, float]:
    """Least squares on mean, line and parabola: their contributions, and what is left."""
    n = len(row)
    time = np.arange(n) - (n - 1) / 2
    line = time / np.sqrt((time**2).mean()) if n > 1 else np.zeros(n)
    parabola = time**2 - (time**2).mean()
    parabola = parabola / np.sqrt((parabola**2).mean()) if n > 2 else np.zeros(n)
    first, second = float((line * row).mean()), float((parabola * row).mean())
    rest = row - row.mean() - first * line - second * parabola
    return first, second, float(np.sqrt((rest**2).mean()))


def statistics(row: Array) -> dict[str, float]:
    """All by name; a constant row has no shape: its skewness and kurtosis are 0."""
    constant = row.min() == row.max()
    variance = moment(row, 2)
    slope, curvature, residual = (0.0, 0.0, 0.0) if constant else trend(row)
    return {
        "mean": float(row.mean()),
        "median": quantile(row, 0.5),
        "std": 0.0 if constant else float(np.sqrt(variance)),
        "kurtosis": 0.0 if constant else moment(row, 4) / variance**2 - 3,
        "skewness": 0.0 if constant else moment(row, 3) / variance**1.5,
        "percentile_1": quantile(row, 0.01),
        "percentile_99": quantile(row, 0.99),
        "min": float(row.min()),
        "max": float(row.max()),
        "range": float(row.max() - row.min()),
        "quartile_1": quantile(row, 0.25),
        "quartile_3": quantile(row, 0.75),
        "iqr": quantile(row, 0.75) - quantile(row, 0.25),
        "slope": slope,
        "curvature": curvature,
        "residual": residual,
    }


def functionals(values: Array, names: tuple[str, ...] = NAMES) -> Array:
    """(T, F) to F times the named statistics, statistic fastest."""
    columns = np.asarray(values, float).T
    found = [statistics(column) for column in columns]
    return np.array([one[name] for one in found for name in names])
