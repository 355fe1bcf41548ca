"""Conversions of units, as librosa.core.convert."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quaver.compat.librosa import _release, forward
from quaver.compat.librosa._names import CORE
from quaver.compat.librosa.util.exceptions import ParameterError

Array = NDArray[Any]

# Slaney's scale (Auditory Toolbox, 1998): linear below 1 kHz, logarithmic above.
_HZ_PER_MEL = 200.0 / 3
_BREAK_HZ = 1000.0
_BREAK_MEL = _BREAK_HZ / _HZ_PER_MEL
_LOG_STEP = np.log(6.4) / 27.0

_PITCHES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_ACCIDENTALS = {"#": 1, "♯": 1, "𝄪": 2, "b": -1, "!": -1, "♭": -1, "𝄫": -2, "♮": 0}
_NOTE = re.compile(r"([A-Ga-g])([#♯𝄪b!♭𝄫♮]*)([+-]?\d+)?([+-]\d+)?$")


def hz_to_mel(frequencies: ArrayLike, *, htk: bool = False) -> Any:
    """Convert Hz to mels, on Slaney's scale or HTK's.

    Examples
    --------
    >>> round(float(hz_to_mel(1000.0)), 9)
    15.0
    """
    hz = np.asanyarray(frequencies)[()]
    if htk:
        return 2595.0 * np.log10(1.0 + hz / 700.0)
    mels = hz / _HZ_PER_MEL
    if hz.ndim == 0:
        return _BREAK_MEL + np.log(hz / _BREAK_HZ) / _LOG_STEP if hz >= _BREAK_HZ else mels
    high = hz >= _BREAK_HZ
    mels[high] = _BREAK_MEL + np.log(hz[high] / _BREAK_HZ) / _LOG_STEP
    return mels


def mel_to_hz(mels: ArrayLike, *, htk: bool = False) -> Any:
    """Convert mels to Hz, on Slaney's scale or HTK's.

    Examples
    --------
    >>> round(float(mel_to_hz(15.0)), 9)
    1000.0
    """
    values = np.asanyarray(mels)[()]
    if htk:
        return 700.0 * (10.0 ** (values / 2595.0) - 1.0)
    hz = _HZ_PER_MEL * values
    if values.ndim == 0:
        high_hz = _BREAK_HZ * np.exp(_LOG_STEP * (values - _BREAK_MEL))
        return high_hz if values >= _BREAK_MEL else hz
    high = values >= _BREAK_MEL
    hz[high] = _BREAK_HZ * np.exp(_LOG_STEP * (values[high] - _BREAK_MEL))
    return hz


def mel_frequencies(
    n_mels: int = 128, *, fmin: float = 0.0, fmax: float = 11025.0, htk: bool = False
) -> Array:
    """Return frequencies in Hz that are evenly spaced on a mel scale.

    Examples
    --------
    >>> mel_frequencies(3, fmax=1000.0)
    array([   0.,  500., 1000.])
    """
    mels = np.linspace(hz_to_mel(fmin, htk=htk), hz_to_mel(fmax, htk=htk), n_mels)
    return np.asarray(mel_to_hz(mels, htk=htk))


def fft_frequencies(*, sr: float = 22050, n_fft: int = 2048) -> Array:
    """Return the frequencies of the bins of a transform in Hz.

    Examples
    --------
    >>> fft_frequencies(sr=8000, n_fft=4)
    array([   0., 2000., 4000.])
    """
    if n_fft % 2 and _release.current() == "0.8":  # whose last bin was at half the rate
        return np.linspace(0, float(sr) / 2, n_fft // 2 + 1)
    return np.fft.rfftfreq(n=n_fft, d=1.0 / sr)


def hz_to_octs(frequencies: ArrayLike, *, tuning: float = 0.0, bins_per_octave: int = 12) -> Any:
    """Convert Hz to octaves above A0, with A4 deviating from 440 Hz by `tuning` bins.

    Examples
    --------
    >>> float(hz_to_octs(440.0))
    4.0
    """
    a440 = 440.0 * 2.0 ** (tuning / bins_per_octave)
    return np.log2(np.asanyarray(frequencies)[()] / (float(a440) / 16))


def note_to_midi(note: str | Iterable[str], *, round_midi: bool = True) -> Any:
    """Convert names of notes such as "C#4" or "A4+20" (cents) to MIDI numbers.

    Arguments as librosa's. The octave is 0 where none is named; an empty name gives NaN, before 1.0
    an error.

    Examples
    --------
    >>> note_to_midi("A4")
    69
    """
    if not isinstance(note, str):
        return np.array([note_to_midi(n, round_midi=round_midi) for n in note])
    if not note and not _release.is_before_1():
        return np.nan
    match = _NOTE.match(note)
    if match is None:
        raise ParameterError(f"note must be like 'C', 'A4', 'Bb3' or 'F#2+30', got {note!r}")
    letter, accidentals, octave, cents = match.groups()
    value = 12 * (int(octave or 0) + 1) + _PITCHES[letter.upper()]
    value += sum(_ACCIDENTALS[sign] for sign in accidentals)
    exact = np.float64(value + int(cents or 0) * 1e-2)
    return int(np.round(exact)) if round_midi else exact


def note_to_hz(note: str | Iterable[str], *, round_midi: bool | None = None) -> Any:
    """Convert names of notes to Hz.

    Arguments as librosa's: unless `round_midi` says so, cents count in 1.0 and are rounded away
    before.

    Examples
    --------
    >>> float(note_to_hz("A4"))
    440.0
    """
    rounded = _release.is_before_1() if round_midi is None else round_midi
    return midi_to_hz(note_to_midi(note, round_midi=rounded))


def midi_to_hz(notes: ArrayLike) -> Any:
    """Convert MIDI numbers to Hz.

    Examples
    --------
    >>> float(midi_to_hz(69))
    440.0
    """
    return 440.0 * (2.0 ** ((np.asanyarray(notes)[()] - 69.0) / 12.0))


def hz_to_midi(frequencies: ArrayLike) -> Any:
    """Convert Hz to MIDI numbers.

    Examples
    --------
    >>> float(hz_to_midi(440.0))
    69.0
    """
    return 12 * (np.log2(np.asanyarray(frequencies)[()]) - np.log2(440.0)) + 69


def frames_to_samples(frames: ArrayLike, *, hop_length: int = 512, n_fft: int | None = None) -> Any:
    """Convert frames to samples; `n_fft` shifts by half a frame, for transforms not centred.

    Examples
    --------
    >>> frames_to_samples([0, 2])
    array([   0, 1024])
    """
    offset = 0 if n_fft is None else int(n_fft // 2)
    return (np.asanyarray(frames) * hop_length + offset).astype(int)[()]


def samples_to_frames(
    samples: ArrayLike, *, hop_length: int = 512, n_fft: int | None = None
) -> Any:
    """Convert samples to frames; the inverse of `frames_to_samples`, rounded down.

    One number becomes a scalar, in librosa 0.11 an array of no dimension.

    Examples
    --------
    >>> samples_to_frames([0, 1100])
    array([0, 2])
    """
    offset = 0 if n_fft is None else int(n_fft // 2)
    floored = np.floor((np.asanyarray(samples) - offset) // hop_length)
    found = np.asarray(floored, dtype=int)
    return found if found.ndim or _release.current() == "0.11" else found[()]


def samples_to_time(samples: ArrayLike, *, sr: float = 22050) -> Any:
    """Convert samples to seconds.

    Examples
    --------
    >>> float(samples_to_time(22050))
    1.0
    """
    return np.asanyarray(samples)[()] / float(sr)


def time_to_samples(times: ArrayLike, *, sr: float = 22050) -> Any:
    """Convert seconds to samples, rounded towards zero.

    Examples
    --------
    >>> int(time_to_samples(1.0))
    22050
    """
    return (np.asanyarray(times) * sr).astype(int)[()]


def frames_to_time(
    frames: ArrayLike, *, sr: float = 22050, hop_length: int = 512, n_fft: int | None = None
) -> Any:
    """Convert frames to seconds.

    Examples
    --------
    >>> frames_to_time([0, 5], sr=16000, hop_length=160)
    array([0.  , 0.05])
    """
    return samples_to_time(frames_to_samples(frames, hop_length=hop_length, n_fft=n_fft), sr=sr)


def time_to_frames(
    times: ArrayLike, *, sr: float = 22050, hop_length: int = 512, n_fft: int | None = None
) -> Any:
    """Convert seconds to frames, rounded down.

    Examples
    --------
    >>> time_to_frames([0.0, 0.059], sr=16000, hop_length=160)
    array([0, 5])
    """
    return samples_to_frames(time_to_samples(times, sr=sr), hop_length=hop_length, n_fft=n_fft)


def samples_like(
    X: Any, *, hop_length: int = 512, n_fft: int | None = None, axis: int = -1
) -> Array:
    """Return the sample at each frame of X, an array or a number of frames.

    Examples
    --------
    >>> samples_like(3)
    array([   0,  512, 1024])
    """
    count: Any = X if np.isscalar(X) else X.shape[axis]
    frames = np.arange(count)
    return np.asarray(frames_to_samples(frames, hop_length=hop_length, n_fft=n_fft))


def times_like(
    X: Any, *, sr: float = 22050, hop_length: int = 512, n_fft: int | None = None, axis: int = -1
) -> Array:
    """Return the time in seconds of each frame of X, an array or a number of frames.

    Examples
    --------
    >>> times_like(3, sr=16000, hop_length=160)
    array([0.  , 0.01, 0.02])
    """
    samples = samples_like(X, hop_length=hop_length, n_fft=n_fft, axis=axis)
    return np.asarray(samples_to_time(samples, sr=sr))


# Names of librosa's that quaver keeps elsewhere, or lacks.
__getattr__ = forward.attach_module("core.convert", CORE)
