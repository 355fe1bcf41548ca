"""Features of speech, as `python_speech_features.base`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from quaver import _core
from quaver._caches import PER_POINT, kept
from quaver.compat.python_speech_features import sigproc
from quaver.compat.python_speech_features.sigproc import Window, ones

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Output = Literal["fbank", "mfcc", "ssc"]

_NATIVE = (np.dtype(np.int16), np.dtype(np.float32), np.dtype(np.float64))
_NONE = np.empty(0)
# Samples of a frame, of which the transform takes no more than its own length.
_LONGEST = 1 << 26
# Samples that no signal has.
_FAR = 1 << 62
# Of delta in frames: the work grows with it, whatever the number of frames.
_LARGEST_REACH = 1 << 16


def mfcc(
    signal: ArrayLike, samplerate: float = 16000, winlen: float = 0.025, winstep: float = 0.01,
    numcep: int = 13, nfilt: int = 26, nfft: int = 512, lowfreq: float = 0,
    highfreq: float | None = None, preemph: float = 0.97, ceplifter: float = 22,
    appendEnergy: bool = True, winfunc: Window = ones,
) -> NDArray[np.float64]:  # fmt: skip
    """Compute mel-frequency cepstral coefficients.

    Arguments as python_speech_features': times in seconds, frequencies in Hz, samples of any type,
    whose scale counts. Returns (n_frames, numcep), float64. Raises IndexError for an empty signal
    and AssertionError for `highfreq` above half the sampling rate, as the others here.

    Examples
    --------
    >>> mfcc(np.sin(np.arange(16000) * 0.1), 16000).shape
    (99, 13)
    """
    cepstra: NDArray[np.float64] = _features(
        "mfcc", signal, samplerate, winlen, winstep, nfft, preemph, winfunc,
        nfilt, lowfreq, highfreq, numcep, ceplifter, bool(appendEnergy),
    )  # fmt: skip
    return cepstra


def fbank(
    signal: ArrayLike, samplerate: float = 16000, winlen: float = 0.025, winstep: float = 0.01,
    nfilt: int = 26, nfft: int = 512, lowfreq: float = 0, highfreq: float | None = None,
    preemph: float = 0.97, winfunc: Window = ones,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:  # fmt: skip
    """Compute the energies of mel bands, and of whole frames.

    Arguments as python_speech_features'. Returns the bands, (n_frames, nfilt), and the sum of the
    power spectrum, (n_frames,), float64; zeros of both become 2^-52.

    Examples
    --------
    >>> features, energy = fbank(np.sin(np.arange(16000) * 0.1), 16000)
    >>> features.shape, energy.shape
    ((99, 26), (99,))
    """
    bands: tuple[NDArray[np.float64], NDArray[np.float64]] = _features(
        "fbank", signal, samplerate, winlen, winstep, nfft, preemph, winfunc,
        nfilt, lowfreq, highfreq,
    )  # fmt: skip
    return bands


def logfbank(
    signal: ArrayLike, samplerate: float = 16000, winlen: float = 0.025, winstep: float = 0.01,
    nfilt: int = 26, nfft: int = 512, lowfreq: float = 0, highfreq: float | None = None,
    preemph: float = 0.97,
) -> NDArray[np.float64]:  # fmt: skip
    """Compute the natural logarithm of the energies of mel bands.

    Arguments as python_speech_features'. Returns (n_frames, nfilt), float64.

    Examples
    --------
    >>> logfbank(np.sin(np.arange(16000) * 0.1), 16000).shape
    (99, 26)
    """
    bands, _ = fbank(signal, samplerate, winlen, winstep, nfilt, nfft, lowfreq, highfreq, preemph)
    logarithm: NDArray[np.float64] = np.log(bands)
    return logarithm


def ssc(
    signal: ArrayLike, samplerate: float = 16000, winlen: float = 0.025, winstep: float = 0.01,
    nfilt: int = 26, nfft: int = 512, lowfreq: float = 0, highfreq: float | None = None,
    preemph: float = 0.97, winfunc: Window = ones,
) -> NDArray[np.float64]:  # fmt: skip
    """Compute spectral sub-band centroids: the mean frequency within each mel band.

    Arguments as python_speech_features'. Returns Hz, on a scale that begins at 1, (n_frames,
    nfilt), float64; NaN in bands that no bin falls into.

    Examples
    --------
    >>> ssc(np.sin(np.arange(16000) * 0.1), 16000).shape
    (99, 26)
    """
    centroids: NDArray[np.float64] = _features(
        "ssc", signal, samplerate, winlen, winstep, nfft, preemph, winfunc,
        nfilt, lowfreq, highfreq,
    )  # fmt: skip
    return centroids


def hz2mel(hz: Any) -> Any:
    """Convert Hertz to mel.

    Examples
    --------
    >>> round(float(hz2mel(1000)), 2)
    999.99
    """
    return 2595 * np.log10(1 + hz / 700.0)


def mel2hz(mel: Any) -> Any:
    """Convert mel to Hertz.

    Examples
    --------
    >>> round(float(mel2hz(1000)), 2)
    1000.02
    """
    return 700 * (10 ** (mel / 2595.0) - 1)


def get_filterbanks(
    nfilt: int = 20,
    nfft: int = 512,
    samplerate: float = 16000,
    lowfreq: float = 0,
    highfreq: float | None = None,
) -> NDArray[np.float64]:
    """Compute triangular mel bands of unit height, their corners on whole bins.

    Arguments as python_speech_features'. Returns (nfilt, nfft // 2 + 1), float64.

    Examples
    --------
    >>> get_filterbanks(26, 512, 16000).shape
    (26, 257)
    """
    if isinstance(samplerate, np.ndarray) and samplerate.ndim == 0:
        samplerate = samplerate[()]  # which banks can be looked up by
    return np.array(_bank(nfilt, nfft, samplerate, lowfreq, highfreq))


@kept
def _bank(
    nfilt: int, nfft: int, samplerate: float, lowfreq: float, highfreq: float | None
) -> tuple[NDArray[np.float64], int]:
    _check_bank(nfilt, nfft)
    high = highfreq or samplerate / 2
    if high > samplerate / 2:
        raise AssertionError(f"highfreq must be at most samplerate / 2, got {high}")
    points = mel2hz(np.linspace(hz2mel(lowfreq), hz2mel(high), nfilt + 2))
    corners = np.floor((nfft + 1) * points / samplerate)
    bank = np.zeros((nfilt, nfft // 2 + 1))
    for j in range(nfilt):
        left, middle, right = corners[j : j + 3]
        rise, fall = np.arange(int(left), int(middle)), np.arange(int(middle), int(right))
        if rise.size:
            bank[j, rise] = (rise - left) / (middle - left)
        if fall.size:
            bank[j, fall] = (right - fall) / (right - middle)
    return bank, bank.nbytes


def _check_bank(nfilt: int, nfft: int) -> None:
    """Refuse what no bank can be made of, or none that memory holds."""
    for name, value in (("nfilt", nfilt), ("nfft", nfft)):
        if not hasattr(value, "__index__"):
            raise TypeError(f"{name} must be an integer, got {value!r}")
        if value < 0:
            raise ValueError(f"{name} must not be negative, got {value}")
        if value > _core.largest_length:
            raise ValueError(f"{name} must be at most {_core.largest_length}, got {value}")
    most = _core.largest_table // (nfft // 2 + 1)
    if nfilt > most:
        raise ValueError(f"nfilt must be at most {most} for nfft {nfft}, got {nfilt}")


def _lift(n_coefficients: int, L: float) -> NDArray[np.float64]:
    n = np.arange(n_coefficients)
    lift: NDArray[np.float64] = 1 + (L / 2.0) * np.sin(np.pi * n / L)
    return lift


def lifter(cepstra: ArrayLike, L: float = 22) -> NDArray[Any]:
    """Weigh cepstra so that high coefficients gain.

    Arguments as python_speech_features'; `L` of 0 or less returns the cepstra as they are.

    Examples
    --------
    >>> lifter(np.ones((1, 3))).round(3)
    array([[1.   , 2.565, 4.099]])
    """
    if L <= 0:
        return cepstra  # type: ignore[return-value]  # the object itself, as the original
    _, n_coefficients = np.shape(cepstra)
    weighted: NDArray[Any] = _lift(n_coefficients, L) * np.asarray(cepstra)
    return weighted


def delta(feat: ArrayLike, N: int) -> NDArray[Any]:
    """Compute the slope of features over the N frames before and after each.

    The first and the last frame are repeated beyond the ends. Arguments as python_speech_features';
    returns the features' type.

    Examples
    --------
    >>> delta(np.arange(5.0)[:, None], 1)[:, 0]
    array([0.5, 1. , 1. , 1. , 0.5])
    """
    if N < 1:
        raise ValueError(f"N must be an integer >= 1, got {N}")
    if N > _LARGEST_REACH:
        raise ValueError(f"N must be at most {_LARGEST_REACH}, got {N}")
    values = np.asarray(feat)
    denominator = 2 * sum(i**2 for i in range(1, N + 1))
    n_frames = len(values)
    padded = np.pad(values, ((N, N), (0, 0)), mode="edge")
    with np.errstate(invalid="ignore"):
        # NaN where the frame itself is not finite.
        slope: NDArray[Any] = np.multiply(values, 0.0, dtype=np.float64)
        for i in range(1, N + 1):
            later, earlier = padded[N + i :][:n_frames], padded[N - i :][:n_frames]
            slope += i * np.subtract(later, earlier, dtype=np.float64)
    slope /= denominator
    return slope.astype(values.dtype)


@kept
def _plan(
    output: Output, frame_length: int, frame_step: int, pre_emphasis: float, window: bytes,
    nfft: int, samplerate: float, nfilt: int, lowfreq: float, highfreq: float | None,
    numcep: int | None = None, ceplifter: float = 0, append_energy: bool = False,
) -> tuple[_core.SpeechFeatures, int]:  # fmt: skip
    bank = _bank(nfilt, nfft, samplerate, lowfreq, highfreq)
    nfilt, n_bins = bank.shape
    matrix: NDArray[np.float64] = _NONE
    if output == "mfcc":
        matrix = _cosines(nfilt, numcep)
        if append_energy and len(matrix) == 0:
            raise IndexError(f"no coefficient to put the energy in: numcep is {numcep}")
        if ceplifter > 0:
            matrix = matrix * _lift(len(matrix), ceplifter)[:, None]
    weights = np.linspace(1, samplerate / 2, n_bins) if output == "ssc" else _NONE
    plan = _core.SpeechFeatures(
        output=output, frame_length=frame_length, frame_step=frame_step, n_fft=nfft,
        pre_emphasis=pre_emphasis, window=np.frombuffer(window), bank=bank,
        matrix=np.ascontiguousarray(matrix), weights=weights, append_energy=append_energy,
    )  # fmt: skip
    return plan, PER_POINT * max(nfft, frame_length) + matrix.nbytes


def _cosines(n: int, numcep: int | None) -> NDArray[np.float64]:
    """Return the first rows of the orthonormal DCT-II as a matrix."""
    if n == 0:
        raise ValueError("nfilt must be positive, got 0")
    if numcep is not None and not hasattr(numcep, "__index__"):
        raise TypeError(f"numcep must be an integer, got {numcep!r}")
    rows = range(n)[:numcep]
    if len(rows) > _core.largest_table // n:
        raise ValueError(
            f"numcep must be at most {_core.largest_table // n} for nfilt {n}, got {numcep}"
        )
    m = np.arange(n)
    k = np.arange(len(rows))[:, None]
    norm = np.sqrt((1 + (k > 0)) / n)
    matrix: NDArray[np.float64] = norm * np.cos(np.pi * k * (2 * m + 1) / (2 * n))
    return matrix


@kept
def _ones(length: int) -> tuple[bytes, int]:
    return ones(length).tobytes(), 8 * length


def _window(winfunc: Window, length: int) -> bytes:
    if winfunc is ones:
        return _ones(length)
    return np.broadcast_to(np.asarray(winfunc(length), np.float64), length).tobytes()


def _framing(n_samples: int, samplerate: Any, winlen: float, winstep: float) -> tuple[int, int]:
    """Return the length of frames and the step between them in samples."""
    if isinstance(samplerate, (str, bytes)) or not hasattr(samplerate, "__float__"):
        raise TypeError(f"samplerate must be a number, got {samplerate!r}")
    length = _in_samples("winlen", winlen, samplerate)
    step = _in_samples("winstep", winstep, samplerate)
    if length < 0:
        raise ValueError(f"winlen must not be negative, got {winlen}")
    if length > _LONGEST:
        raise ValueError(f"winlen must be at most {_LONGEST} samples, got {winlen} s")
    if step <= 0 and n_samples > length:
        kind = ZeroDivisionError if step == 0 else ValueError
        raise kind(f"winstep must be positive, got {winstep}")
    return length, min(max(step, 0), n_samples)  # further apart the second frame is empty, too


def _in_samples(name: str, seconds: float, samplerate: float) -> int:
    try:
        number = seconds * samplerate
        if not math.isfinite(number):
            raise ValueError(f"{name} must be finite, got {seconds} at {samplerate} Hz")
        return sigproc.round_half_up(number if abs(number) < _FAR else math.copysign(_FAR, number))
    except TypeError:
        raise TypeError(f"{name} must be a number, got {seconds!r}") from None
    except OverflowError:
        raise ValueError(f"{name} must be a float, got a larger int") from None


def _features(
    output: Output, signal: ArrayLike, samplerate: float, winlen: float, winstep: float, nfft: int,
    preemph: float, winfunc: Window, *others: Any,
) -> Any:  # fmt: skip
    """Return what the kernel makes of a signal; `others` end the arguments of `_plan`."""
    samples = np.asarray(signal)
    if isinstance(samplerate, np.ndarray) and samplerate.ndim == 0:
        samplerate = samplerate[()]  # which the plans can be looked up by
    if len(samples) == 0:
        raise IndexError("signal must hold at least one sample, got 0")
    coefficient = preemph
    # Where NumPy's rules of types decide what the pre-emphasis does, NumPy does it.
    if samples.ndim != 1 or samples.dtype not in _NATIVE or type(preemph) is not float:
        samples, coefficient = sigproc.preemphasis(samples, preemph), 0.0
        if samples.dtype not in _NATIVE:
            samples = samples.astype(np.float64)
    if not samples.flags.aligned:
        samples = samples.copy()
    length, step = _framing(len(samples), samplerate, winlen, winstep)
    if not isinstance(nfft, (int, float, np.number)):
        raise TypeError(f"nfft must be an integer, got {nfft!r}")
    if nfft < 1:
        kind = ZeroDivisionError if nfft == 0 else ValueError
        raise kind(f"nfft must be positive, got {nfft}")
    sigproc.warn_if_truncated(length, nfft)
    if length == 0:  # as many frames of nothing, whose spectra are zero
        n_frames = sigproc.count_frames(len(samples), length, step)
        samples, length = np.zeros((n_frames - 1) * step + 1), 1
    window = _window(winfunc, length)
    plan = _plan(output, length, step, coefficient, window, nfft, samplerate, *others)
    return plan.run(samples)
