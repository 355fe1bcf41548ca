"""``quaver train encoder``, ``evaluate encoder`` and ``evaluate voice --stress``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from commands import Run
from quaver.augmentation import CONDITIONS

pytest.importorskip("onnxruntime")


@pytest.fixture(autouse=True)
def few_sounds(monkeypatch: pytest.MonkeyPatch) -> None:
    from quaver.models import stress
    from quaver.models.encoder import vectors

    every, heard = vectors.no_speech, stress.sounds
    monkeypatch.setattr(vectors, "no_speech", lambda seed: every(seed, n_each=1))
    monkeypatch.setattr(stress, "sounds", lambda voices, n_each: heard(voices, n_each=1))


def test_train_and_predict(run: Run, table: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.onnx"
    done = run("train", "encoder", table, "-o", file, "--copies", 1, "--no-search")
    assert "12 clips, 2 labels, 2 speakers." in done.stderr
    card = json.loads(run("info", file, "--json").stdout)
    assert card["name"] == "mine"
    assert card["augmentation"]["copies"] == 1
    rows = json.loads(run("predict", table.parent / "0.wav", "--model", file, "--json").stdout)
    assert set(rows["predictions"][0]["probabilities"]) == {"anger", "sadness"}


def test_two_tables_are_one_corpus(run: Run, table: Path, tmp_path: Path) -> None:
    other = table.with_name("other.csv")
    other.write_text(table.read_text())
    done = run("train", "encoder", table, other, "-o", tmp_path / "a.onnx", "--no-search")
    assert "24 clips" in done.stderr
    card = json.loads(run("info", tmp_path / "a.onnx", "--json").stdout)
    assert card["data"]["corpora"] == ["clips", "other"]
    assert card["data"]["speakers"] == 4


def test_wrong_names_and_folders(run: Run, table: Path, tmp_path: Path) -> None:
    assert "ends in .onnx" in run("train", "encoder", table, "-o", "a.skops", code=2).stderr
    missing = tmp_path / "nowhere" / "a.onnx"
    assert "no such folder" in run("train", "encoder", table, "-o", missing, code=2).stderr
    run("evaluate", "encoder", table, "--protocol", "original", code=2)


def test_evaluate(run: Run, table: Path) -> None:
    done = run("evaluate", "encoder", table, "--copies", 1, "--no-search", "--json")
    (row,) = json.loads(done.stdout)
    assert (row["corpus"], row["name"], row["clips"], row["folds"]) == ("clips", "clean", 12, 2)
    assert 0 <= row["uar"] <= 1
    shown = run("evaluate", "encoder", table, "--copies", 1, "--no-search", "--format", "table")
    assert "calibration error" in shown.stdout


def test_stress_of_any_model(run: Run, table: Path, trained: Path) -> None:
    done = run("evaluate", "voice", table, "--model", trained, "--stress", "--json")
    found = json.loads(done.stdout)
    assert [row["name"] for row in found["conditions"]] == list(CONDITIONS)
    assert {row["clips"] for row in found["conditions"]} == {12}
    assert set(found["unreliable"]) == {"white", "pink", "babble", "tones", "chords", "silence"}
    shown = run("evaluate", "voice", table, "--model", "encoder", "--stress", "--format", "table")
    assert "called unreliable" in shown.stdout
    assert "telephone" in shown.stdout
    run("evaluate", "voice", table, "--protocol", "original", "--stress", code=2)
