"""From a corpus to a data set of its features: `extract_corpus`."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from dataclasses import dataclass, replace
from typing import Any

from quaver._validate import (
    Downmix,
    check_downmix,
    check_flag,
    check_int,
    check_kind,
    check_real,
    check_size,
)
from quaver.audio import check_max_duration
from quaver.batch import Progress, check_threads, reporter
from quaver.config import FeatureConfig
from quaver.corpora.readers import read_corpus
from quaver.corpora.table import COLUMNS, Corpus
from quaver.dataset.plan import Plan, Settings, begun, digest_of, digest_of_names, part_name
from quaver.dataset.read import footers, parts_of
from quaver.dataset.shards import JSON, shards_of
from quaver.dataset.stores import Store, StoreError
from quaver.dataset.work import ClipFailure, Done, Job, extract_partition

#: Clips of a partition.
PARTITION = 1000

# Partitions that wait in an executor: some for each worker, where it says how many there are.
_AHEAD, _AHEAD_UNKNOWN = 4, 512
# What no other try mends.
_FINAL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EFBIG}

_Results = Iterator[tuple[Job, Done]]


@dataclass(frozen=True, repr=False)
class ExtractedCorpus:
    """What `extract_corpus` returns.

    Attributes
    ----------
    place : str
        The folder or URL.
    rows, failed : int
        Rows in it, and clips or windows without one.
    partitions, done_before : int
        Files of rows, and those that were complete before.
    """

    place: str
    rows: int
    failed: int
    partitions: int
    done_before: int
    _store: Store

    @property
    def failures(self) -> tuple[ClipFailure, ...]:
        """What has no row, and why; read from the files each time."""
        found = footers(self._store, parts_of(self._store))
        return tuple(failure for _, failures in found for failure in failures)

    def __repr__(self) -> str:
        return f"<ExtractedCorpus of {self.rows} rows in {self.place}, {self.failed} failed>"


def extract_corpus(
    corpus: Corpus | str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    *,
    config: FeatureConfig | None = None,
    window: float | None = None,
    hop: float | None = None,
    executor: Executor | None = None,
    resume: bool = True,
    partition: int = PARTITION,
    pad: bool = False,
    downmix: Downmix = "mean",
    max_duration: float | None = None,
    threads: int | None = None,
    retries: int = 2,
    progress: Progress = False,
    storage_options: Mapping[str, Any] | None = None,
) -> ExtractedCorpus:
    """Write the features of a corpus as a folder of Parquet files, which may be stopped any time.

    A file holds a partition of the corpus and appears whole: written under another name, flushed to
    the disk, renamed. The same call goes on after those that are there. What fails is listed and
    stops nothing. Other programs read the folder as it is; see docs/scale.md.

    Parameters
    ----------
    corpus : Corpus, path or list of paths
        A table, of which paths that are URLs are fetched through fsspec; or what
        `quaver.corpus.read_corpus` reads; or shards of WebDataset (``.tar`` with ``key.wav`` and
        ``key.json`` or ``key.cls``), or a folder of such, of which each is a partition.
    out : path or URL
        The folder, of its own.
    config : FeatureConfig, optional
        Defaults to ``FeatureConfig()``.
    window, hop : float, optional
        In seconds: a row for each window in the place of one for a clip or segment; a hop is a
        window by default. The last window ends with the clip.
    executor : concurrent.futures.Executor, optional
        Runs a partition a task: threads, processes, loky, mpi4py, or ``get_executor(pure=False)``
        of a Dask client. Workers read the recordings and write to `out` themselves. By default one
        partition after the other is worked on by `threads` of this process.
    resume : bool, default True
        Go on in a folder that was begun with the same corpus and arguments; False refuses it.
    partition : int, default 1000
        Clips of a file. Memory is bounded by it: rows, and the clips under way.
    pad, downmix, max_duration
        As of `quaver.extract_many`; several channels are averaged by default.
    threads : int, optional
        Workers for the clips of one partition; by default one for each processor, or with an
        executor one. Where recordings come from a store, at least eight wait for it.
    retries : int, default 2
        How often a partition whose worker was lost or whose store did not answer is tried again.
    progress
        As of `quaver.extract_many`, of clips, or of shards.
    storage_options : dict, optional
        Of fsspec, for URLs.

    Returns
    -------
    ExtractedCorpus

    Raises
    ------
    ValueError
        For a folder that was begun with another configuration, corpus or version or holds other
        files, a window without meaning, or a column that is called as a feature is.
    FileExistsError
        For a folder that was begun, without `resume`.
    OSError
        If a partition cannot be written: the others stay, and the same call goes on.
    RuntimeError
        If workers of the executor or a store are lost for good; the same holds.

    Examples
    --------
    >>> import tempfile
    >>> import quaver.data
    >>> from quaver.corpus import Clip
    >>> folder = tempfile.mkdtemp()
    >>> corpus = Corpus([Clip(quaver.data.demo_clip(), "neutral", "espeak", "demo")])
    >>> found = extract_corpus(corpus, folder, window=1.0, hop=0.5)
    >>> found.rows > 1, found.failed, found.done_before
    (True, 0, 0)
    """
    if executor is not None:
        check_kind("executor", executor, Executor)
    check_downmix(downmix)
    check_max_duration(max_duration)
    options = (
        {} if storage_options is None else check_kind("storage_options", storage_options, dict)
    )
    if check_int("retries", retries) < 0:
        raise ValueError(f"retries must be at least 0, got {retries}")
    config = check_kind("config", FeatureConfig() if config is None else config, FeatureConfig)
    settings = Settings(
        config,
        *_check_windows(window, hop, config),
        check_flag("pad", pad),
        downmix,
        None if max_duration is None else float(max_duration),
        (),
    )
    n_threads = 1 if threads is None and executor is not None else check_threads(threads)
    clips, plan = planned(corpus, settings, check_size("partition", partition))
    store = Store.of(out, options)
    done = begun(store, plan, resume=check_flag("resume", resume))
    jobs = Jobs(clips, plan, store, done, n_threads, options)
    with reporter(progress, plan.total) as report:
        rows, failed = _run(jobs, executor, retries, report)
    before = list(footers(store, sorted(done)))
    return ExtractedCorpus(
        store.place,
        rows + sum(n for n, _ in before),
        failed + sum(len(failures) for _, failures in before),
        plan.n_partitions,
        len(done),
        store,
    )


def planned(corpus: Any, settings: Settings, size: int) -> tuple[Corpus | list[str], Plan]:
    """Return the clips, or the shards, and what is to be done with them; opens no recording."""
    shards = None if isinstance(corpus, Corpus) else shards_of(corpus)
    if shards is not None:
        of_shards = _of_columns(settings, (JSON,))
        return shards, Plan(of_shards, 0, len(shards), digest_of_names(shards))
    if isinstance(corpus, (str, os.PathLike)):
        corpus = read_corpus(corpus)
    clips = check_kind("corpus", corpus, Corpus)
    if not len(clips):
        raise ValueError("corpus must not be empty, got 0 clips")
    further = tuple(name for name in clips.names if name not in COLUMNS)
    return clips, Plan(_of_columns(settings, further), size, len(clips), digest_of(clips))


def _of_columns(settings: Settings, columns: tuple[str, ...]) -> Settings:
    return replace(settings, columns=columns)


def _check_windows(
    window: float | None, hop: float | None, config: FeatureConfig
) -> tuple[float | None, float | None]:
    if window is None:
        if hop is not None:
            raise ValueError(f"hop goes with a window, got hop {hop} without one")
        return None, None
    from quaver.models.timeline import in_samples

    hop = window if hop is None else check_real("hop", hop)
    in_samples(config.sample_rate, window=check_real("window", window), hop=hop)
    return float(window), float(hop)


class Jobs:
    """The partitions that are still to be made; a job is put together when it is asked for."""

    def __init__(
        self,
        clips: Corpus | list[str],
        plan: Plan,
        store: Store,
        done: set[str],
        threads: int,
        options: Mapping[str, Any],
    ) -> None:
        self._clips, self._plan, self._store = clips, plan, store
        self._threads, self._options = threads, options
        self._folder = os.getcwd()
        self._numbers = [n for n in range(plan.n_partitions) if part_name(n) not in done]

    @property
    def before(self) -> int:
        """Clips, or shards, of partitions that are there already."""
        return self._plan.total - sum(self.size(number) for number in self._numbers)

    @property
    def total(self) -> int:
        """Clips, or shards, of all partitions."""
        return self._plan.total

    def size(self, number: int) -> int:
        """Return the clips of a partition; a shard is one."""
        size = self._plan.size or 1
        return min(size, self._plan.total - number * size)

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[Job]:
        for number in self._numbers:
            first = number * self._plan.size
            clips = self._clips
            part = clips[first : first + self._plan.size] if isinstance(clips, Corpus) else None
            yield Job(
                number,
                clips[number] if part is None else part,  # type: ignore[arg-type]  # a shard
                self._plan.settings,
                self._store,
                self._folder,
                self._threads,
                self._options,
            )


def _run(
    jobs: Jobs, executor: Executor | None, retries: int, report: Callable[[int, int], object]
) -> tuple[int, int]:
    """Make all partitions; return how many rows and failures there are in them."""
    done, rows, failed = jobs.before, 0, 0
    if done and len(jobs):
        report(done, jobs.total)

    def of_clips(n: int, _: int) -> None:
        report(done + n, jobs.total)

    if executor is None:
        results: _Results = _one_by_one(jobs, of_clips, retries)
    else:
        results = _elsewhere(jobs, executor, retries)
    for job, result in results:
        done += jobs.size(job.number)
        rows, failed = rows + result.rows, failed + result.failures
        if executor is not None or isinstance(job.clips, str):
            report(done, jobs.total)
    return rows, failed


def _one_by_one(jobs: Jobs, report: Callable[[int, int], object], retries: int) -> _Results:
    for job in jobs:
        for attempt in range(retries + 1):
            try:
                found = extract_partition(job, None if isinstance(job.clips, str) else report)
            except StoreError as error:
                if attempt == retries:
                    raise _lost(job, error) from error
            except Exception as error:
                if attempt == retries or not _may_be_mended(error):
                    raise
            else:
                yield job, found
                break


def _elsewhere(jobs: Jobs, executor: Executor, retries: int) -> _Results:
    """Yield what becomes of jobs in an executor, of which a bounded number waits."""
    workers = getattr(executor, "_max_workers", None)
    most = _AHEAD * workers if isinstance(workers, int) else _AHEAD_UNKNOWN
    pending: dict[Future[Done], tuple[Job, int]] = {}
    waiting = iter(jobs)
    given_up: list[tuple[Job, BaseException]] = []
    try:
        while True:
            while len(pending) < most and (job := next(waiting, None)) is not None:
                pending[executor.submit(extract_partition, job)] = job, 0
            if not pending:
                break
            for future in wait(pending, return_when=FIRST_COMPLETED).done:
                job, attempt = pending.pop(future)
                try:
                    found = future.result()
                except BrokenExecutor as error:
                    raise _lost(job, error) from error
                except Exception as error:
                    if not _may_be_mended(error):
                        raise
                    if attempt == retries:
                        given_up.append((job, error))
                    else:
                        pending[executor.submit(extract_partition, job)] = job, attempt + 1
                else:
                    yield job, found
    finally:
        for future in pending:
            future.cancel()
    if given_up:
        job, reason = given_up[0]
        raise _lost(job, reason, len(given_up)) from reason


def _may_be_mended(error: Exception) -> bool:
    """Tell whether another try may end otherwise."""
    if isinstance(error, OSError):
        return error.errno not in _FINAL
    return not isinstance(error, (ValueError, TypeError, ImportError, AttributeError))


def _lost(job: Job, error: BaseException, n: int = 1) -> RuntimeError:
    """Return the error of a partition that no worker could finish."""
    which = f"{part_name(job.number)}{f' and {n - 1} more' if n > 1 else ''}"
    return RuntimeError(
        f"{which} could not be made, {type(error).__name__}: {str(error) or 'the worker died'};"
        " partitions that are complete stay, and the same call or command goes on after them"
    )
