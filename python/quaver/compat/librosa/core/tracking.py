"""The priors of probabilistic YIN: thresholds and transitions between pitches."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quaver._caches import kept
from quaver.compat.librosa.util.exceptions import ParameterError

Array = NDArray[Any]

# Logarithms of probabilities are taken of p + TINY, as librosa.sequence.viterbi does.
TINY = float(np.finfo(np.float64).tiny)
# Whose prior is computed one by one, in tens of microseconds.
_MOST_THRESHOLDS = 1 << 16


@kept
def threshold_prior(n_thresholds: int, a: float, b: float) -> tuple[tuple[Array, Array], int]:
    """Return thresholds k / n, k = 1 .. n, and the beta distribution's weight below each.

    The shape of the distribution, `a` and `b`, is positive. Returns two arrays (n_thresholds,).

    Examples
    --------
    >>> threshold_prior(2, 1, 1)[1].round(6).tolist()
    [0.5, 0.5]
    """
    if not (a > 0 and b > 0):
        raise ParameterError(f"beta_parameters must be positive, got ({a}, {b})")
    if n_thresholds > _MOST_THRESHOLDS:
        raise ParameterError(f"n_thresholds must be at most {_MOST_THRESHOLDS}, got {n_thresholds}")
    edges = np.linspace(0, 1, n_thresholds + 1)
    cumulative = np.array([incomplete_beta(float(x), a, b) for x in edges])
    return (np.ascontiguousarray(edges[1:]), np.diff(cumulative)), 2 * edges.nbytes


def incomplete_beta(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b).

    By Lentz's evaluation of its continued fraction (DLMF 8.17.22), on the side of the mean where it
    converges within a few dozen steps.

    Examples
    --------
    >>> round(incomplete_beta(0.25, 2, 3), 9)
    0.26171875
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1.0 - incomplete_beta(1 - x, b, a)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    smallest = 1e-300
    value, c, d = 1.0, 1.0, 0.0
    for step in range(500):
        m = step // 2
        if step == 0:
            numerator = 1.0
        elif step % 2:
            numerator = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            numerator = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 + numerator * d
        d = 1 / (d if abs(d) > smallest else smallest)
        c = 1 + numerator / c
        c = c if abs(c) > smallest else smallest
        value *= c * d
        if abs(c * d - 1) < 1e-16:
            break
    return front * (value - 1) / a


@kept
def transitions(
    n_bins: int, width: int, switch_prob: float, min_prob: float | None = None
) -> tuple[tuple[Array, Array, float], int]:
    """Return logarithms of the transition probabilities from a pitch bin to its neighbours.

    A triangular window around each bin, `width` bins wide, cut off at both ends of the range and
    normalised to 1, is multiplied by the probability of keeping or changing the voicing; what is
    less probable than `min_prob` becomes impossible. Returns two arrays (2 * (width // 2) + 1,
    n_bins), for a voicing that stays and one that changes, whose row d holds, for each target j,
    the transition from bin ``j + d - width // 2``; and the value of all other transitions.
    """
    if n_bins < 2:
        raise ParameterError(f"fmin to fmax must hold at least two pitch bins, got {n_bins}")
    if width < 1:
        raise ParameterError(f"max_transition_rate must not be negative, got a width of {width}")
    if width > n_bins:
        raise ParameterError(
            f"max_transition_rate spans {width} bins of pitch, more than the {n_bins} between "
            "fmin and fmax"
        )
    if not 0 <= switch_prob <= 1:
        raise ParameterError(f"switch_prob must lie between 0 and 1, got {switch_prob}")
    n, reach = n_bins, width // 2
    source, target = np.arange(n)[:, None], np.arange(n)
    # The window is centred in a row of n, then rolled by half a row and the bin.
    place = (target - source - 1 - n // 2 - (n - width) // 2) % n
    local = np.where(place < width, _triangle(width)[np.minimum(place, width - 1)], 0.0)
    local[np.abs(target - source) > reach] = 0.0
    local /= local.sum(axis=1, keepdims=True)
    stay_prob = 1 - switch_prob
    near = target + np.arange(-reach, reach + 1)[:, None]
    inside = (near >= 0) & (near < n)
    band = np.where(inside, local[np.clip(near, 0, n - 1), target], 0.0)
    stay, change = np.log(stay_prob * band + TINY), np.log((1 - stay_prob) * band + TINY)
    if not min_prob:
        return (stay, change, math.log(TINY)), 2 * stay.nbytes
    if min_prob < 0:
        raise ParameterError(f"transition_min_prob must not be negative, got {min_prob}")
    least = math.log(min_prob + TINY)
    if (np.maximum(stay, change).max(axis=0) < least).any():
        raise ParameterError(
            f"transition_min_prob leaves no way to some pitch: lower it, got {min_prob}"
        )
    stay[stay < least] = change[change < least] = -np.inf
    return (stay, change, -np.inf), 2 * stay.nbytes


def _triangle(width: int) -> Array:
    """Return the triangle without zeros at its ends, as SciPy's `triang`."""
    rise = np.arange(1, (width + 1) // 2 + 1)
    half = 2 * rise / (width + 1.0) if width % 2 else (2 * rise - 1.0) / width
    return np.concatenate([half, half[-2::-1] if width % 2 else half[::-1]])
