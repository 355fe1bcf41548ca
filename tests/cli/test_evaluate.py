"""``quaver evaluate``: protocols, models on a corpus, wrong usage."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from commands import Run, squeezed
from quaver.models import evaluation


def test_evaluate_a_model(run: Run, trained: Path, table: Path) -> None:
    found = json.loads(run("evaluate", table, "--model", trained, "--json").stdout)
    assert found[0]["accuracy"] == 1
    assert found[0]["confusion"] == [[6, 0], [0, 6]]
    shown = run("evaluate", table, "--model", trained, "--format", "table").stdout
    assert "100.00%" in shown
    assert "±" not in shown  # there is one fold
    assert found[0]["accuracy_std"] is None
    heading, row = run("evaluate", table, "--model", trained, "--format", "tsv").stdout.split("\n")[
        :2
    ]
    assert dict(zip(heading.split("\t"), row.split("\t"), strict=True))["uar_std"] == ""


def test_evaluate_protocols(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def protocol(directory: Path, name: str, **options: Any) -> evaluation.Report:
        asked.append((str(directory), name, options["search"], options["n_jobs"]))
        return evaluation.score(name, ["a", "b"], [(["a", "b"], ["a", "a"])])

    monkeypatch.setattr(evaluation, "run_protocol", protocol)
    found = json.loads(run("evaluate", "DIR", "--protocol", "all", "--json").stdout)
    assert [report["name"] for report in found] == list(evaluation.PROTOCOLS)
    run("evaluate", "DIR", "--protocol", "original", "--no-search")
    assert asked[-1] == ("DIR", "original", False, None)
    run("evaluate", "DIR", "--protocol", "original", "--jobs", 2)
    assert asked[-1] == ("DIR", "original", True, 2)


def test_evaluate_needs_one_of_protocol_and_model(run: Run, trained: Path) -> None:
    assert "one of --protocol and --model" in squeezed(run("evaluate", "DIR", code=2).stderr)
    run("evaluate", "DIR", "--protocol", "all", "--model", trained, code=2)
    assert "'other'" in run("evaluate", "DIR", "--protocol", "other", code=2).stderr
    with_model = ("evaluate", "DIR", "--model", trained)
    assert "goes with --protocol" in run(*with_model, "--seed", 1, code=2).stderr
    assert "goes with --protocol" in run(*with_model, "--model-kind", "svm", code=2).stderr
    any_corpus = ("evaluate", "DIR", "--protocol", "random")
    assert "goes with --model-kind" in run(*any_corpus, "--epochs", 1, code=2).stderr
    assert "expected one of svm" in run(*any_corpus, "--model-kind", "knn", code=2).stderr


def test_evaluate_any_corpus(run: Run, moods: Path, tmp_path: Path) -> None:
    rows, picture = tmp_path / "rows.csv", tmp_path / "confusion.png"
    asked = ("evaluate", moods, "--protocol", "leave-one-speaker-out", "--speaker", "/([a-d])_")
    files = ("--predictions", rows, "--picture", picture)
    document = json.loads(run(*asked, "--no-search", *files, "--json").stdout)
    assert document["folds"] == document["speakers"] == 4
    assert document["labels"]["weary"]["clips"] == 16
    low, high = document["uar_interval"]
    assert low <= document["uar"] <= high
    assert picture.read_bytes().startswith(b"\x89PNG")
    with rows.open(newline="") as lines:
        said = list(csv.DictReader(lines))
    assert len(said) == 80
    right = sum(row["right"] == "True" for row in said)
    assert right / 80 == pytest.approx(document["accuracy"])
    shown = run(*asked, "--no-search", "--format", "table").stdout
    assert "95 %" in shown
    assert "rows are true labels" in shown
    blocks = run(*asked, "--no-search", "--format", "tsv").stdout.split("\n\n")
    assert [block.split("\t")[0] for block in blocks] == ["protocol", "label", "protocol"]


def test_evaluate_bad_recordings(run: Run, moods: Path, tmp_path: Path) -> None:
    lines = ["path,label,speaker"]
    for file in sorted(moods.glob("*/*.wav")):
        lines.append(f"{file},{file.parent.name},{file.name[0]}")
    (tmp_path / "bad.wav").write_text("no audio")
    (tmp_path / "t.csv").write_text("\n".join([*lines, "bad.wav,calm,a"]))
    asked = ("evaluate", tmp_path / "t.csv", "--protocol", "speaker-independent", "--no-search")
    done = run(*asked, "--json")
    assert json.loads(done.stdout)["clips"] == 80
    assert "1 failed:" in done.stderr
    assert "cannot be used" in run(*asked, "--strict", code=1).stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["evaluate", "tdcnn", "x", "--protocol", "other"], "expected original or speaker"),
        (["evaluate", "tdcnn", "x", "--train", "--model", "m.keras"], "one of --train and --model"),
        (["evaluate", "tdcnn", "x", "--picture", "a.txt"], "expected one of"),
    ],
)
def test_evaluate_tdcnn_refuses(run: Run, arguments: list[str], message: str) -> None:
    assert message in run(*arguments, code=2).output


@pytest.mark.slow
def test_evaluate_goes_to_the_voice_by_default(run: Run) -> None:
    assert "one of --protocol and --model" in " ".join(
        run("evaluate", "DIR", code=2).stderr.split()
    )
    assert "one of --protocol" in " ".join(run("evaluate", "voice", "DIR", code=2).stderr.split())
    run("evaluate", "--protocol", "all", "DIR", code=1)
    listed = run("evaluate", "--help").stdout
    assert "voice" in listed
    assert "text" in listed
