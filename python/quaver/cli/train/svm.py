"""``quaver train svm``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quaver.cli.console import progress, say, shown
from quaver.cli.errors import USAGE, require, stop
from quaver.cli.files import check_folders, heard_clips, read_clips, read_features
from quaver.cli.options import Clips, Drop, Jobs, Kind, Labels, Search, Speaker, Strict, goes_with
from quaver.cli.train.told import say_trained


def train_svm_command(
    context: typer.Context,
    corpus: Clips,
    output: Annotated[Path, typer.Option("--output", "-o", help="model.skops", show_default=False)],
    kind: Kind = "auto",
    labels: Labels = None,
    drop: Drop = None,
    speaker: Speaker = None,
    strict: Strict = False,
    search: Search = True,
    jobs: Jobs = None,
    robust: Annotated[
        bool,
        typer.Option(
            "--robust",
            help="On features and changed copies that are to hold outside the studio; the model"
            " says when it should not be believed.",
        ),
    ] = False,
) -> None:
    """Train the SVM on all clips of a corpus and write the model with its card.

    A table (CSV, TSV, Parquet) has the columns path, label and optionally speaker, corpus, sex,
    start and end (s), split and others. Of a folder that quaver extract wrote the features are
    taken, and no recording is opened. Recordings that cannot be used are listed and left out.
    """
    goes_with(context, search or robust, "--search or --robust", "jobs")
    require("sklearn", "skops", extra="svm")
    from quaver.models import svm

    if output.suffix.lower() != ".skops":
        stop(f"{shown(output)}: expected a name that ends in .skops", USAGE)
    check_folders(output)
    features = read_features(corpus, kind, labels, drop, speaker, strict=strict)
    if features is not None and robust:
        raise typer.BadParameter("goes with recordings, not with features", param_hint="--robust")
    if features is None:
        clips = heard_clips(read_clips(corpus, kind, labels, drop, speaker), strict=strict)
    else:
        clips = features.corpus
    if search and not robust:
        say("The search takes minutes; --no-search takes seconds.")
    with progress("Training") as report:
        if robust:
            from quaver.models.svm import robust as outside

            model = outside.train(clips, search=search, threads=jobs, progress=report)
        else:
            given = clips if features is None else features
            model = svm.train(given, search=search, n_jobs=jobs, progress=report)
    svm.save(model, output)
    say_trained(output, clips, model)
