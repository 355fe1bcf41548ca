"""``quaver predict``: emotions of recordings, of texts, of both together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer
from rich.table import Table

from quaver.cli import texts
from quaver.cli.console import console, print_json, progress, shown
from quaver.cli.errors import describe_error, leave_with
from quaver.cli.files import collect
from quaver.cli.models import open_voice, open_words
from quaver.cli.options import (
    Downmix,
    Hop,
    Json,
    Model,
    Threads,
    Window,
    parse_downmix,
    recording_path,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from quaver.batch import Failure
    from quaver.models.base import VoiceModel

_SILENCE = "silence"  # in place of an emotion where a window holds nothing


def predict_command(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Recordings, or folders of them.", show_default=False, parser=recording_path
        ),
    ] = None,
    model: Model = None,
    text: Annotated[
        str | None,
        typer.Option(help="A text, or with one recording what is said in it.", show_default=False),
    ] = None,
    text_file: Annotated[
        Path | None,
        typer.Option(help="A file of texts, one in each line; - for stdin.", show_default=False),
    ] = None,
    text_model: Annotated[
        Path | None,
        typer.Option(
            help="A model written by train text; by default the pretrained one.", show_default=False
        ),
    ] = None,
    rule: Annotated[
        str, typer.Option("--fusion", help="How voice and words become one: mean or product.")
    ] = "mean",
    timeline: Annotated[
        bool, typer.Option("--timeline", help="One row for each window of a recording.")
    ] = False,
    window: Window = 3.0,
    hop: Hop = 1.0,
    json: Json = False,
    downmix: Downmix = "mean",
    threads: Threads = None,
) -> None:
    """Predict the emotion of recordings, of texts, or of a recording and its words together.

    A recording that cannot be used is reported, the others go on; the exit code is then 1.
    """
    if not paths or text_file is not None:
        _predict_texts(paths, text, text_file, text_model, json)
        return
    if text is not None and (len(paths) != 1 or not paths[0].is_file() or timeline):
        raise typer.BadParameter("--text goes with one recording, without --timeline")
    channels = parse_downmix(downmix)
    chosen = open_voice(model)
    files, failures = collect(paths)
    if timeline:
        rows = _timelines(chosen, files, failures, window=window, hop=hop, downmix=channels)
    else:
        rows = _predictions(chosen, files, failures, threads=threads, downmix=channels)
    if text is not None and rows:
        words = open_words(text_model)
        rows = [texts.fused_row(rows[0], words, text, rule)]
    if json:
        _print_answers(rows, failures)
    elif rows and text is not None:
        console().print(texts.fused_table(rows[0]))
    elif rows:
        console().print(_prediction_table(rows, chosen.classes, timeline))
    leave_with(failures)


def _predict_texts(
    paths: list[Path] | None,
    text: str | None,
    text_file: Path | None,
    text_model: Path | None,
    json: bool,
) -> None:
    if paths or (text is None) == (text_file is None):
        raise typer.BadParameter("give recordings, --text, a recording with --text, or --text-file")
    found, failures = ([text or ""], []) if text_file is None else texts.read_texts(text_file)
    rows = texts.text_rows(open_words(text_model), found)
    if json:
        _print_answers(rows, failures)
    elif rows:
        console().print(texts.text_table(rows))
    leave_with(failures)


def _print_answers(rows: list[dict[str, Any]], failures: list[Failure]) -> None:
    failed = [{"file": f.source, "error": f.error, "reason": f.reason} for f in failures]
    print_json({"predictions": rows, "failures": failed})


def _predictions(
    model: VoiceModel,
    files: list[Path],
    failures: list[Failure],
    *,
    threads: int | None,
    downmix: Any,
) -> list[dict[str, Any]]:
    if not files:
        return []
    with progress("Predicting") as report:
        found = model.predict_clips(files, threads=threads, downmix=downmix, progress=report)
    failures += found.failures
    return [
        _row(files[i], str(label), found.classes, probabilities)
        for i, label, probabilities in zip(
            found.index, found.labels, found.probabilities, strict=True
        )
    ]


def _timelines(
    model: VoiceModel,
    files: list[Path],
    failures: list[Failure],
    *,
    window: float,
    hop: float,
    downmix: Any,
) -> list[dict[str, Any]]:
    import quaver

    rows = []
    for i, file in enumerate(files):
        try:
            samples, rate = quaver.load(file, downmix=downmix)
            curve = model.predict_timeline(samples, rate, window=window, hop=hop)
        except (ValueError, OSError) as error:
            reason = describe_error(error)
            failures.append(quaver.Failure(i, shown(file), type(error).__name__, reason))
            continue
        labels = np.where(curve.is_silent, _SILENCE, curve.labels)
        for start, end, label, probabilities in zip(
            curve.starts, curve.ends, labels, curve.probabilities, strict=True
        ):
            times = {"start": float(start), "end": float(end)}
            rows.append(_row(file, str(label), curve.classes, probabilities, **times))
    return rows


def _row(
    file: Path,
    label: str,
    classes: Sequence[str],
    probabilities: NDArray[np.float64],
    **times: float,
) -> dict[str, Any]:
    shares = dict(zip(classes, probabilities.tolist(), strict=True))
    return {"file": shown(file), **times, "emotion": label, "probabilities": shares}


def _prediction_table(rows: list[dict[str, Any]], classes: Sequence[str], timeline: bool) -> Table:
    table = Table()
    table.add_column("file", overflow="fold")
    if timeline:
        table.add_column("from s", justify="right")
        table.add_column("to s", justify="right")
    table.add_column("emotion")
    for label in classes:
        table.add_column(label, justify="right")
    for row in rows:
        times = [f"{row['start']:.2f}", f"{row['end']:.2f}"] if timeline else []
        shares = [f"{row['probabilities'][label]:.0%}" for label in classes]
        table.add_row(row["file"], *times, row["emotion"], *shares)
    return table
