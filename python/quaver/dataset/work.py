"""One partition of a data set, from recordings to its file: what workers do."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver.audio import Segment, load
from quaver.batch import CLIP_ERRORS, Failure, extract_many, failure_of, in_order
from quaver.corpora.table import COLUMNS, Corpus
from quaver.dataset.plan import Settings, part_name
from quaver.dataset.shards import in_groups, samples_of
from quaver.dataset.stores import Store, fetch, is_url

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Report = Callable[[int, int], object]

#: Of a partition's file: what failed in it.
FAILURES = b"quaver.failures"

# Samples of a shard that are worked on together, and their bytes; rows of windows and their
# samples, which are written together.
_SAMPLES, _BYTES = 512, 64 << 20
_ROWS, _WINDOWED = 4096, 1 << 25
# Threads that wait for a store; computing takes a fraction of that.
_WAITING = 8


@dataclass(frozen=True)
class ClipFailure:
    """A clip, or window of one, that has no row.

    Attributes
    ----------
    path : str
    start, end : float or None
        In seconds; None for the end of the file.
    stage : {"open", "decode", "extract"}
        Where it failed: the file could not be had, could not be read, or holds samples of which
        there are no features.
    error : str
        Name of the exception.
    reason : str
        Its message.
    """

    path: str
    start: float
    end: float | None
    stage: str
    error: str
    reason: str


@dataclass(frozen=True)
class Job:
    """A partition to be made.

    Attributes
    ----------
    number : int
    clips : Corpus or str
        The clips, or a shard.
    settings : Settings
    store : Store
    folder : str
        Where relative paths begin.
    threads : int or None
        As of `quaver.extract_many`.
    options : mapping
        Of fsspec, for recordings.
    """

    number: int
    clips: Corpus | str
    settings: Settings
    store: Store
    folder: str
    threads: int | None
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Done:
    """What became of a partition.

    Attributes
    ----------
    number, rows, failures : int
    """

    number: int
    rows: int
    failures: int


@dataclass(frozen=True)
class _Group:
    """Clips that are worked on together: what is read, and the words of their rows."""

    recordings: Sequence[Any]
    columns: dict[str, list[Any]]


class Recordings(Sequence[Any]):
    """The recordings of a table, fetched where they lie in a store when they are asked for."""

    def __init__(self, clips: Corpus, folder: str, options: Mapping[str, Any]) -> None:
        self._paths = clips.column("path")
        self._starts, self._ends = clips.column("start"), clips.column("end")
        self._folder, self._options = folder, options

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, i: Any) -> Any:
        path, start, end = self._paths[i], float(self._starts[i]), float(self._ends[i])
        recording: Any = os.path.join(self._folder, path)
        if is_url(path):
            recording = fetch(path, self._options)
        is_whole = start == 0 and np.isnan(end)
        return recording if is_whole else Segment(recording, start, None if np.isnan(end) else end)


def extract_partition(job: Job, report: Report | None = None) -> Done:
    """Write the file of a partition, whole or not at all."""
    import pyarrow.parquet

    schema = job.settings.schema()
    words = [field.name for field in schema if pyarrow.types.is_string(field.type)]
    failures: list[ClipFailure] = []
    rows = 0
    name = part_name(job.number)
    tables = _tables(job, schema, failures, report)
    try:
        with (
            job.store.writing(name) as file,
            pyarrow.parquet.ParquetWriter(
                file,
                schema,
                compression="zstd",
                use_dictionary=words,
                write_statistics=[*words, "start", "end"],
            ) as writer,
        ):
            for table in tables:
                writer.write_table(table)
                rows += table.num_rows
            listed = json.dumps([asdict(failure) for failure in failures])
            writer.add_key_value_metadata({FAILURES: listed})
    except OSError as error:
        # pyarrow's words are many; a store's are all that there is.
        is_plain = error.errno and not job.store.is_remote
        reason = os.strerror(error.errno or 0) if is_plain else error.strerror or str(error)
        raise OSError(
            error.errno or 0,
            f"{reason}: {name} was not written; partitions that are complete stay, and the same"
            " call or command goes on after them",
            job.store.place,
        ) from error
    return Done(job.number, rows, len(failures))


def _tables(
    job: Job, schema: Any, failures: list[ClipFailure], report: Report | None
) -> Iterator[Any]:
    """Yield the rows of a partition as tables of pyarrow, and note what failed."""
    rows_of = _clips if job.settings.window is None else _windows
    for group in _groups(job, failures):
        yield from rows_of(job, group, schema, failures, report)


def _groups(job: Job, failures: list[ClipFailure]) -> Iterator[_Group]:
    names = (*COLUMNS, *job.settings.columns)
    if isinstance(job.clips, Corpus):
        columns = {name: job.clips.column(name).tolist() for name in names}
        columns["end"] = [None if end != end else end for end in columns["end"]]
        yield _Group(Recordings(job.clips, job.folder, job.options), columns)
        return
    shard = job.clips if is_url(job.clips) else os.path.join(job.folder, job.clips)
    try:
        for samples in in_groups(samples_of(shard, job.options), _SAMPLES, _BYTES):
            columns = {name: [each.words.get(name, "") for each in samples] for name in names}
            columns |= {"start": [0.0] * len(samples), "end": [None] * len(samples)}
            yield _Group([each.recording for each in samples], columns)
    except OSError as error:
        reason = str(error) if job.clips in str(error) else f"{job.clips}: {error}"
        failures.append(ClipFailure(job.clips, 0.0, None, "open", type(error).__name__, reason))


def _n_threads(job: Job, group: _Group) -> int | None:
    if job.threads is not None and any(map(is_url, group.columns["path"][:1])):
        return max(job.threads, _WAITING)
    return job.threads


def _clips(
    job: Job, group: _Group, schema: Any, failures: list[ClipFailure], report: Report | None
) -> Iterator[Any]:
    """Yield the table of a row for each clip."""
    settings = job.settings
    batch = extract_many(
        group.recordings,
        config=settings.config,
        threads=_n_threads(job, group),
        progress=report or False,
        pad=settings.pad,
        downmix=settings.downmix,
        max_duration=settings.max_duration,
    )
    failures += [_failure(job, group, failure) for failure in batch.failures]
    columns = {name: [cells[i] for i in batch.index] for name, cells in group.columns.items()}
    yield _table(schema, columns, batch.values)


def _failure(job: Job, group: _Group, failure: Failure) -> ClipFailure:
    """Return a failure with its stage, which is found by reading the clip again."""
    start, end = group.columns["start"][failure.index], group.columns["end"][failure.index]
    stage = "extract"
    try:
        _heard(job, group.recordings[failure.index])
    except OSError:
        stage = "open"
    except CLIP_ERRORS:
        stage = "decode"
    path = group.columns["path"][failure.index]
    return ClipFailure(_text(path), start, end, stage, failure.error, _text(failure.reason))


def _heard(job: Job, recording: Any) -> NDArray[np.float32]:
    settings = job.settings
    samples: NDArray[np.float32] = load(
        recording,
        settings.config.sample_rate,
        downmix=settings.downmix,
        max_duration=settings.max_duration,
    )[0]
    return samples


def _windows(
    job: Job, group: _Group, schema: Any, failures: list[ClipFailure], report: Report | None
) -> Iterator[Any]:
    """Yield tables of a row for each window, of a bounded number of rows."""
    from quaver.models.timeline import windows

    settings = job.settings
    rate, window = settings.config.sample_rate, settings.window
    assert window is not None
    assert settings.hop is not None

    def read(i: int) -> NDArray[np.float32] | Failure:
        recording = None
        try:
            recording = group.recordings[i]
            return _heard(job, recording)
        except CLIP_ERRORS as error:
            return failure_of(i, recording, error)

    held: list[tuple[int, float, float, NDArray[np.float32]]] = []
    n_held = 0
    total = len(group.recordings)
    with in_order(read, total, _n_threads(job, group) or os.cpu_count() or 1) as results:
        for i, samples in enumerate(results):
            if isinstance(samples, Failure):
                failures.append(_failure(job, group, samples))
                continue
            first = group.columns["start"][i]
            for begin, end in windows(samples.shape[-1], rate, window=window, hop=settings.hop):
                part = samples[..., begin:end]
                held.append((i, first + begin / rate, first + end / rate, part))
                n_held += part.size
                if len(held) == _ROWS or n_held >= _WINDOWED:
                    yield _of_windows(job, group, schema, failures, held)
                    held, n_held = [], 0
            if report is not None:
                report(i + 1, total)
    if held:
        yield _of_windows(job, group, schema, failures, held)


def _of_windows(
    job: Job,
    group: _Group,
    schema: Any,
    failures: list[ClipFailure],
    held: Sequence[tuple[int, float, float, NDArray[np.float32]]],
) -> Any:
    settings = job.settings
    batch = extract_many(
        [part for *_, part in held],
        settings.config.sample_rate,
        config=settings.config,
        threads=job.threads,
        pad=settings.pad,
        downmix=None,
    )
    for failure in batch.failures:
        i, start, end, _ = held[failure.index]
        path = group.columns["path"][i]
        reason = f"{path} [{start:g} s to {end:g} s]: {failure.reason}"
        failures.append(ClipFailure(path, start, end, "extract", failure.error, _text(reason)))
    rows = [held[i] for i in batch.index]
    columns = {name: [cells[row[0]] for row in rows] for name, cells in group.columns.items()}
    columns |= {"start": [row[1] for row in rows], "end": [row[2] for row in rows]}
    return _table(schema, columns, batch.values)


def _table(schema: Any, columns: Mapping[str, list[Any]], values: NDArray[np.float32]) -> Any:
    import pyarrow

    made = []
    for field in schema:
        if field.name not in columns:
            break
        cells = columns[field.name]
        is_text = pyarrow.types.is_string(field.type)
        made.append(pyarrow.array([_text(c) for c in cells] if is_text else cells, field.type))
    made += [pyarrow.array(column) for column in np.ascontiguousarray(values.T)]
    return pyarrow.table(made, schema=schema)


def _text(text: str) -> str:
    """Return text as Parquet has it, which is UTF-8 whatever a name is."""
    try:
        return os.fsencode(text).decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # half a character, as JSON may have
        return text.encode("utf-8", "backslashreplace").decode()
