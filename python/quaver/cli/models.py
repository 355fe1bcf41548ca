"""Commands that use or make models: demo, predict, train svm, evaluate, info."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer
from rich.table import Table

from quaver.cli import texts
from quaver.cli.common import (
    SOME_FAILED,
    USAGE,
    collect,
    console,
    describe_error,
    parse_downmix,
    print_json,
    progress,
    recording_path,
    report_failures,
    require,
    say,
    shown,
    stop,
)
from quaver.cli.files import Downmix, Hop, Window
from quaver.cli.voice import Model, card_of, classes_of, load_model, predict, timeline_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from quaver.batch import Failure
    from quaver.cli.voice import VoiceModel
    from quaver.corpus import Corpus
    from quaver.models.scores import Report

Kind = Annotated[
    str,
    typer.Option(help="auto, ravdess, emodb, tess, cremad, savee or manifest (a CSV table)."),
]
Search = Annotated[
    bool, typer.Option(help="Choose features and parameters by cross-validation over speakers.")
]
Jobs = Annotated[
    int | None, typer.Option(help="Processes of the search; -1: one for each processor.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON to stdout.")]

_BAR = 30
_SILENCE = "silence"  # in place of an emotion where a window holds nothing
_FIRST_FEATURES = 10
_PROTOCOLS = ("original", "speaker-independent", "speaker-normalised")


def demo_command() -> None:
    """Predict the emotion of the clip that comes with the package, and show its features.

    The clip is one synthetic sentence; no corpus and no microphone are needed.
    """
    import quaver
    import quaver.data

    model = load_model(None)  # first: it says which packages are missing
    from quaver.models import svm

    assert isinstance(model, svm.SvmModel)

    clip = quaver.data.demo_clip()
    samples, rate = quaver.load(clip)
    found = svm.predict(model, [samples], rate)
    vector = quaver.extract(samples, rate)
    screen = console()
    screen.print(f"{clip.name}: {len(samples) / rate:.1f} s at {rate} Hz")
    screen.print(f"\nEmotion: {found.labels[0]}\n")
    full = "#" if screen.options.ascii_only else "█"
    screen.print(_bars(found.classes, found.probabilities[0], full))
    names = quaver.feature_names()
    features = Table(
        title=f"First {_FIRST_FEATURES} of {len(names)} features", title_justify="left"
    )
    features.add_column("feature")
    features.add_column("value", justify="right")
    for name, value in list(zip(names, vector.tolist(), strict=True))[:_FIRST_FEATURES]:
        features.add_row(name, f"{value:.6g}")
    screen.print(features)
    say("Next: quaver predict YOUR.wav, quaver plot YOUR.wav -o picture.png, quaver --help")


def _bars(classes: Sequence[str], probabilities: NDArray[np.float64], full: str) -> Table:
    table = Table()
    table.add_column("emotion")
    table.add_column("probability", justify="right")
    table.add_column("")
    for i in probabilities.argsort()[::-1]:
        share = float(probabilities[i])
        table.add_row(classes[i], f"{share:.1%}", full * round(_BAR * share))
    return table


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
    threads: Annotated[
        int | None, typer.Option(min=1, help="By default one for each processor.")
    ] = None,
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
    chosen = load_model(model)
    files, failures = collect(paths)
    if timeline:
        rows = _timelines(chosen, files, failures, window=window, hop=hop, downmix=channels)
    else:
        rows = _predictions(chosen, files, failures, threads=threads, downmix=channels)
    if text is not None and rows:
        words = texts.load_text_model(text_model)
        rows = [texts.fused_row(rows[0], words, text, rule)]
    if json:
        failed = [{"file": f.source, "error": f.error, "reason": f.reason} for f in failures]
        print_json({"predictions": rows, "failures": failed})
    elif rows and text is not None:
        console().print(texts.fused_table(rows[0]))
    elif rows:
        console().print(_prediction_table(rows, classes_of(chosen), timeline))
    report_failures(failures)
    if failures:
        raise typer.Exit(SOME_FAILED)


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
    rows = texts.text_rows(texts.load_text_model(text_model), found)
    if json:
        failed = [{"file": f.source, "error": f.error, "reason": f.reason} for f in failures]
        print_json({"predictions": rows, "failures": failed})
    elif rows:
        console().print(texts.text_table(rows))
    report_failures(failures)
    if failures:
        raise typer.Exit(SOME_FAILED)


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
        found = predict(model, files, threads=threads, downmix=downmix, progress=report)
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
            curve = timeline_of(model, samples, rate, window=window, hop=hop)
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


def train_svm_command(
    corpus: Annotated[
        Path, typer.Argument(help="Folder of a known corpus, or a CSV table.", show_default=False)
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="model.skops", show_default=False)],
    kind: Kind = "auto",
    search: Search = True,
    jobs: Jobs = None,
) -> None:
    """Train the SVM on all clips of a corpus and write the model with its card.

    A CSV table has the columns path, label, speaker and optionally corpus, sex.
    """
    require("sklearn", "skops", extra="svm")
    from quaver.models import svm

    if output.suffix.lower() != ".skops":
        stop(f"{shown(output)}: expected a name that ends in .skops", USAGE)
    if not output.absolute().parent.is_dir():
        stop(f"{shown(output)}: there is no such folder", USAGE)
    clips = read_clips(corpus, kind)
    if search:
        say("The search takes minutes; --no-search takes seconds.")
    with progress("Training") as report:
        model = svm.train(clips, search=search, n_jobs=jobs, progress=report)
    svm.save(model, output)
    score = model.card["chosen"]["uar_of_search"]
    found = "" if score is None else f", {score:.1%} average recall in cross-validation"
    say(f"Wrote {shown(output)}: {len(clips)} clips, {len(model.classes)} labels{found}.")


def read_clips(corpus: Path, kind: str) -> Corpus:
    """Return the clips of a corpus."""
    from quaver.corpus import KINDS, read_corpus

    if kind not in KINDS:
        raise typer.BadParameter(f"expected one of {', '.join(KINDS)}, got {kind!r}")
    return read_corpus(corpus, kind)


def evaluate_command(
    corpus: Annotated[
        Path, typer.Argument(help="Folder of a known corpus, or a CSV table.", show_default=False)
    ],
    protocol: Annotated[
        str | None,
        typer.Option(help=f"all, {', '.join(_PROTOCOLS)}: training and tests on RAVDESS."),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(help="A model to score on the corpus instead; not its training clips."),
    ] = None,
    kind: Kind = "auto",
    plain: Annotated[
        bool,
        typer.Option(
            "--plain", help="The original project's features, which are not searched for."
        ),
    ] = False,
    search: Search = True,
    jobs: Jobs = None,
    json: Json = False,
) -> None:
    """Score protocols on RAVDESS, or a trained model on a corpus.

    Protocols train on a part of the corpus and test on the rest, fold by fold; whatever is chosen
    is chosen inside the training part.
    """
    require("sklearn", "skops", extra="svm")
    if (protocol is None) == (model is None):
        raise typer.BadParameter("give one of --protocol and --model")
    if model is not None:
        reports = [_score_model(model, corpus, kind)]
    else:
        names = _PROTOCOLS if protocol == "all" else (protocol,)
        if not set(names) <= set(_PROTOCOLS):
            raise typer.BadParameter(f"expected all, {', '.join(_PROTOCOLS)}, got {protocol!r}")
        reports = [_run(corpus, str(name), plain, search, jobs) for name in names]
    if json:
        print_json([report.to_dict() for report in reports])
        return
    screen = console()
    screen.print(score_table(reports))
    for report in reports:
        screen.print(confusion_table(report))


def _score_model(file: Path, corpus: Path, kind: str) -> Report:
    from quaver.models import evaluation, svm

    model, clips = load_model(str(file)), read_clips(corpus, kind)
    if not isinstance(model, svm.SvmModel):
        stop(f"{shown(file)}: quaver evaluate tdcnn scores such a model", USAGE)
    known = set(model.card.get("data", {}).get("corpora", ()))
    if known & {clip.corpus for clip in clips}:
        say(f"The model was trained on {', '.join(sorted(known))}: its own clips are no test.")
    with progress("Predicting") as report:
        return evaluation.evaluate_model(model, clips, progress=report)


def _run(directory: Path, name: str, plain: bool, search: bool, jobs: int | None) -> Report:
    from quaver import FeatureConfig
    from quaver.models import evaluation

    config = FeatureConfig() if plain else None
    with progress(name) as report:
        return evaluation.run_protocol(
            directory, name, config=config, search=search, n_jobs=jobs, progress=report
        )


def score_table(reports: Sequence[Report]) -> Table:
    """Return accuracy and average recall of each report."""
    table = Table()
    for heading in ("protocol", "accuracy", "average recall", "folds"):
        table.add_column(heading, justify="left" if heading == "protocol" else "right")
    for report in reports:
        table.add_row(
            report.name,
            f"{report.accuracy:.2%} ± {report.accuracy_std:.2%}",
            f"{report.uar:.2%} ± {report.uar_std:.2%}",
            str(len(report.accuracies)),
        )
    return table


def confusion_table(report: Report) -> Table:
    """Return the confusion of a report."""
    table = Table(title=f"{report.name}: rows are true labels", title_justify="left")
    table.add_column("")
    for label in report.classes:
        table.add_column(label, justify="right")
    for label, row in zip(report.classes, report.confusion.tolist(), strict=True):
        table.add_row(label, *map(str, row))
    return table


def _card(model: str) -> dict[str, Any]:
    if Path(model).suffix == ".keras":
        from quaver.models.networks import file

        if file.kind(model) == "text":
            texts_card: dict[str, Any] = texts.load_text_model(Path(model)).card_
            return texts_card
    return card_of(load_model(model))


def info_command(
    model: Annotated[
        str | None,
        typer.Argument(
            help="A model (a file, svm or tdcnn), to show its card.", show_default=False
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Show how quaver was built and what runs here, or the card of a model."""
    import quaver

    if model is not None:
        from quaver.models.card import to_markdown

        card = _card(model)
        print_json(card) if json else typer.echo(to_markdown(card))
        return
    config = quaver.show_config()
    if json:
        print_json(config)
        return
    table = Table(show_header=False)
    for key, value in config.items():
        table.add_row(key, value if isinstance(value, str) else ", ".join(value))
    console().print(table)
