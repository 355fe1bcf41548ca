"""Options and arguments that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quaver._validate import Downmix as Channels

Downmix = Annotated[
    str | None,
    typer.Option(
        help="What to do with several channels: 'mean', or the number of one, from 0.",
        metavar="mean|N",
    ),
]
MaxDuration = Annotated[
    float | None,
    typer.Option(
        min=0.001,
        help="Refuse recordings that are longer than so many s; by default only those of silence"
        " that would fill the memory.",
        show_default=False,
    ),
]
Model = Annotated[
    str | None,
    typer.Option(
        help="encoder (the default where onnxruntime is installed), ravdess-nemo-svm, svm"
        " or tdcnn, as they come with quaver-models, or a file written by train.",
        show_default=False,
    ),
]
Threads = Annotated[int | None, typer.Option(min=1, help="By default one for each processor.")]
Window = Annotated[float, typer.Option(min=0.01, help="Length of the timeline's windows in s.")]
Hop = Annotated[float, typer.Option(min=0.01, help="From window to window in s.")]
Device = Annotated[
    str | None,
    typer.Option(help="Number or part of the name of a microphone; the default one if absent."),
]
Clips = Annotated[
    Path,
    typer.Argument(
        help="Folder of a known corpus, a folder with one for each label, or a table.",
        show_default=False,
    ),
]
Corpora = Annotated[
    list[Path],
    typer.Argument(
        help="Folders of known corpora, folders with one for each label, or tables.",
        show_default=False,
    ),
]
Labels = Annotated[
    str | None,
    typer.Option(
        help="What labels are to be called: found=wanted,...; others stay.", show_default=False
    ),
]
Drop = Annotated[
    str | None,
    typer.Option(help="Labels whose clips are left out, with commas between.", show_default=False),
]
Speaker = Annotated[
    str | None,
    typer.Option(
        help="A column of the table, or a pattern with a group that finds the speaker in a path,"
        " such as '^([^_/]+)_'.",
        show_default=False,
    ),
]
Copies = Annotated[int, typer.Option(min=1, help="Changed copies of each clip in training.")]
Stress = Annotated[
    bool,
    typer.Option(
        "--stress",
        help="Under noise, gain, telephone, MP3, reverberation and hiss, too, with calibration and"
        " what is called unreliable.",
    ),
]
Kind = Annotated[
    str,
    typer.Option(
        help="auto, ravdess, emodb, tess, cremad, savee, nemo, esd, emovo, subesco, urdu, iemocap,"
        " meld, folders (one for each label) or manifest (a table: CSV, TSV, Parquet)."
    ),
]
Strict = Annotated[
    bool,
    typer.Option("--strict", help="Stop with exit code 1 if a recording cannot be used."),
]
Search = Annotated[
    bool, typer.Option(help="Choose features and parameters by cross-validation over speakers.")
]
Jobs = Annotated[
    int | None, typer.Option(help="Processes of the search; -1: one for each processor.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON to stdout.")]
Epochs = Annotated[int, typer.Option(min=1, help="At most.")]
Cycles = Annotated[int, typer.Option(min=1, help="How often the learning rate falls in them.")]
Original = Annotated[
    bool, typer.Option("--original", help="The original project's sizes, five times as slow.")
]
Robust = Annotated[
    bool, typer.Option("--robust", help="Let it hear noise, rooms, bands and codecs in training.")
]
Checkpoint = Annotated[
    Path | None,
    typer.Option(help="Folder of the state after each epoch, taken up from.", show_default=False),
]
Seed = Annotated[int, typer.Option(help="Of weights, dropouts, order and augmentation.")]


def goes_with(context: typer.Context, applies: bool, what: str, *names: str) -> None:
    """Refuse options that were given though nothing asks for them."""
    for parameter in () if applies else context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if parameter.name in names and source is not None and source.name == "COMMANDLINE":
            flags = "/".join([*parameter.opts, *parameter.secondary_opts])
            raise typer.BadParameter(f"goes with {what}", param_hint=flags)


def recording_path(text: str) -> Path:
    """Read a path from the command line; an unset variable must not be the current folder."""
    if not text:
        raise typer.BadParameter("expected a recording or a folder, got ''")
    return Path(text)


def device_of(value: str | None) -> int | str | None:
    """Read the option --device."""
    return int(value) if value is not None and value.isdecimal() else value


def parse_downmix(value: str | None) -> Channels:
    """Read the option --downmix."""
    if value is None or value == "mean":
        return value  # type: ignore[return-value]  # narrowed to the literal
    if value.isdecimal() and len(value) < 10:  # int() has a limit of its own
        return int(value)
    raise typer.BadParameter(
        f"expected 'mean' or the number of a channel, got {value!r}", param_hint="--downmix"
    )
