"""``quaver train svm``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quaver.cli.console import counted, progress, say, shown
from quaver.cli.errors import USAGE, require, stop
from quaver.cli.files import check_folders, read_clips
from quaver.cli.options import Clips, Jobs, Kind, Search, goes_with


def train_svm_command(
    context: typer.Context,
    corpus: Clips,
    output: Annotated[Path, typer.Option("--output", "-o", help="model.skops", show_default=False)],
    kind: Kind = "auto",
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

    A CSV table has the columns path, label, speaker and optionally corpus, sex, start and end (s).
    """
    goes_with(context, search, "--search", "jobs")
    require("sklearn", "skops", extra="svm")
    from quaver.models import svm

    if output.suffix.lower() != ".skops":
        stop(f"{shown(output)}: expected a name that ends in .skops", USAGE)
    check_folders(output)
    clips = read_clips(corpus, kind)
    if search and not robust:
        say("The search takes minutes; --no-search takes seconds.")
    with progress("Training") as report:
        if robust:
            from quaver.models.svm import robust as outside

            model = outside.train(clips, search=search, threads=jobs, progress=report)
        else:
            model = svm.train(clips, search=search, n_jobs=jobs, progress=report)
    svm.save(model, output)
    score = model.card["chosen"]["uar_of_search"]
    found = "" if score is None else f", {score:.1%} average recall in cross-validation"
    say(
        f"Wrote {shown(output)}: {counted(len(clips), 'clip')}, {len(model.classes)} labels{found}."
    )
