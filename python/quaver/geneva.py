"""The extended Geneva set (eGeMAPS) of a recording: 88 numbers that a voice is described by."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver import _core
from quaver._caches import PER_POINT, kept
from quaver._validate import (
    Downmix,
    as_samples,
    check_downmix,
    check_sample_rate,
    refuse_without_rate,
)
from quaver.audio import check_max_duration, is_recording, load
from quaver.batch import (
    CLIP_ERRORS,
    Batch,
    Failure,
    Progress,
    as_clips,
    batch_of,
    check_threads,
    failure_of,
    reporter,
    run_each,
)
from quaver.features import ShortTerm

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_HOP, _FRAME, _LONG_FRAME = 0.01, 0.02, 0.06
_PITCH = "F0semitoneFrom27.5Hz"
_SPECTRAL = ("alphaRatio", "hammarbergIndex", "slope{}0-500", "slope{}500-1500", "spectralFlux")
_CEPSTRA = tuple(f"mfcc{k}" for k in range(1, 5))
_FORMANTS = tuple(
    f"F{k}{part}" for k in (1, 2, 3) for part in ("frequency", "bandwidth", "amplitudeLogRelF0")
)
_QUALITY = ("jitterLocal", "shimmerLocaldB", "HNRdBACF", "logRelF0-H1-H2", "logRelF0-H1-A3")
_MOMENTS = ("amean", "stddevNorm")
_CONTOUR = (
    *_MOMENTS,
    *("percentile20.0", "percentile50.0", "percentile80.0", "pctlrange0-2"),
    *("meanRisingSlope", "stddevRisingSlope", "meanFallingSlope", "stddevFallingSlope"),
)
_CLIP = (
    *("loudnessPeaksPerSec", "VoicedSegmentsPerSec"),
    *("MeanVoicedSegmentLengthSec", "StddevVoicedSegmentLengthSec"),
    *("MeanUnvoicedSegmentLength", "StddevUnvoicedSegmentLength"),
    "equivalentSoundLevel_dBp",
)


def _where(kind: str, names: tuple[str, ...]) -> list[str]:
    """Return names of balance where there is a voice (V), or none (UV)."""
    return [name.format(kind) if "{}" in name else name + kind for name in names]


def _joined(names: list[str], ending: str, statistics: tuple[str, ...]) -> list[str]:
    return [f"{name}_{ending}_{statistic}" for name in names for statistic in statistics]


_DESCRIPTORS = (
    *(f"{name.format('')}_sma3" for name in ("Loudness", *_SPECTRAL, *_CEPSTRA)),
    *(f"{name}_sma3nz" for name in (_PITCH, *_QUALITY, *_FORMANTS)),
)
_FUNCTIONALS = (
    *_joined([_PITCH], "sma3nz", _CONTOUR),
    *_joined(["loudness"], "sma3", _CONTOUR),
    *_joined(["spectralFlux", *_CEPSTRA], "sma3", _MOMENTS),
    *_joined([*_QUALITY, *_FORMANTS], "sma3nz", _MOMENTS),
    *_joined(_where("V", (*_SPECTRAL, *_CEPSTRA)), "sma3nz", _MOMENTS),
    *_joined(_where("UV", _SPECTRAL), "sma3nz", _MOMENTS[:1]),
    *_CLIP,
)


@kept
def _plan(sample_rate: float) -> tuple[_core.Egemaps, int]:
    rate = check_sample_rate(sample_rate)
    # Transforms of frames of both lengths, each shorter than twice that.
    return _core.Egemaps(sample_rate=rate), 8 * PER_POINT * int(_LONG_FRAME * rate)


def egemaps_names() -> tuple[str, ...]:
    """Return the names of what `egemaps` computes, in its order; they are openSMILE's.

    Examples
    --------
    >>> len(egemaps_names()), egemaps_names()[0]
    (88, 'F0semitoneFrom27.5Hz_sma3nz_amean')
    """
    return _FUNCTIONALS


def egemaps_descriptor_names() -> tuple[str, ...]:
    """Return the names of what `egemaps_descriptors` computes, in its order.

    Examples
    --------
    >>> egemaps_descriptor_names()[0]
    'Loudness_sma3'
    """
    return _DESCRIPTORS


def egemaps(
    samples: ArrayLike, sample_rate: float, *, downmix: Downmix = None
) -> NDArray[np.float32]:
    """Compute the 88 functionals of the extended Geneva set, as openSMILE's eGeMAPSv02 has them.

    Statistics over a clip of pitch, loudness, spectral balance, jitter, shimmer, harmonics and
    formants, and of how long the voice lasts. How near they are: docs/egemaps.md.

    Parameters
    ----------
    samples, downmix
        As of `extract`; at least 60 ms.
    sample_rate : int
        Sampling rate in Hz, at least 8000.

    Returns
    -------
    ndarray of shape (88,), float32
        Named by `egemaps_names`.

    Raises
    ------
    ValueError
        For a wrong shape, rate or length, NaN or infinity.
    TypeError
        For samples of another type.

    Notes
    -----
    Eyben et al., The Geneva minimalistic acoustic parameter set (GeMAPS) for voice research and
    affective computing, IEEE Transactions on Affective Computing 7(2), 2016. The headers in
    ``cpp/include/quaver/voice`` state each formula.

    Examples
    --------
    >>> import numpy as np
    >>> phase = 2 * np.pi * 110 * np.arange(16000) / 16000
    >>> vector = egemaps(sum(np.sin(k * phase) / k for k in range(1, 8)) / 4, 16000)
    >>> vector.shape, float(vector[0].round(1))  # two octaves above 27.5 Hz
    ((88,), 24.0)
    """
    return _plan(sample_rate).run(as_samples(samples, downmix))


def egemaps_descriptors(
    samples: ArrayLike, sample_rate: float, *, downmix: Downmix = None
) -> ShortTerm:
    """Compute the 25 low-level descriptors of the extended Geneva set, smoothed over three frames.

    As openSMILE's eGeMAPSv02 has them: every 10 ms, of frames of 20 ms (loudness, balance,
    formants) and of 60 ms (pitch, jitter, shimmer, harmonics) that begin there, and one row more.

    Parameters
    ----------
    samples, sample_rate, downmix
        As of `egemaps`.

    Returns
    -------
    ShortTerm
        ``values`` (n_frames, 25) float32, ``names`` as openSMILE's, ``times`` in seconds, of the
        middle of the frames of 20 ms.

    Raises
    ------
    ValueError, TypeError
        As of `egemaps`.

    Examples
    --------
    >>> import numpy as np
    >>> frames = egemaps_descriptors(np.zeros(16000), 16000)
    >>> frames.values.shape, frames.names[10], round(float(frames.times[1]), 3)
    ((96, 25), 'F0semitoneFrom27.5Hz_sma3nz', 0.02)
    """
    values = _plan(sample_rate).table(as_samples(samples, downmix))
    times = np.arange(len(values), dtype=np.float64) * _HOP + _FRAME / 2
    return ShortTerm(values, _DESCRIPTORS, times)


def egemaps_many(
    clips: Iterable[Any],
    sample_rate: int | None = None,
    *,
    threads: int | None = None,
    progress: Progress = False,
    downmix: Downmix = None,
    max_duration: float | None = None,
) -> Batch:
    """Compute the 88 functionals of many clips on a pool of threads.

    Parameters
    ----------
    clips, threads, progress, downmix, max_duration
        As of `extract_many`.
    sample_rate : int, optional
        Rate in Hz of the arrays, for which it is needed, and to which recordings are resampled; by
        default these keep their own.

    Returns
    -------
    Batch
        Rows for the clips that worked, named by `egemaps_names`, and the failures; ``config`` is
        None.

    Raises
    ------
    ValueError, TypeError
        As `extract_many`.

    Examples
    --------
    >>> import numpy as np
    >>> batch = egemaps_many([np.zeros(16000), np.zeros(0)], 16000)
    >>> batch.values.shape, batch.failures[0].index
    ((1, 88), 1)
    """
    clips = as_clips(clips)
    check_downmix(downmix)
    check_max_duration(max_duration)
    rate = None if sample_rate is None else check_sample_rate(sample_rate)
    is_stored = isinstance(clips, (list, tuple, np.ndarray))
    if rate is None and is_stored and not all(map(is_recording, clips)):
        refuse_without_rate(clips)
    n_threads = min(check_threads(threads), len(clips))
    values = np.empty((len(clips), len(_FUNCTIONALS)), np.float32)

    def work(i: int) -> Failure | None:
        clip = None
        try:
            clip = clips[i]
            if is_recording(clip):
                samples, at = load(clip, rate, downmix=downmix, max_duration=max_duration)
                values[i] = egemaps(samples, at)
            elif rate is None:
                refuse_without_rate([clip])
            else:
                values[i] = egemaps(clip, rate, downmix=downmix)
        except CLIP_ERRORS as error:
            return failure_of(i, clip, error)
        return None

    with reporter(progress, len(clips)) as report:
        failures = run_each(work, range(len(clips)), len(clips), n_threads, report)
    return batch_of(values, _FUNCTIONALS, failures)
