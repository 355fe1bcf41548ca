"""Model cards as text: what a model is, was trained on, is good at, and is not for."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from quaver import _core

if TYPE_CHECKING:
    from quaver.corpus import Corpus


def data_of(corpus: Corpus) -> dict[str, Any]:
    """Return what a model was trained on: corpora, numbers of clips and speakers, labels."""
    names, counts = np.unique(corpus.labels, return_counts=True)
    return {
        # Folders may be called what is no text.
        "corpora": sorted({clip.corpus.encode(errors="replace").decode() for clip in corpus}),
        "clips": len(corpus),
        "speakers": len(np.unique(corpus.groups)) if corpus.has_speakers else "unknown",
        "labels": {str(n): int(c) for n, c in zip(names, counts, strict=True)},
    }


def versions() -> dict[str, str]:
    """Return the versions that a model of scikit-learn was made with."""
    import sklearn

    return {
        "quaver": _core.version,
        "scikit-learn": sklearn.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def to_markdown(card: dict[str, Any]) -> str:
    """Return a model card as Markdown.

    Parameters
    ----------
    card : dict
        Of `quaver.models.svm.SvmModel` or alike. Strings, numbers and dictionaries become tables;
        ``text`` holds paragraphs by heading, ``reports`` score reports
        (`quaver.models.evaluation.Report.to_dict`), ``conditions`` rows of scores under conditions
        (`quaver.models.stress.Condition.to_dict`).

    Returns
    -------
    str

    Examples
    --------
    >>> print(to_markdown({"name": "mine", "data": {"clips": 3}}))
    # mine
    <BLANKLINE>
    ## data
    <BLANKLINE>
    | | |
    |---|---|
    | clips | 3 |
    <BLANKLINE>
    """
    parts = [f"# {card.get('name', 'Model card')}", ""]
    for heading, text in card.get("text", {}).items():
        parts += [f"## {heading}", "", text, ""]
    for report in card.get("reports", []):
        parts += _report(report)
    parts += _conditions(card.get("conditions", []))
    for heading, value in card.items():
        if heading not in ("name", "text", "reports", "conditions"):
            parts += [f"## {heading}", "", *_facts(value), ""]
    return "\n".join(parts)


def _facts(value: Any) -> list[str]:
    if not isinstance(value, dict):
        return [str(value)]
    rows = [(str(key), _cell(item)) for key, item in value.items()]
    return ["| | |", "|---|---|", *(f"| {key} | {item} |" for key, item in rows)]


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_cell(item)}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(_cell(item) for item in value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _report(report: dict[str, Any]) -> list[str]:
    lines = [
        f"## Scores: {report['name']}",
        "",
        "| | mean | deviation over folds | folds |",
        "|---|---|---|---|",
        _score("accuracy", report),
        _score("uar", report),
        "",
        "Confusion over all folds, rows are true labels, columns predictions:",
        "",
        *_confusion(report["classes"], report["confusion"]),
        "",
    ]
    if report["choices"]:
        lines += ["Chosen in each fold, from its training part only:", ""]
        lines += [f"- {_cell(choice)}" for choice in report["choices"]] + [""]
    return lines


def _conditions(rows: Sequence[dict[str, Any]]) -> list[str]:
    if not rows:
        return []
    lines = [
        "## Scores under conditions",
        "",
        "| protocol | corpus | condition | clips | average recall | accuracy | calibration error |"
        " reliable | their accuracy |",
        "|---" * 9 + "|",
    ]
    for row in rows:
        numbers = ("uar", "accuracy", "calibration_error", "reliable", "reliable_accuracy")
        cells = [row.get("protocol", ""), row["corpus"], row["name"], str(row["clips"])]
        cells += ["" if row[name] is None else f"{row[name]:.1%}" for name in numbers]
        lines.append("| " + " | ".join(cells) + " |")
    return [*lines, ""]


def _score(name: str, report: dict[str, Any]) -> str:
    label = {"uar": "unweighted average recall"}.get(name, name)
    mean, deviation = report[name], report[f"{name}_std"]
    spread = "" if deviation is None else f"{deviation:.1%}"  # of one fold there is none
    return f"| {label} | {mean:.1%} | {spread} | {report['folds']} |"


def _confusion(classes: Sequence[str], matrix: Sequence[Sequence[int]]) -> list[str]:
    lines = ["| | " + " | ".join(classes) + " |", "|---" * (len(classes) + 1) + "|"]
    for label, row in zip(classes, matrix, strict=True):
        lines.append(f"| {label} | " + " | ".join(map(str, row)) + " |")
    return lines
