"""Short-term features, as `pyAudioAnalysis.ShortTermFeatures`.

T. Giannakopoulos, pyAudioAnalysis: an open-source Python library for audio signal analysis (PLoS
ONE 10(12), 2015).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from quaver import _core
from quaver._caches import PER_POINT, kept
from quaver.compat.install import original_names

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_N_MFCC, _N_CHROMA = 13, 12
_ROLLOFF = 7  # the one row that stays a number where samples are not finite
_NATIVE = (np.dtype(np.int16), np.dtype(np.float32), np.dtype(np.float64))

_NAMES = [
    "zcr", "energy", "energy_entropy", "spectral_centroid", "spectral_spread", "spectral_entropy",
    "spectral_flux", "spectral_rolloff", *(f"mfcc_{i}" for i in range(1, _N_MFCC + 1)),
    *(f"chroma_{i}" for i in range(1, _N_CHROMA + 1)), "chroma_std",
]  # fmt: skip


def feature_extraction(
    signal: ArrayLike, sampling_rate: float, window: float, step: float, deltas: bool = True
) -> tuple[NDArray[np.float64], list[str]]:
    """Compute 34 short-term features of a signal, and their differences.

    The signal loses its mean and is divided by its peak first; frames are rectangular, and what
    does not fill the last one is left out. Arguments as pyAudioAnalysis', in samples. Returns the
    features, (68, n_frames) or (34, n_frames), and a name a row. Raises ValueError for a signal
    shorter than the window or not mono, a step below 1, and a window so short that its chroma is
    not defined (about 200 samples at 16 kHz); IndexError at the border of that definition, and for
    rates whose mel bands lie beyond the spectrum (below about 6860 Hz).

    Examples
    --------
    >>> tone = np.sin(np.arange(16000) * 0.1)
    >>> features, names = feature_extraction(tone, 16000, 800, 400)
    >>> features.shape, names[0], names[34]
    ((68, 39), 'zcr', 'delta zcr')
    """
    samples = _as_samples(signal)
    if isinstance(sampling_rate, np.ndarray) and sampling_rate.ndim == 0:
        sampling_rate = sampling_rate[()]  # which the plans can be looked up by
    length, hop = int(window), int(step)
    if length < 1 or hop < 1:
        raise ValueError(f"window and step must be at least 1 sample, got {window} and {step}")
    if length > _core.largest_length:
        raise ValueError(f"window must be at most {_core.largest_length} samples, got {window}")
    mfcc_filter_banks(sampling_rate, length // 2)  # refuses rates whose bands do not fit
    if samples.ndim != 1:
        raise ValueError(f"signal must have shape (n,), got {samples.shape}")
    if len(samples) < length:
        raise ValueError(
            f"signal must hold at least one window of {length} samples, got {len(samples)}"
        )
    names = _NAMES + ["delta " + name for name in _NAMES] if deltas else list(_NAMES)
    hop = min(hop, len(samples))  # further apart there is one frame, too
    plan = _plan(sampling_rate, length, hop, bool(deltas))
    mean, peak = _core.pyaudio_normalisation(samples)
    if not (np.isfinite(mean) and np.isfinite(peak)):
        return _of_nothing_finite(len(names), 1 + (len(samples) - length) // hop), names
    return plan.run(samples, mean, peak), names


def _as_samples(signal: ArrayLike) -> NDArray[Any]:
    samples = np.asarray(signal)
    if samples.ndim == 0:
        raise TypeError(f"signal must be a sequence of samples, got {signal!r}")
    if samples.size == 0:
        raise ValueError("signal must hold at least one sample, got 0")
    if samples.dtype not in _NATIVE or not samples.dtype.isnative or not samples.flags.aligned:
        samples = samples.astype(np.float64)
    return samples


def _of_nothing_finite(n_rows: int, n_frames: int) -> NDArray[np.float64]:
    """Return what one NaN or infinity makes of the whole signal through mean and peak."""
    features = np.full((n_rows, n_frames), np.nan)
    features[_ROLLOFF :: len(_NAMES)] = 0
    if n_rows > len(_NAMES):
        features[len(_NAMES) :, 0] = 0
    return features


@kept
def _plan(sampling_rate: float, window: int, step: int, deltas: bool) -> tuple[_core.PyAudio, int]:
    n_used = window // 2
    bank, _ = mfcc_filter_banks(sampling_rate, n_used)
    bins, classes, weights = _chroma_taps(sampling_rate, n_used)
    plan = _core.PyAudio(
        window=window, step=step, bank=bank, chroma_bins=bins, chroma_classes=classes,
        chroma_weights=weights, deltas=deltas,
    )  # fmt: skip
    return plan, PER_POINT * window


@kept
def _cached_filter_banks(
    sampling_rate: float,
    num_fft: int,
    lowfreq: float,
    linc: float,
    logsc: float,
    num_lin_filt: int,
    num_log_filt: int,
) -> tuple[tuple[NDArray[np.float64], NDArray[np.float64]], int]:
    edges = np.zeros(num_lin_filt + num_log_filt + 2)
    edges[:num_lin_filt] = lowfreq + np.arange(num_lin_filt) * linc
    edges[num_lin_filt:] = edges[num_lin_filt - 1] * logsc ** np.arange(1, num_log_filt + 3)
    heights = 2.0 / (edges[2:] - edges[:-2])
    bank = np.zeros((num_lin_filt + num_log_filt, num_fft))
    # The bins are laid out as if they spanned the sampling rate, not half of it: so does the
    # original, and the bands cover half the frequencies that their edges say.
    frequencies = np.arange(num_fft) / (1.0 * num_fft) * sampling_rate
    for i, (low, center, high) in enumerate(zip(edges, edges[1:], edges[2:], strict=False)):
        corners = [int(np.floor(f * num_fft / sampling_rate)) + 1 for f in (low, center, high)]
        rise, fall = np.arange(*corners[:2]), np.arange(*corners[1:])
        bank[i, rise] = heights[i] / (center - low) * (frequencies[rise] - low)
        bank[i, fall] = heights[i] / (high - center) * (high - frequencies[fall])
    return (bank, edges), bank.nbytes + edges.nbytes


def mfcc_filter_banks(
    sampling_rate: float, num_fft: int, lowfreq: float = 133.33, linc: float = 200 / 3,
    logsc: float = 1.0711703, num_lin_filt: int = 13, num_log_filt: int = 27,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:  # fmt: skip
    """Compute the triangular bands of unit area under the cepstral coefficients.

    Arguments as pyAudioAnalysis'. Returns the bands, (n_bands, num_fft), and their edges in Hz,
    (n_bands + 2,). Raises IndexError when a band lies beyond the bins.

    Examples
    --------
    >>> mfcc_filter_banks(16000, 400)[0].shape
    (40, 400)
    """
    bank, edges = _cached_filter_banks(
        sampling_rate, num_fft, lowfreq, linc, logsc, num_lin_filt, num_log_filt
    )
    return bank.copy(), edges.copy()


def chroma_features_init(
    num_fft: int, sampling_rate: float
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return the semitone above 27.5 Hz nearest to each bin, and how many bins share it.

    Arguments as pyAudioAnalysis'. Semitones are negative below 27.5 Hz.

    Examples
    --------
    >>> chroma_features_init(400, 16000)[0][:4]
    array([-6,  6, 14, 18])
    """
    frequencies = (np.arange(num_fft) + 1) * sampling_rate / (2 * num_fft)
    semitones = np.round(12.0 * np.log2(frequencies / 27.5)).astype(int)
    _, inverse, counts = np.unique(semitones, return_inverse=True, return_counts=True)
    return semitones, counts[inverse].astype(np.float64)


def _chroma_taps(sampling_rate: float, n_used: int) -> tuple[list[int], list[int], list[float]]:
    """Return which bin adds to which pitch class, and how much.

    In the original, of the bins that share a semitone only the last one counts, a semitone below
    27.5 Hz counts from the end of the table, and the weight of entry i is that of semitone i's
    own semitone's bins.
    """
    semitones, counts = chroma_features_init(n_used, sampling_rate)
    highest = int(semitones.max())
    if highest >= n_used:
        message = (
            f"window of {2 * n_used} samples is too short for chroma at {sampling_rate} Hz: its"
            f" highest bin is semitone {highest}, and only semitones below {n_used} fit"
        )
        raise IndexError(message) if highest == n_used else ValueError(message)
    entries = {int(s) % n_used: k for k, s in enumerate(semitones)}
    weights = [float(1 / counts[semitones[entry]]) for entry in entries]
    return list(entries.values()), [entry % _N_CHROMA for entry in entries], weights


__getattr__ = original_names(
    "pyAudioAnalysis.ShortTermFeatures",
    [
        "eps",
        "chroma_features",
        "chromagram",
        "dc_normalize",
        "energy",
        "energy_entropy",
        "harmonic",
        "mfcc",
        "phormants",
        "spectral_centroid_spread",
        "spectral_entropy",
        "spectral_flux",
        "spectral_rolloff",
        "spectrogram",
        "speed_feature",
        "zero_crossing_rate",
    ],
)
