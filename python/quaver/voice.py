"""Descriptors of a voice: pitch, formants, how its spectrum is spread, how loud that sounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from quaver import _core
from quaver._caches import PER_POINT, kept
from quaver._prediction import burg, yule_walker
from quaver._validate import Downmix, as_samples, check_int, check_sample_rate
from quaver.features import ShortTerm

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

#: The columns of `spectral_balance`.
SPECTRAL_BALANCE = (
    "loudness",
    "alpha_ratio",
    "hammarberg_index",
    "slope_0_500",
    "slope_500_1500",
    "flux_0_5000",
    "htk_mfcc_1",
    "htk_mfcc_2",
    "htk_mfcc_3",
    "htk_mfcc_4",
)
#: The columns of `pitch`.
PITCH = ("f0", "voicing")
#: The columns of `jitter_shimmer`.
JITTER_SHIMMER = ("jitter", "shimmer")
#: The columns of `harmonics`.
HARMONICS = ("hnr", "h1_h2", "h1_a3", "f1_level", "f2_level", "f3_level")
#: The columns of `formants`.
FORMANTS = (
    "f1_frequency",
    "f1_bandwidth",
    "f2_frequency",
    "f2_bandwidth",
    "f3_frequency",
    "f3_bandwidth",
)
# Seconds, as GeMAPS defines them.
_FRAME, _PITCH_FRAME, _HOP = 0.02, 0.06, 0.01


@kept
def _balance_plan(sample_rate: float) -> tuple[_core.Balance, int]:
    rate = check_sample_rate(sample_rate)
    # A transform is shorter than two frames.
    return _core.Balance(sample_rate=rate), PER_POINT * int(2 * _FRAME * rate)


@kept
def _pitch_plan(sample_rate: float) -> tuple[_core.Pitch, int]:
    rate = check_sample_rate(sample_rate)
    return _core.Pitch(sample_rate=rate), 2 * PER_POINT * int(2 * _PITCH_FRAME * rate)


@kept
def _periods_plan(sample_rate: float) -> tuple[_core.Periods, int]:
    # It holds a few numbers.
    return _core.Periods(sample_rate=check_sample_rate(sample_rate)), PER_POINT


@kept
def _harmonics_plan(sample_rate: float) -> tuple[_core.Harmonics, int]:
    rate = check_sample_rate(sample_rate)
    return _core.Harmonics(sample_rate=rate), PER_POINT * int(2 * _PITCH_FRAME * rate)


@kept
def _formant_plan(sample_rate: float, plain: bool) -> tuple[_core.Formants, int]:
    rate = check_sample_rate(sample_rate)
    # The waves of some 176 bins at 220 points, and the transform.
    size = 4 * 176 * 220 + PER_POINT * int(2 * _FRAME * rate)
    return _core.Formants(sample_rate=rate, plain=plain), size


def _frames(values: NDArray[np.float32], names: tuple[str, ...], length: float) -> ShortTerm:
    times = np.arange(len(values), dtype=np.float64) * _HOP + length / 2
    return ShortTerm(values, names, times)


def _f0_of(candidates: NDArray[np.float32]) -> NDArray[np.float32]:
    track, _ = _core.pitch_path(candidates)
    return np.ascontiguousarray(track[:, 0])


def spectral_balance(
    samples: ArrayLike, sample_rate: float, *, downmix: Downmix = None
) -> ShortTerm:
    """Compute the descriptors of the GeMAPS sets that need no pitch, as openSMILE gives them.

    Loudness, alpha ratio, Hammarberg index, spectral slopes of 0 to 500 and 500 to 1500 Hz,
    spectral flux up to 5 kHz and four cepstral coefficients in HTK's scaling; of frames of 20 ms
    every 10 ms, before any smoothing over frames.

    Parameters
    ----------
    samples, downmix
        As of `short_term`. Decibels refer to a full scale of 32767, as openSMILE's do.
    sample_rate : int
        Sampling rate in Hz, at least 8000.

    Returns
    -------
    ShortTerm
        ``values`` (n_frames, 10) float32, ``names`` as `SPECTRAL_BALANCE`, ``times`` in seconds.
        Alpha ratio and Hammarberg index are in dB, slopes in dB per Hz.

    Raises
    ------
    ValueError
        For a wrong shape, rate or length (at least one frame), NaN or infinity.
    TypeError
        For samples of another type.

    Notes
    -----
    Definitions: Eyben et al., The Geneva minimalistic acoustic parameter set (GeMAPS) for voice
    research and affective computing, IEEE Transactions on Affective Computing 7(2), 2016;
    ``cpp/include/quaver/voice/balance.hpp`` states each with its accuracy.

    Examples
    --------
    >>> import numpy as np
    >>> frames = spectral_balance(np.sin(np.arange(16000) * 0.1), 16000)
    >>> frames.values.shape, frames.names[2], round(float(frames.times[1]), 3)
    ((99, 10), 'hammarberg_index', 0.02)
    """
    values = _balance_plan(sample_rate).run(as_samples(samples, downmix))
    return _frames(values, SPECTRAL_BALANCE, _FRAME)


def pitch(samples: ArrayLike, sample_rate: float, *, downmix: Downmix = None) -> ShortTerm:
    """Follow the pitch of a voice between 55 and 1000 Hz by subharmonic summation.

    Of frames of 60 ms every 10 ms. The candidates of each frame are openSMILE's (its GeMAPS sets);
    which of them, if any, is the pitch is decided over the whole clip.

    Parameters
    ----------
    samples, downmix
        As of `short_term`.
    sample_rate : int
        Sampling rate in Hz, at least 8000.

    Returns
    -------
    ShortTerm
        ``values`` (n_frames, 2) float32, ``names`` ``("f0", "voicing")``, ``times`` in seconds.
        ``f0`` is in Hz, and 0 where there is no voice; ``voicing``, between 0 and 1, is how far the
        pitch (or else its best candidate) stands out of the mean, and 0 in silence.

    Raises
    ------
    ValueError
        For a wrong shape, rate or length (at least one frame), NaN or infinity.
    TypeError
        For samples of another type.

    Notes
    -----
    Hermes, Measurement of pitch by subharmonic summation, Journal of the Acoustical Society of
    America 83, 1988; ``cpp/include/quaver/voice/pitch.hpp`` states the formulas and the accuracy.

    Examples
    --------
    >>> import numpy as np
    >>> phase = 2 * np.pi * 200 * np.arange(16000) / 16000
    >>> frames = pitch(sum(np.sin(k * phase) / k for k in range(1, 8)) / 4, 16000)
    >>> frames.values.shape, int(frames.values[0, 0].round())
    ((95, 2), 200)
    """
    candidates = _pitch_plan(sample_rate).candidates(as_samples(samples, downmix))
    track, _ = _core.pitch_path(candidates)
    return _frames(track, PITCH, _PITCH_FRAME)


def jitter_shimmer(samples: ArrayLike, sample_rate: float, *, downmix: Downmix = None) -> ShortTerm:
    """Compute how much the periods of a voice differ from one to the next, as openSMILE does.

    Of frames of 60 ms every 10 ms, at the pitch of `pitch`; before any smoothing over frames.

    Parameters
    ----------
    samples, downmix
        As of `short_term`.
    sample_rate : int
        Sampling rate in Hz, at least 8000.

    Returns
    -------
    ShortTerm
        ``values`` (n_frames, 2) float32, ``names`` ``("jitter", "shimmer")``, ``times`` in seconds.
        ``jitter`` is the mean change of length over the mean length, from 0 to 1; ``shimmer`` that
        of the extent of the waveform, in dB, from 0 to 6.02. Both are 0 where there is no voice,
        and what they were where no period of it resembles the next one.

    Raises
    ------
    ValueError
        For a wrong shape, rate or length (at least one frame), NaN or infinity.
    TypeError
        For samples of another type.

    Notes
    -----
    ``cpp/include/quaver/voice/periods.hpp`` states the formulas and the accuracy.

    Examples
    --------
    >>> import numpy as np
    >>> phase = 2 * np.pi * 200 * np.arange(16000) / 16000
    >>> tone = sum(np.sin(k * phase) / k for k in range(1, 8)) / 64
    >>> frames = jitter_shimmer(tone * np.exp(np.arange(16000) / 8000), 16000)
    >>> [round(float(value), 3) for value in frames.values[50]]  # 1 % more from one to the next
    [0.0, 0.086]
    """
    checked = as_samples(samples, downmix)
    f0 = _f0_of(_pitch_plan(sample_rate).candidates(checked))
    return _frames(_periods_plan(sample_rate).run(checked, f0), JITTER_SHIMMER, _PITCH_FRAME)


def harmonics(samples: ArrayLike, sample_rate: float, *, downmix: Downmix = None) -> ShortTerm:
    """Compute how much of a voice is periodic, and the levels of its harmonics.

    Of frames of 60 ms every 10 ms, by openSMILE's definitions (its GeMAPS sets) at the pitch of
    `pitch` and the formants of `formants`.

    Parameters
    ----------
    samples, downmix
        As of `short_term`.
    sample_rate : int
        Sampling rate in Hz, at least 8000.

    Returns
    -------
    ShortTerm
        ``values`` (n_frames, 6) float32 in dB, ``names`` as `HARMONICS`, ``times`` in seconds.
        ``hnr`` is the ratio of harmonics to noise. ``f1_level`` to ``f3_level`` are those of the
        strongest harmonic near a formant, relative to the first harmonic. ``h1_h2`` is the level of
        the second harmonic less that of the third, ``h1_a3`` less ``f3_level``: the sets call them
        H1-H2 and H1-A3. Without a voice ratio and differences are 0, levels -201.

    Raises
    ------
    ValueError
        For a wrong shape, rate or length (at least one frame), NaN or infinity.
    TypeError
        For samples of another type.

    Notes
    -----
    ``cpp/include/quaver/voice/harmonics.hpp`` states the formulas and the accuracy.

    Examples
    --------
    >>> import numpy as np
    >>> phase = 2 * np.pi * 200 * np.arange(16000) / 16000
    >>> frames = harmonics(sum(np.sin(k * phase) / k for k in range(1, 8)) / 4, 16000)
    >>> frames.names[:2], [round(float(decibel), 1) for decibel in frames.values[0, :2]]
    (('hnr', 'h1_h2'), [13.4, 3.5])
    """
    checked = as_samples(samples, downmix)
    candidates, spectra = _pitch_plan(sample_rate).spectra(checked)
    f0 = _f0_of(candidates)
    # Of the frame of 20 ms that begins where that of 60 ms does, as openSMILE has it.
    frequencies = _formant_plan(sample_rate, plain=False).run(checked)[: len(f0), ::2]
    values = _harmonics_plan(sample_rate).run(spectra, f0, np.ascontiguousarray(frequencies))
    return _frames(values, HARMONICS, _PITCH_FRAME)


def formants(
    samples: ArrayLike,
    sample_rate: float,
    *,
    method: Literal["opensmile", "plain"] = "opensmile",
    downmix: Downmix = None,
) -> ShortTerm:
    """Find the lowest three formants of each frame by linear prediction.

    Of frames of 20 ms every 10 ms, whether there is a voice in them or not (``pitch`` tells),
    before any smoothing over frames.

    Parameters
    ----------
    samples, downmix
        As of `short_term`.
    sample_rate : int
        Sampling rate in Hz, at least 8000.
    method : {"opensmile", "plain"}
        The numbers of openSMILE's GeMAPS sets, for what was made with these; they follow the
        resonances of a voice loosely. Or those resonances, up to 5.5 kHz.

    Returns
    -------
    ShortTerm
        ``values`` (n_frames, 6) float32 in Hz, ``names`` as `FORMANTS`, ``times`` in seconds. A
        formant that is not there is 0, as all are in silence.

    Raises
    ------
    ValueError
        For a wrong shape, rate or length (at least one frame), NaN or infinity; another method.
    TypeError
        For samples of another type.

    Notes
    -----
    Prediction by autocorrelation at 11 kHz; ``cpp/include/quaver/voice/formants.hpp`` states the
    formulas, of which openSMILE's are its own down to their peculiarities.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> frames = formants(rng.standard_normal(16000), 16000)
    >>> frames.values.shape, frames.names[:2]
    ((99, 6), ('f1_frequency', 'f1_bandwidth'))
    """
    if method not in ("opensmile", "plain"):
        raise ValueError(f"method must be 'opensmile' or 'plain', got {method!r}")
    plan = _formant_plan(sample_rate, method == "plain")
    return _frames(plan.run(as_samples(samples, downmix)), FORMANTS, _FRAME)


def lpc(
    samples: ArrayLike,
    order: int,
    *,
    method: Literal["burg", "autocorrelation"] = "burg",
) -> NDArray[np.float64]:
    """Predict each sample linearly from those before it.

    Parameters
    ----------
    samples : (..., n) array of real numbers
        One signal, or frames of it in the last axis, as of any scale. Nothing is windowed here.
    order : int
        Coefficients, at least 1 and less than the number of samples.
    method : {"burg", "autocorrelation"}
        Burg's method has the least error forwards and backwards within the samples: resonances are
        sharp even in short frames, and no window is wanted. That of autocorrelation takes what
        lies outside for zeros: frames are to be windowed before.

    Returns
    -------
    (..., order + 1) float64
        The filter ``1, a[1], .., a[order]`` that leaves the error of prediction. Its roots lie
        within the unit circle; their angles are resonances, those of a voice its formants. 1 and
        zeros in silence.

    Raises
    ------
    ValueError
        For an order out of range, samples that are not finite, another method.
    TypeError
        For samples that are no real numbers, an order that is no int.

    Notes
    -----
    Makhoul, Linear prediction: a tutorial review, Proceedings of the IEEE 63(4), 1975; Marple, A
    new autoregressive spectrum analysis algorithm, IEEE Transactions on Acoustics, Speech, and
    Signal Processing 28(4), 1980.

    Examples
    --------
    >>> import numpy as np
    >>> decay = 0.9 ** np.arange(50.0)
    >>> lpc(decay, 1).round(2).tolist()
    [1.0, -0.99]
    >>> lpc(decay, 1, method="autocorrelation").round(2).tolist()
    [1.0, -0.9]
    """
    given = np.asarray(samples)
    if given.dtype.kind not in "fiu":
        raise TypeError(f"samples must be real numbers, got {given.dtype}")
    if given.ndim == 0:
        raise ValueError("samples must have at least one axis, got a number")
    order = check_int("order", order)
    if not 1 <= order < given.shape[-1]:
        raise ValueError(
            f"order must be at least 1 and less than the {given.shape[-1]} samples, got {order}"
        )
    if method not in ("burg", "autocorrelation"):
        raise ValueError(f"method must be 'burg' or 'autocorrelation', got {method!r}")
    x = np.ascontiguousarray(given, np.float64)
    if not np.isfinite(x).all():
        raise ValueError("samples must be finite, got NaN or infinity")
    # Coefficients do not depend on the level, squares of tiny or huge samples would be lost.
    peak = np.abs(x).max(axis=-1, keepdims=True)
    x = x / np.where(peak > 0, peak, 1)
    if method == "burg":
        return burg(x, order, float(np.finfo(x.dtype).tiny))
    return yule_walker(x, order)
