"""The commands by name, with the help that teaches them."""

from __future__ import annotations

from typing import Annotated

import typer

from quaver import _core
from quaver.cli import files, models, run, tdcnn, texts
from quaver.cli.common import Commands, WithDefault, errors_told, escape_names, examples

app = typer.Typer(
    cls=Commands,
    help="Speech to emotion: features, predictions and models of recordings.",
    epilog=examples(
        "quaver demo",
        "quaver predict clip.wav",
        "quaver extract recordings/ -o features.csv",
        "quaver predict --help",
    ),
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
train = typer.Typer(
    help="Train a model on a corpus.",
    epilog=examples(
        "quaver train svm ravdess/ -o mine.skops", "quaver train text goemotions/ -o mine.keras"
    ),
    no_args_is_help=True,
    rich_markup_mode="rich",
)

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


def _print_version(value: bool) -> None:
    if value:
        with errors_told():  # options are read before Commands.invoke
            typer.echo(f"quaver {_core.version}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="And leave.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Take the options before the command."""
    if context.invoked_subcommand != "run":  # whose output is the script's
        escape_names()


app.command("demo", epilog=examples("quaver demo"))(models.demo_command)
app.command("record", epilog=examples("quaver record out.wav --seconds 5"))(files.record_command)
app.command(
    "predict",
    epilog=examples(
        "quaver predict clip.wav more/",
        "quaver predict clip.wav --json",
        "quaver predict clip.wav --model tdcnn",
        'quaver predict --text "I did not expect that at all!"',
        'quaver predict clip.wav --text "what is said in it"',
        "quaver predict interview.flac --timeline --window 3 --hop 1",
    ),
)(models.predict_command)
app.command(
    "extract",
    epilog=examples(
        "quaver extract recordings/ -o features.parquet",
        "quaver extract a.wav b.mp3 -o features.csv --sample-rate 8000",
    ),
)(files.extract_command)
app.command(
    "plot",
    epilog=examples(
        "quaver plot clip.wav -o clip.png", "quaver plot clip.wav -o clip.svg --no-timeline"
    ),
)(files.plot_command)
app.command(
    "run",
    context_settings={
        "allow_extra_args": True,
        "ignore_unknown_options": True,
        "allow_interspersed_args": False,
    },
    epilog=examples(
        "quaver run --backend librosa extract.py recordings/ --out features.csv",
        "quaver run -b pyAudioAnalysis -b librosa train.py",
    ),
)(run.run_command)
app.command("info", epilog=examples("quaver info", "quaver info mine.skops"))(models.info_command)
train.command(
    "svm",
    epilog=examples(
        "quaver train svm ravdess/ -o mine.skops",
        "quaver train svm clips.csv -o mine.skops --no-search",
    ),
)(models.train_svm_command)
train.command(
    "tdcnn",
    epilog=examples(
        "quaver train tdcnn ravdess/ -o mine.keras --checkpoint state/ --curves curves.png",
        "quaver train tdcnn clips.csv -o mine.keras --original",
    ),
)(tdcnn.train_tdcnn_command)
train.command(
    "text",
    epilog=examples(
        "quaver train text goemotions/ -o mine.keras",
        "quaver train text goemotions/ -o mine.keras --embedding glove.txt --checkpoint state/",
    ),
)(texts.train_text_command)
app.add_typer(train, name="train")
evaluate.command(
    "voice",
    epilog=examples(
        "quaver evaluate voice ravdess/ --protocol all",
        "quaver evaluate voice clips.csv --model mine.skops --json",
    ),
)(models.evaluate_command)
evaluate.command(
    "tdcnn",
    epilog=examples(
        "quaver evaluate tdcnn ravdess/",
        "quaver evaluate tdcnn ravdess/ --train --protocol speaker-independent",
    ),
)(tdcnn.evaluate_tdcnn_command)
evaluate.command("text", epilog=examples("quaver evaluate text goemotions/"))(
    texts.evaluate_text_command
)
app.add_typer(evaluate, name="evaluate")
