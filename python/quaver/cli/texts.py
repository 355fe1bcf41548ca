"""Texts, alone or as the words of a recording, behind ``predict``."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.table import Table

from quaver.cli.console import shown

if TYPE_CHECKING:
    from quaver.batch import Failure
    from quaver.models.base import TextModel

_SHOWN = 60  # characters of a text in a table


def read_texts(file: Path) -> tuple[list[str], list[Failure]]:
    """Return the lines of a file, or of standard input for "-", and those that are not UTF-8."""
    from quaver.batch import Failure

    content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    texts: list[str] = []
    failures = []
    for i, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").splitlines()):
        try:
            texts.append(line.decode("utf-8"))
        except UnicodeDecodeError as error:
            where = f"{shown(file)}, line {i + 1}"
            failures.append(Failure(i, where, type(error).__name__, str(error)))
    return texts, failures


def text_rows(model: TextModel, texts: Sequence[str]) -> list[dict[str, Any]]:
    """Return the answer to each text: the most probable emotion, and all above their thresholds."""
    if not texts:
        return []
    rows = []
    labels = model.predict_labels(texts)
    for text, given, shares in zip(texts, labels, model.predict_proba(texts), strict=True):
        by_label = dict(zip(model.classes, shares.tolist(), strict=True))
        emotion = max(by_label, key=by_label.__getitem__)
        rows.append(
            {"text": text, "emotion": emotion, "labels": list(given), "probabilities": by_label}
        )
    return rows


def text_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Return the answers as a table."""
    table = Table()
    for heading in ("text", "emotion", "labels"):
        table.add_column(heading, overflow="fold")
    for label in rows[0]["probabilities"]:
        table.add_column(label, justify="right")
    for row in rows:
        text = " ".join(row["text"].split())
        cut = text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
        shares = [f"{share:.0%}" for share in row["probabilities"].values()]
        table.add_row(shown(cut), row["emotion"], ", ".join(row["labels"]), *shares)
    return table


def fused_row(row: Mapping[str, Any], model: TextModel, text: str, rule: str) -> dict[str, Any]:
    """Return the answer to a recording and what was said in it, with those to each alone."""
    from quaver.models import fusion

    if rule not in ("mean", "product"):
        raise typer.BadParameter(f"--fusion: expected mean or product, got {rule!r}")
    voice: dict[str, float] = row["probabilities"]
    shares = model.predict_distribution([text])[0].tolist()
    words = dict(zip(model.classes, shares, strict=True))
    if set(words) != set(voice):
        raise ValueError(
            f"voice and text must have the same labels, got {', '.join(voice)} and"
            f" {', '.join(words)}"
        )
    sources = {"voice": [list(voice.values())], "words": [[words[label] for label in voice]]}
    both = fusion.fuse(sources, rule=rule)[0].tolist()  # type: ignore[arg-type]  # checked
    fused = dict(zip(voice, both, strict=True))
    emotion = max(fused, key=fused.__getitem__)
    parts = {"voice": voice, "words": {label: words[label] for label in voice}}
    return {**row, "text": text, "emotion": emotion, "probabilities": fused, **parts}


def fused_table(row: Mapping[str, Any]) -> Table:
    """Return the answer to a recording and its words as a table."""
    table = Table(title=shown(row["file"]), title_justify="left")
    table.add_column("")
    table.add_column("emotion")
    for label in row["probabilities"]:
        table.add_column(label, justify="right")
    for name, shares in (
        ("voice", row["voice"]),
        ("words", row["words"]),
        ("both", row["probabilities"]),
    ):
        emotion = max(shares, key=shares.__getitem__)
        table.add_row(name, emotion, *(f"{share:.0%}" for share in shares.values()))
    return table
