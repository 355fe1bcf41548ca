"""Many clips at once: rows for those that worked, a table of those that failed."""

from __future__ import annotations

import math
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np

from quaver import _core
from quaver._validate import (
    Downmix,
    check_downmix,
    check_flag,
    check_int,
    check_kind,
    is_table,
    refuse_pair,
    refuse_without_rate,
)
from quaver.audio import check_max_duration, describe, is_recording, load
from quaver.config import FeatureConfig
from quaver.features import (
    extract,
    feature_names,
    make_extractor,
    prepare_samples,
    resolve_config,
)
from quaver.recordings import native

if TYPE_CHECKING:
    from concurrent.futures import Future

    from numpy.typing import NDArray

#: What a bad clip raises; anything else is a defect of the program and is not caught.
CLIP_ERRORS = (ValueError, TypeError, OSError, MemoryError)

# Tasks waiting for each worker: enough to keep it busy, few enough to stop at once.
_QUEUED = 4
# Tasks of each worker that are ahead of the caller, where results are kept until their turn: one
# under way and one to follow, since a result may be a long recording.
_AHEAD = 2
# Arrays and files go to the compiled pool in groups, so that progress is seen, an interruption is
# heard, and copies of what had to be converted do not add up: clips, files and samples for each
# worker, and samples of copies in all. Groups are long against the start and the end of their
# threads.
_GROUP = 256
_GROUP_FILES = 64
_GROUP_SAMPLES = 1 << 23
_GROUP_COPIES = 1 << 22

Progress = bool | Callable[[int, int], object]

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True, repr=False)
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

    def __repr__(self) -> str:
        source = "" if self.source in self.reason else f"{self.source}: "
        return f"<Failure of clip {self.index}: {source}{self.error}: {self.reason}>"


@dataclass(frozen=True, slots=True, eq=False, repr=False)  # arrays have no single truth
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
    config : FeatureConfig or None
        How the vectors were made; None of a set that has no other form.
    """

    values: NDArray[np.float32]
    names: tuple[str, ...]
    index: NDArray[np.intp]
    failures: tuple[Failure, ...]
    config: FeatureConfig | None

    def __len__(self) -> int:
        return len(self.values)

    def to_frame(self) -> Any:
        """Return the rows as a `pandas.DataFrame`, whose index is that of the clips in the list."""
        from quaver._frames import frame

        return frame(dict(zip(self.names, self.values.T, strict=True)), index=self.index)

    def __repr__(self) -> str:
        return f"<Batch of {by(self.values)} values, {len(self.failures)} failed>"


def extract_many(
    clips: Iterable[Any],
    sample_rate: int | None = None,
    *,
    config: FeatureConfig | None = None,
    threads: int | None = None,
    progress: Progress = False,
    pad: bool = False,
    downmix: Downmix = None,
    max_duration: float | None = None,
) -> Batch:
    """Compute the vectors of many clips on a pool of threads.

    Each worker reads, resamples and extracts one clip at a time without holding the GIL; apart
    from the rows of the result, memory does not grow with the number of files. Lists of arrays, and
    of WAV and FLAC files, are worked on by a compiled pool, which never needs the GIL.

    Parameters
    ----------
    clips : sequence of paths, bytes, binary file objects or arrays
        Recordings are resampled to the configuration's rate. A sequence is indexed as the work
        goes on, any other iterable is listed first. The same file object must not come twice.
    sample_rate : int, optional
        Rate of the arrays in Hz; required when there are arrays.
    config : FeatureConfig, optional
        Defaults to ``FeatureConfig(sample_rate=sample_rate)``, at 16 kHz for recordings only.
    threads : int, optional
        Number of workers; by default one for each processor this process may use.
    progress : bool or callable, default False
        True: a bar, where rich is installed. Or a function of (done, total), called from the
        calling thread.
    pad, downmix
        As in `short_term`.
    max_duration : float, optional
        Longest recording in seconds that is used; see `load`.

    Returns
    -------
    Batch
        Never dies of one bad clip: that is listed in ``failures``, and when every clip failed
        there are no rows.

    Raises
    ------
    ValueError
        For no clips at all, arrays without a rate, a rate that is not the configuration's, or a
        wrong `threads`, `downmix` or `max_duration`.
    TypeError
        For a single recording or array in place of a list.

    Examples
    --------
    >>> import numpy as np
    >>> batch = extract_many([np.zeros(16000), np.zeros(0)], 16000)
    >>> batch.values.shape, batch.failures[0].index
    ((1, 420), 1)
    """
    clips = as_clips(clips)
    check_downmix(downmix)
    check_flag("pad", pad)
    check_max_duration(max_duration)
    config = _resolve(clips, sample_rate, config)
    n_threads = min(check_threads(threads), len(clips))
    names = feature_names(config)
    values = np.empty((len(clips), len(names)), np.float32)

    def work(i: int) -> Failure | None:
        clip = None
        try:
            samples = clip = clips[i]
            if is_recording(clip):
                samples, _ = load(
                    clip, config.sample_rate, downmix=downmix, max_duration=max_duration
                )
            # Of a recording, load has chosen the channel: the one that is left has another number.
            left = None if samples is not clip else downmix
            extract(
                samples, config.sample_rate, config=config, pad=pad, downmix=left, out=values[i]
            )
        except CLIP_ERRORS as error:
            return failure_of(i, clip, error)
        return None

    # Other sequences may do work of their own when indexed, which is for the workers.
    is_stored = isinstance(clips, (list, tuple, np.ndarray))
    with reporter(progress, len(clips)) as report:
        if is_stored and not any(map(is_recording, clips)):
            prepare = partial(prepare_samples, config=config, pad=pad, downmix=downmix)
            failures = _run_arrays(
                make_extractor(config), clips, prepare, values, n_threads, report
            )
        else:
            left: Sequence[int] = range(len(clips))
            if is_stored:
                read = partial(_extract_files, config, downmix, max_duration, values, n_threads)
                left = _run_files(read, clips, n_threads, report)
            failures = run_each(work, left, len(clips), n_threads, report)
    return batch_of(values, names, failures, config)


def batch_of(
    values: NDArray[np.float32],
    names: tuple[str, ...],
    failures: list[Failure],
    config: FeatureConfig | None = None,
) -> Batch:
    """Return rows of clips as a batch of those that worked; `failures` may be in any order."""
    failures.sort(key=lambda failure: failure.index)
    worked = np.ones(len(values), bool)
    worked[[failure.index for failure in failures]] = False
    index = np.flatnonzero(worked)
    return Batch(values[index] if failures else values, names, index, tuple(failures), config)


def by(array: NDArray[Any]) -> str:
    """Return the shape of an array as people write it, for a `repr`."""
    return " x ".join(map(str, array.shape))


def failure_of(index: int, clip: Any, error: BaseException) -> Failure:
    """Return the failure of a clip, whose reason names it if it is a recording."""
    source = describe(clip)
    reason = str(error) or "there is not enough memory for it"  # a MemoryError says nothing
    if is_recording(clip) and source not in reason:
        reason = f"{source}: {reason}"
    return Failure(index, source, type(error).__name__, reason)


def as_clips(clips: Iterable[Any]) -> Sequence[Any]:
    """Return clips as a sequence; TypeError for a single one, ValueError for none."""
    refuse_pair(clips)
    if is_table(clips):  # whose columns' names would be taken for paths, as keys would
        kind = type(clips).__name__
        raise TypeError(
            f"clips must be a list of recordings or arrays, got {kind}; take one column of it"
        )
    if is_recording(clips) or isinstance(clips, (Mapping, set, frozenset)):
        raise TypeError(f"clips must be a list of recordings or arrays, got {type(clips).__name__}")
    if isinstance(clips, np.ndarray):
        # Of one dimension, only paths and the like are clips; numbers are one recording.
        if clips.ndim == 0 or (clips.ndim == 1 and clips.dtype.kind not in "OUS"):
            raise TypeError("clips must be a list of recordings or arrays, got a single array")
    elif not isinstance(clips, Sequence):
        # Such as a pandas Series, whose [] does not count positions.
        try:
            items = iter(clips)
        except TypeError:
            kind = type(clips).__name__
            message = f"clips must be a list of recordings or arrays, got {kind}"
            raise TypeError(message) from None
        clips = list(items)
    if len(clips) == 0:
        raise ValueError("clips must not be empty, got 0 clips")
    return cast("Sequence[Any]", clips)


def check_threads(threads: int | None) -> int:
    """Return the number of workers that is meant, or raise ValueError or TypeError."""
    if threads is None:
        # Absent outside Linux; there every processor counts.
        affinity = getattr(os, "sched_getaffinity", None)
        return len(affinity(0)) if affinity else os.cpu_count() or 1
    count = check_int("threads", threads)
    if count < 1:
        raise ValueError(f"threads must be positive, got {threads}")
    return count


def _resolve(
    clips: Sequence[Any], sample_rate: int | None, config: FeatureConfig | None
) -> FeatureConfig:
    if sample_rate is not None:
        return resolve_config(sample_rate, config)
    # A configuration does not tell the rate of samples: to assume it would hide a mismatch.
    if isinstance(clips, np.ndarray) and clips.dtype.kind not in "OUS":
        refuse_without_rate(clips)
    if any(isinstance(clip, (np.ndarray, list, tuple)) for clip in clips):
        refuse_without_rate(clips)
    config = FeatureConfig() if config is None else check_kind("config", config, FeatureConfig)
    return resolve_config(config.sample_rate, config)


def _extract_files(
    config: FeatureConfig,
    downmix: Downmix,
    max_duration: float | None,
    values: NDArray[np.float32],
    n_threads: int,
    sources: list[str | bytes],
    rows: list[int],
) -> list[int]:
    """Let the core's threads extract files, and return the positions of those that are left."""
    choice = native.choice_of(downmix)
    if choice is None or not sources:
        return list(range(len(sources)))
    most = math.inf if max_duration is None else max_duration
    extractor = make_extractor(config)
    return _core.extract_files(
        extractor, sources, rows, values, config.sample_rate, choice, most, n_threads
    )


def _run_files(
    extract_files: Callable[[list[str | bytes], list[int]], list[int]],
    clips: Sequence[Any],
    n_threads: int,
    report: Callable[[int, int], object],
) -> list[int]:
    """Return the clips, in order, that are no plain files and left to Python."""
    left: list[int] = []
    done = 0
    step = _GROUP_FILES * n_threads
    for first in range(0, len(clips), step):
        sources: list[str | bytes] = []
        rows: list[int] = []
        for i in range(first, min(first + step, len(clips))):
            source = native.source_of(clips[i])
            if source is None:
                left.append(i)
            else:
                sources.append(source)
                rows.append(i)
        refused = extract_files(sources, rows)
        left += [rows[k] for k in refused]
        for _ in range(len(rows) - len(refused)):
            done += 1
            report(done, len(clips))
    return sorted(left)


def run_each(
    work: Callable[[int], Failure | None],
    clips: Sequence[int],
    total: int,
    n_threads: int,
    report: Callable[[int, int], object],
) -> list[Failure]:
    """Return the failures among clips, the last of all, in any order; few tasks are queued."""
    # Imports logging and more, which a process that extracts one clip does not need.
    from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, as_completed, wait

    failures: list[Failure] = []
    done = total - len(clips)

    def collect(results: Iterable[Failure | None]) -> None:
        nonlocal done
        for failure in results:
            if failure is not None:
                failures.append(failure)
            done += 1
            report(done, total)

    if n_threads == 1:
        collect(map(work, clips))
        return failures
    pending: set[Future[Failure | None]] = set()
    pool = ThreadPoolExecutor(n_threads)
    try:
        for i in clips:
            pending.add(pool.submit(work, i))
            if len(pending) == _QUEUED * n_threads:
                finished, pending = wait(pending, return_when=FIRST_COMPLETED)
                collect(future.result() for future in finished)
        collect(future.result() for future in as_completed(pending))
    finally:
        # After an interruption only the clips under way are finished.
        pool.shutdown(cancel_futures=True)
    return failures


@contextmanager
def in_order(
    work: Callable[[int], _Result], total: int, n_threads: int
) -> Iterator[Iterator[_Result]]:
    """Yield an iterator over the results of `work` in the order of its argument.

    They are computed on threads while the caller is busy, a few ahead of it and no more. After an
    exception only the tasks under way are finished.
    """
    if n_threads == 1:
        yield map(work, range(total))
        return
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(n_threads)

    def results() -> Iterator[_Result]:
        pending: deque[Future[_Result]] = deque()
        for i in range(total):
            pending.append(pool.submit(work, i))
            if len(pending) == _AHEAD * n_threads:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()

    try:
        yield results()
    finally:
        pool.shutdown(cancel_futures=True)


def _run_arrays(
    extractor: _core.Extractor,
    clips: Sequence[Any],
    prepare: Callable[[Any], NDArray[Any]],
    values: NDArray[np.float32],
    n_threads: int,
    report: Callable[[int, int], object],
) -> list[Failure]:
    """Return the failures in any order; `values` takes the vectors."""
    failures: list[Failure] = []
    samples: list[NDArray[Any]] = []
    rows: list[int] = []
    size = copied = reported = 0
    for i, clip in enumerate(clips):
        try:
            samples.append(prepare(clip))
        except CLIP_ERRORS as error:
            failures.append(failure_of(i, None, error))
        else:
            rows.append(i)
            size += samples[-1].size
            copied += 0 if samples[-1] is clip else samples[-1].size
        is_last = i + 1 == len(clips)
        is_full = len(rows) >= _GROUP * n_threads or size >= _GROUP_SAMPLES * n_threads
        if not (is_full or copied >= _GROUP_COPIES or is_last):
            continue
        for k, reason in extractor.vectors(samples, rows, values, n_threads):
            failures.append(Failure(rows[k], "<array>", "ValueError", reason))
        for done in range(reported + 1, i + 2):
            report(done, len(clips))
        reported = i + 1
        samples, rows, size, copied = [], [], 0, 0
    return failures


@contextmanager
def reporter(progress: Progress, total: int) -> Iterator[Callable[[int, int], object]]:
    """Yield a function of (done, total): the given one, a bar, or nothing."""
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
