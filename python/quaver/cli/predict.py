"""``quaver predict``: emotions of recordings, of texts, of both together."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from quaver.audio import Segment
from quaver.batch import CLIP_ERRORS
from quaver.cli import texts
from quaver.cli.console import progress
from quaver.cli.errors import describe_error, leave_with
from quaver.cli.files import Given, collect
from quaver.cli.models import open_voice, open_words
from quaver.cli.options import (
    Downmix,
    Hop,
    Json,
    MaxDuration,
    Model,
    Threads,
    Window,
    goes_with,
    parse_downmix,
    recording_path,
)
from quaver.cli.tables import FormatOption, Table, chosen_format, emit, percent
from quaver.cli.texts import Rule

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from quaver.batch import Failure
    from quaver.models.base import VoiceModel

#: In place of an emotion where a window holds nothing.
SILENCE = "silence"


def predict_command(
    context: typer.Context,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Recordings, folders of them, or tables with a column path and maybe start and"
            " end; - for stdin.",
            show_default=False,
            parser=recording_path,
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
        Rule, typer.Option("--fusion", help="How voice and words become one.")
    ] = Rule.mean,
    timeline: Annotated[
        bool, typer.Option("--timeline", help="One row for each window of a recording.")
    ] = False,
    window: Window = 3.0,
    hop: Hop = 1.0,
    output: FormatOption = None,
    json: Json = False,
    downmix: Downmix = "mean",
    threads: Threads = None,
    max_duration: MaxDuration = None,
) -> None:
    """Predict the emotion of recordings, of texts, or of a recording and its words together.

    A recording that cannot be used is reported, the others go on; the exit code is then 1.
    """
    if bool(paths) + (text_file is not None) + (text is not None and not paths) != 1:
        raise typer.BadParameter("give recordings, --text, a recording with --text, or --text-file")
    both = bool(paths) and text is not None
    if both and paths is not None and (len(paths) != 1 or paths[0].is_dir() or timeline):
        raise typer.BadParameter("--text goes with one recording, without --timeline")
    goes_with(
        context,
        bool(paths),
        "recordings; --text-model is that of texts",
        "model",
    )
    goes_with(context, bool(paths), "recordings", "timeline", "downmix", "threads", "max_duration")
    goes_with(context, not timeline, "predictions of whole recordings", "threads")
    goes_with(context, timeline, "--timeline", "window", "hop")
    goes_with(context, not paths or both, "--text and --text-file", "text_model")
    goes_with(context, both, "a recording and its --text", "rule")
    wanted = chosen_format(output, json)
    channels = parse_downmix(downmix)
    if not paths:
        found, failures = ([text or ""], []) if text_file is None else texts.read_texts(text_file)
        rows = texts.text_rows(open_words(text_model), found)
        tables: list[Table | tuple[Table, Table]] = [texts.text_tables(rows)]
    else:
        chosen = open_voice(model)
        files, failures = collect(paths, max_duration, tables=True)
        if timeline:
            rows = _timelines(chosen, files, failures, window=window, hop=hop, downmix=channels)
        else:
            rows = _predictions(chosen, files, failures, threads=threads, downmix=channels)
        tables = [_prediction_tables(rows, chosen.classes)]
        if text is not None and rows:
            rows = [texts.fused_row(rows[0], open_words(text_model), text, rule.value)]
            tables = [texts.fused_table(rows[0])]
    failed = [{"file": f.source, "error": f.error, "reason": f.reason} for f in failures]
    emit(wanted, {"predictions": rows, "failures": failed}, rows, tables if rows else ())
    leave_with(failures)


def _predictions(
    model: VoiceModel,
    files: list[Given],
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
    parts = any(isinstance(file, Segment) and (file.start or file.end) for file in files)
    return [
        prediction_row(
            files[found.index[i]],
            str(found.labels[i]),
            found.classes,
            found.probabilities[i],
            texts.trust(found, i),
            **(_times(files[found.index[i]]) if parts else {}),
        )
        for i in range(len(found))
    ]


def _times(file: Given) -> dict[str, float | None]:
    """Return which part of its file is meant; no end is that of the file."""
    if isinstance(file, Segment):
        return {"start": file.start, "end": file.end}
    return {"start": 0.0, "end": None}


def _timelines(
    model: VoiceModel,
    files: list[Given],
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
        except CLIP_ERRORS as error:
            reason = describe_error(error)
            failures.append(quaver.Failure(i, os.fspath(file), type(error).__name__, reason))
            continue
        before = file.start if isinstance(file, Segment) else 0.0
        labels = np.where(curve.is_silent, SILENCE, curve.labels)
        for start, end, label, probabilities, warnings in zip(
            curve.starts, curve.ends, labels, curve.probabilities, curve.warnings, strict=True
        ):
            times = {"start": before + float(start), "end": before + float(end)}
            trust = {"reliable": not warnings, "warnings": list(warnings)}
            rows.append(
                prediction_row(file, str(label), curve.classes, probabilities, trust, **times)
            )
    return rows


def prediction_row(
    file: str | os.PathLike[str],
    label: str,
    classes: Sequence[str],
    probabilities: NDArray[np.float64],
    trust: dict[str, Any],
    **times: float | None,
) -> dict[str, Any]:
    """Return an answer as data."""
    shares = dict(zip(classes, probabilities.tolist(), strict=True))
    return {"file": os.fspath(file), **times, "emotion": label, **trust, "probabilities": shares}


def _prediction_tables(rows: list[dict[str, Any]], classes: Sequence[str]) -> tuple[Table, Table]:
    """Return all probabilities, and for narrow terminals the two highest."""
    timeline = bool(rows) and "start" in rows[0]
    times = ("from s", "to s") if timeline else ()
    told = [doubts_told(row) for row in rows]
    doubtful = ("doubtful",) if any(told) else ()
    wide, narrow = [], []
    for row, doubts in zip(rows, told, strict=True):
        shares = row["probabilities"]
        start = [_seconds(row["start"]), _seconds(row["end"])] if timeline else []
        end = [doubts, row["file"]] if doubtful else [row["file"]]
        wide.append([*start, row["emotion"], *(percent(shares[c]) for c in classes), *end])
        narrow.append([*start, *texts.two_highest(row["emotion"], shares), *end])
    i, words = len(times), range(1 + len(doubtful))
    return (
        Table(
            (*times, "emotion", *classes, *doubtful, "file"),
            wide,
            frozenset({i, *(i + 1 + len(classes) + j for j in words)}),
        ),
        Table(
            (*times, *texts.TWO, *doubtful, "file"),
            narrow,
            frozenset({i, i + 2, *(i + 4 + j for j in words)}),
        ),
    )


def _seconds(time: float | None) -> str:
    return "" if time is None else f"{time:.2f}"


def doubts_told(row: dict[str, Any]) -> str:
    """Return why an answer cannot be trusted; in words, and not twice."""
    named = (warning for warning in row["warnings"] if warning != row["emotion"])
    return ", ".join(warning.replace("_", " ") for warning in named)
