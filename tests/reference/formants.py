"""Formants of a voice by linear prediction, as openSMILE 2.6 has them in its GeMAPS sets.

Markel and Gray, Linear Prediction of Speech (1976), for the recursion and the roots; which part of
the frame is predicted, at which rate, and with which signs was found by comparing numbers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference import balance, framing

Array = NDArray[np.float64]

RATE, BINS, POINTS, ORDER = 11000, 110, 220, 11


def points(samples: ArrayLike, sample_rate: float) -> Array:
    """(T, 220): frames at 11 kHz, from the zeros ahead of them on."""
    length, hop, n_fft = balance.lengths(sample_rate)
    frames = framing.frames(framing.scale(samples), length, hop)
    ahead = (n_fft - length) // 2
    padded = np.pad(frames * framing.window("hamming", length), ((0, 0), (ahead, 0)))
    spectrum = np.fft.fft(padded, n_fft, axis=1)[:, :BINS]
    period = n_fft * RATE / (50 * length)
    waves = np.exp(2j * np.pi * np.outer(np.arange(BINS), np.arange(POINTS)) / period)
    return np.asarray(2 / n_fft * (spectrum @ waves).real)


def autocorrelation(y: Array, order: int) -> Array:
    """(T, order + 1)."""
    n = y.shape[1]
    return np.stack([(y[:, : n - lag] * y[:, lag:]).sum(1) for lag in range(order + 1)], axis=1)


def levinson(r: Array, least: float = 1e-8) -> Array:
    """(T, order): the predictors, which stay where less than `least` of r[0] is left to predict."""
    n, order = len(r), r.shape[1] - 1
    a, error = np.zeros((n, order + 1)), r[:, 0].copy()
    a[:, 0] = 1
    for i in range(1, order + 1):
        top = -(a[:, :i] * r[:, i:0:-1]).sum(1)
        left = error > least * r[:, 0]
        reflection = np.where(left, top / np.where(left, error, 1), 0)[:, None]
        a[:, 1 : i + 1] = a[:, 1 : i + 1] + reflection * a[:, i - 1 :: -1][:, :i]
        error *= 1 - reflection[:, 0] ** 2
    return a[:, 1:]


def of_predictors(predictors: Array, rate: float = RATE) -> Array:
    """(T, 6): frequency and bandwidth of each of three."""
    out = np.zeros((len(predictors), 6))
    for row, predictor in zip(out, predictors, strict=True):
        roots = np.roots([1, *-predictor])
        hz = np.angle(roots) * rate / (2 * np.pi)
        chosen = roots[(hz >= 50) & (hz <= rate / 2 - 50)]
        chosen = chosen[np.angle(chosen).argsort()][:3]
        row[: 2 * len(chosen) : 2] = np.angle(chosen) * rate / (2 * np.pi)
        row[1 : 2 * len(chosen) : 2] = abs(np.log(abs(chosen))) * rate / np.pi
    return out


def formants(samples: ArrayLike, sample_rate: float) -> Array:
    """(T, 6): frequency and bandwidth of each of three, in Hz; 0 for what is not there."""
    return of_predictors(levinson(autocorrelation(points(samples, sample_rate), ORDER)))


def plain_points(samples: ArrayLike, sample_rate: float) -> tuple[Array, float]:
    """(T, n), the middle of pre-emphasised frames at the rate that is returned beside them."""
    length, hop, n_fft = balance.lengths(sample_rate)
    x = framing.frames(framing.scale(samples), length, hop) * framing.window("hamming", length)
    rate = min(RATE, 50 * length)
    angle = 2 * np.pi * np.arange(n_fft // 2 + 1) / n_fft
    spectrum = np.fft.rfft(x, n_fft, axis=1)
    spectrum *= 1 - np.exp(-2 * np.pi * 50 / (50 * length) - 1j * angle)
    spectrum[:, 0] *= 0.5
    inside = angle < np.pi * rate / (50 * length)
    n = 10 * int(0.02 * rate / 10)
    places = (length - 1) / 2 + (np.arange(n) - (n - 1) / 2) * 50 * length / rate
    waves = np.exp(1j * np.outer(angle[inside], places))
    return np.asarray(2 / n_fft * (spectrum[:, inside] @ waves).real), rate


def plain(samples: ArrayLike, sample_rate: float) -> Array:
    """Return what `formants` does, of resonances."""
    y, rate = plain_points(samples, sample_rate)
    return of_predictors(-levinson(autocorrelation(y, ORDER - 1)), rate)
