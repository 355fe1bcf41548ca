"""The feature vectors that speech emotion projects most often build with librosa, in one call.

Each is the mean over time of features with librosa's defaults (transforms of 2048 samples every
512, centred), and has the numbers of the librosa version that its description spells out. They run
on `quaver.compat.librosa`; one spectrogram serves chroma and mel bands, and these the cepstra.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from quaver import _core
from quaver._validate import Downmix, as_samples, check_sample_rate, check_size
from quaver.compat import librosa
from quaver.compat.librosa.core.spectrum import spectrogram

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_N_CHROMA, _N_MELS = 12, 128

#: Names of the values of `vector_180`.
NAMES_180 = (
    *(f"mfcc_{i}" for i in range(40)),
    *(f"chroma_{i}" for i in range(_N_CHROMA)),
    *(f"mel_{i}" for i in range(_N_MELS)),
)
#: Names of the values of `vector_162`.
NAMES_162 = (
    "zero_crossing_rate",
    *(f"chroma_{i}" for i in range(_N_CHROMA)),
    *(f"mfcc_{i}" for i in range(20)),
    "rms",
    *(f"mel_{i}" for i in range(_N_MELS)),
)


def vector_180(
    samples: ArrayLike, sample_rate: float, *, downmix: Downmix = None
) -> NDArray[np.float32]:
    """Compute the means of 40 MFCC, 12 chroma and 128 mel bands.

    The librosa version, for samples ``y`` and rate ``sr``::

        stft = np.abs(librosa.stft(y))
        np.hstack([
            np.mean(librosa.feature.mfcc(y=y, sr=sr, n_mfcc=40).T, axis=0),
            np.mean(librosa.feature.chroma_stft(S=stft, sr=sr).T, axis=0),
            np.mean(librosa.feature.melspectrogram(y=y, sr=sr).T, axis=0),
        ])

    Parameters
    ----------
    samples : array_like of shape (n,) or (channels, n), int16, float32 or float64
        int16 is scaled by 1/32768; everything is computed in float32.
    sample_rate : int
        Sampling rate in Hz.
    downmix : {None, "mean"} or int, default None
        How several channels become one.

    Returns
    -------
    ndarray of shape (180,), float32
        In the order of `NAMES_180`.

    Raises
    ------
    ValueError
        For wrong shapes, no samples, NaN or infinity.
    TypeError
        For samples of another type.

    Examples
    --------
    >>> vector_180(np.sin(np.arange(16000) * 0.1), 16000).shape
    (180,)
    """
    y, rate = _checked(samples, sample_rate, downmix)
    chroma, mel, mfcc = _features(y, rate, n_mfcc=40)
    return np.hstack([_mean(mfcc), _mean(chroma), _mean(mel)])


def vector_162(
    samples: ArrayLike, sample_rate: float, *, downmix: Downmix = None
) -> NDArray[np.float64]:
    """Compute the means of zero-crossing rate, 12 chroma, 20 MFCC, RMS and 128 mel bands.

    The librosa version, for samples ``y`` and rate ``sr``::

        stft = np.abs(librosa.stft(y))
        np.hstack([
            np.mean(librosa.feature.zero_crossing_rate(y=y).T, axis=0),
            np.mean(librosa.feature.chroma_stft(S=stft, sr=sr).T, axis=0),
            np.mean(librosa.feature.mfcc(y=y, sr=sr).T, axis=0),
            np.mean(librosa.feature.rms(y=y).T, axis=0),
            np.mean(librosa.feature.melspectrogram(y=y, sr=sr).T, axis=0),
        ])

    Parameters
    ----------
    samples, sample_rate, downmix
        As in `vector_180`.

    Returns
    -------
    ndarray of shape (162,), float64
        In the order of `NAMES_162`; float64 because librosa's zero-crossing rate is.

    Raises
    ------
    ValueError, TypeError
        As `vector_180`.

    Examples
    --------
    >>> vector_162(np.sin(np.arange(16000) * 0.1), 16000).shape
    (162,)
    """
    y, rate = _checked(samples, sample_rate, downmix)
    chroma, mel, mfcc = _features(y, rate, n_mfcc=20)
    rows = [
        librosa.feature.zero_crossing_rate(y=y),
        chroma,
        mfcc,
        librosa.feature.rms(y=y),
        mel,
    ]
    return np.hstack([_mean(row) for row in rows])


def mean_mfcc(
    samples: ArrayLike, sample_rate: float, *, n_mfcc: int = 40, downmix: Downmix = None
) -> NDArray[np.float32]:
    """Compute the means of mel-frequency cepstral coefficients.

    The librosa version, for samples ``y`` and rate ``sr``::

        np.mean(librosa.feature.mfcc(y=y, sr=sr, n_mfcc=40).T, axis=0)

    Parameters
    ----------
    samples, sample_rate, downmix
        As in `vector_180`.
    n_mfcc : int, default 40
        Coefficients, at most 128.

    Returns
    -------
    ndarray of shape (n_mfcc,), float32

    Raises
    ------
    ValueError, TypeError
        As `vector_180`, and for an `n_mfcc` out of range.

    Examples
    --------
    >>> mean_mfcc(np.sin(np.arange(16000) * 0.1), 16000).shape
    (40,)
    """
    if check_size("n_mfcc", n_mfcc) > _N_MELS:
        raise ValueError(f"n_mfcc must be at most {_N_MELS}, got {n_mfcc}")
    y, rate = _checked(samples, sample_rate, downmix)
    return _mean(_mfcc(librosa.feature.melspectrogram(y=y, sr=rate), n_mfcc))


def _checked(
    samples: ArrayLike, sample_rate: float, downmix: Downmix
) -> tuple[NDArray[np.float32], int]:
    array = as_samples(samples, downmix)
    if array.size == 0:
        raise ValueError("samples must hold at least one sample, got 0")
    _core.require_finite(array)
    scale = np.float32(1 / 32768) if array.dtype == np.int16 else np.float32(1)
    y = np.ascontiguousarray(array, np.float32)
    return (y * scale if scale != 1 else y), check_sample_rate(sample_rate)


def _mfcc(mel: NDArray[Any], n_mfcc: int) -> NDArray[Any]:
    mfcc: NDArray[Any] = librosa.feature.mfcc(S=librosa.power_to_db(mel), n_mfcc=n_mfcc)
    return mfcc


def _features(
    y: NDArray[np.float32], rate: int, *, n_mfcc: int
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return chroma, mel bands and cepstra, all of one spectrogram."""
    magnitude, _ = spectrogram(y=y, S=None, n_fft=2048, hop_length=512, power=1)
    # Magnitudes where chroma_stft expects power: that is how these projects call it.
    chroma = librosa.feature.chroma_stft(S=magnitude, sr=rate)
    power = np.square(magnitude, out=magnitude)
    mel = librosa.feature.melspectrogram(S=power, sr=rate)
    return chroma, mel, _mfcc(mel, n_mfcc)


def _mean(rows: NDArray[Any]) -> NDArray[Any]:
    # As np.mean, which looks at its arguments for longer than it adds.
    mean: NDArray[Any] = np.add.reduce(rows, axis=1)
    mean /= rows.shape[1]
    return mean
