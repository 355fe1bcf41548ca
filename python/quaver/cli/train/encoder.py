"""``quaver train encoder``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quaver.cli.console import progress, shown
from quaver.cli.errors import USAGE, require, stop
from quaver.cli.files import check_folders, heard_clips, read_clips
from quaver.cli.options import Copies, Corpora, Drop, Kind, Labels, Search, Speaker, Strict, Threads
from quaver.cli.train.told import say_trained


def train_encoder_command(
    corpora: Corpora,
    output: Annotated[Path, typer.Option("--output", "-o", help="model.onnx", show_default=False)],
    kind: Kind = "auto",
    labels: Labels = None,
    drop: Drop = None,
    speaker: Speaker = None,
    strict: Strict = False,
    copies: Copies = 12,
    search: Search = True,
    seed: Annotated[int, typer.Option(help="Of the copies.")] = 0,
    threads: Threads = None,
) -> None:
    """Train a head on the pre-trained encoder, on all clips of one corpus or several.

    Corpora count the same, whatever their sizes. Copies of the clips in noise, in rooms, through
    telephones and by faster and slower voices are heard, too.
    """
    require("sklearn", "onnxruntime", "quaver_models", extra="encoder")
    from quaver.models import encoder

    if output.suffix != ".onnx":
        stop(f"{shown(output)}: expected a name that ends in .onnx", USAGE)
    check_folders(output)
    clips = heard_clips(read_clips(corpora, kind, labels, drop, speaker), strict=strict)
    with progress("Listening") as report:
        model = encoder.train(
            clips, n_copies=copies, search=search, seed=seed, threads=threads, progress=report
        )
    encoder.save(model, output, card={**model.card, "name": shown(output.stem)})
    say_trained(output, clips, model)
