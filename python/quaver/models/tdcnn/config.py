"""How `quaver.models.tdcnn` sees a recording, and the sizes of its network."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from quaver._validate import check_real, check_sample_rate, check_size

#: Longer recordings, in seconds, are looked at in parts: in training another one each epoch, in
#: predicting all of them, whose probabilities are averaged.
LONGEST = 10.0

# Far beyond what a network of speech needs, and far from where a stranger's would fill the memory.
_LARGEST = {
    "n_fft": 1 << 16,
    "win_length": 1 << 16,
    "hop_length": 1 << 16,
    "n_mels": 1 << 10,
    "window_frames": 1 << 12,
    "window_step": 1 << 12,
    "kernel": 32,
    "filters": 1 << 12,
    "units": 1 << 12,
}
_MOST_SAMPLES = 1 << 24
_MOST_VALUES = 1 << 28
_MOST_IN_WINDOW = 1 << 22
_MOST_PRODUCTS = 1 << 29


@dataclass(frozen=True, slots=True, kw_only=True)
class TDCNNConfig:
    """Pictures, windows and layers of the time-distributed network.

    Parameters
    ----------
    sample_rate : int, default 16000
        Recordings of other rates are resampled to it, in Hz.
    n_fft, win_length, hop_length : int, default 512, 256 and 128
        Transform, window and step of the spectrogram in samples.
    window : {"hamming", "hann", "blackman", "boxcar"}, default "hamming"
    n_mels : int, default 128
        Mel bands.
    fmin, fmax : float, default 0.0 and 4000.0
        Range of the bands in Hz.
    top_db : float, default 80.0
        Levels further below the largest one of the recording, in decibel, are raised to this.
    trim_db : float, optional, default 30.0
        Ends of a recording that stay this many decibel below its loudest part are cut off.
    offset, seconds : float, default 0.0 and None
        What is left out at the start, and how much is taken after it: a longer recording is cut,
        a shorter one filled up with zeros. None takes a recording as long as it is. Of one that
        ends before the offset nothing is left out.
    normalize : bool, default True
        Scale each picture to mean 0 and standard deviation 1.
    window_frames, window_step : int, default 128 and 64
        Width of a window and distance to the next in frames.
    filters : tuple of four int, default (16, 32, 64, 128)
        Of the convolutions of the local feature learning blocks.
    kernel : int, default 3
        Side of the convolutions.
    pools : tuple of four (int, int), default ((2, 4), (2, 2), (4, 4), (4, 2))
        Of the blocks, (mel bands, frames).
    units : tuple of two int, default (128, 128)
        Of the LSTM layers.
    dropout, lstm_dropout : float, default 0.1 and 0.2
        After each block, and of the inputs of the LSTM layers.

    Raises
    ------
    ValueError
        For a value outside its range, or a network of more than 2^29 multiplications or 2^22 values
        in a layer for a window, or 2^28 values in a layer for ten seconds.
    TypeError
        For a value of another kind.

    Examples
    --------
    >>> TDCNNConfig().window_seconds
    1.024
    >>> TDCNNConfig.original().filters
    (64, 64, 128, 128)
    """

    sample_rate: int = 16000
    n_fft: int = 512
    win_length: int = 256
    hop_length: int = 128
    window: str = "hamming"
    n_mels: int = 128
    fmin: float = 0.0
    fmax: float = 4000.0
    top_db: float = 80.0
    trim_db: float | None = 30.0
    offset: float = 0.0
    seconds: float | None = None
    normalize: bool = True
    window_frames: int = 128
    window_step: int = 64
    filters: tuple[int, ...] = (16, 32, 64, 128)
    kernel: int = 3
    pools: tuple[tuple[int, int], ...] = ((2, 4), (2, 2), (4, 4), (4, 2))
    units: tuple[int, ...] = (128, 128)
    dropout: float = 0.1
    lstm_dropout: float = 0.2

    def __post_init__(self) -> None:
        def put(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        put("sample_rate", check_sample_rate(self.sample_rate))
        for name in _SIZES:
            put(name, _size(name, getattr(self, name)))
        for name in ("fmin", "fmax", "top_db", "offset", "dropout", "lstm_dropout"):
            put(name, check_real(name, getattr(self, name)))
        for name in ("trim_db", "seconds"):
            if getattr(self, name) is not None:
                put(name, check_real(name, getattr(self, name)))
        put("filters", _sizes("filters", self.filters, 4))
        put("units", _sizes("units", self.units, 2))
        if len(self.pools) != 4:
            raise ValueError(f"pools must be four pairs, got {self.pools!r}")
        put("pools", tuple(_sizes("pools", pool, 2) for pool in self.pools))
        if self.window not in _WINDOWS:
            raise ValueError(f"window must be one of {', '.join(_WINDOWS)}, got {self.window!r}")
        if not isinstance(self.normalize, bool):
            raise TypeError(f"normalize must be a bool, got {self.normalize!r}")
        self._check_ranges()
        self._check_work()

    def _check_ranges(self) -> None:
        for name in ("dropout", "lstm_dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must be in [0, 1), got {getattr(self, name)}")
        for name in ("top_db", "trim_db", "seconds"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise ValueError(f"{name} must be positive and finite, got {value}")
        if not 0 <= self.offset < math.inf:
            raise ValueError(f"offset must be at least 0 and finite, got {self.offset}")
        if not 0 <= self.fmin < self.fmax <= self.sample_rate / 2:
            raise ValueError(
                f"fmin and fmax must be in 0 <= fmin < fmax <= {self.sample_rate / 2},"
                f" got {self.fmin} and {self.fmax}"
            )
        if self.win_length > self.n_fft:
            raise ValueError(
                f"win_length must not exceed n_fft ({self.n_fft}), got {self.win_length}"
            )
        if self.window_step > self.window_frames:
            raise ValueError(
                f"window_step must not exceed window_frames ({self.window_frames}),"
                f" got {self.window_step}"
            )
        height, width = (math.prod(pool[axis] for pool in self.pools) for axis in (0, 1))
        if height > self.n_mels or width > self.window_frames:
            raise ValueError(
                f"pools leave nothing of {self.n_mels} bands and {self.window_frames} frames:"
                f" {self.pools}"
            )

    def _check_work(self) -> None:
        """Refuse what no memory or patience is enough for."""
        for name in ("offset", "seconds"):
            samples = (getattr(self, name) or 0) * self.sample_rate
            if samples > _MOST_SAMPLES:
                raise ValueError(
                    f"{name} must be at most {_MOST_SAMPLES} samples, got {samples:.3g}"
                )
        (rows, frames), channels = (self.n_mels, self.window_frames), 1
        values, products = self.most_values, 0
        for filters, pool in zip(self.filters, self.pools, strict=True):
            products += rows * frames * self.kernel**2 * channels * filters
            rows, frames, channels = rows // pool[0], frames // pool[1], filters
        n_inputs = self.n_features
        for units in self.units:
            products += 4 * units * (n_inputs + units)
            n_inputs = units
        n_windows = LONGEST * self.sample_rate / (self.hop_length * self.window_step)
        if values > _MOST_IN_WINDOW:
            raise ValueError(
                f"a network of {values} values in a layer for a window, expected at most"
                f" {_MOST_IN_WINDOW}"
            )
        if products > _MOST_PRODUCTS or values * n_windows > _MOST_VALUES:
            raise ValueError(
                f"a network of {products:.3g} multiplications for a window and"
                f" {values * n_windows:.3g} values for {LONGEST:g} seconds, expected at most"
                f" {_MOST_PRODUCTS:.3g} and {_MOST_VALUES:.3g}"
            )

    @property
    def most_values(self) -> int:
        """Values of the largest layer for a window."""
        rows, frames, most = self.n_mels, self.window_frames, 0
        for filters, pool in zip(self.filters, self.pools, strict=True):
            most = max(most, rows * frames * filters)
            rows, frames = rows // pool[0], frames // pool[1]
        return most

    @property
    def picture(self) -> tuple[int, int]:
        """Rows and columns that the pools leave of a window."""
        height, width = (math.prod(pool[axis] for pool in self.pools) for axis in (0, 1))
        return self.n_mels // height, self.window_frames // width

    @property
    def n_features(self) -> int:
        """Values of a window that the recurrent layers take."""
        return self.filters[-1] * math.prod(self.picture)

    @classmethod
    def original(cls) -> TDCNNConfig:
        """Return the sizes of the original project, five times as slow to train.

        Filters 64, 64, 128 and 128, LSTM layers of 256, 49,100 samples after the first half second
        of each recording, silence included, in decibel as they are.
        """
        return cls(
            trim_db=None,
            offset=0.5,
            seconds=49100 / 16000,
            normalize=False,
            filters=(64, 64, 128, 128),
            pools=((2, 2), (4, 4), (4, 4), (4, 4)),
            units=(256, 256),
            dropout=0.2,
        )

    @property
    def window_seconds(self) -> float:
        """Length of a window in seconds."""
        return self.window_frames * self.hop_length / self.sample_rate

    @property
    def step_seconds(self) -> float:
        """From the start of a window to that of the next, in seconds."""
        return self.window_step * self.hop_length / self.sample_rate

    def __repr__(self) -> str:
        changed = (
            f"{field.name}={getattr(self, field.name)!r}"
            for field in fields(self)
            if getattr(self, field.name) != field.default
        )
        return f"{type(self).__name__}({', '.join(changed)})"

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON types."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> TDCNNConfig:
        """Return the configuration that `to_dict` described.

        Raises
        ------
        ValueError
            For fields that are missing or unknown, or values out of range.

        Examples
        --------
        >>> TDCNNConfig.from_dict(TDCNNConfig().to_dict()) == TDCNNConfig()
        True
        """
        names = {field.name for field in fields(cls)}
        if set(values) != names:
            raise ValueError(f"expected the fields {sorted(names)}, got {sorted(values)}")
        return cls(**values)


_SIZES = (
    "n_fft",
    "win_length",
    "hop_length",
    "n_mels",
    "window_frames",
    "window_step",
    "kernel",
)
_WINDOWS = ("hamming", "hann", "blackman", "boxcar")


def _sizes(name: str, values: Any, length: int) -> tuple[int, ...]:
    if isinstance(values, str) or not hasattr(values, "__len__") or len(values) != length:
        raise ValueError(f"{name} must be {length} whole numbers, got {values!r}")
    return tuple(_size(name, value) for value in values)


def _size(name: str, value: Any) -> int:
    largest = _LARGEST.get(name)
    size = check_size(name, value)
    if largest is not None and size > largest:
        raise ValueError(f"{name} must be at most {largest}, got {size}")
    return size
