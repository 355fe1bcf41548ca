"""``quaver extract``: a table of features."""

from __future__ import annotations

import csv
import os
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from quaver.cli.console import counted, progress, say, shown
from quaver.cli.errors import USAGE, leave_with, report_failures, require, stop
from quaver.cli.files import Given, collect
from quaver.cli.options import Downmix, MaxDuration, Threads, parse_downmix, recording_path
from quaver.record import replacing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from quaver.batch import Batch


_STDOUT = Path("-")


def extract_command(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="Recordings, or folders of them; - for stdin.",
            show_default=False,
            parser=recording_path,
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="features.csv, .parquet or .npz; - for CSV to stdout.",
            show_default=False,
        ),
    ],
    sample_rate: Annotated[int, typer.Option(help="Hz; recordings are resampled to it.")] = 16000,
    downmix: Downmix = "mean",
    pad: Annotated[bool, typer.Option("--pad", help="Take clips shorter than a frame.")] = False,
    threads: Threads = None,
    max_duration: MaxDuration = None,
) -> None:
    """Compute one vector of features for each recording and write them as a table.

    Features are statistics over the clip of short-term features and of their derivatives; the
    columns are named. A recording that cannot be read is reported and left out.
    """
    import quaver

    write = _write_csv if output == _STDOUT else _WRITERS.get(output.suffix.lower())
    if write is None:
        stop(f"{shown(output)}: expected one of {', '.join(_WRITERS)}", USAGE)
    if write is _write_parquet:
        require("pyarrow", extra="parquet")
    channels = parse_downmix(downmix)
    try:
        config = quaver.FeatureConfig(sample_rate=sample_rate)
    except ValueError as error:  # before a recording is looked for
        stop(str(error).replace("sample_rate", "--sample-rate"), USAGE)
    files, failures = collect(paths, max_duration)
    if files:
        with nullcontext(output) if output == _STDOUT else replacing(output) as temporary:
            with progress("Extracting") as report:
                batch = quaver.extract_many(
                    files,
                    config=config,
                    threads=threads,
                    progress=report,
                    pad=pad,
                    downmix=channels,
                )
            failures += batch.failures
            if len(batch):
                write(temporary, [files[i] for i in batch.index], batch)
            else:
                report_failures(failures)
                left = "nothing was" if output == _STDOUT else f"{shown(output)} was not"
                stop(f"no recording could be used, {left} written")
        where = "CSV" if output == _STDOUT else shown(output)
        n_features = f"{len(batch.names)} features{' each' if len(batch) > 1 else ''}"
        say(f"Wrote {where}: {counted(len(batch), 'recording')}, {n_features}.")
    leave_with(failures)


def _write_csv(file: Path, sources: Sequence[Given], batch: Batch) -> None:
    # surrogateescape: a name that is not UTF-8 keeps its bytes
    with (
        nullcontext(sys.stdout)
        if file == _STDOUT
        else file.open("w", newline="", encoding="utf-8", errors="surrogateescape")
    ) as lines:
        writer = csv.writer(lines, lineterminator="\n" if file == _STDOUT else "\r\n")
        writer.writerow(["file", *batch.names])
        for source, row in zip(sources, batch.values, strict=True):
            # Nine digits give back the same float32.
            writer.writerow([os.fspath(source), *(format(value, ".9g") for value in row.tolist())])


def _write_parquet(file: Path, sources: Sequence[Given], batch: Batch) -> None:
    import pyarrow
    import pyarrow.parquet

    # Text of Parquet is UTF-8, whatever a name is.
    names = [os.fsencode(source).decode("utf-8", "backslashreplace") for source in sources]
    columns: dict[str, Any] = {"file": names}
    columns.update(zip(batch.names, np.ascontiguousarray(batch.values.T), strict=True))
    pyarrow.parquet.write_table(pyarrow.table(columns), file)


def _write_npz(file: Path, sources: Sequence[Given], batch: Batch) -> None:
    with file.open("wb") as stream:
        np.savez_compressed(
            stream,
            values=batch.values,
            names=np.array(batch.names),
            files=np.array([os.fspath(source) for source in sources]),
        )


_WRITERS: dict[str, Callable[[Path, Sequence[Given], Batch], None]] = {
    ".csv": _write_csv,
    ".parquet": _write_parquet,
    ".npz": _write_npz,
}
