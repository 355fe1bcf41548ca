"""What models ask of each clip of a list: read, mixed down, at the model's rate, on threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from quaver import audio
from quaver._validate import Downmix, check_downmix, check_sample_rate
from quaver.batch import (
    CLIP_ERRORS,
    Failure,
    Progress,
    check_threads,
    failure_of,
    in_order,
    reporter,
)
from quaver.models.base import clips_at

if TYPE_CHECKING:
    from numpy.typing import NDArray

_T = TypeVar("_T")


def each(
    function: Callable[[int, NDArray[Any]], _T],
    clips: Iterable[Any],
    sample_rate: int | None,
    wanted: int,
    *,
    downmix: Downmix,
    threads: int | None,
    progress: Progress,
) -> tuple[list[_T], NDArray[np.intp], tuple[Failure, ...]]:
    """Call a function with position and mono samples of each clip.

    Parameters
    ----------
    function : callable
        What it raises of a bad clip is that clip's failure.
    clips, sample_rate, downmix, threads, progress
        As of `quaver.models.base.predict`.
    wanted : int
        Rate of the samples in Hz.

    Returns
    -------
    results : list
        Of the clips that worked, in their order.
    index : ndarray of intp
        Their positions.
    failures : tuple of Failure
    """
    clips = clips_at(clips, sample_rate)
    check_downmix(downmix)
    rate = None if sample_rate is None else check_sample_rate(sample_rate)
    n_threads = min(check_threads(threads), len(clips))

    def work(i: int) -> _T | Failure:
        clip = None
        try:
            clip = clips[i]
            return function(i, _samples(clip, rate, wanted, downmix))
        except CLIP_ERRORS as error:
            return failure_of(i, clip, error)

    found: list[_T] = []
    index: list[int] = []
    failures: list[Failure] = []
    with (
        reporter(progress, len(clips)) as report,
        in_order(work, len(clips), n_threads) as results,
    ):
        for i, result in enumerate(results):
            if isinstance(result, Failure):
                failures.append(result)
            else:
                found.append(result)
                index.append(i)
            report(i + 1, len(clips))
    return found, np.array(index, np.intp), tuple(failures)


def _samples(clip: Any, rate: int | None, wanted: int, downmix: Downmix) -> NDArray[Any]:
    if audio.is_recording(clip):
        return audio.load(clip, wanted, downmix=downmix)[0]
    if rate is None:
        raise ValueError("sample_rate is required for arrays, got None")
    return audio.recording_at(clip, rate, wanted, downmix)
