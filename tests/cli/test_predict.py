"""``quaver predict`` of recordings: with the SVM, and with the time-distributed network."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

import quaver
import quaver.data
from commands import DEMO, Run, squeezed
from quaver.models import svm, tdcnn
from quaver.models.tdcnn import recognizer


def test_predict_table(run: Run) -> None:
    text = run("predict", DEMO).stdout
    assert "demo.flac" in text
    assert "anger" in text


def test_predict_json_goes_on_after_a_bad_file(run: Run, folder: Path) -> None:
    result = run("predict", folder, folder / "missing.wav", "--json", "--model", "svm", code=1)
    found = json.loads(result.stdout)
    names = [Path(row["file"]).name for row in found["predictions"]]
    assert names == ["a.wav", "b.flac"]
    assert {Path(row["file"]).name for row in found["failures"]} == {"broken.wav", "missing.wav"}
    expected = svm.predict(svm.load_pretrained(), [folder / "a.wav"])
    row = found["predictions"][0]
    assert row["emotion"] == expected.labels[0]
    found_shares = list(row["probabilities"].values())
    # BLAS sums one row in another order than two.
    np.testing.assert_allclose(found_shares, expected.probabilities[0], rtol=1e-5)
    assert "2 failed" in result.stderr


def test_predict_timeline(run: Run) -> None:
    arguments = ["predict", DEMO, "--timeline", "--window", 2, "--hop", 0.5, "--model", "svm"]
    rows = json.loads(run(*arguments, "--json").stdout)["predictions"]
    samples, rate = quaver.load(DEMO)
    expected = svm.predict_timeline(svm.load_pretrained(), samples, rate, window=2, hop=0.5)
    assert [row["start"] for row in rows] == expected.starts.tolist()
    assert [row["end"] for row in rows] == expected.ends.tolist()
    assert [row["emotion"] for row in rows] == expected.labels.tolist()
    assert "from s" in run(*arguments, "--format", "table").stdout


def test_silence_is_named_in_a_timeline(
    run: Run, tmp_path: Path, speech: NDArray[np.float32]
) -> None:
    file = tmp_path / "a.wav"
    soundfile.write(file, np.concatenate([speech, 0 * speech]), 16000)
    arguments = ("--timeline", "--window", 2, "--hop", 2, "--json", "--model", "svm")
    rows = run("predict", file, *arguments).stdout
    found = json.loads(rows)["predictions"]
    assert [row["emotion"] == "silence" for row in found] == [False, True]
    assert [row["reliable"] for row in found] == [True, False]
    assert [row["warnings"] for row in found] == [[], ["silence"]]


def test_without_a_model_the_best_that_is_installed_answers(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = run("predict", DEMO, "--json")
    assert "Model: ravdess-nemo-encoder." in found.stderr
    named = run("predict", DEMO, "--json", "--model", "encoder")
    assert named.stdout == found.stdout
    assert "Model:" not in named.stderr
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    other = run("predict", DEMO, "--json")
    assert "Model: ravdess-nemo-svm." in other.stderr
    named = run("predict", DEMO, "--json", "--model", "ravdess-nemo-svm")
    assert other.stdout == named.stdout


def test_doubts_have_a_column(run: Run, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).standard_normal(32000).astype(np.float32) / 10
    soundfile.write(tmp_path / "noise.wav", noise, 16000)
    arguments = ("predict", tmp_path / "noise.wav", "--model", "encoder")
    table = run(*arguments, "--format", "table").stdout
    assert "doubtful" in table
    assert "no speech" in table
    row = json.loads(run(*arguments, "--json").stdout)["predictions"][0]
    assert row["reliable"] is False
    assert "no_speech" in row["warnings"]
    assert max(row["probabilities"].values()) < 0.25  # near the priors


def test_predict_timeline_goes_on_after_a_bad_file(run: Run, folder: Path) -> None:
    found = json.loads(run("predict", folder, "--timeline", "--json", code=1).stdout)
    assert {Path(row["file"]).name for row in found["predictions"]} == {"a.wav", "b.flac"}
    assert [Path(row["file"]).name for row in found["failures"]] == ["broken.wav"]


def test_predict_with_a_model_of_ones_own(run: Run, trained: Path, table: Path) -> None:
    rows = json.loads(run("predict", table.with_name("0.wav"), "--model", trained, "--json").stdout)
    assert rows["predictions"][0]["emotion"] == "anger"
    assert set(rows["predictions"][0]["probabilities"]) == {"anger", "sadness"}


def test_predict_with_what_is_no_model(run: Run, folder: Path) -> None:
    result = run("predict", DEMO, "--model", folder / "notes.txt", code=1)
    assert "notes.txt: not a model of quaver" in squeezed(result.stderr)
    result = run("predict", DEMO, "--model", folder / "none.skops", code=1)
    assert "no such model" in result.stderr


def test_predict_of_stereo(run: Run, tmp_path: Path, speech: NDArray[np.float32]) -> None:
    file = tmp_path / "stereo.wav"
    soundfile.write(file, np.stack([speech, 0 * speech], axis=1), 16000, subtype="FLOAT")
    arguments = ("predict", file, "--json", "--downmix", 0, "--model", "svm")
    left = json.loads(run(*arguments).stdout)["predictions"][0]
    expected = svm.predict(svm.load_pretrained(), [speech], 16000).probabilities[0]
    np.testing.assert_allclose(list(left["probabilities"].values()), expected, atol=1e-6)
    for wrong in ("sum", "9" * 5000):
        told = run("predict", file, "--downmix", wrong, code=2).stderr
        assert "--downmix" in told
        assert "expected 'mean' or the number" in told
    assert "--downmix must be a channel below 2, got 7" in (
        run("predict", file, "--downmix", 7, code=1).stderr
    )


def test_windows_of_no_length(run: Run) -> None:
    assert "--hop" in run("predict", DEMO, "--timeline", "--hop", 0, code=2).stderr


@pytest.mark.slow
def test_predict_says_what_the_library_says(run: Run) -> None:
    printed = json.loads(run("predict", DEMO, "--model", "tdcnn", "--json").stdout)
    (row,) = printed["predictions"]
    expected = tdcnn.predict(tdcnn.load_pretrained(), [DEMO])
    assert row["emotion"] == expected.labels[0]
    found = list(row["probabilities"].values())
    np.testing.assert_allclose(found, expected.probabilities[0], atol=1e-4)
    table = run("predict", DEMO, "--model", "tdcnn").stdout
    assert expected.labels[0] in table


@pytest.mark.slow
def test_without_onnxruntime_keras_answers(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def row() -> dict[str, Any]:
        shown = run("predict", DEMO, "--model", "tdcnn", "--json").stdout
        only: dict[str, Any] = json.loads(shown)["predictions"][0]
        return only

    expected = row()
    monkeypatch.setattr("quaver.models.base.find_spec", lambda name: None)
    found = row()
    probabilities = pytest.approx(expected.pop("probabilities"), abs=1e-5)
    assert found.pop("probabilities") == probabilities
    assert found == expected


@pytest.mark.slow
def test_a_timeline_has_a_row_for_each_window(run: Run) -> None:
    shown = run(
        "predict", DEMO, "--model", "tdcnn", "--timeline", "--window", 1, "--hop", 0.5, "--json"
    )
    rows = json.loads(shown.stdout)["predictions"]
    samples, rate = quaver.load(DEMO)
    expected = tdcnn.predict_timeline(tdcnn.load_pretrained(), samples, rate, window=1, hop=0.5)
    assert [row["start"] for row in rows] == pytest.approx(expected.starts.tolist())
    assert len(rows) == len(expected)


@pytest.mark.slow
def test_a_bad_file_is_reported_and_the_others_go_on(run: Run, tmp_path: Path) -> None:
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"RIFF")
    shown = run("predict", DEMO, bad, "--model", "tdcnn", "--json", code=1)
    printed = json.loads(shown.stdout)
    assert len(printed["predictions"]) == 1
    assert "bad.wav" in printed["failures"][0]["file"]


@pytest.mark.slow
def test_threads_are_passed_on_and_change_no_answer(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[int | None] = []
    check = recognizer.check_threads

    def watching(threads: int | None) -> int:
        given.append(threads)
        return check(threads)

    monkeypatch.setattr(recognizer, "check_threads", watching)
    command = ["predict", DEMO, DEMO, "--model", "tdcnn"]
    assert run(*command).stdout == run(*command, "--threads", 2).stdout
    assert given == [None, 2]


def test_the_rows_of_a_table(run: Run, folder: Path, trained: Path) -> None:
    (folder / "t.tsv").write_text(
        "path\tstart\tend\na.wav\t0\t1\na.wav\t1.25\t2\ndeep/b.flac\t\t\na.wav\t7\t8\n"
    )
    done = run("predict", folder / "t.tsv", "--model", trained, "--json", code=1)
    found = json.loads(done.stdout)
    times = [(row["start"], row["end"]) for row in found["predictions"]]
    assert times == [(0, 1), (1.25, 2), (0, None)]
    assert "lies behind the end" in found["failures"][0]["reason"]
    samples, rate = soundfile.read(folder / "a.wav", dtype="float32")
    expected = svm.predict(svm.load(trained), [samples[20000:32000]], rate).probabilities[0]
    shares = list(found["predictions"][1]["probabilities"].values())
    assert shares == pytest.approx(expected.tolist())
    shown = run("predict", folder / "t.tsv", "--model", trained, "--format", "table", code=1)
    assert "from s" in shown.stdout
