"""Results: tables that a terminal of any width shows, data for programs."""

from __future__ import annotations

import csv
import json
import os
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.cells import cell_len

from quaver.cli.console import print_json, shown, write
from quaver.record import replacing

if TYPE_CHECKING:
    from quaver.models.results import Evaluation
    from quaver.models.scores import Report

Row = Mapping[str, Any]


class Format(str, Enum):
    """How results are written to stdout."""

    table = "table"
    tsv = "tsv"
    json = "json"
    jsonl = "jsonl"


FormatOption = Annotated[
    Format | None,
    typer.Option(
        "--format",
        help="Of what is written to stdout: a table for people, the default on a terminal, or data;"
        " tsv is the default in a pipe.",
        show_default=False,
    ),
]


@dataclass(frozen=True)
class Table:
    """A table for people; its cells are shown as they are.

    Attributes
    ----------
    headings : sequence of str
    rows : sequence of sequence of str
    left : set of int, default {0}
        Columns that hold words.
    title : str, optional
    """

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    left: frozenset[int] = frozenset({0})
    title: str = ""

    def lines(self) -> list[str]:
        """Return the table in lines of spaces between columns; the last column is never padded."""
        named = [self.headings] if any(self.headings) else []
        cells = [[_printable(cell) for cell in row] for row in (*named, *self.rows)]
        widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
        last = len(widths) - 1
        made = []
        for row in cells:
            padded = []
            for i, (cell, width) in enumerate(zip(row, widths, strict=True)):
                space = " " * (width - cell_len(cell))
                if i in self.left:
                    padded.append(cell if i == last else cell + space)
                else:
                    padded.append(space + cell)
            made.append(" " + "  ".join(padded))
        return made

    def width(self, *, without_last: bool = False) -> int:
        """Return how many columns of a terminal it takes, or its columns but the last one."""
        if without_last:
            rows = [[*row[:-1], self.headings[-1]] for row in self.rows]
            return Table(self.headings, rows, self.left).width()
        return max(map(cell_len, self.lines()))

    def turned(self) -> Table:
        """Return the table with its columns as rows."""
        cells = list(zip(self.headings, *self.rows, strict=True))
        return Table(cells[0], cells[1:], frozenset({0}), self.title)

    def records(self) -> list[str]:
        """Return each row below its first cell, which fits everywhere."""
        made = []
        for first, *others in self.rows:
            made.append(_printable(first))
            made += [
                f"  {_printable(heading)}: {_printable(cell)}"
                for heading, cell in zip(self.headings[1:], others, strict=True)
            ]
        return made


def chosen_format(chosen: Format | None, json_asked: bool) -> Format:
    """Return the format that the options --format and --json ask for, or that fits stdout."""
    if json_asked:
        if chosen not in (None, Format.json):
            raise typer.BadParameter("goes with no other --format", param_hint="--json")
        return Format.json
    return chosen or (Format.table if sys.stdout.isatty() else Format.tsv)


def emit(
    wanted: Format,
    document: object,
    rows: Sequence[Row],
    tables: Iterable[Table | tuple[Table, Table]],
    *more: Sequence[Row],
) -> None:
    """Write results to stdout.

    Parameters
    ----------
    wanted : Format
    document
        All results, JSON types.
    rows : sequence of mappings
        The results row by row, the same keys in each.
    tables : iterable of Table
        The same for people; of a pair the second one is for terminals that are too narrow for the
        first.
    *more : sequences of rows
        Further tables, which are written as TSV only, below an empty line.
    """
    if wanted is Format.json:
        print_json(document)
    elif wanted is Format.jsonl:
        for row in rows:
            write(json.dumps(row))
    elif wanted is Format.tsv:
        blocks = ["\n".join(_tsv(block)) + "\n" for block in (rows, *more) if block]
        write("\n".join(blocks), end="")
    else:
        for i, table in enumerate(tables):
            if i:
                write("")
            show(table)


def emit_next(wanted: Format, row: Row, table: Table, *, first: bool) -> None:
    """Write one more result, not to be waited for; the headings come with the first.

    Parameters
    ----------
    wanted : Format
        But no document.
    row : mapping
        The result, the same keys each time.
    table : Table
        The same for people as its last row; its columns are as wide as those of the other results.
    first : bool
    """
    if wanted is Format.jsonl:
        write(json.dumps(row))
    else:
        lines = _tsv([row]) if wanted is Format.tsv else [line.rstrip() for line in table.lines()]
        heading, line = lines[0], lines[-1]
        write(f"{heading}\n{line}" if first else line)
    sys.stdout.flush()


def show(table: Table | tuple[Table, Table]) -> None:
    """Write a table for people in a form that the terminal is wide enough for."""
    wide, narrow = table if isinstance(table, tuple) else (table, table.turned())
    lines, available = wide.lines(), _width()
    if wide.width() > available:
        # A last column of words may go beyond the edge: the terminal folds it, whole when copied.
        fits = narrow.width(without_last=isinstance(table, tuple)) <= available
        lines = narrow.lines() if fits else wide.records()
    if wide.title:
        write(wide.title)
    write("\n".join(lines))


def percent(share: float) -> str:
    """Return a share as people read it."""
    return f"{share:.0%}"


def _width() -> int:
    """Return the columns of the terminal; a pipe has as many as are needed."""
    if sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdecimal():
        return shutil.get_terminal_size().columns
    return sys.maxsize


def _tsv(rows: Sequence[Row]) -> list[str]:
    flat = [dict(_flattened(row)) for row in rows]
    cells: list[list[Any]] = [[*flat[0]], *([row.get(name) for name in flat[0]] for row in flat)]
    return ["\t".join(map(_field, line)) for line in cells]


def _flattened(row: Row, prefix: str = "") -> Iterable[tuple[str, Any]]:
    for name, value in row.items():
        if isinstance(value, Mapping):
            yield from _flattened(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _field(value: object) -> str:
    if isinstance(value, (list, tuple)):
        value = ",".join(map(str, value))
    text = "" if value is None else str(value)
    for character, escape in (("\\", r"\\"), ("\t", r"\t"), ("\n", r"\n"), ("\r", r"\r")):
        text = text.replace(character, escape)
    return text


def _printable(text: str) -> str:
    """Return text without characters that move a terminal's cursor or cannot be shown."""
    return "".join(
        c.encode("unicode_escape").decode() if unicodedata.category(c) == "Cc" else c
        for c in shown(text)
    )


def score_table(reports: Sequence[Report]) -> Table:
    """Return accuracy and average recall of each report; of several folds with their deviation."""
    rows = []
    for report in reports:
        several = len(report.accuracies) > 1
        scores = ((report.accuracy, report.accuracy_std), (report.uar, report.uar_std))
        scored = [f"{mean:.2%} ± {std:.2%}" if several else f"{mean:.2%}" for mean, std in scores]
        rows.append([report.name, *scored, str(len(report.accuracies))])
    return Table(("protocol", "accuracy", "average recall", "folds"), rows)


def score_rows(reports: Sequence[Report]) -> list[Row]:
    """Return the same as data; one fold has no deviation."""
    rows: list[Row] = []
    for report in reports:
        several = len(report.accuracies) > 1
        rows.append(
            {
                "protocol": report.name,
                "accuracy": report.accuracy,
                "accuracy_std": report.accuracy_std if several else None,
                "uar": report.uar,
                "uar_std": report.uar_std if several else None,
                "folds": len(report.accuracies),
            }
        )
    return rows


def confusion_table(report: Report) -> Table:
    """Return the confusion of a report."""
    rows = [
        [label, *map(str, row)]
        for label, row in zip(report.classes, report.confusion.tolist(), strict=True)
    ]
    return Table(("", *report.classes), rows, title=f"{report.name}: rows are true labels")


def confusion_rows(report: Report) -> list[Row]:
    """Return the same as data."""
    return [
        {"protocol": report.name, "true": label, **dict(zip(report.classes, row, strict=True))}
        for label, row in zip(report.classes, report.confusion.tolist(), strict=True)
    ]


def emit_reports(wanted: Format, reports: Sequence[Report]) -> None:
    """Write the scores and confusions of reports."""
    documents = [report.to_dict() for report in reports]
    if wanted is Format.jsonl:
        emit(wanted, documents, documents, ())
        return
    emit(
        wanted,
        documents,
        score_rows(reports),
        [score_table(reports), *map(confusion_table, reports)],
        *map(confusion_rows, reports),
    )


def _between(interval: Sequence[float]) -> str:
    return f"{interval[0]:.1%} to {interval[1]:.1%}"


def emit_evaluation(wanted: Format, found: Evaluation) -> None:
    """Write scores with intervals, the clips and recall of each label, and the confusion."""
    document = found.to_dict()
    row = {
        "protocol": found.report.name,
        "accuracy": document["accuracy"],
        "accuracy_low": document["accuracy_interval"][0],
        "accuracy_high": document["accuracy_interval"][1],
        "uar": document["uar"],
        "uar_low": document["uar_interval"][0],
        "uar_high": document["uar_interval"][1],
        "folds": document["folds"],
        "clips": document["clips"],
        "speakers": document["speakers"],
    }
    cells = [
        found.report.name,
        f"{row['accuracy']:.1%}",
        _between(document["accuracy_interval"]),
        f"{row['uar']:.1%}",
        _between(document["uar_interval"]),
        *("" if row[name] is None else str(row[name]) for name in ("folds", "clips", "speakers")),
    ]
    headings = ("protocol", "accuracy", "95 %", "average recall", "95 %")
    labels = [{"label": label, **numbers} for label, numbers in document["labels"].items()]
    shares = [[str(r["label"]), str(r["clips"]), f"{r['recall']:.1%}"] for r in labels]
    tables = [
        Table((*headings, "folds", "clips", "speakers"), [cells]),
        Table(("label", "clips", "recall"), shares),
        confusion_table(found.report),
    ]
    emit(wanted, document, [row], tables, labels, confusion_rows(found.report))


def write_rows(file: Path, rows: Sequence[Row], names: Sequence[str] = ()) -> None:
    """Write rows to a CSV file, once it is complete; `names` are those of columns without rows."""
    with replacing(file) as temporary, temporary.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.DictWriter(lines, list(rows[0] if rows else names))
        writer.writeheader()
        writer.writerows(rows)
