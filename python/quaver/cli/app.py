"""The commands by name, with the help that teaches them."""

from __future__ import annotations

from typing import Annotated

import typer

from quaver import _core
from quaver.cli.check import check_command
from quaver.cli.console import escape_names, warnings_told
from quaver.cli.demo import demo_command
from quaver.cli.errors import errors_told
from quaver.cli.evaluate import evaluate
from quaver.cli.extract import extract_command
from quaver.cli.groups import Commands, examples
from quaver.cli.info import info_command
from quaver.cli.listen import listen_command
from quaver.cli.plot import plot_command
from quaver.cli.predict import predict_command
from quaver.cli.record import record_command
from quaver.cli.run import RunCommand, run_command
from quaver.cli.train import train

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
        context.with_resource(warnings_told())


app.command("demo", epilog=examples("quaver demo"))(demo_command)
app.command("record", epilog=examples("quaver record out.wav --seconds 5"))(record_command)
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
)(predict_command)
app.command(
    "listen",
    epilog=examples(
        "quaver listen",
        "quaver listen interview.flac --realtime --window 3 --hop 0.5",
        "arecord -t raw -f S16_LE -r 16000 | quaver listen - --rate 16000",
        "ffmpeg -i URL -f wav - | quaver listen - --json",
    ),
)(listen_command)
app.command(
    "extract",
    epilog=examples(
        "quaver extract recordings/ -o features.parquet",
        "quaver extract a.wav b.mp3 -o features.csv --sample-rate 8000",
        "quaver extract ravdess/ -o features/ --window 3 --hop 1",
        "quaver extract clips.csv -o s3://bucket/features --dask tcp://host:8786",
    ),
)(extract_command)
app.command(
    "plot",
    epilog=examples(
        "quaver plot clip.wav -o clip.png", "quaver plot clip.wav -o clip.svg --no-timeline"
    ),
)(plot_command)
app.command(
    "run",
    cls=RunCommand,
    context_settings={
        "allow_extra_args": True,
        "ignore_unknown_options": True,
        "allow_interspersed_args": False,
    },
    epilog=examples(
        "quaver run --backend librosa extract.py recordings/ --out features.csv",
        "quaver run -b pyAudioAnalysis -b librosa train.py",
        "quaver run -b librosa -m package.module arguments",
    ),
)(run_command)
app.command(
    "check",
    epilog=examples(
        "quaver check ravdess/",
        "quaver check moods/ --speaker '/([a-z]+)_'",
        "quaver check clips.csv --rate 16000 --json",
    ),
)(check_command)
app.command("info", epilog=examples("quaver info", "quaver info mine.skops"))(info_command)
app.add_typer(train, name="train")
app.add_typer(evaluate, name="evaluate")
