"""``quaver train svm --robust`` and ``evaluate svm``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from commands import Run


@pytest.fixture(autouse=True)
def few_sounds(monkeypatch: pytest.MonkeyPatch) -> None:
    from quaver.models.encoder import vectors

    every = vectors.no_speech
    monkeypatch.setattr(vectors, "no_speech", lambda seed: every(seed, n_each=1))


def test_train_and_predict(run: Run, table: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.skops"
    done = run("train", "svm", table, "-o", file, "--robust", "--no-search")
    assert "12 clips, 2 labels, 2 speakers." in done.stderr
    card = json.loads(run("info", file, "--json").stdout)
    assert card["augmentation"]["copies"] == 3
    rows = json.loads(run("predict", table.parent / "0.wav", "--model", file, "--json").stdout)
    (row,) = rows["predictions"]
    assert set(row["probabilities"]) == {"anger", "sadness"}
    assert row["reliable"] == (not row["warnings"])


@pytest.mark.filterwarnings("ignore:speakers cannot be kept together")
def test_evaluate(run: Run, table: Path) -> None:
    done = run("evaluate", "svm", table, "--copies", 1, "--no-search", "--json")
    (row,) = json.loads(done.stdout)
    assert (row["corpus"], row["name"], row["clips"], row["folds"]) == ("clips", "clean", 12, 2)
    assert row["choices"][0].keys() == {"penalty"}
    run("evaluate", "svm", table, "--protocol", "original", code=2)
