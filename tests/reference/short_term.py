"""The short-term features, composed of the twins of the stages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference import cepstrum, delta, framing, mel, rfft, spectrum, timedomain

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Stages:
    """What the stages hand on: frames (T, L), their magnitude spectra and mel bands in decibel."""

    raw: Array  # pre-emphasised
    windowed: Array
    magnitude: Array
    mel_db: Array
    values: Array  # (T, 8 + n_mfcc), without derivatives
    bin_width: float  # Hz


def stages(
    samples: ArrayLike,
    sample_rate: int,
    *,
    frame_length: int | None = None,
    hop_length: int | None = None,
    n_fft: int | None = None,
    pre_emphasis: float = 0.97,
    window: str = "hamming",
    n_blocks: int = 10,
    n_bands: int = 10,
    rolloff: float = 0.9,
    n_mels: int = 40,
    fmin: float = 0.0,
    fmax: float | None = None,
    n_mfcc: int = 13,
) -> Stages:
    """All base features and what they were made of; 25 ms every 10 ms unless told otherwise."""
    frame_length = frame_length or round(0.025 * sample_rate)
    hop_length = hop_length or round(0.010 * sample_rate)
    n_fft = n_fft or 1 << (frame_length - 1).bit_length()
    bin_width = sample_rate / n_fft

    y = framing.pre_emphasis(framing.scale(samples), pre_emphasis)
    raw = framing.frames(y, frame_length, hop_length)
    windowed = raw * framing.window(window, frame_length)
    magnitude = rfft.magnitude(windowed, n_fft)
    power = magnitude**2
    bank = mel.filter_bank(n_fft, sample_rate, n_mels, fmin=fmin, fmax=fmax)
    mel_db = mel.decibel(power @ bank.T)
    columns = [
        timedomain.zero_crossing_rate(raw),
        timedomain.energy(windowed),
        timedomain.energy_entropy(windowed, n_blocks),
        spectrum.centroid(magnitude, bin_width),
        spectrum.spread(magnitude, bin_width),
        spectrum.spectral_entropy(power, n_bands),
        spectrum.flux(magnitude),
        spectrum.rolloff(power, bin_width, rolloff),
        *cepstrum.mfcc(mel_db, n_mfcc).T,
    ]
    return Stages(raw, windowed, magnitude, mel_db, np.stack(columns, axis=1), bin_width)


def with_derivatives(values: Array, delta_order: int, delta_width: int | None) -> Array:
    """(T, F) to (T, F (1 + order)): the features, then their derivatives of each order."""
    derivatives = [
        delta.delta(values, width=delta_width, order=order) for order in range(1, delta_order + 1)
    ]
    return np.concatenate([values, *derivatives], axis=1)


def short_term(
    samples: ArrayLike,
    sample_rate: int,
    *,
    delta_order: int = 1,
    delta_width: int | None = None,
    **options: object,
) -> Array:
    """(T, F): eight features, the cepstral coefficients, then the derivatives of all."""
    values = stages(samples, sample_rate, **options).values  # type: ignore[arg-type]
    return with_derivatives(values, delta_order, delta_width)
