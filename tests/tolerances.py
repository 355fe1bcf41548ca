"""The one place for numbers that say how close is close enough, and why.

u = 2^-24 is the unit roundoff of float32. Measured values are the largest over all 1,440 clips of
RAVDESS and all targets.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reference import mel, spectrum, timedomain
from reference.short_term import Stages

Array = NDArray[np.float64]

# Every short-term feature against its float64 twin, relative to each value, or one of the absolute
# bounds below near zero. This is the promise; most kernels keep the tighter one of their header.
SHORT_TERM = 1e-4
SHORT_TERM_TIGHTER = {
    "zero_crossing_rate": 1e-6,  # a count, divided once; measured 5e-8
    "energy": 1e-6,  # measured 3e-7
    "energy_entropy": 1e-5,
    "spectral_centroid": 1e-5,  # measured 1e-6
    "spectral_spread": 1e-5,  # measured 6e-7
    "spectral_entropy": 1e-5,
    "spectral_rolloff": 1e-6,  # a bin times its width
}
# Near zero, this fraction of the row's largest value: flux of still sounds needs 7e-11.
NEAR_ZERO = 1e-7
# Entropies near zero, in bit: p log2 p of a share p close to 1 loses what 1 - p has lost. Measured
# 8e-7.
ENTROPY = 2e-6
# Cepstral coefficients cross zero; in dB. Measured 8e-4 in frames whose bands span more than 70 dB,
# 2e-4 in others.
MFCC_DB = 1e-3
# Roll-off may step to another bin where the running power is this close to its threshold, as a
# fraction of the frame's power: about 16 u, for sums of 32 + n_bins / 32 terms. Measured 7e-8.
ROLLOFF_TIE = 1e-6
# A sign may differ where pre-emphasis cancels to this fraction of its two samples: they are
# multiplied by 0.97 in two float32 parts, 2^-48 = 4e-15 together.
ZERO_CROSSING_TIE = 1e-13
# Log-mel against librosa in dB, for bands within LOG_MEL_RANGE_DB of the frame's largest; weaker
# bands lie below the transform's rounding noise, see decibel_bounds.
LOG_MEL_DB = 1e-3
LOG_MEL_RANGE_DB = 60.0
# Statistics against NumPy and SciPy, relative to the value, or for those of location to the row's
# standard deviation. Float64 inside, one rounding at the end.
STATISTICS = 1e-5
# The modulation spectrum in dB: float64 inside, one rounding at the end.
MODULATION_DB = 1e-4
# Derivatives: Savitzky-Golay taps are float32, so an error of about `width` roundings of the
# largest value in reach.
DELTA = 1e-6
# Samples at another rate against the twin, of the signal's largest: a float32 transform and its
# inverse; measured 5e-7. And against soxr where it has one filter, or ours is made
# of its answer, of full scale; measured 5e-7.
RESAMPLED = 1e-6
RESAMPLED_SOXR = 1e-6
# Spectral balance of a voice, its ten columns: absolute, and relative to the value. Slopes are in
# dB per Hz; their weakest bins may lie in the transform's own noise.
BALANCE = np.array([1e-6, 1e-3, 1e-3, 2e-5, 1e-5, 1e-6, 1e-3, 1e-3, 1e-3, 1e-3])
BALANCE_OF_LEVEL = 1e-5
# Formants in Hz, of their value, where their frame's prediction is not nearly singular.
FORMANTS = 1e-4
# Plans in float64 (filter banks, windows) against librosa and SciPy in float64.
PLAN = 1e-12

UNIT_ROUNDOFF = 2.0**-24
# The error of a float32 FFT looks like white noise of u sqrt(log2 n_fft) times the spectrum's root
# mean square (Gentleman & Sande 1966; Schatzman 1996); windowing adds two roundings. Eight standard
# deviations cover the largest of millions of bins.
FFT_DEVIATIONS = 8.0


def amplitude_error(magnitude: Array) -> Array:
    """Largest error of any bin of each frame, (T, 1)."""
    n_fft = max(2, 2 * (magnitude.shape[1] - 1))
    root_mean_square = np.sqrt((2 * magnitude**2).sum(axis=1, keepdims=True) / n_fft)
    return FFT_DEVIATIONS * UNIT_ROUNDOFF * np.sqrt(np.log2(n_fft) + 2) * root_mean_square


def power_error(magnitude: Array) -> Array:
    """|(X + d)^2 - X^2| <= 2 X d + d^2, and a rounding or two of the square itself."""
    d = amplitude_error(magnitude)
    return 2 * magnitude * d + d**2 + 4 * UNIT_ROUNDOFF * magnitude**2


def decibel_bounds(
    magnitude: Array, bank: Array, *, power: float = 2.0, amin: float = 1e-10
) -> Array:
    """Largest possible error of each mel band in dB: that of its bins, through the logarithm.

    Below the transform's noise this grows without limit, as the band itself is then noise; the
    floor `amin` ends it. The value in decibel adds two roundings of up to 100 dB.
    """
    if power == 2:
        error = power_error(magnitude)
    else:
        error = amplitude_error(magnitude) + 4 * UNIT_ROUNDOFF * magnitude
    bands, errors = magnitude**power @ bank.T, error @ bank.T
    errors += 8 * UNIT_ROUNDOFF * bands
    high = mel.decibel(bands + errors, amin=amin)
    low = mel.decibel(np.maximum(bands - errors, 0), amin=amin)
    middle = mel.decibel(bands, amin=amin)
    return np.maximum(high - middle, middle - low) + 4 * UNIT_ROUNDOFF * np.abs(middle)


def short_term_bounds(values: Array) -> Array:
    """What the constants above allow for base features (T, 8 + n_mfcc)."""
    floor = NEAR_ZERO * np.abs(values).max(axis=0)
    floor[[2, 5]] = ENTROPY
    floor[8:] = MFCC_DB
    relative = np.full(values.shape[1], SHORT_TERM)
    relative[[0, 1, 2, 3, 4, 5, 7]] = list(SHORT_TERM_TIGHTER.values())
    return np.maximum(relative * np.abs(values), floor)


def derived_bounds(stages: Stages, bank: Array, n_bands: int = 10) -> Array:
    """Bounds for any signal, tones and impulses included, from the error of the transform.

    Features of a spectrum of few lines weigh the noise of many empty bins, so that no fixed
    fraction of the value can hold.
    """
    x, power = stages.magnitude, stages.magnitude**2
    f = np.arange(x.shape[1]) * stages.bin_width
    d = amplitude_error(x) + 4 * UNIT_ROUNDOFF * x
    total = np.maximum(x.sum(axis=1, keepdims=True), 1e-30)
    distance = np.abs(f - spectrum.centroid(x, stages.bin_width)[:, None])
    bounds = short_term_bounds(stages.values)
    centroid_error = (distance * d).sum(axis=1) / total[:, 0]
    bounds[:, 3] += centroid_error
    share = d.sum(axis=1) / total[:, 0]
    spread = stages.values[:, 4]
    variance_error = (distance**2 * d).sum(axis=1) / total[:, 0] + share * spread**2
    bounds[:, 4] += np.sqrt(spread**2 + variance_error + centroid_error**2) - spread
    # The square root has an infinite slope at 0, and a spread may also shrink to it.
    bounds[:, 4] += spread - np.sqrt(np.maximum(spread**2 - variance_error, 0))

    whole = np.maximum(timedomain.sums_of_blocks(power, n_bands).sum(axis=1, keepdims=True), 1e-60)
    p = timedomain.sums_of_blocks(power, n_bands) / whole
    e = timedomain.sums_of_blocks(power_error(x), n_bands) / whole
    e += p * e.sum(axis=1, keepdims=True) + 8 * UNIT_ROUNDOFF * p
    logarithm = np.abs(np.log2(np.maximum(np.maximum(p, e), 1e-38)))
    bounds[:, 5] += (e * (logarithm + 2)).sum(axis=1)

    u = spectrum.normalised(x)
    error_u = d / total + u * share[:, None]
    both = error_u[1:] + error_u[:-1]
    bounds[1:, 6] += (2 * np.abs(np.diff(u, axis=0)) * both + both**2).sum(axis=1)
    bands = decibel_bounds(x, bank)
    bounds[:, 8:] += np.sqrt((bands**2).sum(axis=1, keepdims=True))
    bounds[power.sum(axis=1) == 0, 1:6] = 0  # silence is exact; flux looks at two frames
    return bounds


def slope_bounds(magnitude: Array, bin_width: float) -> Array:
    """Largest possible error of the spectrum's slope: that of each bin in dB, as it is weighed."""
    n_bins = magnitude.shape[1]
    f = np.arange(n_bins) * bin_width / 1000
    weights = np.abs(f - f.mean()) / ((f - f.mean()) ** 2).sum()
    # Bins count one by one: as a bank, the identity. A weighted sum of up to 100 dB a bin rounds.
    bins = decibel_bounds(magnitude, np.eye(n_bins))
    return bins @ weights + 40 * UNIT_ROUNDOFF * 100 * weights.sum()


def crossing_ties(stages: Stages, samples: Array, hop_length: int) -> NDArray[np.intp]:
    """Samples of each frame whose sign stands within rounding of a change, (T,).

    `samples` are those before pre-emphasis, at full scale 1.
    """
    count, length = stages.raw.shape
    previous = np.concatenate([[0.0], np.abs(samples[:-1])])
    larger = np.maximum(np.abs(samples), previous)
    near = larger[hop_length * np.arange(count)[:, None] + np.arange(length)]
    return ((np.abs(stages.raw) <= ZERO_CROSSING_TIE * near) & (near > 0)).sum(axis=1)


def rolloff_ties(
    stages: Stages, found: Array, *, share: float = 0.9, noise: bool = True
) -> NDArray[np.bool_]:
    """Frames where the roll-off `found` differs from the twin's only by steps within rounding.

    With `noise`, the error of the transform counts as rounding too.
    """
    power = stages.magnitude**2
    expected = np.rint(stages.values[:, 7] / stages.bin_width).astype(int)
    actual = np.rint(found / stages.bin_width).astype(int)
    near = np.full((len(power), 1), ROLLOFF_TIE)
    if noise:
        total = np.maximum(power.sum(axis=1, keepdims=True), 1e-60)
        near += power_error(stages.magnitude).sum(axis=1, keepdims=True) / total
    far = spectrum.rolloff_distance(power, share) > near
    bins = np.arange(power.shape[1])
    low, high = np.minimum(expected, actual)[:, None], np.maximum(expected, actual)[:, None]
    passed = (bins >= low) & (bins < high)
    return (actual != expected) & ~(passed & far).any(axis=1)


def settle_ties(
    found: Array,
    stages: Stages,
    samples: Array,
    *,
    hop_length: int,
    share: float = 0.9,
    noise: bool = True,
) -> tuple[Array, int, int]:
    """Twin's base features with `found` in place of each tie; numbers of ties of both kinds."""
    values = stages.values.copy()
    pairs = max(1, stages.raw.shape[1] - 1)
    steps = np.abs(np.rint((found[:, 0] - values[:, 0]) * pairs))
    # A sample whose sign flips changes at most the two pairs that it belongs to.
    crossings = (steps > 0) & (steps <= 2 * crossing_ties(stages, samples, hop_length))
    rolloffs = rolloff_ties(stages, found[:, 7], share=share, noise=noise)
    values[crossings, 0] = found[crossings, 0]
    values[rolloffs, 7] = found[rolloffs, 7]
    return values, int(crossings.sum()), int(rolloffs.sum())


def difference_bounds(bounds: Array) -> Array:
    """Bounds of f[t] - f[t-1] when f has these."""
    sums = bounds.copy()
    sums[1:] += bounds[:-1]
    sums[0] = 0
    return sums


# Stand-ins for libraries that compute in float64 themselves, against those; relative to the largest
# value of the frame or of the feature. Transforms of other lengths of sums differ by 1e-15 of the
# frame; bands that lie far below its largest, and the logarithms of digital silence, lose more.
PEER_BANDS = 1e-12
PEER_LOGARITHMS = 1e-7
# pyAudioAnalysis' features, and near zero those that are shares of a whole. Measured 2e-7, 1e-32.
PEER_FEATURES = 1e-6
PEER_NEAR_ZERO = 1e-15
# librosa's cepstra, or MFCC_DB: the first one, -1131 in silence, is a float32 sum in both.
PEER_MFCC = 1e-5
# A bin of the transform in double, in the frame's root sum of squares (fft.hpp).
EXACT_TRANSFORM = 1e-14
# Means and deviations of pyAudioAnalysis' cepstra, absolute. Measured 1e-7 on speech.
PEER_CEPSTRA = 1e-5


def peer_cepstra_error(magnitude: Array, bank: Array, epsilon: float) -> Array:
    """Largest error of float64 cepstra log10(bank X + epsilon) of each frame, (T,).

    Bands of a still frame with an offset hold the rounding noise of its transform, and epsilon is
    no larger.
    """
    n = 2 * magnitude.shape[1]
    root_mean_square = np.sqrt((2 * magnitude**2).sum(axis=1, keepdims=True) / n)
    d = FFT_DEVIATIONS * 2.0**-53 * np.sqrt(np.log2(n) + 2) * root_mean_square
    bands = magnitude @ bank.T + epsilon
    errors = np.log10(1 + d * bank.sum(axis=1) / bands) + 1e-12
    bound: Array = 2 * np.sqrt((errors**2).sum(axis=1))  # of both libraries
    return bound


# Outputs of whole scripts, in their own units: relative as SHORT_TERM, or this near zero.
SCRIPT_DB = MFCC_DB
# More where scripts resample: samples within 1e-6 of soxr's are other ones in frames of -100 dB,
# and the lifter of one multiplies their cepstra by up to 12.
RESAMPLED_DB = {"mfcc_tensor.py": 0.3, "cleaned_speech.py": 0.01}
