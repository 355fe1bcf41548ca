"""``quaver evaluate tdcnn``: the network on the test part of a protocol."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quaver.cli.console import progress
from quaver.cli.files import check_folders, check_picture, save_figure
from quaver.cli.models import open_tdcnn
from quaver.cli.options import Checkpoint, Cycles, Epochs, Json, Original, Robust, Seed, goes_with
from quaver.cli.tables import Format, FormatOption, chosen_format, emit_reports
from quaver.cli.train.tdcnn import unfitted

_PROTOCOLS = ("original", "speaker-independent")


def evaluate_tdcnn_command(
    context: typer.Context,
    directory: Annotated[
        Path, typer.Argument(help="Folder with the 1,440 clips of RAVDESS.", show_default=False)
    ],
    protocol: Annotated[
        str, typer.Option(help=f"Whose test part is scored: {' or '.join(_PROTOCOLS)}.")
    ] = "original",
    model: Annotated[
        str | None,
        typer.Option(help="A model trained on the training part; by default the pretrained one."),
    ] = None,
    train: Annotated[
        bool, typer.Option("--train", help="Train a network for it first: an hour or so.")
    ] = False,
    epochs: Epochs = 60,
    cycles: Cycles = 1,
    original: Original = False,
    robust: Robust = False,
    checkpoint: Checkpoint = None,
    seed: Seed = 0,
    picture: Annotated[
        Path | None, typer.Option(help="Picture of the confusion matrix.", show_default=False)
    ] = None,
    output: FormatOption = None,
    json: Json = False,
) -> None:
    """Score the time-distributed network on the test part of a protocol on RAVDESS.

    The pretrained one was trained on the training part of the protocol "original".
    """
    if protocol not in _PROTOCOLS:
        raise typer.BadParameter(f"expected {' or '.join(_PROTOCOLS)}, got {protocol!r}")
    if train and model is not None:
        raise typer.BadParameter("give one of --train and --model")
    goes_with(
        context, train, "--train", "epochs", "cycles", "original", "robust", "checkpoint", "seed"
    )
    wanted = chosen_format(output, json)
    if picture is not None:
        check_folders(picture)
        check_picture(picture)
    if train:
        fresh = unfitted(
            original,
            checkpoint,
            seed,
            epochs=epochs,
            cycles=cycles,
            patience=epochs,
            robust=robust,
            verbose=1 if wanted is Format.table else 0,
        )
        from quaver.models.tdcnn import evaluation

        _, report = evaluation.train(directory, protocol, fresh)
    else:
        chosen = open_tdcnn(model)
        from quaver.models.tdcnn import evaluation

        with progress("Predicting") as bar:
            report = evaluation.evaluate(chosen, directory, protocol, progress=bar)
    emit_reports(wanted, [report])
    if picture is not None:
        from quaver.plots import plot_confusion

        save_figure(plot_confusion(report), picture)
    if train:
        fresh.forget_checkpoint()
