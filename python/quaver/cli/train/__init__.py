"""``quaver train``: one module for each kind of model."""

from __future__ import annotations

import typer

from quaver.cli.groups import examples
from quaver.cli.train.encoder import train_encoder_command
from quaver.cli.train.svm import train_svm_command
from quaver.cli.train.tdcnn import train_tdcnn_command
from quaver.cli.train.text import train_text_command

train = typer.Typer(
    help="Train a model on a corpus.",
    epilog=examples(
        "quaver train svm ravdess/ -o mine.skops", "quaver train text goemotions/ -o mine.keras"
    ),
    no_args_is_help=True,
    rich_markup_mode="rich",
)

train.command(
    "svm",
    epilog=examples(
        "quaver train svm ravdess/ -o mine.skops",
        "quaver train svm clips.csv -o mine.skops --no-search",
    ),
)(train_svm_command)
train.command(
    "encoder",
    epilog=examples(
        "quaver train encoder ravdess/ nemo/ -o mine.onnx",
        "quaver train encoder clips.csv -o mine.onnx --copies 2 --no-search",
    ),
)(train_encoder_command)
train.command(
    "tdcnn",
    epilog=examples(
        "quaver train tdcnn ravdess/ -o mine.keras --checkpoint state/ --curves curves.png",
        "quaver train tdcnn clips.csv -o mine.keras --original",
    ),
)(train_tdcnn_command)
train.command(
    "text",
    epilog=examples(
        "quaver train text goemotions/ -o mine.keras",
        "quaver train text goemotions/ -o mine.keras --embedding glove.txt --checkpoint state/",
    ),
)(train_text_command)
