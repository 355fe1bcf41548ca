"""The parameters of feature extraction, in one frozen, self-validating object."""

from __future__ import annotations

import dataclasses
import itertools
from dataclasses import dataclass
from typing import Any

from quaver import _core
from quaver._lists import (
    DEFAULT_FEATURES,
    DEFAULT_STATISTICS,
    DESCRIPTION,
    KNOWN_FEATURES,
    KNOWN_STATISTICS,
    VOICE_FEATURES,
)
from quaver._validate import (
    check_flag,
    check_int,
    check_names,
    check_real,
    check_sample_rate,
    check_size,
    check_text,
)

#: Emotions, everywhere in this order.
LABELS = ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")

#: Short-term features of the default set, in the order of their columns.
SHORT_TERM_FEATURES = DEFAULT_FEATURES

#: Global statistics of the default set, in the order of the extracted vector.
STATISTICS = DEFAULT_STATISTICS

#: Bands of the modulation spectrum in Hz, by name.
MODULATIONS = {
    f"modulation_{low:g}_{high:g}": (low, high)
    for low, high in itertools.pairwise(_core.modulation_edges)
}

WINDOWS = ("hamming", "hann", "blackman", "boxcar")

#: What follows the sample rate if it is not given.
_FOLLOWING = ("frame_length", "hop_length", "n_fft", "fmax")


class _FollowingInt(int):
    """A length that was not given, so that another rate makes another one of it."""

    __slots__ = ()


class _FollowingFloat(float):
    """A frequency that was not given."""

    __slots__ = ()


_Following = (_FollowingInt, _FollowingFloat)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureConfig:
    """Parameters of the short-term features and of their statistics.

    Lengths that are not given follow the sample rate: frames of 25 ms every 10 ms and the next
    power of two as transform length. All attributes are concrete numbers after construction, and
    ``dataclasses.replace(config, sample_rate=48000)`` makes them anew; what was given stays. A
    configuration that was read (`from_dict`) has none that was given where it says what the rate
    gives.

    Parameters
    ----------
    sample_rate : int, default 16000
        Sampling rate in Hz, at most 1,000,000.
    frame_length : int, optional
        Frame in samples; 25 ms by default.
    hop_length : int, optional
        Samples from frame to frame; 10 ms by default.
    n_fft : int, optional
        Transform length in samples, at least ``frame_length``; by default the next power of two.
        Any length works, those with large prime factors more slowly.
    pre_emphasis : float, default 0.97
        Coefficient c of ``y[n] = x[n] - c x[n-1]``, in [0, 1].
    window : {"hamming", "hann", "blackman", "boxcar"}, default "hamming"
        Symmetric window of a frame.
    n_blocks : int, default 10
        Sub-blocks of the entropy of energy.
    n_bands : int, default 10
        Sub-bands of the spectral entropy.
    rolloff : float, default 0.9
        Share of the power below the roll-off frequency, in (0, 1].
    n_mels : int, default 40
        Mel bands (Slaney scale, unit area) under the MFCCs.
    fmin, fmax : float, optional
        Range of the mel bands in Hz; 0 to half the sample rate by default.
    n_mfcc : int, default 13
        Cepstral coefficients.
    features : tuple of str, default `SHORT_TERM_FEATURES`
        Those to compute, of the list below; stored in its order.
    delta_order : {0, 1, 2}, default 1
        Derivatives appended to the features.
    delta_width : int, optional
        None: difference of neighbouring frames, the first being 0. An odd number of at least 3:
        Savitzky-Golay filter of that width, as ``librosa.feature.delta``.
    trim_db : float, optional
        If given, statistics leave out the frames at both ends whose energy lies more than this
        many decibel below that of the loudest frame. Frames in between stay.
    floor_db : float, optional
        If given, ``log_energy``, ``mel`` and ``mfcc`` do not depend on how loud a recording is:
        their decibels are relative to the level of its speech (the energy of its frames, each
        weighed by itself, so that pauses do not count) and no softer than this many below it.
    statistics : tuple of str, default `STATISTICS`
        Those to compute, of the list below; stored in its order.
    voiced_statistics : tuple of str, default ()
        Those to compute over voiced frames, too, of each feature that means something in others;
        0 if there are none.
    modulation : bool, default False
        Whether a vector ends with the modulation spectrum of each mel band, `MODULATIONS` of it.

    Raises
    ------
    ValueError
        For a value outside its range; the message says which values are expected.
    TypeError
        For a value of another kind: a float as a length, text as a number.

    Notes
    -----
    <the lists>

    Examples
    --------
    >>> config = FeatureConfig(sample_rate=48000)
    >>> config.frame_length, config.hop_length, config.n_fft
    (1200, 480, 2048)
    >>> import dataclasses
    >>> config = dataclasses.replace(FeatureConfig(hop_length=256), sample_rate=8000)
    >>> config.frame_length, config.hop_length, config.n_fft
    (200, 256, 256)
    """

    sample_rate: int = 16000
    frame_length: int = None  # type: ignore[assignment]  # resolved in __post_init__
    hop_length: int = None  # type: ignore[assignment]
    n_fft: int = None  # type: ignore[assignment]
    pre_emphasis: float = 0.97
    window: str = "hamming"
    n_blocks: int = 10
    n_bands: int = 10
    rolloff: float = 0.9
    n_mels: int = 40
    fmin: float = 0.0
    fmax: float = None  # type: ignore[assignment]
    n_mfcc: int = 13
    features: tuple[str, ...] = SHORT_TERM_FEATURES
    delta_order: int = 1
    delta_width: int | None = None
    trim_db: float | None = None
    floor_db: float | None = None
    statistics: tuple[str, ...] = STATISTICS
    modulation: bool = False
    voiced_statistics: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        def put(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        put("sample_rate", check_sample_rate(self.sample_rate))
        # dataclasses.replace hands over every parameter: those that followed the rate follow again.
        # One that is alone was taken from another configuration on purpose.
        if all(getattr(self, name) is not None for name in _FOLLOWING):
            for name in _FOLLOWING:
                if isinstance(getattr(self, name), _Following):
                    put(name, None)
        following = [name for name in _FOLLOWING if getattr(self, name) is None]
        if self.frame_length is None:
            put("frame_length", max(1, round(0.025 * self.sample_rate)))
        if self.hop_length is None:
            put("hop_length", max(1, round(0.010 * self.sample_rate)))
        for name in ("frame_length", "hop_length", "n_blocks", "n_bands", "n_mels", "n_mfcc"):
            put(name, check_size(name, getattr(self, name)))
        if self.n_fft is None:
            put("n_fft", max(4, 1 << (self.frame_length - 1).bit_length()))
        put("n_fft", check_size("n_fft", self.n_fft))
        if self.fmax is None:
            put("fmax", self.sample_rate / 2)
        for name in ("pre_emphasis", "rolloff", "fmin", "fmax"):
            put(name, check_real(name, getattr(self, name)))
        put("delta_order", check_int("delta_order", self.delta_order))
        if self.delta_width is not None:
            put("delta_width", check_size("delta_width", self.delta_width))
        for name in ("trim_db", "floor_db"):
            if getattr(self, name) is not None:
                put(name, check_real(name, getattr(self, name)))
        put("modulation", check_flag("modulation", self.modulation))
        put("features", _subset("features", self.features, KNOWN_FEATURES))
        put("statistics", _subset("statistics", self.statistics, KNOWN_STATISTICS))
        given: Any = self.voiced_statistics
        if isinstance(given, (tuple, list)) and not given:
            put("voiced_statistics", ())
        else:
            of_voiced = _subset("voiced_statistics", given, KNOWN_STATISTICS)
            put("voiced_statistics", of_voiced)
        self._check_ranges()
        for name in following:
            value = getattr(self, name)
            put(name, _FollowingFloat(value) if name == "fmax" else _FollowingInt(value))

    def _check_ranges(self) -> None:
        of_voice = [name for name in self.features if name in VOICE_FEATURES]
        if self.voiced_statistics:
            of_voice.append("voiced_statistics")
        if of_voice and self.sample_rate < _core.lowest_voice_rate:
            raise ValueError(
                f"{', '.join(of_voice)} need a sample_rate of at least"
                f" {_core.lowest_voice_rate} Hz, got {self.sample_rate}"
            )
        if self.frame_length > self.n_fft:
            raise ValueError(
                "frame_length must not exceed n_fft,"
                f" got frame_length {self.frame_length} and n_fft {self.n_fft}"
            )
        most = _core.largest_table // self.n_mels
        if self.n_mfcc > most:
            raise ValueError(
                f"n_mfcc must be at most {most} for n_mels {self.n_mels}, got {self.n_mfcc}"
            )
        if not 0 <= self.pre_emphasis <= 1:
            raise ValueError(f"pre_emphasis must lie in [0, 1], got {self.pre_emphasis}")
        if check_text("window", self.window) not in WINDOWS:
            raise ValueError(f"window must be one of {', '.join(WINDOWS)}, got {self.window!r}")
        if self.delta_order not in (0, 1, 2):
            raise ValueError(f"delta_order must be 0, 1 or 2, got {self.delta_order!r}")
        width = self.delta_width
        if width is not None and (width < 3 or width % 2 == 0):
            raise ValueError(f"delta_width must be None or odd and at least 3, got {width!r}")
        for name in ("trim_db", "floor_db"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ValueError(f"{name} must be None or positive, got {value}")

    @classmethod
    def robust(cls, sample_rate: int = 16000) -> FeatureConfig:
        """Return a configuration for models that are to hold outside the studio.

        Levels are relative to that of the speech and softer parts of both ends are left out, so
        that gain changes nothing and silence around the speech little; bands end where a
        telephone's do; moments and trends of each feature are taken in the place of extremes, of
        voiced frames besides, and the modulation spectrum, which noise moves least. Pitch, voice
        quality and the balance of the spectrum are among the features.

        Parameters
        ----------
        sample_rate : int, default 16000
            In Hz, at least 8000.

        Examples
        --------
        >>> from quaver import feature_names
        >>> config = FeatureConfig.robust()
        >>> config.floor_db, config.modulation, len(feature_names(config))
        (50.0, True, 766)
        """
        return cls(
            sample_rate=sample_rate,
            pre_emphasis=0.5,
            n_mels=26,
            fmax=4000.0,
            n_mfcc=20,
            features=(
                "log_energy",
                *(name for name in SHORT_TERM_FEATURES if name != "energy"),
                *("f0_semitones", "voicing", "hnr", "h1_h2"),
                *("alpha_ratio", "hammarberg_index", "slope_0_500", "slope_500_1500"),
            ),
            delta_width=9,
            trim_db=33.0,
            floor_db=50.0,
            statistics=("mean", "std", "kurtosis", "skewness", "slope", "curvature", "residual"),
            modulation=True,
            voiced_statistics=("mean", "std"),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the parameters as a dictionary of plain JSON types.

        Examples
        --------
        >>> FeatureConfig().to_dict()["hop_length"]
        160
        """
        values = dataclasses.asdict(self)
        return {name: _as_json(value) for name, value in values.items()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> FeatureConfig:
        """Return the configuration that `to_dict` wrote.

        Parameters
        ----------
        values : dict
            Parameters by name; missing ones take their defaults.

        Raises
        ------
        ValueError
            For a name that is no parameter.

        Examples
        --------
        >>> FeatureConfig.from_dict({"n_mfcc": 20}).n_mfcc
        20
        """
        unknown = sorted(set(values) - {field.name for field in dataclasses.fields(cls)})
        if unknown:
            raise ValueError(f"not parameters of FeatureConfig: {', '.join(unknown)}")
        arguments: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in values.items()
        }
        made = cls(**arguments)
        # A file does not say what was given: a length that is what the rate gives follows it.
        given = {name: arguments.pop(name) for name in _FOLLOWING if name in arguments}
        for name in _FOLLOWING:  # in this order: n_fft depends on the frame
            if name in given and getattr(cls(**arguments), name) != getattr(made, name):
                arguments[name] = given[name]
        return cls(**arguments)


def _set_state(config: FeatureConfig, state: list[Any]) -> None:
    """Take what a pickle holds; one of an older version ends before the latest parameters."""
    fields = dataclasses.fields(FeatureConfig)
    values = [*state, *(field.default for field in fields[len(state) :])]
    for field, value in zip(fields, values, strict=True):
        object.__setattr__(config, field.name, value)


FeatureConfig.__setstate__ = _set_state  # type: ignore[attr-defined]  # dataclass would set its own

if FeatureConfig.__doc__:  # python -OO has none
    FeatureConfig.__doc__ = FeatureConfig.__doc__.replace("<the lists>", DESCRIPTION)


def _as_json(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, _Following):
        return float(value) if isinstance(value, float) else int(value)
    return value


def _subset(name: str, chosen: Any, known: tuple[str, ...]) -> tuple[str, ...]:
    names = check_names(name, chosen, known)
    return tuple(item for item in known if item in names)
