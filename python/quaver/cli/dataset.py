"""``quaver extract`` into a folder: a corpus of any size, as `quaver.extract_corpus` does it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quaver.cli.console import counted, notes, progress, say, shown
from quaver.cli.errors import SOME_FAILED, by_options, require, stop
from quaver.cli.files import check_folders, collect, read_clips

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from quaver.corpus import Corpus
    from quaver.dataset.extract import ExtractedCorpus

# Failures that are listed, and seconds between lines of progress where there is no terminal.
_LISTED = 10
_EVERY = 30.0


def is_dataset(output: str) -> bool:
    """Tell whether an output is a folder, to be filled with Parquet, and no file."""
    if output == "-":
        return False
    is_folder = output.endswith(("/", os.sep)) or os.path.isdir(output)
    return is_folder or "://" in output or not Path(output).suffix


def extract_dataset(
    paths: Sequence[str],
    output: str,
    chosen: tuple[str, str | None, str | None, str | None],
    *,
    dask: str | None,
    strict: bool,
    failures: Path | None,
    **options: Any,
) -> None:
    """Write a data set and say what became of it; `chosen` are kind, labels, drop and speaker."""
    require("pyarrow", extra="parquet")
    check_folders(failures)
    clips = _clips_of(paths, *chosen)
    import quaver

    try:
        with _cluster(dask) as executor, _told() as report:
            done = quaver.extract_corpus(
                clips, output, executor=executor, progress=report, **options
            )
    except RuntimeError as error:
        stop(str(error))
    _say_done(done, failures)
    if strict and done.failed:
        stop(f"{counted(done.failed, 'recording')} of {output} failed", SOME_FAILED)
    if not done.rows:
        stop("no recording could be used")


def _say_done(done: ExtractedCorpus, failures: Path | None) -> None:
    before = f", {done.done_before} of them before" if done.done_before else ""
    say(
        f"Wrote {shown(done.place)}: {counted(done.rows, 'row')} in"
        f" {counted(done.partitions, 'partition')}{before}, {done.failed} failed."
    )
    if failures is not None:
        from quaver.cli.tables import write_rows
        from quaver.dataset.work import ClipFailure

        names = [field.name for field in fields(ClipFailure)]
        write_rows(failures, [asdict(each) for each in done.failures], names)
        say(f"Wrote {shown(failures)}: what failed, where and why.")
    elif done.failed:
        for each in done.failures[:_LISTED]:
            said = "" if shown(each.path) in shown(each.reason) else f"{each.path}: "
            say(f"{each.stage}: {said}{each.error}: {by_options(each.reason)}")
        if done.failed > _LISTED:
            say(f"and {done.failed - _LISTED} more: --failures FILE.csv lists all.")


def _clips_of(
    paths: Sequence[str], kind: str, labels: str | None, drop: str | None, speaker: str | None
) -> Corpus | list[str]:
    """Return a corpus, or recordings that nothing is known of as one, or shards."""
    from quaver.corpora.manifests import ENDINGS, manifest
    from quaver.corpus import Corpus
    from quaver.dataset.shards import shards_of

    shards = shards_of(list(paths)) or (shards_of(paths[0]) if len(paths) == 1 else None)
    if shards is not None:
        return shards
    are_tables = [Path(path).suffix.lower() in ENDINGS for path in paths]
    if all(t or os.path.isdir(p) for p, t in zip(paths, are_tables, strict=True)):
        try:
            return read_clips([Path(path) for path in paths], kind, labels, drop, speaker)
        except ValueError as error:
            if kind != "auto" or any((labels, drop, speaker)):
                raise
            say(f"Without labels: {error}.")
    if any(are_tables):
        return Corpus.joined([manifest(path, labelled=False) for path in paths])
    files, failed = collect([Path(path) for path in paths])
    if failed:
        stop(failed[0].reason)
    found = [os.fspath(file) for file in files]
    return Corpus.of_columns({"path": found, "label": [""] * len(found)})


@contextmanager
def _cluster(address: str | None) -> Iterator[Executor | None]:
    """Yield an executor on a Dask cluster, or None."""
    if address is None:
        yield None
        return
    require("distributed", extra="dask")
    import distributed

    connect: Any = distributed.Client  # untyped, where it is installed
    with connect(address) as client:
        yield client.get_executor(pure=False)


@contextmanager
def _told() -> Iterator[Callable[[int, int], object]]:
    """Yield a function of (done, total): a bar on a terminal, else a line now and then."""
    if notes().is_terminal:
        with progress("Extracting", rate=True) as report:
            yield report
        return
    begun: list[tuple[float, int]] = []
    last = time.monotonic()

    def told(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if not begun:  # what was done before does not count for the rate
            begun.append((now, done))
        if now - last < _EVERY:
            return
        last = now
        since, before = begun[0]
        rate = (done - before) / max(now - since, 1e-9)
        left = f", {(total - done) / rate / 60:.0f} min left" if rate else ""
        say(f"{done} of {total}, {rate:.1f} a second{left}.")

    yield told
