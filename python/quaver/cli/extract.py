"""``quaver extract``: a table of features, or a folder of them."""

from __future__ import annotations

import csv
import json
import os
import sys
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from quaver.cli.console import counted, progress, say, shown
from quaver.cli.dataset import extract_dataset, is_dataset
from quaver.cli.errors import USAGE, describe_error, leave_with, report_failures, require, stop
from quaver.cli.files import Given, collect
from quaver.cli.options import (
    Downmix,
    Drop,
    Kind,
    Labels,
    MaxDuration,
    Speaker,
    Strict,
    Threads,
    goes_with,
    parse_downmix,
    recording_path,
)
from quaver.record import replacing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from quaver.batch import Batch
    from quaver.config import FeatureConfig


_STDOUT = Path("-")
_PARTITION = 1000
# Options of data sets.
_OF_FOLDERS = (
    *("window", "hop", "partition", "dask", "kind", "labels", "drop", "speaker"),
    *("failures_file", "strict"),
)


def recording_text(text: str) -> str:
    """Read a path or URL, which must not be empty."""
    recording_path(text)
    return text


def extract_command(
    context: typer.Context,
    paths: Annotated[
        list[str],
        typer.Argument(
            help="Recordings, or folders of them; - for stdin. Into a folder of features: a corpus"
            " or a table, too, or shards of WebDataset.",
            show_default=False,
            parser=recording_text,
        ),
    ],
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            help="features.csv, .parquet or .npz; - for CSV to stdout; or a folder or URL, such as"
            " s3://bucket/features, for a data set of Parquet that goes on where it was stopped.",
            show_default=False,
        ),
    ],
    sample_rate: Annotated[int, typer.Option(help="Hz; recordings are resampled to it.")] = 16000,
    config: Annotated[
        str, typer.Option(help="Features: default, robust, or a JSON file of a FeatureConfig.")
    ] = "default",
    feature_set: Annotated[
        str | None,
        typer.Option(
            "--set",
            help="Instead of --config, into a table: egemaps, the 88 functionals of eGeMAPSv02, of"
            " recordings at their own rate unless --sample-rate says another.",
            show_default=False,
        ),
    ] = None,
    downmix: Downmix = "mean",
    pad: Annotated[bool, typer.Option("--pad", help="Take clips shorter than a frame.")] = False,
    threads: Threads = None,
    max_duration: MaxDuration = None,
    window: Annotated[
        float | None,
        typer.Option(help="Into a folder: a row for so many s.", show_default=False),
    ] = None,
    hop: Annotated[
        float | None, typer.Option(help="From window to window in s.", show_default=False)
    ] = None,
    partition: Annotated[
        int, typer.Option(min=1, help="Clips of a file in the folder.")
    ] = _PARTITION,
    dask: Annotated[
        str | None,
        typer.Option(help="Scheduler of a cluster, tcp://host:8786.", show_default=False),
    ] = None,
    kind: Kind = "auto",
    labels: Labels = None,
    drop: Drop = None,
    speaker: Speaker = None,
    failures_file: Annotated[
        Path | None,
        typer.Option("--failures", help="CSV file of what failed.", show_default=False),
    ] = None,
    strict: Strict = False,
) -> None:
    """Compute one vector of features for each recording and write them as a table.

    Features are statistics over the clip of short-term features and of their derivatives; the
    columns are named. A recording that cannot be read is reported and left out.
    """
    into_folder = is_dataset(output)
    goes_with(context, into_folder, "a folder as --output", *_OF_FOLDERS)
    channels = parse_downmix(downmix)
    recordings = [Path(path) for path in paths]
    if feature_set is not None:
        extract_many = _of_set(feature_set, sample_rate, into_folder, context)
        many = partial(extract_many, threads=threads, downmix=channels)
        _extract_table(recordings, Path(output), many, max_duration)
        return
    features = _config(config, sample_rate, context)
    if into_folder:
        extract_dataset(
            paths,
            output,
            (kind, labels, drop, speaker),
            dask=dask,
            strict=strict,
            failures=failures_file,
            config=features,
            window=window,
            hop=hop,
            partition=partition,
            pad=pad,
            downmix=channels,
            max_duration=max_duration,
            threads=threads,
        )
        return
    from quaver import extract_many as of_config

    many = partial(of_config, config=features, pad=pad, threads=threads, downmix=channels)
    _extract_table(recordings, Path(output), many, max_duration)


def _of_set(
    name: str, sample_rate: int, into_folder: bool, context: typer.Context
) -> Callable[..., Batch]:
    """Return what computes the set of the option --set."""
    from quaver.geneva import egemaps_many

    if name != "egemaps":
        stop(f"--set: expected egemaps, got {name!r}", USAGE)
    if into_folder:
        stop("--set: a folder of features is of a --config; expected a table as --output", USAGE)
    goes_with(context, False, "--config, not with --set", "config", "pad")
    source = context.get_parameter_source("sample_rate")
    is_given = source is not None and source.name == "COMMANDLINE"
    return partial(egemaps_many, sample_rate=sample_rate if is_given else None)


def _config(name: str, sample_rate: int, context: typer.Context) -> FeatureConfig:
    """Return the configuration of the option --config, before a recording is looked for."""
    from quaver import FeatureConfig

    try:
        if name in ("default", "robust"):
            make = FeatureConfig if name == "default" else FeatureConfig.robust
            return make(sample_rate=sample_rate)
        goes_with(context, False, "--config default or robust", "sample_rate")
        return FeatureConfig.from_dict(json.loads(Path(name).read_text(encoding="utf-8")))
    except (ValueError, TypeError, AttributeError) as error:
        said = str(error).replace("sample_rate", "--sample-rate")
        stop(said if name in ("default", "robust") else f"{name}: {said}", USAGE)
    except OSError as error:
        stop(f"--config: expected default, robust or a file, {describe_error(error)}", USAGE)


def _extract_table(
    paths: list[Path],
    output: Path,
    extract_many: Callable[..., Batch],
    max_duration: float | None,
) -> None:
    write = _write_csv if output == _STDOUT else _WRITERS.get(output.suffix.lower())
    if write is None:
        stop(f"{shown(output)}: expected one of {', '.join(_WRITERS)}, or a folder", USAGE)
    if write is _write_parquet:
        require("pyarrow", extra="parquet")
    files, failures = collect(paths, max_duration)
    if files:
        with nullcontext(output) if output == _STDOUT else replacing(output) as temporary:
            with progress("Extracting") as report:
                batch = extract_many(files, progress=report)
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
