"""``quaver evaluate voice``: protocols, or a model on a corpus."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quaver.cli.console import progress, say
from quaver.cli.errors import require
from quaver.cli.evaluate.conditions import condition_table, sound_table
from quaver.cli.files import read_clips
from quaver.cli.models import open_voice
from quaver.cli.options import (
    Clips,
    Drop,
    Jobs,
    Json,
    Kind,
    Labels,
    Search,
    Stress,
    goes_with,
)
from quaver.cli.tables import Format, FormatOption, chosen_format, emit, emit_reports

if TYPE_CHECKING:
    from quaver.corpus import Corpus
    from quaver.models.base import VoiceModel
    from quaver.models.scores import Report

_PROTOCOLS = ("original", "speaker-independent", "speaker-normalised")


def evaluate_voice_command(
    context: typer.Context,
    corpus: Clips,
    protocol: Annotated[
        str | None,
        typer.Option(help=f"all, {', '.join(_PROTOCOLS)}: training and tests on RAVDESS."),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="A model to score on the corpus instead, a file or encoder, svm or tdcnn; not its"
            " training clips."
        ),
    ] = None,
    stress: Stress = False,
    kind: Kind = "auto",
    labels: Labels = None,
    drop: Drop = None,
    plain: Annotated[
        bool,
        typer.Option(
            "--plain", help="The original project's features, which are not searched for."
        ),
    ] = False,
    search: Search = True,
    jobs: Jobs = None,
    output: FormatOption = None,
    json: Json = False,
) -> None:
    """Score protocols on RAVDESS, or a trained model on a corpus.

    Protocols train on a part of the corpus and test on the rest, fold by fold; whatever is chosen
    is chosen inside the training part; with --no-search nothing is, and the features are those of
    --plain.
    """
    wanted = chosen_format(output, json)
    if (protocol is None) == (model is None):
        raise typer.BadParameter("give one of --protocol and --model")
    goes_with(context, protocol is not None, "--protocol", "plain", "search", "jobs")
    goes_with(context, model is not None, "--model", "kind", "labels", "drop", "stress")
    goes_with(context, search, "--search", "jobs")
    require("sklearn", "skops", extra="svm")
    if model is not None and stress:
        _stress(model, read_clips(corpus, kind, labels, drop), wanted)
        return
    if model is not None:
        reports = [_score_model(model, read_clips(corpus, kind, labels, drop))]
    else:
        names = _PROTOCOLS if protocol == "all" else (protocol,)
        if not set(names) <= set(_PROTOCOLS):
            raise typer.BadParameter(f"expected all, {', '.join(_PROTOCOLS)}, got {protocol!r}")
        reports = [_run(corpus, str(name), plain, search, jobs) for name in names]
    emit_reports(wanted, reports)


def _opened(file: str, clips: Corpus) -> VoiceModel:
    model = open_voice(file)
    known = set(model.card.get("data", {}).get("corpora", ()))
    if known & {clip.corpus for clip in clips}:
        say(f"The model was trained on {', '.join(sorted(known))}: its own clips are no test.")
    unknown = Counter(label for label in clips.labels.tolist() if label not in model.classes)
    if unknown:
        listed = ", ".join(f"{label} {n}" for label, n in sorted(unknown.items()))
        say(f"Labels that the model does not know count as errors: {listed}.")
    return model


def _score_model(file: str, clips: Corpus) -> Report:
    from quaver.models import evaluation

    model = _opened(file, clips)
    with progress("Predicting") as report:
        return evaluation.evaluate_model(model, clips, progress=report)


def _stress(file: str, clips: Corpus, wanted: Format) -> None:
    from quaver.models import stress

    model = _opened(file, clips)
    with progress("Predicting") as report:
        rows = [row.to_dict() for row in stress.stress(model, clips, progress=report)]
    shares = stress.called_unreliable(model, list(clips.paths))
    sounds = [{"sound": name, "unreliable": share} for name, share in shares.items()]
    document = {"conditions": rows, "unreliable": shares}
    emit(wanted, document, rows, [condition_table(rows), sound_table(shares)], sounds)


def _run(directory: Path, name: str, plain: bool, search: bool, jobs: int | None) -> Report:
    from quaver import FeatureConfig
    from quaver.models import evaluation

    config = FeatureConfig() if plain else None
    with progress(name) as report:
        return evaluation.run_protocol(
            directory, name, config=config, search=search, n_jobs=jobs, progress=report
        )
