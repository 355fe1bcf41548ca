"""Texts, alone or as the words of a recording, behind ``predict``."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quaver.cli.console import shown
from quaver.cli.tables import Table, percent
from quaver.models.predictions import NO_KNOWN_WORD

if TYPE_CHECKING:
    from quaver.batch import Failure
    from quaver.models.base import TextModel
    from quaver.models.predictions import Predictions

_SHOWN = 60  # characters of a text in a table

#: Headings of `two_highest`.
TWO = ("emotion", "", "next", "")


class Rule(str, Enum):
    """How voice and words become one."""

    mean = "mean"
    product = "product"


def read_texts(file: Path) -> tuple[list[str], list[Failure]]:
    """Return the lines of a file, or of standard input for "-", and those that are not UTF-8."""
    from quaver.batch import Failure

    if str(file) == "-" and sys.stdin is None:
        raise ValueError("standard input is closed")
    content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    texts: list[str] = []
    failures = []
    for i, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").splitlines()):
        try:
            texts.append(line.decode("utf-8"))
        except UnicodeDecodeError as error:
            where = f"{file}, line {i + 1}"
            failures.append(Failure(i, where, type(error).__name__, str(error)))
    if not texts and not failures:
        raise ValueError(f"{shown(file)}: holds no texts, give one in each line")
    return texts, failures


def text_rows(model: TextModel, texts: Sequence[str]) -> list[dict[str, Any]]:
    """Return the answer to each text: the most probable emotion, and all above their thresholds."""
    if not texts:
        return []
    rows = []
    found = model.predict_texts(texts)
    labels = model.predict_labels(texts)
    for i, (text, given) in enumerate(zip(texts, labels, strict=True)):
        rows.append(
            {
                "text": text,
                "emotion": str(found.labels[i]),
                "labels": list(given),
                **trust(found, i),
                "probabilities": dict(
                    zip(found.classes, found.probabilities[i].tolist(), strict=True)
                ),
            }
        )
    return rows


def trust(found: Predictions, i: int) -> dict[str, Any]:
    """Return whether a row can be trusted, and why not."""
    return {"reliable": bool(found.reliable[i]), "warnings": list(found.warnings[i])}


def text_tables(rows: Sequence[Mapping[str, Any]]) -> tuple[Table, Table]:
    """Return the answers with all probabilities, and for narrow terminals with the two highest."""
    classes = list(rows[0]["probabilities"]) if rows else []
    wide, narrow = [], []
    for row in rows:
        text = " ".join(row["text"].split())
        cut = shown(text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…")
        emotion, labels, shares = row["emotion"], ", ".join(row["labels"]), row["probabilities"]
        wide.append([emotion, labels, *map(percent, shares.values()), cut])
        narrow.append([*two_highest(emotion, shares), labels, cut])
    return (
        Table(("emotion", "labels", *classes, "text"), wide, frozenset({0, 1, 2 + len(classes)})),
        Table((*TWO, "labels", "text"), narrow, frozenset({0, 2, 4, 5})),
    )


def two_highest(emotion: str, shares: Mapping[str, float]) -> tuple[str, ...]:
    """Return the answer and the most probable other label, each with its probability."""
    others = sorted((label for label in shares if label != emotion), key=lambda k: -shares[k])
    cells = [emotion, percent(shares[emotion]) if emotion in shares else ""]
    for label in others[:1]:
        cells += [label, percent(shares[label])]
    return (*cells, *[""] * (4 - len(cells)))


def fused_row(row: Mapping[str, Any], model: TextModel, text: str, rule: str) -> dict[str, Any]:
    """Return the answer to a recording and what was said in it, with those to each alone."""
    from quaver.models import fusion

    voice: dict[str, float] = row["probabilities"]
    found = model.predict_texts([text])
    shares = model.predict_distribution([text])[0].tolist()
    words = dict(zip(model.classes, shares, strict=True))
    if set(words) != set(voice):
        raise ValueError(
            f"voice and text must have the same labels, got {', '.join(voice)} and"
            f" {', '.join(words)}"
        )
    # Without a known word the voice speaks alone.
    told = None if "no_known_word" in found.warnings[0] else [[words[label] for label in voice]]
    sources = {"voice": [list(voice.values())], "words": told}
    both = fusion.fuse(sources, rule=rule)[0].tolist()  # type: ignore[arg-type]  # checked
    fused = dict(zip(voice, both, strict=True))
    emotion = max(fused, key=fused.__getitem__)
    parts = {"voice": voice, "words": {label: words[label] for label in voice}}
    warnings = [*row["warnings"], *found.warnings[0]]
    return {
        **row,
        "text": text,
        "emotion": emotion,
        "reliable": not warnings,
        "warnings": warnings,
        "probabilities": fused,
        **parts,
    }


def fused_table(row: Mapping[str, Any]) -> Table:
    """Return the answer to a recording and its words as a table."""
    rows = []
    for name, shares in (
        ("voice", row["voice"]),
        ("words", row["words"]),
        ("both", row["probabilities"]),
    ):
        emotion = max(shares, key=shares.__getitem__)
        if name == "words" and "no_known_word" in row["warnings"]:
            emotion = NO_KNOWN_WORD
        rows.append([name, emotion, *map(percent, shares.values())])
    headings = ("", "emotion", *row["probabilities"])
    return Table(headings, rows, frozenset({0, 1}), title=shown(row["file"]))
