"""``quaver evaluate``: one module for each kind of model."""

from __future__ import annotations

import typer

from quaver.cli.evaluate.encoder import evaluate_encoder_command
from quaver.cli.evaluate.svm import evaluate_svm_command
from quaver.cli.evaluate.tdcnn import evaluate_tdcnn_command
from quaver.cli.evaluate.text import evaluate_text_command
from quaver.cli.evaluate.voice import evaluate_voice_command
from quaver.cli.groups import WithDefault, examples

evaluate = typer.Typer(
    cls=WithDefault,
    help="Score a model: of recordings, unless it is said that it is one of texts.",
    epilog=examples(
        "quaver evaluate ravdess/ --protocol all",
        "quaver evaluate voice --help",
        "quaver evaluate text goemotions/",
    ),
    no_args_is_help=True,
    rich_markup_mode="rich",
)

evaluate.command(
    "voice",
    epilog=examples(
        "quaver evaluate voice ravdess/ --protocol all",
        "quaver evaluate voice clips.csv --model mine.skops --json",
        "quaver evaluate voice clips.csv --model encoder --stress",
    ),
)(evaluate_voice_command)
evaluate.command(
    "encoder",
    epilog=examples(
        "quaver evaluate encoder ravdess/ nemo/ --stress",
        "quaver evaluate encoder ravdess/ nemo/ --protocol leave-one-corpus-out",
    ),
)(evaluate_encoder_command)
evaluate.command(
    "svm",
    epilog=examples(
        "quaver evaluate svm ravdess/ nemo/ --stress",
        "quaver evaluate svm ravdess/ nemo/ --protocol leave-one-corpus-out",
    ),
)(evaluate_svm_command)
evaluate.command(
    "tdcnn",
    epilog=examples(
        "quaver evaluate tdcnn ravdess/",
        "quaver evaluate tdcnn ravdess/ --train --protocol speaker-independent",
    ),
)(evaluate_tdcnn_command)
evaluate.command("text", epilog=examples("quaver evaluate text goemotions/"))(evaluate_text_command)
