"""Commands that read or write recordings and features: extract, plot, record."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from quaver.cli.common import (
    SOME_FAILED,
    USAGE,
    collect,
    missing_extra,
    parse_downmix,
    progress,
    recording_path,
    report_failures,
    require,
    say,
    shown,
    stop,
)
from quaver.cli.voice import Model, load_model, timeline_of
from quaver.record import RECORD_EXTENSIONS, record, replacing

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.figure import Figure

    from quaver.batch import Batch

Downmix = Annotated[
    str | None,
    typer.Option(
        help="What to do with several channels: 'mean', or the number of one, from 0.",
        metavar="mean|N",
    ),
]
Window = Annotated[float, typer.Option(min=0.01, help="Length of the timeline's windows in s.")]
Hop = Annotated[float, typer.Option(min=0.01, help="From window to window in s.")]


def extract_command(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="Recordings, or folders of them.", show_default=False, parser=recording_path
        ),
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="features.csv, .parquet or .npz", show_default=False),
    ],
    sample_rate: Annotated[int, typer.Option(help="Hz; recordings are resampled to it.")] = 16000,
    downmix: Downmix = None,
    pad: Annotated[bool, typer.Option("--pad", help="Take clips shorter than a frame.")] = False,
    threads: Annotated[
        int | None, typer.Option(min=1, help="By default one for each processor.")
    ] = None,
) -> None:
    """Compute one vector of features for each recording and write them as a table.

    Features are statistics over the clip of short-term features and of their derivatives; the
    columns are named. A recording that cannot be read is reported and left out.
    """
    import quaver

    write = _WRITERS.get(output.suffix.lower())
    if write is None:
        stop(f"{shown(output)}: expected one of {', '.join(_WRITERS)}", USAGE)
    if write is _write_parquet:
        require("pyarrow", extra="parquet")
    channels = parse_downmix(downmix)
    files, failures = collect(paths)
    if files:
        with replacing(output) as temporary:
            config = quaver.FeatureConfig(sample_rate=sample_rate)
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
                stop(f"no recording could be used, {shown(output)} was not written")
        say(f"Wrote {shown(output)}: {len(batch)} recordings, {len(batch.names)} features each.")
    report_failures(failures)
    if failures:
        raise typer.Exit(SOME_FAILED)


def _write_csv(file: Path, sources: list[Path], batch: Batch) -> None:
    # surrogateescape: a name that is not UTF-8 keeps its bytes
    with file.open("w", newline="", encoding="utf-8", errors="surrogateescape") as lines:
        writer = csv.writer(lines)
        writer.writerow(["file", *batch.names])
        for source, row in zip(sources, batch.values, strict=True):
            # Nine digits give back the same float32.
            writer.writerow([source, *(format(value, ".9g") for value in row.tolist())])


def _write_parquet(file: Path, sources: list[Path], batch: Batch) -> None:
    import pyarrow
    import pyarrow.parquet

    columns: dict[str, Any] = {"file": [shown(source) for source in sources]}
    columns.update(zip(batch.names, np.ascontiguousarray(batch.values.T), strict=True))
    pyarrow.parquet.write_table(pyarrow.table(columns), file)


def _write_npz(file: Path, sources: list[Path], batch: Batch) -> None:
    with file.open("wb") as stream:
        np.savez_compressed(
            stream,
            values=batch.values,
            names=np.array(batch.names),
            files=np.array([shown(source) for source in sources]),
        )


_WRITERS: dict[str, Callable[[Path, list[Path], Batch], None]] = {
    ".csv": _write_csv,
    ".parquet": _write_parquet,
    ".npz": _write_npz,
}


def record_command(
    output: Annotated[Path, typer.Argument(help="OUT.wav or OUT.flac", show_default=False)],
    seconds: Annotated[float, typer.Option(help="How long to record.")] = 5.0,
    sample_rate: Annotated[int, typer.Option(help="Hz.")] = 16000,
    device: Annotated[
        str | None,
        typer.Option(help="Number or part of the name of a microphone; the default one if absent."),
    ] = None,
) -> None:
    """Record from a microphone into a file.

    The file appears when the recording is complete. Needs the extra "record" and PortAudio.
    """
    if output.suffix.lower() not in RECORD_EXTENSIONS:
        stop(f"{shown(output)}: expected one of {', '.join(RECORD_EXTENSIONS)}", USAGE)
    chosen = int(device) if device is not None and device.isdecimal() else device
    try:
        with progress("Recording") as report:
            recording = record(output, seconds, sample_rate, device=chosen, progress=report)
    except ModuleNotFoundError as error:
        if error.name != "sounddevice":
            raise
        missing_extra("sounddevice", "record")
    peak = recording.peak_db
    level = f"peak {peak:.1f} dBFS" if math.isfinite(peak) else "silent"
    say(f"Wrote {shown(output)}: {len(recording.samples) / sample_rate:g} s, {level}.")
    if peak < -50:
        say("Hardly anything was heard: is the right microphone chosen and switched on?")
    if peak > -0.1:
        say("The recording is clipped: lower the microphone's level.")
    if recording.lost:
        say("The machine was too slow: samples are missing.")


def check_picture(output: Path) -> None:
    """Leave with exit code 2 if matplotlib writes no such files."""
    require("matplotlib", extra="plot")
    from matplotlib.figure import Figure

    kinds = Figure().canvas.get_supported_filetypes()
    if _suffix(output) not in kinds:
        expected = ", ".join(f".{known}" for known in kinds)
        stop(f"{shown(output)}: expected one of {expected}", USAGE)


def _suffix(output: Path) -> str:
    return output.suffix.lower().removeprefix(".")


def save_figure(figure: Figure, output: Path, dpi: int = 150) -> None:
    """Write a figure, once it is complete."""
    with replacing(output) as temporary:
        figure.savefig(temporary, dpi=dpi, format=_suffix(output))


def plot_command(
    file: Annotated[Path, typer.Argument(help="A recording.", show_default=False)],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="x.png, .svg or .pdf", show_default=False)
    ],
    features: Annotated[
        str, typer.Option(help="Short-term features, separated by commas; '' for none.")
    ] = "energy,spectral_centroid,mfcc_1",
    timeline: Annotated[
        bool, typer.Option(help="With a panel of the emotion over time (extra svm).")
    ] = True,
    model: Model = None,
    window: Window = 3.0,
    hop: Hop = 1.0,
    downmix: Downmix = "mean",
    dpi: Annotated[int, typer.Option(min=20, max=1200, help="Pixels per inch.")] = 150,
) -> None:
    """Draw a recording: waveform, log-mel spectrogram, features, and the emotion over time."""
    require("matplotlib", extra="plot")
    import quaver
    from quaver import plots

    check_picture(output)
    names = [name.strip() for name in features.split(",") if name.strip()]
    samples, rate = quaver.load(file, downmix=parse_downmix(downmix))
    curve = None
    if timeline:
        curve = timeline_of(load_model(model), samples, rate, window=window, hop=hop)
    figure = plots.plot_clip(samples, rate, features=names, timeline=curve, title=shown(file.name))
    save_figure(figure, output, dpi)
    say(f"Wrote {shown(output)}.")
