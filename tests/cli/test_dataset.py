"""``quaver extract`` into a folder: the data set of the library, taken up, told and counted."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

import quaver
from commands import Run, squeezed
from parquets import rows_of
from quaver.cli import dataset
from quaver.corpus import manifest


def test_a_table_becomes_a_data_set(run: Run, table: Path, tmp_path: Path) -> None:
    out = tmp_path / "features"
    said = run("extract", table, "-o", out, "--partition", 5).stderr
    assert f"Wrote {out}: 12 rows in 3 partitions, 0 failed." in squeezed(said)
    quaver.extract_corpus(manifest(table), tmp_path / "library", partition=5)
    assert rows_of(out).equals(rows_of(tmp_path / "library"))
    (out / "part-000001.parquet").unlink()
    said = run("extract", table, "-o", f"{out}/", "--partition", 5).stderr
    assert "12 rows in 3 partitions, 2 of them before, 0 failed" in squeezed(said)
    said = run("extract", table, "-o", out, "--partition", 6, code=1).stderr
    assert "was begun with partition 5, not 6" in squeezed(said)


def test_options_reach_the_library(run: Run, table: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_text(json.dumps(quaver.FeatureConfig(n_mfcc=20, sample_rate=8000).to_dict()))
    out = tmp_path / "features"
    run(
        *("extract", table, "-o", out, "--config", file, "--window", 0.2, "--hop", 0.1),
        *("--labels", "anger=angry", "--drop", "sadness", "--speaker", "([0-9])[.]wav"),
    )
    found = quaver.read_corpus_features(out)
    assert (found.config.n_mfcc, found.config.sample_rate) == (20, 8000)
    assert (found.window, found.hop) == (0.2, 0.1)
    assert set(found.labels) == {"angry"}
    assert set(found.corpus.speakers) == {"0", "2", "4", "6", "8"}
    robust = tmp_path / "robust"
    run("extract", table, "-o", robust, "--config", "robust")
    assert quaver.read_corpus_features(robust).config == quaver.FeatureConfig.robust()


def test_recordings_without_labels(run: Run, folder: Path, tmp_path: Path) -> None:
    said = run("extract", folder, "-o", tmp_path / "a").stderr
    assert "Without labels: " in said
    assert "2 rows in 1 partition, 1 failed" in squeezed(said)
    assert "decode: " in said
    found = quaver.read_corpus_features(tmp_path / "a")
    assert [Path(path).name for path in found.corpus.column("path")] == ["a.wav", "b.flac"]
    run("extract", folder / "a.wav", "-o", tmp_path / "b")
    assert len(quaver.read_corpus_features(tmp_path / "b")) == 1
    (tmp_path / "plain.csv").write_text(f"path\n{folder}/a.wav\n")
    run("extract", tmp_path / "plain.csv", "-o", tmp_path / "c")
    assert len(quaver.read_corpus_features(tmp_path / "c")) == 1
    said = run("extract", folder / "none.wav", "-o", tmp_path / "d", code=1).stderr
    assert "none.wav" in said
    assert not (tmp_path / "d").exists()


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of 300 good files and 60 bad ones of four kinds."""
    made = tmp_path_factory.mktemp("mixed")
    samples: NDArray[np.float64] = np.random.default_rng(0).uniform(-0.1, 0.1, 1600)
    soundfile.write(made / "good.wav", samples, 16000)
    good = (made / "good.wav").read_bytes()
    rows = ["path,label"]
    for i in range(300):
        (made / f"{i:03d}.wav").write_bytes(good)
        rows.append(f"{i:03d}.wav,calm")
        if i % 5 == 0:
            name = f"bad{i}.wav"
            if i % 20:  # each fourth is missing
                data = {5: good[:1000], 10: b"", 15: b"no audio at all"}[i % 20]
                (made / name).write_bytes(data)
            rows.append(f"{name},bored")
    (made / "clips.csv").write_text("\n".join(rows))
    return made / "clips.csv"


def test_sixty_bad_files_among_three_hundred(run: Run, mixed: Path, tmp_path: Path) -> None:
    out, listed = tmp_path / "features", tmp_path / "failures.csv"
    said = squeezed(run("extract", mixed, "-o", out, "--partition", 100).stderr)
    assert "300 rows in 4 partitions, 60 failed." in said
    assert "and 50 more: --failures FILE.csv lists all" in said
    said = run("extract", mixed, "-o", out, "--partition", 100, "--strict", code=1).stderr
    assert "60 recordings" in squeezed(said)
    run("extract", mixed, "-o", out, "--partition", 100, "--failures", listed)
    assert len(rows_of(out)) == 300
    assert set(rows_of(out)["label"].to_pylist()) == {"calm"}
    with listed.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len({row["path"] for row in rows}) == 60
    stages = [row["stage"] for row in rows]
    assert (stages.count("open"), stages.count("decode")) == (15, 45)
    assert all(row["reason"] for row in rows)


def test_what_does_not_go_together(run: Run, table: Path, tmp_path: Path) -> None:
    for option in (("--window", 1), ("--dask", "tcp://x:1"), ("--strict",), ("--labels", "a=b")):
        said = run("extract", table, "-o", tmp_path / "a.csv", *option, code=2).stderr
        assert "goes with a folder as --output" in squeezed(said)
    said = run("extract", table, "-o", tmp_path / "f", "--config", "none.json", code=2).stderr
    assert "expected default, robust or a file" in squeezed(said)
    (tmp_path / "odd.json").write_text('{"n_mels": "many"}')
    said = run("extract", table, "-o", tmp_path / "f", "--config", tmp_path / "odd.json", code=2)
    assert "odd.json: n_mels must" in squeezed(said.stderr)
    said = run("extract", table, "-o", tmp_path / "f", "--hop", 1, code=1).stderr
    assert "hop goes with a window" in squeezed(said)
    assert not (tmp_path / "f").exists()


def test_progress_has_a_rate_and_the_time_left(
    run: Run, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataset, "_EVERY", 0.0)
    clock = iter(range(0, 10_000, 6))
    monkeypatch.setattr(dataset.time, "monotonic", lambda: next(clock))
    calls: list[str] = []
    monkeypatch.setattr(dataset, "say", calls.append)
    with dataset._told() as told:
        told(100, 1000)
        told(160, 1000)
        told(220, 1000)
    assert calls[1:] == [
        "160 of 1000, 10.0 a second, 1 min left.",
        "220 of 1000, 10.0 a second, 1 min left.",
    ]


def test_a_cluster(run: Run, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The cluster itself is in tests/dataset/test_cluster.py.
    from concurrent.futures import ThreadPoolExecutor

    import distributed

    asked: list[Any] = []

    class Client:
        def __init__(self, address: str) -> None:
            asked.append(address)

        def __enter__(self) -> Client:
            return self

        def __exit__(self, *_: object) -> None:
            asked.append("closed")

        def get_executor(self, **options: Any) -> ThreadPoolExecutor:
            asked.append(options)
            return ThreadPoolExecutor(1)

    monkeypatch.setattr(distributed, "Client", Client)
    run("extract", table, "-o", tmp_path / "out", "--dask", "tcp://10.0.0.1:8786")
    assert asked == ["tcp://10.0.0.1:8786", {"pure": False}, "closed"]
    assert len(rows_of(tmp_path / "out")) == 12


def test_trained_and_scored_without_recordings(run: Run, table: Path, tmp_path: Path) -> None:
    out, mine = tmp_path / "features", tmp_path / "mine.skops"
    run("extract", table, "-o", out)
    said = squeezed(run("train", "svm", out, "-o", mine, "--no-search").stderr)
    assert "12 clips, 2 labels, 2 speakers" in said
    asked = ("--protocol", "leave-one-speaker-out", "--no-search", "--json")
    read = json.loads(run("evaluate", out, *asked).stdout)
    heard = json.loads(run("evaluate", table, *asked).stdout)
    assert read == heard
    scored = json.loads(run("evaluate", out, "--model", mine, "--json").stdout)
    assert scored == json.loads(run("evaluate", table, "--model", mine, "--json").stdout)
    rows = tmp_path / "rows.csv"
    run("evaluate", out, *asked, "--plain", "--strict", "--predictions", rows)
    assert len(rows.read_text().splitlines()) == 13
    for arguments in (
        ("train", "svm", out, "-o", mine, "--robust"),
        ("train", "svm", out, "-o", mine, "--kind", "ravdess"),
        ("evaluate", out, "--protocol", "all"),
        ("evaluate", out, "--model", mine, "--stress"),
    ):
        assert "features" in run(*arguments, code=2).stderr
    column = ("--no-search", "--labels", "anger=angry", "--speaker", "corpus")
    said = squeezed(run("train", "svm", out, "-o", mine, *column).stderr)
    assert "12 clips, 2 labels, 1 speaker" in said
    said = squeezed(run("train", "svm", out, "-o", mine, "--drop", "sadness", code=1).stderr)
    assert "6 clips left out: sadness 6." in said
    said = run("evaluate", out, *asked[:2], "--model-kind", "encoder", code=1).stderr
    assert "features of a corpus are for the model 'svm'" in squeezed(said)


def test_failures_of_the_extraction_are_told_again(run: Run, mixed: Path, tmp_path: Path) -> None:
    out = tmp_path / "features"
    run("extract", mixed, "-o", out)
    said = run("train", "svm", out, "-o", tmp_path / "a.skops", "--strict", code=1).stderr
    assert "60 recordings" in squeezed(said)
    said = run("train", "svm", out, "-o", tmp_path / "a.skops", code=1).stderr
    assert "60 recordings of it failed in quaver extract" in squeezed(said)
    assert "two labels" in squeezed(said)
