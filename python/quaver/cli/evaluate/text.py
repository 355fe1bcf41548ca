"""``quaver evaluate text``: a network on texts beside a linear model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quaver.cli.console import counted, progress
from quaver.cli.models import open_words
from quaver.cli.options import Json
from quaver.cli.tables import FormatOption, Table, chosen_format, emit

if TYPE_CHECKING:
    from quaver.models.text.evaluation import TextReport


def evaluate_text_command(
    directory: Annotated[
        Path,
        typer.Argument(help="Folder with train, dev and test.tsv, labels.txt.", show_default=False),
    ],
    model: Annotated[
        Path | None,
        typer.Option(help="A model written by train text; by default the pretrained one."),
    ] = None,
    baseline: Annotated[
        bool, typer.Option(help="Train and score the linear model beside it.")
    ] = True,
    output: FormatOption = None,
    json: Json = False,
) -> None:
    """Score a text model on GoEmotions or a folder like it, beside a linear model.

    The thresholds of predictions with any number of labels are chosen on dev.tsv.
    """
    wanted = chosen_format(output, json)
    chosen = open_words(model)
    from quaver.models.text import evaluation

    with progress("Scoring") as report:
        reports = evaluation.compare(directory, chosen, baseline=baseline, progress=report)
    documents = [asdict(each) for each in reports]
    emit(wanted, documents, documents, [_score_table(reports), _label_table(reports)])


def _score_table(reports: Sequence[TextReport]) -> Table:
    headings = (
        "model",
        "dev macro-F1",
        "test macro-F1",
        "one label: accuracy",
        "macro-F1",
        "macro-F1 by thresholds",
    )
    rows = []
    for report in reports:
        values = (
            report.dev_macro_f1,
            report.test_macro_f1,
            report.single_accuracy,
            report.single_macro_f1,
            report.single_adjusted_macro_f1,
        )
        rows.append([report.name, *(f"{value:.4f}" for value in values)])
    title = f"{counted(reports[0].n_test, 'test text')}, {reports[0].n_single} with one label"
    return Table(headings, rows, title=title)


def _label_table(reports: Sequence[TextReport]) -> Table:
    rows = [[label, *(f"{report.f1[label]:.4f}" for report in reports)] for label in reports[0].f1]
    return Table(
        ("label", *(report.name for report in reports)), rows, title="F1 on the test texts"
    )
