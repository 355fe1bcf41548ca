"""Many clips at once: rows for those that worked, a table of those that failed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver._validate import Downmix, check_sample_rate
from quaver.audio import describe, is_recording, load
from quaver.config import FeatureConfig
from quaver.features import extract, feature_names, resolve_config

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: What a bad clip raises; anything else is a defect of the program and is not caught.
_CLIP_ERRORS = (ValueError, TypeError, OSError)

Progress = bool | Callable[[int, int], object]


@dataclass(frozen=True, slots=True)
class Failure:
    """One clip that could not be used.

    Attributes
    ----------
    index : int
        Position in the list of clips.
    source : str
        The file, or ``<array>``.
    error : str
        Name of the exception.
    reason : str
        Its message.
    """

    index: int
    source: str
    error: str
    reason: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What `extract_many` returns.

    Attributes
    ----------
    values : ndarray of shape (n_ok, n_values), float32
        One row for each clip that worked, in the order of the clips.
    names : tuple of str
        Names of the columns.
    index : ndarray of shape (n_ok,), intp
        Position of each row's clip in the list.
    failures : tuple of Failure
        The others.
    """

    values: NDArray[np.float32]
    names: tuple[str, ...]
    index: NDArray[np.intp]
    failures: tuple[Failure, ...]

    def __len__(self) -> int:
        return len(self.values)


def extract_many(
    clips: Sequence[Any],
    sample_rate: int | None = None,
    *,
    config: FeatureConfig | None = None,
    threads: int | None = None,
    progress: Progress = False,
    pad: bool = False,
    downmix: Downmix = None,
) -> Batch:
    """Compute the vectors of many clips on a pool of threads.

    Each worker reads, resamples and extracts one clip at a time without holding the GIL, so memory
    does not grow with the number of files.

    Parameters
    ----------
    clips : sequence of paths, bytes, binary file objects or arrays
        Recordings are resampled to the configuration's rate.
    sample_rate : int, optional
        Rate of the arrays in Hz; required when there are arrays.
    config : FeatureConfig, optional
        Defaults to ``FeatureConfig(sample_rate=sample_rate)``, at 16 kHz for recordings only.
    threads : int, optional
        Number of workers; by default one for each processor.
    progress : bool or callable, default False
        True: a bar, where rich is installed. Or a function of (done, total).
    pad, downmix
        As in `short_term`.

    Returns
    -------
    Batch
        Never dies of one bad clip: that is listed in ``failures``.

    Raises
    ------
    ValueError
        For no clips at all, arrays without a rate, or a rate that is not the configuration's.
    TypeError
        For a single path or array in place of a list.

    Examples
    --------
    >>> import numpy as np
    >>> batch = extract_many([np.zeros(16000), np.zeros(0)], 16000)
    >>> batch.values.shape, batch.failures[0].index
    ((1, 420), 1)
    """
    clips = _check_clips(clips)
    config = _resolve(clips, sample_rate, config)
    if threads is not None and threads < 1:
        raise ValueError(f"threads must be positive, got {threads}")
    n_threads = min(threads or os.cpu_count() or 1, len(clips))
    names = feature_names(config)
    values = np.empty((len(clips), len(names)), np.float32)

    def work(i: int) -> Failure | None:
        try:
            samples = clips[i]
            if is_recording(samples):
                samples, _ = load(samples, config.sample_rate)
            extract(
                samples, config.sample_rate, config=config, pad=pad, downmix=downmix, out=values[i]
            )
        except _CLIP_ERRORS as error:
            source = describe(clips[i]) if is_recording(clips[i]) else "<array>"
            return Failure(i, source, type(error).__name__, str(error))
        return None

    with _reporter(progress, len(clips)) as report:
        failures = [f for f in _run(work, len(clips), n_threads, report) if f is not None]
    failures.sort(key=lambda failure: failure.index)
    index = np.delete(np.arange(len(clips), dtype=np.intp), [f.index for f in failures])
    return Batch(values if not failures else values[index], names, index, tuple(failures))


def _check_clips(clips: Sequence[Any]) -> Sequence[Any]:
    if is_recording(clips):
        raise TypeError(f"clips must be a list of recordings or arrays, got {type(clips).__name__}")
    if isinstance(clips, np.ndarray) and clips.ndim < 2:
        raise TypeError("clips must be a list of recordings or arrays, got a single array")
    if not hasattr(clips, "__getitem__"):
        clips = list(clips)
    if len(clips) == 0:
        raise ValueError("clips must not be empty")
    return clips


def _resolve(
    clips: Sequence[Any], sample_rate: int | None, config: FeatureConfig | None
) -> FeatureConfig:
    if sample_rate is not None:
        return resolve_config(check_sample_rate(sample_rate), config)
    if config is not None:
        return config
    if not all(is_recording(clip) for clip in clips):
        raise ValueError("sample_rate is required for arrays, got None")
    return FeatureConfig()


def _run(
    work: Callable[[int], Failure | None],
    total: int,
    n_threads: int,
    report: Callable[[int, int], object],
) -> Iterator[Failure | None]:
    """Yield results in any order; only a few tasks are queued at a time."""
    if n_threads == 1:
        for i in range(total):
            yield work(i)
            report(i + 1, total)
        return
    done = 0
    pending: set[Future[Failure | None]] = set()
    pool = ThreadPoolExecutor(n_threads)
    try:
        for i in range(total):
            pending.add(pool.submit(work, i))
            if len(pending) < 4 * n_threads:
                continue
            finished, pending = wait(pending, return_when=FIRST_COMPLETED)
            done += len(finished)
            report(done, total)
            yield from (future.result() for future in finished)
        for future in pending:
            yield future.result()
            done += 1
            report(done, total)
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _reporter(progress: Progress, total: int) -> Iterator[Callable[[int, int], object]]:
    if callable(progress):
        yield progress
        return
    if progress:
        try:
            from rich.progress import Progress as Bar
        except ImportError:
            pass
        else:
            with Bar() as bar:
                task = bar.add_task("Extracting", total=total)
                yield lambda done, _: bar.update(task, completed=done)
            return
    yield lambda done, total: None
