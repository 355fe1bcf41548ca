"""Reading of recordings, as `pyAudioAnalysis.audioBasicIO`."""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver.compat.install import original_names

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Sample types of WAV files, as scipy.io.wavfile returns them.
_WAV_TYPES = {
    "PCM_U8": "int16",
    "PCM_16": "int16",
    "PCM_24": "int32",
    "PCM_32": "int32",
    "FLOAT": "float32",
    "DOUBLE": "float64",
}
_AIFF, _WAV, _OTHERS = (".aif", ".aiff"), (".wav",), (".mp3", ".au", ".ogg")


def read_audio_file(input_file: Any) -> tuple[int, NDArray[Any]]:
    """Read a recording without changing its samples.

    Files are told by their ending: WAV, AIFF, MP3, AU or OGG; file objects, which the original does
    not take, by their content. Returns the rate in Hz and the samples, (n,) or (n, channels), as
    WAV files store them (24 bits are shifted up to 32), else as int16 or int32. An unknown ending
    gives the rate 0, a file that is no WAV and cannot be read -1; both are warned of, not raised,
    as in the original. A WAV file that is not there raises FileNotFoundError, a damaged one
    ValueError.

    Examples
    --------
    >>> import io
    >>> import soundfile
    >>> file = io.BytesIO()
    >>> soundfile.write(file, np.zeros(100), 8000, format="WAV")
    >>> _ = file.seek(0)
    >>> rate, signal = read_audio_file(file)
    >>> rate, signal.dtype, signal.shape
    (8000, dtype('int16'), (100,))
    """
    if not isinstance(input_file, str):
        return _read_other(input_file)
    ending = os.path.splitext(input_file)[1].lower()
    if ending in _WAV:
        return _read_wav(input_file)
    if ending in _AIFF or ending in _OTHERS:
        return _read_other(input_file, flat=ending in _AIFF)
    warnings.warn(f"unknown file type {ending!r} of {input_file}", stacklevel=2)
    return 0, np.array([])


def _read_wav(path: str) -> tuple[int, NDArray[Any]]:
    import soundfile

    if not os.path.exists(path):
        raise FileNotFoundError(f"no such file: {path}")
    try:
        with soundfile.SoundFile(path) as file:
            if file.subtype not in _WAV_TYPES:
                raise ValueError(f"{path}: samples must be plain numbers, got {file.subtype}")
            signal = file.read(dtype=_WAV_TYPES[file.subtype])
            rate, is_bytes = int(file.samplerate), file.subtype == "PCM_U8"
    except soundfile.LibsndfileError as error:
        raise ValueError(f"{path}: {error.error_string}") from error
    if is_bytes:
        signal = ((signal >> 8) + 128).astype(np.uint8)
    return rate, signal


def _read_other(file: Any, *, flat: bool = False) -> tuple[int, NDArray[Any]]:
    import soundfile

    try:
        with soundfile.SoundFile(file) as opened:
            wide = opened.subtype in ("PCM_24", "PCM_32")
            signal = opened.read(dtype="int32" if wide and not flat else "int16")
            rate = int(opened.samplerate)
    except (OSError, TypeError, soundfile.LibsndfileError) as error:
        warnings.warn(f"{file} could not be read: {error}", stacklevel=3)
        return -1, np.array([])
    return rate, signal.reshape(-1) if flat else signal


def stereo_to_mono(signal: NDArray[Any]) -> NDArray[Any]:
    """Average two channels.

    Other numbers of channels are returned as they are. The mean of integers is float64.

    Examples
    --------
    >>> stereo_to_mono(np.array([[1, 3], [2, 4]]))
    array([2., 3.])
    """
    if signal.ndim != 2:
        return signal
    if signal.shape[1] == 1:
        return signal.flatten()
    if signal.shape[1] == 2:
        mono: NDArray[Any] = (signal[:, 1] / 2) + (signal[:, 0] / 2)
        return mono
    return signal


__getattr__ = original_names(
    "pyAudioAnalysis.audioBasicIO",
    ["convert_dir_fs_wav_to_wav", "convert_dir_mp3_to_wav", "read_aif", "read_audio_generic"],
)
