"""Model cards as text: what a model is, was trained on, is good at, and is not for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def to_markdown(card: dict[str, Any]) -> str:
    """Return a model card as Markdown.

    Parameters
    ----------
    card : dict
        Of `quaver.models.svm.SvmModel` or alike. Strings, numbers and dictionaries become tables;
        ``text`` holds paragraphs by heading, ``reports`` score reports
        (`quaver.models.evaluation.Report.to_dict`).

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
    for heading, value in card.items():
        if heading not in ("name", "text", "reports"):
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


def _score(name: str, report: dict[str, Any]) -> str:
    label = {"uar": "unweighted average recall"}.get(name, name)
    mean, deviation = report[name], report[f"{name}_std"]
    return f"| {label} | {mean:.1%} | {deviation:.1%} | {report['folds']} |"


def _confusion(classes: Sequence[str], matrix: Sequence[Sequence[int]]) -> list[str]:
    lines = ["| | " + " | ".join(classes) + " |", "|---" * (len(classes) + 1) + "|"]
    for label, row in zip(classes, matrix, strict=True):
        lines.append(f"| {label} | " + " | ".join(map(str, row)) + " |")
    return lines
