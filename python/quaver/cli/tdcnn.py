"""Commands of the time-distributed network: train tdcnn, evaluate tdcnn."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from quaver.cli.common import (
    USAGE,
    console,
    print_json,
    progress,
    quiet,
    require,
    say,
    shown,
    stop,
)
from quaver.cli.files import check_picture, save_figure
from quaver.cli.models import Json, Kind, confusion_table, read_clips, score_table
from quaver.cli.voice import load_tdcnn

_PROTOCOLS = ("original", "speaker-independent")

Epochs = Annotated[int, typer.Option(min=1, help="At most.")]
Cycles = Annotated[int, typer.Option(min=1, help="How often the learning rate falls in them.")]
Original = Annotated[
    bool, typer.Option("--original", help="The original project's sizes, five times as slow.")
]
Checkpoint = Annotated[
    Path | None,
    typer.Option(help="Folder of the state after each epoch, taken up from.", show_default=False),
]
Seed = Annotated[int, typer.Option(help="Of weights, dropouts, order and augmentation.")]


def train_tdcnn_command(
    corpus: Annotated[
        Path, typer.Argument(help="Folder of a known corpus, or a CSV table.", show_default=False)
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="model.keras", show_default=False)],
    kind: Kind = "auto",
    epochs: Epochs = 60,
    cycles: Cycles = 1,
    batch_size: Annotated[int, typer.Option(min=1)] = 16,
    original: Original = False,
    checkpoint: Checkpoint = None,
    log: Annotated[
        Path | None, typer.Option(help="Folder of events for TensorBoard.", show_default=False)
    ] = None,
    curves: Annotated[
        Path | None,
        typer.Option(help="Picture of loss and validation score.", show_default=False),
    ] = None,
    seed: Seed = 0,
) -> None:
    """Train the time-distributed network on a corpus and write the model with its card.

    The epoch is chosen on a tenth of the speakers, or of the clips if there are fewer than ten.
    """
    if output.suffix != ".keras":
        stop(f"{shown(output)}: expected a name that ends in .keras", USAGE)
    _check_folders(output, curves)
    if curves is not None:
        check_picture(curves)
    clips = read_clips(corpus, kind)
    model = _unfitted(
        original,
        checkpoint,
        seed,
        epochs=epochs,
        cycles=cycles,
        patience=epochs if cycles > 1 else 30,
        batch_size=batch_size,
        log_directory=log,
    )
    from quaver.models import tdcnn

    groups = clips.groups if len(set(clips.groups)) >= 10 else None
    model.fit(clips.paths, clips.labels, groups)
    best = max(epoch["val_uar"] for epoch in model.history_)
    card = {
        "name": output.stem,
        "data": {"corpora": sorted({clip.corpus for clip in clips}), "clips": len(clips)},
        "chosen": {"validation_uar": best, "of_epochs": len(model.history_), "seed": seed},
        "history": model.history_,
    }
    tdcnn.save(model, output, card=card)
    if curves is not None:
        from quaver.plots import plot_training

        save_figure(plot_training(model.history_), curves)
    say(f"Wrote {shown(output)}: {len(clips)} clips, {best:.1%} average recall in validation.")


def _check_folders(*files: Path | None) -> None:
    for file in files:
        if file is not None and not file.absolute().parent.is_dir():
            stop(f"{shown(file)}: there is no such folder", USAGE)


def _unfitted(original: bool, checkpoint: Path | None, seed: int, **parameters: Any) -> Any:
    with quiet():
        require("sklearn", "keras", extra="tdcnn")
        from quaver.models import tdcnn
    return tdcnn.TDCNNClassifier(
        config=tdcnn.TDCNNConfig.original() if original else None,
        checkpoint=checkpoint,
        random_state=seed,
        **{"verbose": 1, **parameters},
    )


def evaluate_tdcnn_command(
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
    checkpoint: Checkpoint = None,
    seed: Seed = 0,
    picture: Annotated[
        Path | None, typer.Option(help="Picture of the confusion matrix.", show_default=False)
    ] = None,
    json: Json = False,
) -> None:
    """Score the time-distributed network on the test part of a protocol on RAVDESS.

    The pretrained one was trained on the training part of the protocol "original".
    """
    if protocol not in _PROTOCOLS:
        raise typer.BadParameter(f"expected {' or '.join(_PROTOCOLS)}, got {protocol!r}")
    if train and model is not None:
        raise typer.BadParameter("give one of --train and --model")
    given = (epochs, cycles, original, checkpoint, seed)
    if not train and given != (60, 1, False, None, 0):
        raise typer.BadParameter(
            "--epochs, --cycles, --original, --checkpoint and --seed go with --train"
        )
    if picture is not None:
        _check_folders(picture)
        check_picture(picture)
    if train:
        fresh = _unfitted(
            original,
            checkpoint,
            seed,
            epochs=epochs,
            cycles=cycles,
            patience=epochs,
            verbose=0 if json else 1,
        )
        from quaver.models.tdcnn import evaluation

        _, report = evaluation.train(directory, protocol, fresh)
    else:
        chosen = load_tdcnn(model)
        from quaver.models.tdcnn import evaluation

        with progress("Predicting") as bar:
            report = evaluation.evaluate(chosen, directory, protocol, progress=bar)
    if json:
        print_json([report.to_dict()])
    else:
        screen = console()
        screen.print(score_table([report]))
        screen.print(confusion_table(report))
    if picture is not None:
        from quaver.plots import plot_confusion

        save_figure(plot_confusion(report), picture)
