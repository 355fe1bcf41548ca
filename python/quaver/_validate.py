"""Checks of what users pass in; the one place where samples are converted."""

from __future__ import annotations

import math
import operator
import os
import reprlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeVar

import numpy as np

from quaver import _core

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_T = TypeVar("_T")
Downmix = Literal["mean"] | int | None

#: Of samples in Hz: what a forged header claims beyond it would only cost time and memory.
HIGHEST_RATE = 1_000_000

#: Magnitude of values whose range and second differences are still numbers in float32.
LARGEST_VALUE = 8e37
_FLOAT32_MAX = float(np.finfo(np.float32).max)
_FLOAT64_MAX = float(np.finfo(np.float64).max)

# More channels than that, and than samples, are samples in the wrong place.
_MOST_CHANNELS = 64

_NUMBERS = (int, float, np.number)

_NATIVE = (np.dtype(np.float32), np.dtype(np.float64), np.dtype(np.int16))


def check_sample_rate(sample_rate: float) -> int:
    """Return the rate as an int, or raise ValueError (TypeError when it is no number)."""
    if isinstance(sample_rate, bool) or not isinstance(
        sample_rate, (int, float, np.integer, np.floating)
    ):
        raise TypeError(f"sample_rate must be a number, got {type(sample_rate).__name__}")
    if HIGHEST_RATE < sample_rate < math.inf:  # first: a large int is no float at all
        raise ValueError(f"sample_rate must be at most {HIGHEST_RATE} Hz, got {sample_rate!s:.30}")
    if not (sample_rate > 0 and float(sample_rate).is_integer()):
        raise ValueError(f"sample_rate must be a positive whole number in Hz, got {sample_rate}")
    return int(sample_rate)


def check_int(name: str, value: Any) -> int:
    """Return an integer of any kind as an int; TypeError for a bool or anything else."""
    if not isinstance(value, (bool, np.bool_)):
        try:
            return operator.index(value)
        except TypeError:
            pass
    raise TypeError(f"{name} must be an int, got {type(value).__name__} {reprlib.repr(value)}")


def check_flag(name: str, value: Any) -> bool:
    """Return a truth value as a bool; TypeError for anything else."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be True or False, got {reprlib.repr(value)}")
    return bool(value)


def check_real(name: str, value: Any) -> float:
    """Return a number of any kind as a float; TypeError for a bool, text or anything else."""
    if isinstance(value, (bool, np.bool_, str, bytes)):
        raise TypeError(f"{name} must be a number, got {value!r}")
    try:
        return float(value)
    except OverflowError:
        raise ValueError(f"{name} must be at most {_FLOAT64_MAX:g}, got a larger int") from None
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be a number, got {value!r}") from None


def check_text(name: str, value: Any) -> str:
    """Return a name; TypeError for anything but text."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a name, got {type(value).__name__}")
    return value


def check_kind(name: str, value: Any, kind: type[_T]) -> _T:
    """Return a value, or raise TypeError if it is of another kind."""
    if not isinstance(value, kind):
        raise TypeError(f"{name} must be a {kind.__name__}, got {type(value).__name__}")
    return value


def check_names(name: str, chosen: Any, known: tuple[str, ...]) -> tuple[str, ...]:
    """Return names in the order given; TypeError or ValueError for others or none."""
    if isinstance(chosen, str):
        raise TypeError(f"{name} must be a tuple of names, got the string {chosen!r}")
    try:
        names = tuple(chosen)
    except TypeError:
        raise TypeError(f"{name} must be a tuple of names, got {chosen!r}") from None
    unknown = [item for item in names if item not in known]
    if unknown or not names:
        raise ValueError(f"{name} must be among {', '.join(known)}, got {names}")
    return names


def check_size(name: str, value: Any) -> int:
    """Return a length or count as an int; TypeError or ValueError for another kind or range."""
    size = check_int(name, value)
    if size < 1:
        raise ValueError(f"{name} must be positive, got {value}")
    if size > _core.largest_length:
        raise ValueError(f"{name} must be at most {_core.largest_length}, got {value}")
    return size


def as_samples(samples: ArrayLike, downmix: Downmix = None) -> NDArray[Any]:
    """Return mono samples as a one-dimensional int16, float32 or float64 array.

    Contiguous or strided arrays of these types are passed on without a copy.
    """
    if isinstance(samples, (tuple, list)):
        refuse_pair(samples)
        if samples:  # or a list of such pairs
            refuse_pair(samples[0])
    if isinstance(samples, (str, bytes, os.PathLike)):
        kind = type(samples).__name__
        raise TypeError(
            f"samples must be int16, float32 or float64, got {kind}: "
            "read a file first (samples, rate = quaver.load(file))"
        )
    array = np.asarray(samples)
    if array.dtype not in _NATIVE or not array.dtype.isnative or not array.flags.aligned:
        if array.ndim == 0 and array.dtype == object:
            kind = type(samples).__name__
            raise TypeError(f"samples must be int16, float32 or float64, got {kind}")
        array = _convert(array)
    if array.ndim == 1:
        if downmix is not None:
            check_downmix(downmix)
            if downmix != "mean":
                check_channel(downmix, 1)
        return array
    return _to_mono(array, downmix)


def refuse_pair(samples: Any) -> None:
    """Refuse (samples, rate), as `quaver.load` returns, in the place of samples or clips."""
    is_two = isinstance(samples, (tuple, list)) and len(samples) == 2
    if is_two and hasattr(samples[0], "__len__") and isinstance(samples[1], _NUMBERS):
        raise TypeError(
            "expected samples, got a pair (samples, sample_rate) as quaver.load returns:"
            " take it apart (samples, rate = quaver.load(file))"
        )


def refuse_without_rate(clips: Iterable[Any]) -> NoReturn:
    """Refuse arrays without a rate, or pairs of both, whose rate is in the wrong place."""
    for clip in clips:
        refuse_pair(clip)
    raise ValueError("sample_rate is required for arrays, got None")


def check_path(path: str | bytes | os.PathLike[Any]) -> None:
    """Refuse what no file can be called; the message of the system would not say what that is."""
    try:
        is_wrong = b"\0" in os.fsencode(path)
    except UnicodeEncodeError:
        is_wrong = True
    if is_wrong:
        raise ValueError(f"no file can be called {os.fspath(path)!r}")


def as_recording(samples: ArrayLike, downmix: Downmix = None) -> NDArray[Any]:
    """Return mono float samples of full scale 1, at least one."""
    mono = as_samples(samples, downmix)
    if mono.size == 0:
        raise ValueError("samples must not be empty, got shape (0,)")
    return mono * np.float32(1 / 32768) if mono.dtype == np.int16 else mono


def check_downmix(downmix: Downmix) -> None:
    """Refuse what is neither None, "mean" nor the index of a channel."""
    index = isinstance(downmix, (int, np.integer)) and not isinstance(downmix, bool)
    is_mean = isinstance(downmix, str) and downmix == "mean"
    if not (downmix is None or is_mean or (index and int(downmix) >= 0)):
        raise ValueError(f"downmix must be None, 'mean' or a channel index, got {downmix!r}")


def check_channel(downmix: int, n_channels: int) -> None:
    """Refuse a channel that is not there; True is no channel."""
    if isinstance(downmix, bool) or not 0 <= downmix < n_channels:
        raise ValueError(f"downmix must be a channel below {n_channels}, got {downmix}")


def _convert(array: NDArray[Any]) -> NDArray[Any]:
    swapped = array.dtype.newbyteorder("=")
    if swapped in _NATIVE:
        return array.astype(swapped)
    if array.dtype == np.float16:
        return array.astype(np.float32)
    raise TypeError(
        f"samples must be int16, float32 or float64, got {array.dtype}"
        " (other integer types have no agreed full scale: convert them first)"
    )


def _to_mono(array: NDArray[Any], downmix: Downmix) -> NDArray[Any]:
    if array.ndim != 2:
        raise ValueError(f"samples must have shape (n,) or (channels, n), got {array.shape}")
    n_channels = array.shape[0]
    if n_channels == 0:
        raise ValueError(f"samples have no channels (shape {array.shape})")
    if n_channels > _MOST_CHANNELS and n_channels > array.shape[1]:
        raise ValueError(
            f"samples must have shape (channels, n), got {array.shape}: transpose them"
        )
    if isinstance(downmix, (int, np.integer)) and not isinstance(downmix, bool):
        check_channel(downmix, n_channels)
        channel: NDArray[Any] = array[downmix]
        return channel
    check_downmix(downmix)
    if n_channels == 1:
        only: NDArray[Any] = array[0]
        return only
    if downmix is None:
        raise ValueError(
            f"samples have {n_channels} channels (shape {array.shape}): pass downmix='mean' or a"
            " channel index"
        )
    scale = 1 / 32768 if array.dtype == np.int16 else 1.0
    # Kept in float64, which the kernels take, so that they report what float32 cannot hold.
    with np.errstate(invalid="ignore", over="ignore"):
        mono: NDArray[Any] = array.mean(axis=0, dtype=np.float64) * scale
    return mono


def as_frames(values: ArrayLike, largest: float = _FLOAT32_MAX) -> NDArray[np.float32]:
    """Return (n_frames, n_features) as a C-contiguous float32 array of finite numbers.

    `largest` is the greatest magnitude of those that arithmetic follows for.
    """
    array = np.asarray(values)
    if array.ndim != 2:
        raise ValueError(f"values must have shape (n_frames, n_features), got {array.shape}")
    if array.dtype.kind not in "fiu":
        raise TypeError(f"values must be real numbers, got {array.dtype}")
    if 0 in array.shape:
        raise ValueError(f"values must not be empty, got shape {array.shape}")
    frames = array
    if array.dtype != np.float32 or not (array.flags.c_contiguous and array.flags.aligned):
        with np.errstate(over="ignore"):  # becomes infinity, which is refused below
            frames = np.require(array, np.float32, ("C", "ALIGNED"))
    # NaN is neither above nor below.
    low, high = np.minimum.reduce(frames, axis=None), np.maximum.reduce(frames, axis=None)
    if not (low >= -largest and high <= largest):
        row, column = np.argwhere(~(np.abs(frames) <= largest))[0]
        value = frames[row, column]
        expected = f"at most {largest:g} in magnitude" if np.isfinite(value) else "finite"
        raise ValueError(f"values must be {expected}, got {value} at frame {row}, feature {column}")
    return frames


def is_table(values: Any) -> bool:
    """Tell whether this is a table of any library, whose items are the names of its columns."""
    return hasattr(values, "columns") or hasattr(values, "column_names")


def as_texts(texts: Any, name: str = "texts") -> list[str]:
    """Return texts as a list; what is in it is checked when it is encoded.

    Raises
    ------
    TypeError
        For one text alone, and for what is no list: a table, of which only the names of the columns
        would be seen, a mapping, a set, an array of other than one dimension.
    """
    table = is_table(texts)
    unordered = isinstance(texts, (str, bytes, bytearray, Mapping, set, frozenset))
    if table or unordered or not isinstance(texts, Iterable) or getattr(texts, "ndim", 1) != 1:
        shape = f" of shape {texts.shape}" if hasattr(texts, "shape") else ""
        hint = "; take one column of it" if table else ""
        if isinstance(texts, (str, bytes, bytearray)):
            hint = "; one text is [text]"
        raise TypeError(f"{name} must be a list of str, got {type(texts).__name__}{shape}{hint}")
    return list(texts)
