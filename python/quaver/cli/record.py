"""``quaver record``: from a microphone into a file."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

from quaver.cli.console import progress, say, shown
from quaver.cli.errors import USAGE, missing_extra, stop
from quaver.cli.options import Device, device_of
from quaver.record import RECORD_EXTENSIONS, record


def record_command(
    output: Annotated[Path, typer.Argument(help="OUT.wav or OUT.flac", show_default=False)],
    seconds: Annotated[float, typer.Option(help="How long to record.")] = 5.0,
    sample_rate: Annotated[int, typer.Option(help="Hz.")] = 16000,
    device: Device = None,
) -> None:
    """Record from a microphone into a file.

    The file appears when the recording is complete. Needs the extra "record" and PortAudio.
    """
    if output.suffix.lower() not in RECORD_EXTENSIONS:
        stop(f"{shown(output)}: expected one of {', '.join(RECORD_EXTENSIONS)}", USAGE)
    try:
        with progress("Recording") as report:
            recording = record(
                output, seconds, sample_rate, device=device_of(device), progress=report
            )
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
