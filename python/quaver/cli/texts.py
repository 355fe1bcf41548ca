"""Commands on texts: predict --text, train text, evaluate text."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from quaver.cli.common import (
    USAGE,
    console,
    print_json,
    progress,
    quiet,
    require,
    say,
    shown,
    stop,
)

if TYPE_CHECKING:
    from quaver.batch import Failure
    from quaver.models.text import TextClassifier
    from quaver.models.text.evaluation import TextReport

_SHOWN = 60  # characters of a text in a table


def load_text_model(file: Path | None) -> TextClassifier:
    """Return the text model of a file, or the pretrained one."""
    with quiet():
        require("sklearn", "keras", extra="text")
        from quaver.models import text

        model = text.load_pretrained() if file is None else text.load(file)
        model.predict_proba([""])  # so that the notes on the first use come here
    return model


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


def text_rows(model: TextClassifier, texts: Sequence[str]) -> list[dict[str, Any]]:
    """Return the answer to each text: the most probable emotion, and all above their thresholds."""
    if not texts:
        return []
    rows = []
    labels = model.predict_labels(texts)
    for text, given, shares in zip(texts, labels, model.predict_proba(texts), strict=True):
        by_label = dict(zip(map(str, model.classes_), shares.tolist(), strict=True))
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


def fused_row(
    row: Mapping[str, Any], model: TextClassifier, text: str, rule: str
) -> dict[str, Any]:
    """Return the answer to a recording and what was said in it, with those to each alone."""
    from quaver.models import fusion

    if rule not in ("mean", "product"):
        raise typer.BadParameter(f"--fusion: expected mean or product, got {rule!r}")
    voice: dict[str, float] = row["probabilities"]
    shares = model.predict_distribution([text])[0].tolist()
    words = dict(zip(map(str, model.classes_), shares, strict=True))
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


def train_text_command(
    directory: Annotated[
        Path,
        typer.Argument(help="Folder with train.tsv, dev.tsv and labels.txt.", show_default=False),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="model.keras", show_default=False)],
    embedding: Annotated[
        Path | None,
        typer.Option(help="Vectors of words in word2vec's text format.", show_default=False),
    ] = None,
    epochs: Annotated[int, typer.Option(min=1)] = 10,
    batch_size: Annotated[int, typer.Option(min=1)] = 64,
    balanced: Annotated[
        bool, typer.Option("--balanced", help="Weight labels inversely to their frequency.")
    ] = False,
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the state after each epoch, taken up from.", show_default=False
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of weights, dropouts and order.")] = 0,
) -> None:
    """Train the text network on GoEmotions or a folder like it, and write the model.

    Each line of a .tsv file has a text, the numbers of its labels with commas between, and an id.
    The best epoch and the thresholds are chosen on dev.tsv.
    """
    if output.suffix != ".keras":
        stop(f"{shown(output)}: expected a name that ends in .keras", USAGE)
    if not output.absolute().parent.is_dir():
        stop(f"{shown(output)}: there is no such folder", USAGE)
    with quiet():
        require("sklearn", "keras", extra="text")
        from quaver.models import text
        from quaver.models.text import evaluation
    from quaver.config import LABELS

    train, dev = (evaluation.read_goemotions(directory, part) for part in ("train", "dev"))
    model = text.TextClassifier(
        multi_label=True,
        labels=LABELS,
        embedding=None if embedding is None else text.read_word2vec(embedding),
        epochs=epochs,
        batch_size=batch_size,
        class_weight="balanced" if balanced else None,
        checkpoint=checkpoint,
        random_state=seed,
        verbose=2,
    )
    model.fit(train.texts, train.labels, validation_data=(dev.texts, dev.labels))
    best = max(epoch["val_f1"] for epoch in model.history_)
    card = {
        "name": output.stem,
        "data": {"texts": len(train), "vocabulary": len(model.vocabulary_)},
        "chosen": {"dev_macro_f1": best, "epochs": len(model.history_), "seed": seed},
    }
    text.save(model, output, card=card)
    say(f"Wrote {shown(output)}: {len(train)} texts, macro-F1 {best:.3f} on dev.")


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
    chosen = load_text_model(model)
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
