"""``quaver train tdcnn``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from quaver.cli.console import counted, quiet, say, shown
from quaver.cli.errors import USAGE, require, stop
from quaver.cli.files import check_folders, check_picture, heard_clips, read_clips, save_figure
from quaver.cli.options import (
    Checkpoint,
    Clips,
    Cycles,
    Drop,
    Epochs,
    Kind,
    Labels,
    Original,
    Robust,
    Seed,
    Speaker,
    Strict,
)


def train_tdcnn_command(
    corpus: Clips,
    output: Annotated[Path, typer.Option("--output", "-o", help="model.keras", show_default=False)],
    kind: Kind = "auto",
    labels: Labels = None,
    drop: Drop = None,
    speaker: Speaker = None,
    strict: Strict = False,
    epochs: Epochs = 60,
    cycles: Cycles = 1,
    batch_size: Annotated[int, typer.Option(min=1)] = 16,
    original: Original = False,
    robust: Robust = False,
    start: Annotated[
        str | None,
        typer.Option(
            "--from", help="Weights to begin with: pretrained, or a file.", show_default=False
        ),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(
            "--learning-rate",
            min=0,
            help="At its peak; 0.001, with --from 0.0003.",
            show_default=False,
        ),
    ] = None,
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
    check_folders(output, curves)
    if curves is not None:
        check_picture(curves)
    clips = heard_clips(read_clips(corpus, kind, labels, drop, speaker), strict=strict)
    model = unfitted(
        original,
        checkpoint,
        seed,
        epochs=epochs,
        cycles=cycles,
        patience=epochs if cycles > 1 else 30,
        batch_size=batch_size,
        log_directory=log,
        learning_rate=(1e-3 if start is None else 3e-4) if rate is None else rate,
        start=start,
        robust=robust,
    )
    from quaver.models import tdcnn

    groups = clips.groups if len(set(clips.groups)) >= 10 else None
    model.fit(clips.paths, clips.labels, groups)
    best = max(epoch["val_uar"] for epoch in model.history_)
    card = {
        "name": shown(output.stem),
        "data": {"corpora": sorted({clip.corpus for clip in clips}), "clips": len(clips)},
        "chosen": {"validation_uar": best, "of_epochs": len(model.history_), "seed": seed},
        "temperature": model.temperature_,
        "history": model.history_,
    }
    tdcnn.save(model, output, card=card)
    if curves is not None:
        from quaver.plots import plot_training

        save_figure(plot_training(model.history_), curves)
    n_clips = counted(len(clips), "clip")
    say(f"Wrote {shown(output)}: {n_clips}.")
    say(
        f"The score by which the epoch was chosen is {best:.1%} average recall: the best of all, no"
        " result. What to expect says quaver evaluate, with --protocol."
    )


def unfitted(
    original: bool, checkpoint: Path | None, seed: int, *, robust: bool = False, **parameters: Any
) -> Any:
    """Return a network to be fitted."""
    with quiet():
        require("sklearn", "keras", extra="tdcnn")
        from quaver.models import tdcnn
    return tdcnn.TDCNNClassifier(
        config=tdcnn.TDCNNConfig.original() if original else None,
        augmentation=tdcnn.Augmentation.robust() if robust else None,
        checkpoint=checkpoint,
        random_state=seed,
        **{"verbose": 1, **parameters},
    )
