"""``quaver train text``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quaver.cli.console import counted, quiet, say, shown
from quaver.cli.errors import USAGE, require, stop
from quaver.cli.files import check_folders
from quaver.cli.options import Checkpoint


def train_text_command(
    directory: Annotated[
        Path,
        typer.Argument(help="Folder with train.tsv, dev.tsv and labels.txt.", show_default=False),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="model.keras", show_default=False)],
    embedding: Annotated[
        Path | None,
        typer.Option(help="Vectors of words in word2vec's text format.", show_default=False),
    ] = None,
    epochs: Annotated[int, typer.Option(min=1)] = 10,
    batch_size: Annotated[int, typer.Option(min=1)] = 64,
    balanced: Annotated[
        bool, typer.Option("--balanced", help="Weight labels inversely to their frequency.")
    ] = False,
    checkpoint: Checkpoint = None,
    seed: Annotated[int, typer.Option(help="Of weights, dropouts and order.")] = 0,
) -> None:
    """Train the text network on GoEmotions or a folder like it, and write the model.

    Each line of a .tsv file has a text, the numbers of its labels with commas between, and an id.
    The best epoch and the thresholds are chosen on dev.tsv.
    """
    if output.suffix != ".keras":
        stop(f"{shown(output)}: expected a name that ends in .keras", USAGE)
    check_folders(output)
    with quiet():
        require("sklearn", "keras", extra="text")
        from quaver.models import text
        from quaver.models.text import evaluation
    from quaver.config import LABELS

    train, dev = (evaluation.read_goemotions(directory, part) for part in ("train", "dev"))
    model = text.TextClassifier(
        multi_label=True,
        labels=LABELS,
        embedding=None if embedding is None else text.read_word2vec(embedding),
        epochs=epochs,
        batch_size=batch_size,
        class_weight="balanced" if balanced else None,
        checkpoint=checkpoint,
        random_state=seed,
        verbose=2,
    )
    model.fit(train.texts, train.labels, validation_data=(dev.texts, dev.labels))
    best = max(epoch["val_f1"] for epoch in model.history_)
    card = {
        "name": shown(output.stem),
        "data": {"texts": len(train), "vocabulary": len(model.vocabulary_)},
        "chosen": {"dev_macro_f1": best, "epochs": len(model.history_), "seed": seed},
    }
    text.save(model, output, card=card)
    say(f"Wrote {shown(output)}: {counted(len(train), 'text')}, macro-F1 {best:.3f} on dev.")
