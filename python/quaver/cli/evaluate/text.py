"""``quaver evaluate text``: a network on texts beside a linear model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from quaver.cli.console import console, print_json, progress
from quaver.cli.models import open_words

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
    json: Annotated[bool, typer.Option("--json", help="Print JSON to stdout.")] = False,
) -> None:
    """Score a text model on GoEmotions or a folder like it, beside a linear model.

    The thresholds of predictions with any number of labels are chosen on dev.tsv.
    """
    chosen = open_words(model)
    from quaver.models.text import evaluation

    with progress("Scoring") as report:
        reports = evaluation.compare(directory, chosen, baseline=baseline, progress=report)
    if json:
        print_json([asdict(each) for each in reports])
        return
    screen = console()
    screen.print(_score_table(reports))
    screen.print(_label_table(reports))


def _score_table(reports: Sequence[TextReport]) -> Table:
    table = Table(
        title=f"{reports[0].n_test} test texts, {reports[0].n_single} with one label",
        title_justify="left",
    )
    for heading in (
        "model",
        "dev macro-F1",
        "test macro-F1",
        "one label: accuracy",
        "macro-F1",
        "macro-F1 by thresholds",
    ):
        table.add_column(heading, justify="left" if heading == "model" else "right")
    for report in reports:
        values = (
            report.dev_macro_f1,
            report.test_macro_f1,
            report.single_accuracy,
            report.single_macro_f1,
            report.single_adjusted_macro_f1,
        )
        table.add_row(report.name, *(f"{value:.4f}" for value in values))
    return table


def _label_table(reports: Sequence[TextReport]) -> Table:
    table = Table(title="F1 on the test texts", title_justify="left")
    table.add_column("label")
    for report in reports:
        table.add_column(report.name, justify="right")
    for label in reports[0].f1:
        table.add_row(label, *(f"{report.f1[label]:.4f}" for report in reports))
    return table
