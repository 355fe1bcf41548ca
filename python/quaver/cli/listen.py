"""``quaver listen``: emotions while someone speaks."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quaver.cli import sources, texts
from quaver.cli.console import counted, say, shown
from quaver.cli.errors import INTERRUPTED, require
from quaver.cli.files import given
from quaver.cli.models import open_voice
from quaver.cli.options import (
    Device,
    Downmix,
    Hop,
    Model,
    Window,
    device_of,
    goes_with,
    parse_downmix,
    recording_path,
)
from quaver.cli.predict import SILENCE, doubts_told, prediction_row
from quaver.cli.tables import Format, FormatOption, Table, chosen_format, emit_next

if TYPE_CHECKING:
    from quaver.cli.sources import Heard
    from quaver.models.base import VoiceModel
    from quaver.models.live import Moment

_HEADINGS = ("from s", "to s", *texts.TWO, "ms", "doubtful")


def listen_command(
    context: typer.Context,
    path: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE|-]",
            help="A recording; - for stdin, WAV or with --rate raw samples of 16 bits; by default"
            " the microphone.",
            show_default=False,
            parser=recording_path,
        ),
    ] = None,
    model: Model = None,
    window: Window = 3.0,
    hop: Hop = 0.5,
    realtime: Annotated[
        bool, typer.Option("--realtime", help="Read the file as fast as it was spoken.")
    ] = False,
    rate: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Of raw samples on stdin (s16le), or of the microphone, in Hz; of this by default"
            " the model's.",
            show_default=False,
        ),
    ] = None,
    channels: Annotated[int, typer.Option(min=1, help="Of raw samples on stdin.")] = 1,
    device: Device = None,
    seconds: Annotated[
        float | None,
        typer.Option(min=0.01, help="Stop after so many s of sound.", show_default=False),
    ] = None,
    output: FormatOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print a JSON object a line.")] = False,
    downmix: Downmix = "mean",
) -> None:
    """Predict the emotion of each window of speech while it is spoken.

    From a microphone, a file or a pipe, until that ends, or Ctrl-C. Each line has the latency, from
    the end of its window to the answer. The microphone needs the extra "record" and PortAudio.
    """
    piped = path is not None and str(path) == "-"
    goes_with(context, path is not None and not piped, "a file", "realtime")
    goes_with(context, path is None or piped, "a microphone or raw samples on stdin", "rate")
    raw = piped and rate is not None
    goes_with(context, raw, "raw samples on stdin and their --rate", "channels")
    goes_with(context, path is None, "a microphone", "device")
    goes_with(context, path is not None, "a file or stdin", "downmix")
    wanted = _format(output, json)
    mixed = parse_downmix(downmix)
    if path is None:
        with contextlib.suppress(OSError):  # of PortAudio, which opening it tells in full
            require("sounddevice", extra="record")
    elif not piped:
        given(path)  # which is there, before a model is read
    opened = open_voice(model)
    if path is None:
        heard = sources.of_microphone(rate or opened.rate, device_of(device))
    elif piped:
        heard = sources.of_pipe(rate=rate, channels=channels, downmix=mixed)
    else:
        heard = sources.of_file(path, downmix=mixed, realtime=realtime)
    with contextlib.closing(heard.chunks):
        _listen(opened, heard, wanted, window=window, hop=hop, seconds=seconds)


def _format(output: Format | None, json: bool) -> Format:
    if output is Format.json:
        raise typer.BadParameter(
            "a document ends, this does not: expected table, tsv or jsonl", param_hint="--format"
        )
    if json:
        chosen_format(None if output is Format.jsonl else output, json)
        return Format.jsonl
    return chosen_format(output, json)


def _listen(
    model: VoiceModel,
    heard: Heard,
    wanted: Format,
    *,
    window: float,
    hop: float,
    seconds: float | None,
) -> None:
    latencies: list[float] = []
    try:
        for moment, waited in _moments(model, heard, window=window, hop=hop, seconds=seconds):
            row = _row(heard.name, moment, waited)
            latencies.append(row["latency"])
            emit_next(wanted, row, _table(row), first=len(latencies) == 1)
    except KeyboardInterrupt:
        _summary(latencies)
        raise typer.Exit(INTERRUPTED) from None
    _summary(latencies)


def _moments(
    model: VoiceModel, heard: Heard, *, window: float, hop: float, seconds: float | None
) -> Iterator[tuple[Moment, float]]:
    """Yield each moment, and how long its last chunk had waited for the model."""
    from quaver.models.live import LiveEmotion

    live = LiveEmotion(model, heard.rate, window, hop)
    left = sys.maxsize if seconds is None else max(1, round(min(seconds * heard.rate, sys.maxsize)))
    for i, chunk in enumerate(heard.chunks):
        if i == 0 and heard.name == "microphone":  # it could be opened
            say(f"Listening at {heard.rate} Hz; Ctrl-C ends.")
        samples = chunk.samples[:left]
        left -= len(samples)
        waited = time.perf_counter() - chunk.arrived
        with _named(heard.name):
            found = live.feed(samples)
        yield from ((moment, waited) for moment in found)
        if left == 0:
            break
    with _named(heard.name):
        if live.seconds == 0:
            raise ValueError("the recording holds no samples")
        found = live.flush()
    yield from ((moment, 0.0) for moment in found)


@contextlib.contextmanager
def _named(source: str) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{shown(source)}: {error}") from error


def _row(source: str, moment: Moment, waited: float) -> dict[str, Any]:
    label = SILENCE if moment.is_silent else moment.label
    trust = {"reliable": moment.reliable, "warnings": list(moment.warnings)}
    times = {"start": moment.start, "end": moment.end}
    row = prediction_row(source, label, moment.classes, moment.probabilities, trust, **times)
    return {**row, "latency": moment.latency + waited}


def _table(row: dict[str, Any]) -> Table:
    """Return a row as a table whose columns are as wide as they ever need to be."""
    labels = (SILENCE, *row["probabilities"])
    longest = max(labels, key=len)
    widest = ["10000.00", "10000.00", longest, "100%", longest, "100%", "1000", ""]
    cells = [
        f"{row['start']:.2f}",
        f"{row['end']:.2f}",
        *texts.two_highest(row["emotion"], row["probabilities"]),
        f"{1000 * row['latency']:.0f}",
        doubts_told(row),
    ]
    return Table(_HEADINGS, [widest, cells], frozenset({2, 4, 7}))


def _summary(latencies: list[float]) -> None:
    if latencies:
        say(
            f"{counted(len(latencies), 'window')}, latency {1000 * median(latencies):.0f} ms, at"
            f" most {1000 * max(latencies):.0f} ms."
        )
