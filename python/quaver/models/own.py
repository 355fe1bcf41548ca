"""Features and statistics of one's own, beside those of the kernels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver.features import extract, frame_names, functionals, short_term

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from quaver.config import FeatureConfig

    #: By name: a function of (samples, sample_rate), or a `Statistic`.
    Extra = Mapping[str, "Callable[[NDArray[Any], int], Any] | Statistic"]

_SEED = 0


@dataclass(frozen=True, slots=True)
class Statistic:
    """A statistic of one's own of every short-term feature, for ``AudioFeatures(extra=...)``.

    Parameters
    ----------
    function : callable
        From frames of shape (n_frames, n_features), float32, to a number of each column.

    Examples
    --------
    >>> Statistic(lambda frames: np.ptp(frames, axis=0)).function(np.eye(2)).tolist()
    [1.0, 1.0]
    """

    function: Callable[[NDArray[np.float32]], Any]


def check_extra(extra: Any) -> Extra:
    """Return the functions by name, or raise TypeError for what are none."""
    if extra is None:
        return {}
    if not isinstance(extra, Mapping) or not all(isinstance(name, str) for name in extra):
        raise TypeError(f"extra must map names to functions, got {extra!r}")
    for name, function in extra.items():
        if not (callable(function) or isinstance(function, Statistic)):
            raise TypeError(f"extra must map names to functions, got {function!r} for {name!r}")
    found: Extra = extra
    return found


def vector_of(
    extra: Extra, samples: NDArray[Any], config: FeatureConfig, *, pad: bool
) -> NDArray[np.float32]:
    """Return the vector of `quaver.extract` and what the functions make of mono samples."""
    rate = config.sample_rate
    parts = [extract(samples, rate, config=config, pad=pad)]
    frames = None
    for name, function in extra.items():
        if isinstance(function, Statistic):
            if frames is None:
                frames = short_term(samples, rate, config=config, pad=pad).values
            values = np.asarray(function.function(frames), np.float32)
            if values.shape != (frames.shape[1],):
                raise ValueError(
                    f"the statistic {name} must give {frames.shape[1]} values, one for each"
                    f" column, got shape {values.shape}"
                )
        else:
            values = _values_of(name, function(samples, rate), config)
        if not np.isfinite(values).all():
            raise ValueError(f"{name} gives NaN or infinity")
        parts.append(values)
    return np.concatenate(parts)


def _values_of(name: str, found: Any, config: FeatureConfig) -> NDArray[np.float32]:
    """Return a number or several as they are, and of rows over time the statistics."""
    values = np.asarray(found, np.float32)
    if values.ndim > 2 or 0 in values.shape:
        raise ValueError(
            f"{name} must give a number, an array of them or (n_frames, n_features), got shape"
            f" {values.shape}"
        )
    if values.ndim == 2:
        return functionals(values, statistics=config.statistics)
    return np.atleast_1d(values)


def names_of(extra: Extra, config: FeatureConfig) -> list[str]:
    """Return the names of what the functions make; how many that is, a second of noise tells."""
    rate = config.sample_rate
    noise = 0.1 * np.random.default_rng(_SEED).standard_normal(rate).astype(np.float32)
    names: list[str] = []
    for name, function in extra.items():
        if isinstance(function, Statistic):
            names += [f"{column}_{name}" for column in frame_names(config)]
            continue
        found = np.asarray(function(noise, rate))
        if found.ndim == 2:
            several = found.shape[1] > 1
            columns = [f"{name}_{i}" if several else name for i in range(found.shape[1])]
            names += [f"{column}_{what}" for column in columns for what in config.statistics]
        else:
            names += [name] if found.ndim == 0 else [f"{name}_{i}" for i in range(found.size)]
    return names
