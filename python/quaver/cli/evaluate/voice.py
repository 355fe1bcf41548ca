"""``quaver evaluate voice``: protocols, or a model on a corpus."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quaver.cli.console import progress, say
from quaver.cli.errors import require
from quaver.cli.evaluate.conditions import condition_table, sound_table
from quaver.cli.evaluate.protocols import KINDS, OF_ANY, cross_validate, training_options
from quaver.cli.files import check_folders, check_picture, read_clips, read_features
from quaver.cli.models import open_voice
from quaver.cli.options import (
    Clips,
    Drop,
    Jobs,
    Json,
    Kind,
    Labels,
    Search,
    Speaker,
    Stress,
    Strict,
    Threads,
    goes_with,
)
from quaver.cli.tables import Format, FormatOption, chosen_format, emit, emit_reports

if TYPE_CHECKING:
    from quaver.corpus import Corpus
    from quaver.dataset.read import CorpusFeatures
    from quaver.models.base import VoiceModel
    from quaver.models.scores import Report

# Of RAVDESS only; "all" are these and the speaker-independent one there.
_OF_RAVDESS = ("original", "speaker-independent", "speaker-normalised")


def evaluate_voice_command(
    context: typer.Context,
    corpus: Clips,
    protocol: Annotated[
        str | None,
        typer.Option(
            help=f"{', '.join(OF_ANY)}: models are trained and tested fold by fold; all, original"
            " and speaker-normalised: the same on RAVDESS, for the figures of the model card."
        ),
    ] = None,
    model_kind: Annotated[
        str, typer.Option(help=f"What is trained: {', '.join(KINDS)} (of the column text).")
    ] = "svm",
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
    speaker: Speaker = None,
    plain: Annotated[
        bool,
        typer.Option(
            "--plain", help="The original project's features, which are not searched for."
        ),
    ] = False,
    search: Search = True,
    jobs: Jobs = None,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Of a network, at most.", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option(help="Of random folds, copies and networks.")] = 0,
    threads: Threads = None,
    predictions: Annotated[
        Path | None,
        typer.Option(help="CSV file of what was said of each clip.", show_default=False),
    ] = None,
    picture: Annotated[
        Path | None, typer.Option(help="Picture of the confusion matrix.", show_default=False)
    ] = None,
    strict: Strict = False,
    output: FormatOption = None,
    json: Json = False,
) -> None:
    """Score a kind of model by a protocol, or a trained model on a corpus.

    Protocols train on a part of the corpus and test on the rest, fold by fold; whatever is chosen
    is chosen inside the training part; with --no-search nothing is, and the features of an svm are
    those of --plain. Intervals (95 %) are drawn over speakers. Recordings that cannot be used are
    listed and left out.
    """
    wanted = chosen_format(output, json)
    if (protocol is None) == (model is None):
        raise typer.BadParameter("give one of --protocol and --model")
    if model_kind not in KINDS:
        raise typer.BadParameter(f"expected one of {', '.join(KINDS)}, got {model_kind!r}")
    _check_options(context, protocol, model, model_kind, search)
    check_folders(predictions, picture)
    if picture is not None:
        check_picture(picture)
    require("sklearn", "skops", extra="svm")
    features = read_features(corpus, kind, labels, drop, speaker, strict=strict)
    if features is not None and (stress or not (model or protocol in OF_ANY)):
        raise typer.BadParameter(f"features of a corpus go with --model or {', '.join(OF_ANY)}")
    if protocol in OF_ANY:
        clips: Corpus | CorpusFeatures = (
            read_clips(corpus, kind, labels, drop, speaker, texts=model_kind == "text")
            if features is None
            else features
        )
        options = training_options(model_kind, plain=plain, search=search, jobs=jobs, epochs=epochs)
        cross_validate(
            wanted,
            clips,
            model_kind,
            (predictions, picture),
            strict=strict,
            protocol=protocol,
            seed=seed,
            threads=threads,
            **options,
        )
        return
    if model is not None and stress:
        _stress(model, read_clips(corpus, kind, labels, drop), wanted)
        return
    if model is not None:
        if features is None:
            reports = [_score_model(model, read_clips(corpus, kind, labels, drop))]
        else:
            reports = [_score_model(model, features)]
    else:
        names = _OF_RAVDESS if protocol == "all" else (protocol,)
        if not set(names) <= set(_OF_RAVDESS):
            known = ", ".join(sorted({"all", *OF_ANY, *_OF_RAVDESS}))
            raise typer.BadParameter(f"expected one of {known}, got {protocol!r}")
        reports = [_run(corpus, str(name), plain, search, jobs) for name in names]
    emit_reports(wanted, reports)


def _check_options(
    context: typer.Context, protocol: str | None, model: str | None, kind: str, search: bool
) -> None:
    any_corpus = protocol in OF_ANY
    goes_with(context, protocol is not None, "--protocol", "plain", "search", "jobs", "model_kind")
    goes_with(context, model is not None, "--model", "stress")
    goes_with(context, model is not None or any_corpus, "any corpus", "kind", "labels", "drop")
    own = ("speaker", "seed", "threads", "predictions", "picture", "strict", "model_kind")
    goes_with(context, any_corpus, f"--protocol {' or '.join(OF_ANY)}", *own)
    goes_with(context, kind in ("tdcnn", "text"), "--model-kind tdcnn or text", "epochs")
    goes_with(context, kind != "text", "recordings", "strict")
    goes_with(context, kind == "svm", "--model-kind svm", "plain", "jobs")
    goes_with(context, kind not in ("tdcnn", "text"), "a kind that searches", "search")
    goes_with(context, search, "--search", "jobs")


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


def _score_model(file: str, clips: Corpus | CorpusFeatures) -> Report:
    from quaver.corpus import Corpus
    from quaver.models import evaluation

    model = _opened(file, clips if isinstance(clips, Corpus) else clips.corpus)
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
