"""From samples to short-term features and their global statistics."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver import _core
from quaver._caches import PER_POINT, kept
from quaver._lists import KNOWN_STATISTICS, VOICED_FEATURES
from quaver._validate import (
    LARGEST_VALUE,
    Downmix,
    as_frames,
    as_samples,
    check_flag,
    check_int,
    check_names,
    check_real,
    check_sample_rate,
    check_size,
)
from quaver.config import MODULATIONS, STATISTICS, FeatureConfig

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_DEFAULT = FeatureConfig()


@dataclass(frozen=True, slots=True, eq=False, repr=False)  # arrays have no single truth
class ShortTerm:
    """Short-term features of one clip.

    Attributes
    ----------
    values : ndarray of shape (n_frames, n_features), float32
        One row a frame.
    names : tuple of str
        Names of the columns.
    times : ndarray of shape (n_frames,), float64
        Centre of each frame in seconds.
    """

    values: NDArray[np.float32]
    names: tuple[str, ...]
    times: NDArray[np.float64]

    def __repr__(self) -> str:
        n_frames, n_features = self.values.shape
        return f"<ShortTerm of {n_frames} frames x {n_features} features>"


@lru_cache(maxsize=32)
def _config_of_rate(sample_rate: int) -> FeatureConfig:
    return FeatureConfig(sample_rate=sample_rate)


def _check_config(config: FeatureConfig) -> None:
    if not isinstance(config, FeatureConfig):
        raise TypeError(f"config must be a FeatureConfig, got {type(config).__name__}")


def resolve_config(sample_rate: float, config: FeatureConfig | None) -> FeatureConfig:
    """Return the configuration for samples of this rate; ValueError when the two disagree."""
    rate = check_sample_rate(sample_rate)
    if config is None:
        return _DEFAULT if rate == _DEFAULT.sample_rate else _config_of_rate(rate)
    _check_config(config)
    if config.sample_rate != rate:
        raise ValueError(
            f"the samples' rate is {rate} Hz but config.sample_rate is {config.sample_rate} Hz:"
            " resample (quaver.load(..., sample_rate=...)) or pass a matching configuration"
        )
    return config


def make_extractor(config: FeatureConfig) -> _core.Extractor:
    """Return the plan of a configuration; made once and kept."""
    # Loops pass the same configuration again and again; its hash costs more than all other checks.
    global _latest
    known, extractor = _latest
    if known is not config:
        extractor = _plan_of(config)
        _latest = (config, extractor)
    return extractor


@kept
def _rows(n_mels: int, n_mfcc: int) -> tuple[list[tuple[str, str]], int]:
    """Return the feature and the name of each row of the fused pipeline."""
    rows = _core.short_term_rows(n_mels, n_mfcc)
    return rows, 256 * len(rows)


@kept
def _plan_of(config: FeatureConfig) -> tuple[_core.Extractor, int]:
    rows = _rows(config.n_mels, config.n_mfcc)
    plan = _core.Extractor(
        sample_rate=config.sample_rate,
        frame_length=config.frame_length,
        hop_length=config.hop_length,
        n_fft=config.n_fft,
        pre_emphasis=config.pre_emphasis,
        window=config.window,
        n_blocks=config.n_blocks,
        n_bands=config.n_bands,
        rolloff=config.rolloff,
        n_mels=config.n_mels,
        fmin=config.fmin,
        fmax=config.fmax,
        n_mfcc=config.n_mfcc,
        rows=[i for i, (feature, _) in enumerate(rows) if feature in config.features],
        delta_order=config.delta_order,
        delta_width=config.delta_width or 0,
        trim_db=config.trim_db or 0.0,
        floor_db=config.floor_db or 0.0,
        statistics=_statistic_ids(config.statistics),
        voiced_statistics=[KNOWN_STATISTICS.index(name) for name in config.voiced_statistics],
        modulation=config.modulation,
    )
    segment = 8 * config.sample_rate // config.hop_length if config.modulation else 0
    return plan, PER_POINT * (config.n_fft + segment) + 4 * config.n_mels * config.n_mfcc


def _statistic_ids(statistics: tuple[str, ...]) -> list[int]:
    names = check_names("statistics", statistics, KNOWN_STATISTICS)
    return [KNOWN_STATISTICS.index(name) for name in names]


_latest = (_DEFAULT, _plan_of(_DEFAULT))


def prepare_samples(
    samples: ArrayLike, config: FeatureConfig, pad: bool, downmix: Downmix
) -> NDArray[Any]:
    """Return mono samples; if `pad`, with zeros appended to a clip that is too short."""
    array = as_samples(samples, downmix)
    if check_flag("pad", pad) and array.size > 0:
        # A smoothed derivative takes as many frames as it is wide.
        n_frames = (config.delta_width or 1) if config.delta_order > 0 else 1
        shortest = config.frame_length + (n_frames - 1) * config.hop_length
        if array.size < shortest:
            array = np.pad(array, (0, shortest - array.size))
    return array


def frame_names(config: FeatureConfig | None = None) -> tuple[str, ...]:
    """Return the names of the columns of `short_term`.

    Parameters
    ----------
    config : FeatureConfig, optional
        Defaults to ``FeatureConfig()``.

    Returns
    -------
    tuple of str
        Base features, then ``delta_`` and ``delta2_`` of each.

    Examples
    --------
    >>> names = frame_names()
    >>> len(names), names[0], names[len(names) // 2]
    (42, 'zero_crossing_rate', 'delta_zero_crossing_rate')
    """
    config = _DEFAULT if config is None else config
    _check_config(config)
    rows = _rows(config.n_mels, config.n_mfcc)
    base = [name for feature, name in rows if feature in config.features]
    prefixes = ("", "delta_", "delta2_")[: 1 + config.delta_order]
    return tuple(prefix + name for prefix in prefixes for name in base)


def base_name(name: str) -> str:
    """Return the name of a column of `short_term` without what says that it is a derivative."""
    return name.removeprefix("delta_").removeprefix("delta2_")


def feature_names(config: FeatureConfig | None = None) -> tuple[str, ...]:
    """Return the names of the values of `extract`, statistic fastest.

    Parameters
    ----------
    config
        As of `frame_names`.

    Returns
    -------
    tuple of str
        ``{feature}_{statistic}``, of each feature all statistics; then, where the configuration
        has them, ``{feature}_voiced_{statistic}`` and ``mel_{band}_{modulation}``.

    Examples
    --------
    >>> names = feature_names()
    >>> len(names), names[:2]
    (420, ('zero_crossing_rate_mean', 'zero_crossing_rate_median'))
    """
    config = _DEFAULT if config is None else config
    names = frame_names(config)
    of_frames = [f"{name}_{s}" for name in names for s in config.statistics]
    everywhere = [name for name in names if base_name(name) not in VOICED_FEATURES]
    of_frames += [f"{name}_voiced_{s}" for name in everywhere for s in config.voiced_statistics]
    bands = range(config.n_mels if config.modulation else 0)
    return (*of_frames, *(f"mel_{m}_{name}" for m in bands for name in MODULATIONS))


def short_term(
    samples: ArrayLike,
    sample_rate: float,
    *,
    config: FeatureConfig | None = None,
    pad: bool = False,
    downmix: Downmix = None,
) -> ShortTerm:
    """Compute the short-term features of a clip and their derivatives.

    Parameters
    ----------
    samples : array_like of shape (n,) or (channels, n), int16, float32 or float64
        int16 is scaled by 1/32768.
    sample_rate : int
        Sampling rate in Hz.
    config : FeatureConfig, optional
        Defaults to ``FeatureConfig(sample_rate=sample_rate)``.
    pad : bool, default False
        Append zeros to a clip shorter than one frame, or than a smoothed derivative needs, instead
        of raising.
    downmix : {None, "mean"} or int, default None
        How several channels become one: their mean, or one of them.

    Returns
    -------
    ShortTerm
        ``values`` (n_frames, n_features) float32, ``names`` and ``times`` in seconds.

    Raises
    ------
    ValueError
        For a wrong shape, rate or length, NaN or infinity, or a configuration for another rate.
    TypeError
        For samples of another type.

    Notes
    -----
    Definitions: Giannakopoulos & Pikrakis, Introduction to Audio Analysis (2014), ch. 4, and
    librosa for centroid, bandwidth and MFCC; ``cpp/include/quaver`` states each with its accuracy.

    Examples
    --------
    >>> import numpy as np
    >>> clip = np.sin(np.arange(16000) * 0.1)
    >>> frames = short_term(clip, 16000)
    >>> frames.values.shape, frames.names[3], float(frames.times[1])
    ((98, 42), 'spectral_centroid', 0.0225)
    """
    config = resolve_config(sample_rate, config)
    values = make_extractor(config).frames(prepare_samples(samples, config, pad, downmix))
    centre = config.frame_length / 2
    times = (np.arange(len(values)) * config.hop_length + centre) / config.sample_rate
    return ShortTerm(values, frame_names(config), times)


def extract(
    samples: ArrayLike,
    sample_rate: float,
    *,
    config: FeatureConfig | None = None,
    pad: bool = False,
    downmix: Downmix = None,
    out: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """Compute the vector of global statistics of one clip in one fused call.

    Parameters
    ----------
    samples, sample_rate, config, pad, downmix
        As in `short_term`.
    out : ndarray of shape (n_values,), float32, C-contiguous, optional
        Where the result is written; a new array by default.

    Returns
    -------
    ndarray of shape (n_values,), float32
        In the order of `feature_names`.

    Raises
    ------
    ValueError, TypeError
        As in `short_term`.

    Examples
    --------
    >>> import numpy as np
    >>> vector = extract(np.sin(np.arange(16000) * 0.1), 16000)
    >>> vector.shape
    (420,)
    """
    config = resolve_config(sample_rate, config)
    extractor = make_extractor(config)
    array = prepare_samples(samples, config, pad, downmix)
    if out is None:
        out = np.empty(extractor.n_values, np.float32)
    try:
        extractor.vector(array, out)
    except TypeError:  # looked at afterwards: a check ahead would cost each call
        kind = getattr(out, "dtype", type(out).__name__)
        raise TypeError(f"out must be a C-contiguous array of float32, got {kind}") from None
    return out


def functionals(
    values: ArrayLike, *, statistics: tuple[str, ...] = STATISTICS
) -> NDArray[np.float32]:
    """Compute global statistics over frames.

    Parameters
    ----------
    values : array_like of shape (n_frames, n_features)
        Finite numbers; taken as float32.
    statistics : tuple of str, default `STATISTICS`
        Of the list that `FeatureConfig` shows, in any order.

    Returns
    -------
    ndarray of shape (n_features * n_statistics,), float32
        Statistic fastest. Constant columns have skewness and kurtosis 0.

    Raises
    ------
    ValueError, TypeError
        For an empty or non-finite matrix, another shape, or an unknown statistic.

    Examples
    --------
    >>> functionals([[1.0], [2.0], [6.0]], statistics=("mean", "median", "max"))
    array([3., 2., 6.], dtype=float32)
    """
    return _core.functionals(as_frames(values, LARGEST_VALUE), _statistic_ids(statistics))


def modulation(values: ArrayLike, frame_rate: float) -> NDArray[np.float32]:
    """Compute how strongly each feature changes in bands of modulation frequency.

    Parameters
    ----------
    values : array_like of shape (n_frames, n_features)
        Finite numbers, such as mel bands in decibel; taken as float32.
    frame_rate : float
        Frames a second, 64 to 10,000.

    Returns
    -------
    ndarray of shape (n_features * 5,), float32
        Of each feature ``10 log10(0.1 + v)``, v being its variance in the bands of
        `quaver.config.MODULATIONS`, 0.5 to 2 Hz and so on by octaves to 32 Hz. Segments of the
        least power of two of 2.5 s, under a Hann window, overlap by half and are averaged.

    Raises
    ------
    ValueError, TypeError
        As in `functionals`, or for another rate.

    Examples
    --------
    >>> wave = np.sin(2 * np.pi * 5 * np.arange(256) / 100)  # 5 Hz, of variance 1/2
    >>> modulation(wave[:, None], 100).round(1)
    array([-10. , -10. ,  -2.2, -10. , -10. ], dtype=float32)
    """
    return _core.modulation(as_frames(values, LARGEST_VALUE), check_real("frame_rate", frame_rate))


def delta(values: ArrayLike, *, width: int | None = None, order: int = 1) -> NDArray[np.float32]:
    """Compute the derivative over time of each feature.

    Parameters
    ----------
    values : array_like of shape (n_frames, n_features)
        Finite numbers; taken as float32.
    width : int, optional
        None: ``d[t] = f[t] - f[t-1]`` with ``d[0] = 0``, applied `order` times. Odd, at least 3:
        Savitzky-Golay filter, as ``librosa.feature.delta(mode="interp")``.
    order : {1, 2}, default 1
        Order of the derivative.

    Returns
    -------
    ndarray of shape (n_frames, n_features), float32

    Raises
    ------
    ValueError
        For another order, an even width or one larger than the number of frames.
    TypeError
        For a width or order that is no int.

    Examples
    --------
    >>> delta([[1.0], [4.0], [6.0]]).ravel()
    array([0., 3., 2.], dtype=float32)
    """
    if width is not None:
        if check_int("width", width) < 3 or width % 2 == 0:
            raise ValueError(f"width must be None or odd and at least 3, got {width}")
        check_size("width", width)
    if check_int("order", order) not in (1, 2):
        raise ValueError(f"order must be 1 or 2, got {order}")
    return _core.delta(as_frames(values, LARGEST_VALUE), width or 0, order)


def mfcc(
    samples: ArrayLike,
    sample_rate: float,
    *,
    n_mfcc: int | None = None,
    config: FeatureConfig | None = None,
    pad: bool = False,
    downmix: Downmix = None,
) -> NDArray[np.float32]:
    """Compute mel-frequency cepstral coefficients with the framing of `short_term`.

    Pre-emphasis, frames without padding, symmetric window, 10 log10 of 40 Slaney mel bands,
    orthonormal DCT-II: the definition of ``librosa.feature.mfcc(top_db=None)`` on these frames.

    Parameters
    ----------
    samples, sample_rate, config, pad, downmix
        As in `short_term`.
    n_mfcc : int, optional
        Number of coefficients; by default that of the configuration, 13.

    Returns
    -------
    ndarray of shape (n_frames, n_mfcc), float32

    Raises
    ------
    ValueError, TypeError
        As in `short_term`.

    Examples
    --------
    >>> import numpy as np
    >>> mfcc(np.sin(np.arange(16000) * 0.1), 16000, n_mfcc=20).shape
    (98, 20)
    """
    config = resolve_config(sample_rate, config)
    plan = _mfcc_config(config, config.n_mfcc if n_mfcc is None else n_mfcc)
    return make_extractor(plan).frames(prepare_samples(samples, config, pad, downmix))


@lru_cache(maxsize=64, typed=True)  # 13.0 equals 13, but is refused
def _mfcc_config(config: FeatureConfig, n_mfcc: int) -> FeatureConfig:
    changes = {"n_mfcc": n_mfcc, "features": ["mfcc"], "delta_order": 0, "trim_db": None}
    return FeatureConfig.from_dict(config.to_dict() | changes)
