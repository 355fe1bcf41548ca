"""Scores as tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table

if TYPE_CHECKING:
    from quaver.models.scores import Report


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
