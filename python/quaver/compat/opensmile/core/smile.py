"""The extractor, as `opensmile.core.smile`."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver import audio, geneva
from quaver.batch import check_threads, in_order
from quaver.compat.install import original
from quaver.compat.opensmile import _segments
from quaver.compat.opensmile._segments import Cut
from quaver.compat.opensmile.core.define import FeatureLevel, FeatureSet, named

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_SHORTEST = 0.06  # s
#: What of eGeMAPSv02 an older set lacks; the rest is equal.
_WITHOUT = {
    FeatureSet.eGeMAPSv02: ((), ()),
    FeatureSet.eGeMAPSv01b: ((), ("F2bandwidth", "F3bandwidth")),
    FeatureSet.GeMAPSv01b: (
        ("spectralFlux", "mfcc", "F2bandwidth", "F3bandwidth", "equivalentSoundLevel"),
        ("spectralFlux", "mfcc", "F2bandwidth", "F3bandwidth"),
    ),
}
_INSTEAD = {
    "eGeMAPS": "eGeMAPSv02",
    "eGeMAPSv01a": "eGeMAPSv02",
    "eGeMAPSv01b": "eGeMAPSv02",
    "GeMAPS": "GeMAPSv01b",
    "GeMAPSv01a": "GeMAPSv01b",
}
_ALL_NAMES = {
    FeatureLevel.Functionals: geneva.egemaps_names(),
    FeatureLevel.LowLevelDescriptors: geneva.egemaps_descriptor_names(),
}


class Smile:
    """Compute a feature set of signals and files; a call computes it of a signal.

    ``num_workers`` are threads, whatever ``multiprocessing`` says; nothing is written to
    ``logfile``, shown for ``verbose`` or kept in ``cache_root``. Resampling is quaver's. A set or
    level that is not quaver's, ``options`` and ``segment`` are left to an installed opensmile,
    without which they are an ImportError, and names that are not here, such as ``to_yaml``, an
    AttributeError. Samples of int16 have full scale 32768, which opensmile refuses.

    Examples
    --------
    >>> smile = Smile(FeatureSet.eGeMAPSv02, FeatureLevel.Functionals)
    >>> smile(np.zeros(16000), 16000).shape
    (1, 88, 1)
    """

    def __init__(
        self,
        feature_set: str | FeatureSet = FeatureSet.ComParE_2016,
        feature_level: str | FeatureLevel = FeatureLevel.Functionals,
        *,
        options: dict[str, Any] | None = None,
        loglevel: int = 2,
        logfile: str | None = None,
        sampling_rate: int | None = None,
        channels: int | Sequence[int] = 0,
        mixdown: bool = False,
        resample: bool = False,
        segment: Any = None,
        keep_nat: bool = False,
        num_workers: int | None = 1,
        multiprocessing: bool = False,
        verbose: bool = False,
    ) -> None:
        if resample and sampling_rate is None:
            raise ValueError("sampling_rate has to be provided for resample = True.")
        self.feature_set: Any = feature_set
        self.feature_level: Any = feature_level
        of, level = named(FeatureSet, feature_set), named(FeatureLevel, feature_level)
        if of is not None:
            self.feature_set = of
        if level is not None:
            self.feature_level = level
        self.options = {} if options is None else options
        self.loglevel = loglevel
        self.logfile = logfile
        self.verbose = verbose
        self._arguments = {
            "options": options,
            "loglevel": loglevel,
            "logfile": logfile,
            "sampling_rate": sampling_rate,
            "channels": channels,
            "mixdown": mixdown,
            "resample": resample,
            "segment": segment,
            "keep_nat": keep_nat,
            "num_workers": num_workers,
            "multiprocessing": multiprocessing,
            "verbose": verbose,
        }
        self._real: Any = None
        is_ours = self.feature_set in _WITHOUT and self.feature_level in _ALL_NAMES
        if not is_ours or self.options or segment is not None:
            self._real = self._original()
            return
        if self.feature_set.name in _INSTEAD:
            instead = _INSTEAD[self.feature_set.name]
            warnings.warn(
                f"Feature set '{self.feature_set}' is deprecated,"
                f" consider switching to 'FeatureSet.{instead}'.",
                UserWarning,
                stacklevel=2,
            )
        self._channels = [channels] if isinstance(channels, int) else list(channels)
        self._mixdown = mixdown
        self._rate = sampling_rate
        self._resample = resample
        self._keep_nat = keep_nat
        self._threads = check_threads(num_workers)
        names = _ALL_NAMES[self.feature_level]
        without = _WITHOUT[self.feature_set][self.feature_level is not FeatureLevel.Functionals]
        chosen = [i for i, name in enumerate(names) if not name.startswith(without)]
        self._columns = slice(None) if len(chosen) == len(names) else chosen
        self._names = [names[i] for i in chosen]

    def _original(self) -> Any:
        """Return opensmile's own extractor, which computes what is not quaver's."""
        wanted = getattr(self.feature_set, "name", self.feature_set)
        try:
            theirs = original("opensmile")
        except ModuleNotFoundError as error:
            if error.name != "opensmile":
                raise
            raise ModuleNotFoundError(
                f"{wanted} with these arguments is not part of quaver and needs opensmile itself:"
                " pip install opensmile",
                name="opensmile",
            ) from None
        level = self.feature_level
        level = theirs.FeatureLevel[level.name] if isinstance(level, FeatureLevel) else level
        of = self.feature_set
        of = theirs.FeatureSet[of.name] if isinstance(of, FeatureSet) else of
        return theirs.Smile(of, level, **self._arguments)

    def __repr__(self) -> str:
        """Return what the features depend on, in opensmile's words."""
        if self._real:
            return repr(self._real)
        told = {
            "feature_set": self.feature_set.name,
            "feature_level": self.feature_level.name,
            "options": self.options,
            "sampling_rate": self._rate,
            "channels": self._channels,
            "mixdown": self._mixdown,
            "resample": self._resample,
        }
        return repr({"$opensmile.core.smile.Smile": told})

    def __eq__(self, other: object) -> bool:
        """Tell whether another computes the same."""
        return isinstance(other, Smile) and repr(self) == repr(other)

    def __hash__(self) -> int:
        """Return a number that equal ones share."""
        return hash(repr(self))

    def __getattr__(self, name: str) -> Any:
        """Take a name that is not here from opensmile's own extractor."""
        if name.startswith("_"):
            raise AttributeError(f"Smile has no attribute {name!r}")
        try:
            theirs = self._real or self._original()
        except ModuleNotFoundError:  # of which hasattr knows nothing
            raise AttributeError(
                f"Smile.{name} is not part of quaver and needs opensmile itself:"
                " pip install opensmile"
            ) from None
        return getattr(theirs, name)

    @property
    def name(self) -> str:
        """The name of the extractor."""
        return "smile"

    @property
    def config_name(self) -> str:
        """The name of the set."""
        name: str = self._real.config_name if self._real else self.feature_set.name
        return name

    @property
    def feature_names(self) -> list[str]:
        """Names of the features of a channel."""
        return list(self._real.feature_names) if self._real else list(self._names)

    @property
    def column_names(self) -> Any:
        """The columns of a frame: names, with several channels their numbers ahead."""
        if self._real:
            return self._real.column_names
        return _segments.columns(self._names, self.num_channels)

    @property
    def num_features(self) -> int:
        """Features of a channel."""
        return len(self.feature_names)

    @property
    def num_channels(self) -> int:
        """Channels whose features are computed."""
        if self._real:
            return int(self._real.num_channels)
        return 1 if self._mixdown else len(self._channels)

    @property
    def hop_dur(self) -> Any:
        """Seconds from frame to frame of opensmile's sliding window, which it leaves None."""
        return self._real.hop_dur if self._real else None

    @property
    def win_dur(self) -> Any:
        """Seconds of opensmile's sliding window, which it leaves None."""
        return self._real.win_dur if self._real else None

    def __call__(self, signal: ArrayLike, sampling_rate: int) -> NDArray[Any]:
        """Compute the features of a signal, (channels, features, frames)."""
        if self._real:
            return np.asarray(self._real(signal, sampling_rate))
        return np.stack([rows.T for rows in self._channels_of(np.asarray(signal), sampling_rate)])

    def process_signal(
        self,
        signal: ArrayLike,
        sampling_rate: int,
        *,
        file: str | None = None,
        start: Any = None,
        end: Any = None,
        process_func_args: Mapping[str, Any] | None = None,
    ) -> Any:
        """Compute the features of a signal, (n,) or (channels, n), as a `pandas.DataFrame`."""
        if self._real:
            return self._real.process_signal(signal, sampling_rate, file=file, start=start, end=end)
        name = None if file is None else os.fspath(file)
        cut = Cut(name, _segments.seconds(start), _segments.seconds(end))
        return self._frame([self._of_signal(np.asarray(signal), sampling_rate, cut)])

    def process_signal_from_index(
        self,
        signal: ArrayLike,
        sampling_rate: int,
        index: Any,
        process_func_args: Mapping[str, Any] | None = None,
    ) -> Any:
        """Compute the features of parts of a signal, which an index of start and end names."""
        if self._real:
            return self._real.process_signal_from_index(signal, sampling_rate, index)
        samples = np.asarray(signal)
        cuts = _segments.cuts_of(index)
        return self._frame([self._of_signal(samples, sampling_rate, cut) for cut in cuts])

    def process_file(
        self,
        file: str,
        *,
        start: Any = None,
        end: Any = None,
        root: str | None = None,
        process_func_args: Mapping[str, Any] | None = None,
    ) -> Any:
        """Compute the features of a file, or of a part of it, as a `pandas.DataFrame`."""
        if self._real:
            return self._real.process_file(file, start=start, end=end, root=root)
        cut = Cut(file, _segments.seconds(start), _segments.seconds(end))
        return self._frame(self._of_files([cut], root))

    def process_files(
        self,
        files: Sequence[str],
        *,
        starts: Any = None,
        ends: Any = None,
        root: str | None = None,
        process_func_args: Mapping[str, Any] | None = None,
    ) -> Any:
        """Compute the features of files, on ``num_workers`` threads, as a `pandas.DataFrame`."""
        if self._real:
            return self._real.process_files(files, starts=starts, ends=ends, root=root)
        begins = _segments.each(starts, len(files), "starts")
        stops = _segments.each(ends, len(files), "ends")
        cuts = [Cut(*parts) for parts in zip(files, begins, stops, strict=True)]
        return self._frame(self._of_files(cuts, root))

    def process_folder(
        self,
        root: str,
        *,
        filetype: str = "wav",
        include_root: bool = True,
        process_func_args: Mapping[str, Any] | None = None,
    ) -> Any:
        """Compute the features of the files in a folder that have an ending."""
        if self._real:
            return self._real.process_folder(root, filetype=filetype, include_root=include_root)
        folder = os.path.abspath(os.path.expanduser(root))
        ending = f".{filetype.removeprefix('.')}"
        found = sorted(entry for entry in os.listdir(folder) if entry.endswith(ending))
        files = [entry for entry in found if not entry.startswith(".")]
        if include_root:
            return self.process_files([os.path.join(folder, entry) for entry in files])
        return self.process_files(files, root=folder)

    def process_index(
        self,
        index: Any,
        *,
        preserve_index: bool = False,
        root: str | None = None,
        cache_root: str | None = None,
        process_func_args: Mapping[str, Any] | None = None,
    ) -> Any:
        """Compute the features of files, or of parts of them, that an index of pandas names."""
        if self._real:
            return self._real.process_index(
                index, preserve_index=preserve_index, root=root, cache_root=cache_root
            )
        frame = self._frame(self._of_files(_segments.cuts_of(index), root))
        if preserve_index:
            frame.index = index
        return frame

    def to_numpy(self, frame: Any) -> NDArray[Any]:
        """Return a frame as (channels, features, frames)."""
        values = frame.to_numpy().T
        n_channels: int = self.num_channels
        return np.asarray(values).reshape(n_channels, -1, values.shape[1])

    def _of_signal(self, samples: NDArray[Any], rate: int, cut: Cut) -> _segments.Result:
        """Compute the features of a part of a signal."""
        n = samples.shape[-1]
        first = 0 if cut.start is None else round(cut.start * rate)
        last = n if cut.end is None else round(cut.end * rate)
        part = samples[..., first:last]
        end = n / rate if cut.end is None else cut.end
        return _segments.Result(cut.file, cut.start or 0.0, end, self._channels_of(part, rate))

    def _of_files(self, cuts: Sequence[Cut], root: str | None) -> list[_segments.Result]:
        def work(i: int) -> _segments.Result:
            return self._of_file(cuts[i], root)

        with in_order(work, len(cuts), self._threads) as results:
            return list(results)

    def _of_file(self, cut: Cut, root: str | None) -> _segments.Result:
        file = os.fspath(cut.file)
        path = file if root is None else os.path.join(root, file)
        start = cut.start or 0.0
        samples, rate = self._part_of(path, start, cut.end)
        end = start + samples.shape[-1] / rate
        # An end behind that of the recording is not told; one between two samples is.
        if cut.end is not None and cut.end - end < 1 / rate:
            end = cut.end
        return _segments.Result(file, start, end, self._channels_of(samples, rate), cut.end is None)

    @staticmethod
    def _part_of(path: str, start: float, end: float | None) -> tuple[NDArray[Any], int]:
        """Return the samples of a part of a file, none where it is empty or behind the end."""
        if end is None or end > start:
            try:
                return audio.load(path, offset=start, duration=None if end is None else end - start)
            except ValueError:
                samples, rate = audio.load(path)
                if start * rate < samples.shape[-1]:
                    raise
                return samples[..., :0], rate
        if end < start:
            raise ValueError(f"{path}: end must not be before start, {start} s, got {end} s")
        samples, rate = audio.load(path)
        return samples[..., :0], rate

    def _channels_of(self, samples: NDArray[Any], rate: int) -> list[NDArray[Any]]:
        """Return (frames, features) of each channel."""
        if samples.ndim > 2:
            raise RuntimeError(f"Input signal must have 1 or 2 dimension, got {samples.ndim}.")
        channels = self._chosen(np.atleast_2d(samples))
        if self._rate is not None and rate != self._rate:
            if not self._resample:
                raise RuntimeError(
                    f"Sampling rate of input signal is {rate} but the expected sampling rate is"
                    f" {self._rate} Hz. Enable resampling to avoid this error."
                )
            floats = channels / np.float32(32768) if channels.dtype == np.int16 else channels
            channels = audio.resample(floats, rate, self._rate)
            rate = self._rate
        return [self._features(channel, rate) for channel in channels]

    def _chosen(self, samples: NDArray[Any]) -> NDArray[Any]:
        n = len(samples)
        if not all(-n <= channel < n for channel in self._channels):
            raise ValueError(
                f"Invalid channel selection {self._channels}, input signal has only {n} channels.\n"
                "You can use the 'upmix' argument to increase available channels."
            )
        if samples.dtype != np.int16:
            samples = samples.astype(np.float32, copy=False)
        chosen = samples[self._channels]
        if self._mixdown:
            return np.asarray(chosen.mean(axis=0, keepdims=True, dtype=np.float32))
        return np.asarray(chosen)

    def _features(self, samples: NDArray[Any], rate: int) -> NDArray[Any]:
        if len(samples) < int(_SHORTEST * rate + 0.5):
            warnings.warn("Segment too short, filling with NaN.", UserWarning, stacklevel=2)
            return np.full((1, len(self._names)), np.nan)
        if self.feature_level is FeatureLevel.LowLevelDescriptors:
            return geneva.egemaps_descriptors(samples, rate).values[:, self._columns]
        return geneva.egemaps(samples, rate)[None, self._columns]

    def _frame(self, results: list[_segments.Result]) -> Any:
        is_clip = self.feature_level is FeatureLevel.Functionals
        return _segments.frame(results, self.column_names, is_clip, self._keep_nat)
