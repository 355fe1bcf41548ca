"""``quaver train``: models of their own that the other commands take."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from commands import DEMO, Run, squeezed
from quaver import LABELS
from quaver.models import svm, tdcnn
from quaver.models.svm import selection
from quaver.models.tdcnn import classifier, onnx
from toys import SMALL, tone


def test_train_refuses_before_it_works(run: Run, table: Path, tmp_path: Path) -> None:
    assert "ends in .skops" in run("train", "svm", table, "-o", "m.pkl", code=2).stderr
    result = run("train", "svm", table, "-o", tmp_path / "none" / "m.skops", code=2)
    assert "there is no such folder" in squeezed(result.stderr)
    output = tmp_path / "m.skops"
    assert (
        "'wav2vec'" in run("train", "svm", table, "-o", output, "--kind", "wav2vec", code=2).stderr
    )
    result = run("train", "svm", tmp_path, "-o", output, code=1)
    assert "no audio file" in squeezed(result.stderr)
    assert not output.exists()


def test_labels_of_ones_own(run: Run, moods: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.skops"
    options = ("--no-search", "--speaker", "/([a-d])_", "--labels", "cross=anger, giddy = joy")
    done = run("train", "svm", moods, "-o", file, *options, "--drop", "unsure")
    assert "16 clips left out: unsure 16." in done.stderr
    assert "64 clips, 4 labels, 4 speakers." in done.stderr
    assert "score" not in done.stderr  # nothing was searched
    assert svm.load(file).classes == ("anger", "calm", "joy", "weary")
    found = json.loads(
        run("predict", moods / "weary" / "a_1.wav", "--model", file, "--json").stdout
    )
    assert found["predictions"][0]["emotion"] == "weary"
    assert "got giddy" in run("train", "svm", moods, "-o", file, "--labels", "giddy", code=2).stderr
    missing = run("train", "svm", moods, "-o", file, "--drop", "bored", code=1)
    assert "no clip is labelled 'bored', the labels are calm, cross" in squeezed(missing.stderr)


def test_train_leaves_out_what_it_cannot_use(run: Run, table: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.wav"
    bad.write_text("no audio")
    more = tmp_path / "more.csv"
    rows = table.read_text().splitlines()[1:]
    listed = [f"{table.parent}/{row}" for row in rows]
    more.write_text("\n".join(["path,label,speaker", f"{bad},anger,p", *listed]))
    asked = ("train", "svm", more, "-o", tmp_path / "mine.skops", "--no-search")
    done = run(*asked)
    assert "bad.wav" in done.stderr
    assert "1 clip left out, 12 kept." in done.stderr
    assert "12 clips, 2 labels" in done.stderr
    refused = run(*asked[:4], tmp_path / "other.skops", "--strict", code=1)
    assert "1 of 13 clips cannot be used" in refused.stderr
    assert not (tmp_path / "other.skops").exists()


def test_parts_of_files_are_as_good_as_files(run: Run, tmp_path: Path) -> None:
    """Two segments of each file: trained on, evaluated and predicted, each by one command."""
    parts, files = ["path,label,speaker,start,end"], ["path,label,speaker"]
    for i in range(8):
        speaker = "abcd"[i // 2]
        both = [0.1 * (1 + k) * tone(400 + 900 * k + 50 * i, 6400, 3 * i + k) for k in range(2)]
        soundfile.write(tmp_path / f"{i}.wav", np.concatenate(both), 16000, subtype="FLOAT")
        for k, samples in enumerate(both):
            label = ("calm", "cross")[k]
            soundfile.write(tmp_path / f"{i}_{k}.wav", samples, 16000, subtype="FLOAT")
            parts.append(f"{i}.wav,{label},{speaker},{0.4 * k:g},{0.4 * k + 0.4:g}")
            files.append(f"{i}_{k}.wav,{label},{speaker}")
    found = []
    for name, lines in (("parts", parts), ("files", files)):
        table, model = tmp_path / f"{name}.csv", tmp_path / f"{name}.skops"
        table.write_text("\n".join(lines))
        run("train", "svm", table, "-o", model, "--no-search")
        asked = ("evaluate", table, "--protocol", "speaker-independent", "--no-search", "--json")
        scores = json.loads(run(*asked).stdout)
        said = json.loads(run("predict", table, "--model", model, "--json").stdout)["predictions"]
        found.append((scores, [row["probabilities"] for row in said]))
    assert found[0] == found[1]
    assert len(found[0][1]) == 16


@pytest.mark.filterwarnings("ignore:speakers cannot be kept together")
def test_the_score_of_a_search_is_no_result(
    run: Run, moods: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "GRID", {})
    done = run("train", "svm", moods, "-o", tmp_path / "mine.skops")
    assert "No speakers are known" in done.stderr
    assert "The search's score is " in done.stderr
    assert "no result" in done.stderr


@pytest.fixture(scope="module")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of low and high tones, two speakers."""
    folder = tmp_path_factory.mktemp("tones")
    lines = ["path,label,speaker"]
    for i in range(16):
        soundfile.write(folder / f"{i}.wav", 0.5 * tone(400 if i % 2 else 2000, 9000, i), 16000)
        lines.append(f"{i}.wav,{'sadness' if i % 2 else 'anger'},{'ab'[i // 8]}")
    table = folder / "clips.csv"
    table.write_text("\n".join(lines) + "\n")
    return table


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the default network be one that trains in seconds."""
    monkeypatch.setattr(classifier, "TDCNNConfig", lambda: SMALL)


@pytest.mark.slow
@pytest.mark.usefixtures("eagerly")
def test_train_writes_a_model_and_its_curves(
    run: Run, tones: Path, tmp_path: Path, small: None
) -> None:
    output, curves = tmp_path / "mine.keras", tmp_path / "curves.png"
    shown = run("train", "tdcnn", tones, "-o", output, "--epochs", 2, "--curves", curves)
    assert "epoch 2 of 2" in shown.stdout
    assert curves.read_bytes().startswith(b"\x89PNG")
    model = tdcnn.load(output)
    assert model.classes_.tolist() == ["anger", "sadness"]
    assert model.card_["data"]["clips"] == 16
    assert len(model.card_["history"]) == 2
    assert "mine" in run("info", output).stdout
    printed = json.loads(run("predict", DEMO, "--model", output, "--json").stdout)
    assert set(printed["predictions"][0]["probabilities"]) == {"anger", "sadness"}
    again = ("train", "tdcnn", tones, "-o", tmp_path / "on.keras", "--epochs", 1)
    shown = run(*again, "--from", output, "--robust")
    assert "epoch 1 of 1" in shown.stdout
    assert "none.keras" in run(*again, "--from", tmp_path / "none.keras", code=1).output
    assert "got 0" in run(*again, "--learning-rate", 0, code=1).output
    assert tdcnn.load(tmp_path / "on.keras").classes_.tolist() == ["anger", "sadness"]
    exported = tmp_path / "mine.onnx"
    onnx.export(model, exported)
    again = json.loads(run("predict", DEMO, "--model", exported, "--json").stdout)
    assert again["predictions"][0]["probabilities"] == pytest.approx(
        printed["predictions"][0]["probabilities"], abs=1e-4
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "tdcnn", "x.csv", "-o", "mine.h5"], "ends in .keras"),
        (["train", "tdcnn", "x.csv", "-o", "gone/mine.keras"], "no such folder"),
    ],
)
def test_train_tdcnn_refuses(run: Run, arguments: list[str], message: str) -> None:
    assert message in run(*arguments, code=2).output


@pytest.mark.slow
def test_train_and_use_a_model(run: Run, trained_text: Path, texts_folder: Path) -> None:
    found = json.loads(run("predict", "--text", "a", "--text-model", trained_text, "--json").stdout)
    assert list(found["predictions"][0]["probabilities"]) == list(LABELS)
    assert json.loads(run("info", trained_text, "--json").stdout)["data"]["texts"] == 210
    reports = json.loads(
        run("evaluate", "text", texts_folder, "--model", trained_text, "--json").stdout
    )
    assert [report["name"] for report in reports] == ["network", "TF-IDF", "network and TF-IDF"]
    assert reports[1]["test_macro_f1"] > 0.9
    assert (reports[0]["n_test"], reports[0]["n_single"]) == (70, 63)
    shown = run("evaluate", "text", texts_folder, "--model", trained_text, "--no-baseline").stdout
    assert "network" in shown
    assert "TF-IDF" not in shown


@pytest.mark.slow
def test_train_text_refuses(run: Run, texts_folder: Path, tmp_path: Path) -> None:
    assert "ends in .keras" in run("train", "text", texts_folder, "-o", "a.h5", code=2).stderr
    assert (
        "no such folder"
        in run("train", "text", texts_folder, "-o", tmp_path / "b/a.keras", code=2).stderr
    )
    assert "labels.txt" in run("train", "text", tmp_path, "-o", tmp_path / "a.keras", code=1).stderr
