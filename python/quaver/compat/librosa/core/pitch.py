"""Fundamental frequency, as librosa.core.pitch."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quaver import _core
from quaver._validate import check_real
from quaver.compat.librosa import _release, forward
from quaver.compat.librosa._names import CORE
from quaver.compat.librosa._release import UNGIVEN
from quaver.compat.librosa.core import tracking
from quaver.compat.librosa.core.convert import fft_frequencies, hz_to_octs
from quaver.compat.librosa.core.former_yin import difference as former_difference
from quaver.compat.librosa.core.former_yin import window as former_window
from quaver.compat.librosa.core.peaks import loud_pitches
from quaver.compat.librosa.core.spectrum import length_of, spectrogram
from quaver.compat.librosa.util.exceptions import ParameterError
from quaver.compat.librosa.util.utils import (
    channels,
    check_index,
    lowest,
    pad_ends,
    stack_of,
    stacked,
    tiny,
    valid_audio,
)

Array = NDArray[Any]


def yin(
    y: Array, *, fmin: float, fmax: float, sr: float = 22050, frame_length: int = 2048,
    win_length: Any = UNGIVEN, hop_length: int | None = None, trough_threshold: float = 0.1,
    center: bool = True, pad_mode: Any = "constant",
) -> Array:  # fmt: skip
    """Estimate the fundamental frequency by YIN (de Cheveigne & Kawahara 2002).

    Arguments as librosa's; `win_length`, which 0.11 warns of and ignores, is gone in 1.0. Returns
    Hz as float64, (..., n_frames).

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 220 * np.arange(22050) / 22050)
    >>> float(yin(tone, fmin=80, fmax=400)[20].round())
    220.0
    """
    _release.gone("yin", win_length=win_length)
    plan, differences = _prepare(
        y, fmin, fmax, sr, frame_length, win_length, hop_length, center, pad_mode
    )
    threshold = check_real("trough_threshold", trough_threshold)
    periods = [plan.period(difference, threshold) for difference in differences]
    return np.asarray(sr / stacked(periods, y.shape[:-1]))


def pyin(
    y: Array, *, fmin: float, fmax: float, sr: float = 22050, frame_length: int = 2048,
    win_length: Any = UNGIVEN, hop_length: int | None = None, n_thresholds: int = 100,
    beta_parameters: tuple[float, float] = (2, 18), boltzmann_parameter: float = 2,
    resolution: float = 0.1, max_transition_rate: float = 35.92, switch_prob: float = 0.01,
    no_trough_prob: float = 0.01, fill_na: float | None = np.nan, center: bool = True,
    pad_mode: Any = "constant", transition_min_prob: float | None = UNGIVEN,
) -> tuple[Array, Array, Array]:  # fmt: skip
    """Estimate the fundamental frequency by probabilistic YIN (Mauch & Dixon 2014).

    Arguments as librosa's: as 1.0, `transition_min_prob` (1e-4 unless given) leaves out transitions
    that are less probable, and None keeps all, which is what 0.11 does; `win_length` as of `yin`.
    Beta and Boltzmann parameters that are not positive are
    refused, where librosa returns NaN. Returns the frequency in Hz, whether the frame is voiced,
    and the probability that it is, each (..., n_frames).

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 220 * np.arange(22050) / 22050)
    >>> f0, voiced, probability = pyin(tone, fmin=80, fmax=400)
    >>> float(f0[20].round()), bool(voiced[20])
    (220.0, True)
    """
    _release.gone("pyin", win_length=win_length)
    least = _least_transition(transition_min_prob)
    plan, differences = _prepare(
        y, fmin, fmax, sr, frame_length, win_length, hop_length, center, pad_mode
    )
    hop = frame_length // 4 if hop_length is None else hop_length
    no_trough_prob = check_real("no_trough_prob", no_trough_prob)
    thresholds, prior = tracking.threshold_prior(n_thresholds, *beta_parameters)
    if not boltzmann_parameter > 0:
        raise ParameterError(f"boltzmann_parameter must be positive, got {boltzmann_parameter}")
    per_semitone = math.ceil(1.0 / resolution)
    n_bins = math.floor(12 * per_semitone * math.log2(fmax / fmin)) + 1
    width = round(max_transition_rate * 12 * hop / sr) * per_semitone + 1
    stay, change, outside = tracking.transitions(n_bins, width, switch_prob, least)
    paths = []
    for difference in differences:
        try:
            paths.append(
                plan.pyin(
                    difference,
                    sample_rate=sr,
                    fmin=fmin,
                    thresholds=thresholds,
                    prior=prior,
                    boltzmann=boltzmann_parameter,
                    no_trough_prob=no_trough_prob,
                    stay=stay,
                    change=change,
                    outside=outside,
                    bins_per_octave=12 * per_semitone,
                    single=y.dtype == np.float32,
                )
            )
        except ValueError as error:
            raise ParameterError(str(error)) from None
    states = stacked([path[0] for path in paths], y.shape[:-1])
    voiced_prob = stacked([path[1] for path in paths], y.shape[:-1])
    frequencies = fmin * 2 ** (np.arange(n_bins) / (12 * per_semitone))
    f0 = frequencies[states % n_bins]
    voiced = states < n_bins
    if fill_na is not None:
        f0[~voiced] = fill_na
    return f0, voiced, voiced_prob


def _least_transition(given: float | None) -> float | None:
    if _release.is_before_1():
        _release.refuse("pyin", transition_min_prob=given)
        return None
    return given if _release.is_given(given) else 1e-4


def _prepare(
    y: Array,
    fmin: float | None,
    fmax: float | None,
    sr: float,
    frame_length: int,
    win_length: Any,
    hop_length: int | None,
    center: bool,
    pad_mode: Any,
) -> tuple[_core.Yin, Iterator[Array]]:
    """Check the arguments; return the plan and the difference function of each channel."""
    if fmin is None or fmax is None:
        raise ParameterError("fmin and fmax must be given")
    _check_range(fmin, fmax, sr, frame_length)
    hop = check_index("hop_length", frame_length // 4 if hop_length is None else hop_length)
    valid_audio(y)
    if center:
        y = pad_ends(y, frame_length // 2, frame_length // 2, pad_mode)
    if y.shape[-1] < frame_length:
        raise ParameterError(
            f"input must hold a frame of {frame_length} samples, got {y.shape[-1]}"
        )
    if hop < 1:
        raise ParameterError(f"hop_length must be positive, got {hop}")
    hop = min(hop, y.shape[-1])  # further apart there is one frame, too
    is_0_8 = _release.current() == "0.8"
    window = former_window(frame_length, win_length if _release.is_given(win_length) else None)
    least = math.floor(sr / fmax)
    most = min(math.ceil(sr / fmin), frame_length - 1 - (window if is_0_8 else 0))
    least_value = float(tiny(y))
    plan = _core.Yin(
        frame_length=frame_length, hop_length=hop, min_period=least, max_period=most,
        tiny=least_value,
    )  # fmt: skip
    samples = channels(y.astype(np.float64, copy=False), 1)
    if not is_0_8:
        return plan, map(plan.difference, samples)
    framing = (frame_length, hop, window, (least, most), least_value)
    return plan, (former_difference(row, *framing) for row in samples)


def _check_range(fmin: float, fmax: float, sr: float, frame_length: int) -> None:
    if fmax > sr / 2:
        raise ParameterError(f"fmax must not exceed half the sample rate ({sr / 2}), got {fmax}")
    if fmin >= fmax:
        raise ParameterError(f"fmin must be below fmax ({fmax}), got {fmin}")
    if fmin <= 0:
        raise ParameterError(f"fmin must be positive, got {fmin}")
    if sr / fmin >= frame_length - 1:
        raise ParameterError(
            f"fmin must be above {sr / (frame_length - 1):.3f} for frame_length={frame_length} "
            f"and sr={sr}, got {fmin}"
        )
    if sr / fmin >= frame_length // 2:
        warnings.warn(
            f"frame_length={frame_length} holds less than two periods of fmin={fmin} at sr={sr}; "
            f"frame_length={math.ceil(sr / fmin) * 2 + 1} would hold them",
            stacklevel=4,
        )


def piptrack(
    *, y: Array | None = None, sr: float = 22050, S: Array | None = None, n_fft: int | None = 2048,
    hop_length: int | None = None, fmin: float = 150.0, fmax: float = 4000.0,
    threshold: float = 0.1, win_length: int | None = None, window: Any = "hann",
    center: bool = True, pad_mode: Any = "constant", ref: Any = None,
) -> tuple[Array, Array]:  # fmt: skip
    """Track the peaks of a spectrogram, each refined by a parabola.

    Arguments as librosa's. Returns frequency in Hz and magnitude of each peak at its bin, 0
    elsewhere, both (..., n_bins, n_frames).

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 441 * np.arange(22050) / 22050)
    >>> pitches, magnitudes = piptrack(y=tone)
    >>> float(pitches[magnitudes[:, 20].argmax(), 20].round())
    441.0
    """
    S, n_fft = spectrogram(y, S, n_fft, hop_length, win_length, window, center, pad_mode)
    is_plain = ref is None and type(threshold) is float and threshold >= 0
    by_kernel = is_plain and np.isrealobj(S) and lowest(S) >= 0
    S = S if by_kernel else np.abs(S)
    if S.shape[-2] < 2:
        raise ParameterError(f"S must have at least 2 bins, got {S.shape[-2]}")
    frequencies = fft_frequencies(sr=sr, n_fft=n_fft)
    wanted = (np.maximum(fmin, 0) <= frequencies) & (frequencies < np.minimum(fmax, float(sr) / 2))
    if by_kernel and wanted.shape == S.shape[-2:-1]:
        return _peaks_by_kernel(S, wanted, threshold, float(sr) / n_fft)
    if ref is None or callable(ref):
        largest = np.max if ref is None else ref
        level = np.expand_dims(threshold * largest(S, axis=-2), -2)
    else:
        level = np.abs(ref)
    pitches, magnitudes = np.zeros_like(S), np.zeros_like(S)
    index = np.nonzero(wanted[:, None] & _peaks(S, level))
    *channels, bins, frames = index
    at = S[index]
    inner = (bins > 0) & (bins < S.shape[-2] - 1)
    below = S[tuple([*channels, np.maximum(bins - 1, 0), frames])]
    above = S[tuple([*channels, np.minimum(bins + 1, S.shape[-2] - 1), frames])]
    bend, slope = above + below - 2 * at, (above - below) / 2
    # A vertex further than a bin away is none; the ends have no parabola.
    fits = inner & (np.abs(slope) < np.abs(bend))
    shift = np.where(fits, -slope / np.where(fits, bend, 1), 0).astype(S.dtype, copy=False)
    pitches[index] = (bins + shift) * float(sr) / n_fft
    magnitudes[index] = at + 0.5 * slope * shift
    return pitches, magnitudes


def _peaks_by_kernel(
    S: Array, wanted: Array, threshold: float, hz_per_bin: float
) -> tuple[Array, Array]:
    """Return frequencies and magnitudes of peaks in the order of memory of S."""
    (bins,) = np.nonzero(wanted)  # which rise: without a gap
    first, last = (int(bins[0]), int(bins[-1]) + 1) if bins.size else (0, 0)
    stack, frames_first = stack_of(S)
    found = _core.peaks(stack, frames_first, first, last, threshold, hz_per_bin)
    lead, (n_bins, n_frames) = S.shape[:-2], S.shape[-2:]
    if frames_first:
        pitches, magnitudes = (x.reshape(*lead, n_frames, n_bins).swapaxes(-1, -2) for x in found)
    else:
        pitches, magnitudes = (x.reshape(S.shape) for x in found)
    return pitches, magnitudes


def _peaks(S: Array, level: Array) -> Array:
    """Return where a bin above the level exceeds the one before and is no less than the next."""
    loud = S * np.greater(S, level)
    peaks = np.zeros(S.shape, bool)
    peaks[..., 1:, :] = loud[..., 1:, :] > loud[..., :-1, :]
    peaks[..., 1:-1, :] &= loud[..., 1:-1, :] >= loud[..., 2:, :]
    return peaks


def pitch_tuning(
    frequencies: ArrayLike, *, resolution: float = 0.01, bins_per_octave: int = 12
) -> float:
    """Find by how much frequencies deviate from an equal-tempered scale on A440.

    Arguments as librosa's. Returns the most frequent deviation in steps of the scale, from -0.5 to
    below 0.5; 0 with a warning when there is no frequency.

    Examples
    --------
    >>> round(float(pitch_tuning([445.0, 222.5, 890.0])), 2)
    0.19
    """
    hertz = np.atleast_1d(frequencies)
    hertz = hertz[hertz > 0]
    if not hertz.size:
        # In librosa's words, as the others that programs leave out by their message.
        warnings.warn("Trying to estimate tuning from empty frequency set.", stacklevel=2)
        return 0.0
    residual = np.mod(bins_per_octave * hz_to_octs(hertz), 1.0)
    residual[residual >= 0.5] -= 1.0
    edges = np.linspace(-0.5, 0.5, int(np.ceil(1.0 / resolution)) + 1)
    # As np.histogram, which costs as much as all the rest; NaN falls behind the last bin.
    bins = np.searchsorted(edges, residual, side="right") - 1
    counts = np.bincount(bins, minlength=edges.size)[: edges.size - 1]
    tuning: float = edges[np.argmax(counts)]
    return tuning


def estimate_tuning(
    *, y: Array | None = None, sr: float = 22050, S: Array | None = None, n_fft: int | None = 2048,
    resolution: float = 0.01, bins_per_octave: int = 12, **kwargs: Any,
) -> float:  # fmt: skip
    """Find the tuning of a signal: `pitch_tuning` of the louder half of its peaks.

    Arguments as librosa's.

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 445 * np.arange(22050) / 22050)
    >>> round(float(estimate_tuning(y=tone)), 2)
    0.17
    """
    loud = None
    if not kwargs:
        S, n_fft = spectrogram(y, S, n_fft, None)
        n_fft = length_of(S, n_fft)
        if S.ndim > 1 and S.shape[-2] > 1 and S.size and n_fft == 2 * (S.shape[-2] - 1):
            loud = loud_pitches(S, sr) if lowest(S) >= 0 else None
    if loud is not None:
        return pitch_tuning(loud, resolution=resolution, bins_per_octave=bins_per_octave)
    pitches, magnitudes = piptrack(y=y, sr=sr, S=S, n_fft=n_fft, **kwargs)
    found = pitches > 0
    level = np.median(magnitudes[found]) if found.any() else 0.0
    return pitch_tuning(
        pitches[(magnitudes >= level) & found],
        resolution=resolution,
        bins_per_octave=bins_per_octave,
    )


# Names of librosa's that quaver keeps elsewhere, or lacks.
__getattr__ = forward.attach_module("core.pitch", CORE)
