"""Log-mel spectrograms with librosa's framing and arguments."""

from __future__ import annotations

import math
import numbers
from typing import TYPE_CHECKING, Literal

import numpy as np

from quaver import _core
from quaver._caches import PER_POINT, kept
from quaver._validate import (
    Downmix,
    as_samples,
    check_flag,
    check_real,
    check_sample_rate,
    check_size,
    check_text,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


# Beyond it amin is infinite in float32, and so is every level; top_db limits nothing.
_LARGEST_FLOAT = float(np.finfo(np.float32).max)


def log_mel(
    samples: ArrayLike,
    sample_rate: float,
    *,
    n_fft: int = 2048,
    hop_length: int = 512,
    win_length: int | None = None,
    window: str = "hann",
    center: bool = True,
    pad_mode: Literal["constant", "reflect", "edge"] = "constant",
    power: float = 2.0,
    n_mels: int = 128,
    fmin: float = 0.0,
    fmax: float | None = None,
    htk: bool = False,
    norm: Literal["slaney"] | None = "slaney",
    ref: float | Literal["max"] = 1.0,
    amin: float = 1e-10,
    top_db: float | None = None,
    downmix: Downmix = None,
) -> NDArray[np.float32]:
    """Compute a log-mel spectrogram in decibel, with librosa's STFT framing and arguments.

    Equals ``librosa.power_to_db(librosa.feature.melspectrogram(...), ref, amin, top_db).T``
    (``amplitude`` for ``power=1`` keeps the factor 10 as librosa.power_to_db does).

    Parameters
    ----------
    samples, sample_rate, downmix
        As of `short_term`.
    n_fft : int, default 2048
        Transform length in samples; any, those with large prime factors more slowly.
    hop_length : int, default 512
        Samples from frame to frame.
    win_length : int, optional
        Window in samples, centred in ``n_fft``; ``n_fft`` by default.
    window : {"hann", "hamming", "blackman", "boxcar"}, default "hann"
        Periodic window.
    center : bool, default True
        Centre frame t at ``t * hop_length``, padding both ends.
    pad_mode : {"constant", "reflect", "edge"}, default "constant"
        What the padding of a centred transform holds.
    power : {1.0, 2.0}, default 2.0
        Exponent of the magnitude under the mel bands.
    n_mels : int, default 128
        Mel bands.
    fmin, fmax : float, optional
        Range of the bands in Hz; 0 to half the sample rate by default.
    htk : bool, default False
        HTK's mel scale instead of Slaney's.
    norm : {"slaney", None}, default "slaney"
        Bands of unit area, or of unit height.
    ref : float or "max", default 1.0
        Power that becomes 0 dB, or the largest one of the picture.
    amin : float, default 1e-10
        Smallest power.
    top_db : float, optional
        Raise values to at least this many decibel below the largest.

    Returns
    -------
    ndarray of shape (n_frames, n_mels), float32
        Decibel; time first, unlike librosa.

    Raises
    ------
    ValueError
        For wrong shapes or values, NaN or infinity, or bands that no bin falls into (named).
    TypeError
        For samples or parameters of another type.

    Examples
    --------
    >>> import numpy as np
    >>> log_mel(np.sin(np.arange(16000) * 0.1), 16000, n_fft=512, hop_length=128, n_mels=40).shape
    (126, 40)
    """
    check_flag("center", center)
    check_text("pad_mode", pad_mode)
    plan = _log_mel_plan(
        sample_rate, n_fft, hop_length, win_length, window, center and pad_mode == "constant",
        power, n_mels, fmin, fmax, htk, norm, amin,
    )  # fmt: skip
    amin = float(amin)
    top_db = None if top_db is None else check_real("top_db", top_db)
    _check_levels(ref, top_db, pad_mode)
    array = as_samples(samples, downmix)
    if center and pad_mode != "constant" and array.size:
        _core.require_finite(array)  # before padding moves the index that its message names
        array = np.pad(array, n_fft // 2, mode=pad_mode)
    picture = plan.run(array)
    if isinstance(ref, str):
        picture -= picture.max()
    elif max(amin, float(ref)) != 1.0:
        picture -= np.float32(10 * np.log10(max(amin, float(ref))))
    if top_db is not None:
        within = np.float32(min(top_db, _LARGEST_FLOAT))
        np.maximum(picture, picture.max() - within, out=picture)
    return picture


@kept
def _log_mel_plan(
    sample_rate: float,
    n_fft: int,
    hop_length: int,
    win_length: int | None,
    window: str,
    center: bool,
    power: float,
    n_mels: int,
    fmin: float,
    fmax: float | None,
    htk: bool,
    norm: object,
    amin: float,
) -> tuple[_core.LogMel, int]:
    """Check everything that a plan depends on: once, where calls are repeated."""
    rate = check_sample_rate(sample_rate)
    fmin, amin = check_real("fmin", fmin), check_real("amin", amin)
    fmax = rate / 2 if fmax is None else check_real("fmax", fmax)
    check_text("window", window)
    if check_real("power", power) not in (1.0, 2.0):
        raise ValueError(f"power must be 1 or 2, got {power}")
    check_flag("htk", htk)
    if not (norm is None or (isinstance(norm, str) and norm == "slaney")):
        raise ValueError(f"norm must be 'slaney' or None, got {norm!r}")
    if not amin > 0:
        raise ValueError(f"amin must be positive, got {amin}")
    if amin > _LARGEST_FLOAT:
        raise ValueError(f"amin must be at most {_LARGEST_FLOAT:.6g}, got {amin}")
    sizes = {"n_fft": n_fft, "hop_length": hop_length, "n_mels": n_mels}
    if win_length is not None:
        sizes["win_length"] = win_length
    for name, value in sizes.items():
        check_size(name, value)
    if win_length is not None and win_length > n_fft:
        raise ValueError(f"win_length must not exceed n_fft ({n_fft}), got {win_length}")
    plan = _core.LogMel(
        sample_rate=rate,
        n_fft=n_fft,
        hop_length=hop_length,
        win_length=n_fft if win_length is None else win_length,
        window=window,
        center=center,
        magnitude=power == 1.0,
        n_mels=n_mels,
        fmin=fmin,
        fmax=fmax,
        htk=bool(htk),
        slaney_norm=norm == "slaney",
        amin=amin,
    )
    return plan, PER_POINT * n_fft


def _check_levels(ref: object, top_db: float | None, pad_mode: str) -> None:
    if pad_mode not in ("constant", "reflect", "edge"):
        raise ValueError(f"pad_mode must be constant, reflect or edge, got {pad_mode!r}")
    is_number = isinstance(ref, numbers.Real) and 0 < float(ref) < math.inf
    if not is_number and not (isinstance(ref, str) and ref == "max"):
        raise ValueError(f"ref must be 'max' or a positive number, got {ref!r}")
    if top_db is not None and not top_db >= 0:
        raise ValueError(f"top_db must be None or at least 0, got {top_db}")
