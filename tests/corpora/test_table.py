"""Corpora as tables, and CSV tables for any corpus."""

from __future__ import annotations

import csv
import math
import tracemalloc
from pathlib import Path
from unicodedata import normalize

import numpy as np
import pytest
import soundfile

import quaver
from quaver import corpus
from quaver.audio import Segment


def test_manifest(tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    table.write_text(
        "\ufeffspeaker, label ,path,sex,corpus\nann,fear,a.wav,female,\n bob , joy ,/b.wav,,x\n",
        encoding="utf-8",
    )
    first, second = corpus.read_corpus(table)
    assert first == corpus.Clip(tmp_path / "a.wav", "fear", "ann", "mine", "female")
    assert second == corpus.Clip(Path("/b.wav"), "joy", "bob", "x", "unknown")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"line 1: missing column\(s\) path, label, got nothing"),
        ("path,mood\na.wav,fear\n", r"line 1: missing column\(s\) label, got path, mood"),
        ("path,label,label\na.wav,fear,x\n", r"line 1: column\(s\) label more than once"),
        ("path,label\n,fear\n", "line 2: empty path"),
        ("path,label,speaker\n", "no clip listed"),
        ("path,label,speaker\na.wav,,ann\n", "line 2: empty label"),
        ("path,label,speaker\n\na.wav,fear,\n", "line 3: empty speaker"),
        ("path,label,speaker\na.wav,fear,ann,x\n", "line 2: more cells than the 3 columns"),
        ("path,label,speaker,sex\na.wav,fear,ann,f\n", "line 2: sex must be .*, got 'f'"),
        (
            "path,label,speaker\na,fear,x\nb,fear,x\na,fear,x\n",
            "line 4: the same path as in line 2",
        ),
        (
            "path,label,speaker,start,end\na,fear,x,1,2\na,fear,x,2,3\na,fear,x,1.0,2.0\n",
            "line 4: the same path as in line 2",
        ),
        ("path,label,speaker,start\na,fear,x,-1\n", "line 2: start must be seconds, .* got '-1'"),
        ("path,label,speaker,end\na,fear,x,1m\n", "line 2: end must be seconds, .* got '1m'"),
        ("path,label,speaker,end\na,fear,x,nan\n", "line 2: end must be seconds, .* got 'nan'"),
        ("path,label,speaker,start,end\na,fear,x,2,2\n", "line 2: end must be after the start"),
        ("path,label,speaker,end\na,fear,x,0\n", "line 2: end must be after the start"),
        ("path,label,speaker,Start_ms\na,fear,x,5\n", r"column\(s\) Start_ms would be ignored"),
        (
            "path,label,speaker,Start,End\na,fear,x,1,2\n",
            r"column\(s\) Start, End would be ignored",
        ),
        ("path,label,speaker,t0,t1\na,fear,x,1,2\n", r"column\(s\) t0, t1 would be ignored"),
        ("path,label,speaker,segment start\na,fear,x,1\n", r"segment start would be ignored"),
        ("path,label,speaker,start,duration\na,fear,x,1,2\n", r"\(s\) duration would be ignored"),
    ],
)
def test_bad_manifests(tmp_path: Path, text: str, message: str) -> None:
    table = tmp_path / "t.csv"
    table.write_text(text)
    with pytest.raises(ValueError, match=rf"t\.csv.*{message}"):
        corpus.manifest(table)


@pytest.mark.parametrize(("separator", "ending"), [(",", ".csv"), (";", ".csv"), ("\t", ".tsv")])
def test_separators(tmp_path: Path, separator: str, ending: str) -> None:
    rows = (("path", "label", "room"), ("a, b; c.wav", "so so", "hall"))
    table = tmp_path / f"t{ending}"
    with table.open("w", newline="") as lines:
        csv.writer(lines, delimiter=separator).writerows(rows)
    (clip,) = corpus.read_corpus(table)
    assert (clip.path.name, clip.label, clip.extra) == ("a, b; c.wav", "so so", {"room": "hall"})


def test_parquet(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    frame = pandas.DataFrame(
        {"path": ["a.wav", "a.wav"], "label": [3, 4], "start": [0.5, None], "take": [1, None]}
    )
    frame.to_parquet(tmp_path / "t.parquet")
    first, second = corpus.read_corpus(tmp_path / "t.parquet")
    assert (first.label, first.start, first.end, first.extra["take"]) == ("3", 0.5, None, "1.0")
    assert (second.label, second.start) == ("4", 0)
    (tmp_path / "u.parquet").write_bytes(b"no parquet")
    with pytest.raises(ValueError, match=r"u\.parquet"):
        corpus.read_corpus(tmp_path / "u.parquet")
    frame.drop(columns="start").to_parquet(tmp_path / "v.parquet")
    with pytest.raises(ValueError, match=r"v\.parquet, row 2: the same path as in row 1"):
        corpus.read_corpus(tmp_path / "v.parquet")


def test_missing_cells_and_bytes_of_parquet(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    columns = {
        "path": [b"a.wav", "\u00fc.wav".encode()],
        "label": ["m\u00fcde".encode(), b"calm"],
        "start": [0.5, math.nan],
        "end": [math.nan, math.nan],
        "age": [33.5, math.nan],
    }
    parquet.write_table(pyarrow.table(columns), tmp_path / "t.parquet")
    first, second = corpus.manifest(tmp_path / "t.parquet")
    assert (first.label, first.start, first.end, first.extra) == (
        "m\u00fcde",
        0.5,
        None,
        {"age": "33.5"},
    )
    assert (second.path.name, second.start, second.extra) == ("\u00fc.wav", 0, {"age": ""})
    columns["label"] = [1.0, math.nan]
    parquet.write_table(pyarrow.table(columns), tmp_path / "t.parquet")
    with pytest.raises(ValueError, match="row 2: empty label"):
        corpus.manifest(tmp_path / "t.parquet")


def test_columns_without_a_name(tmp_path: Path) -> None:
    """A spreadsheet leaves them behind, and pandas calls its numbers of rows so."""
    table = tmp_path / "t.csv"
    table.write_text(",path,label,room,,\n0,a.wav,calm,hall,,\n")
    found = corpus.manifest(table)
    assert found.names == (*corpus.COLUMNS, "room")
    assert (found[0].label, found[0].extra) == ("calm", {"room": "hall"})


def test_the_columns_of_a_corpus(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("path,label,split,room,end\na.wav,calm,train,hall,2\nb.wav,tense,,,\n")
    found = corpus.manifest(table, speaker=r"^(\w)\.wav")
    assert found.names == (*corpus.COLUMNS, "room")
    assert found.speakers.tolist() == ["a", "b"]
    assert found.column("split").tolist() == ["train", ""]
    assert np.isnan(found.column("end")).tolist() == [False, True]
    assert corpus.manifest(table, speaker="label").speakers.tolist() == ["calm", "tense"]
    with pytest.raises(ValueError, match="'room' has empty cells"):
        corpus.manifest(table, speaker="room")
    with pytest.raises(ValueError, match="no column 'hall', there are path"):
        found.column("hall")
    assert corpus.Corpus(found.clips) == found
    assert found[::-1].labels.tolist() == ["tense", "calm"]
    assert found.part([False, True])[0].path == tmp_path / "b.wav"
    both = corpus.Corpus.joined([found, corpus.Corpus([corpus.Clip(Path("c"), "x", "s", "o")])])
    assert both.column("room").tolist() == ["hall", "", ""]
    assert both.groups.tolist() == ["t/a", "t/b", "o/s"]
    frame = found.to_frame()
    assert list(frame.columns) == list(found.names)
    assert frame["label"].tolist() == ["calm", "tense"]


def test_labels_called_otherwise() -> None:
    table = corpus.Corpus(
        corpus.Clip(Path(f"{i}.wav"), label, "", "mine")
        for i, label in enumerate(("angry", "bored", "calm", "angry"))
    )
    found = table.relabelled({"angry": "anger"}, drop=["bored"])
    assert found.labels.tolist() == ["anger", "calm", "anger"]
    with pytest.raises(ValueError, match="no clip is labelled 'boring', 'rage', the labels are a"):
        table.relabelled({"rage": "anger"}, ["boring"])
    with pytest.raises(ValueError, match="no clip is left without angry, bored, calm"):
        table.relabelled(drop=["angry", "bored", "calm"])


def test_letters_with_accents_are_the_same_however_they_are_written(tmp_path: Path) -> None:
    """A Mac calls its folders in two characters what people type as one."""
    typed, macs = (normalize(form, "m\u00fcde") for form in ("NFC", "NFD"))
    table = tmp_path / "t.csv"
    table.write_text(f"path,label,speaker\n{macs}/a.wav,{macs},{macs}\nb.wav,{typed},{typed}\n")
    found = corpus.manifest(table)
    assert set(found.labels) == set(found.speakers) == {typed}
    assert found[0].path == tmp_path / macs / "a.wav"  # files are called as they are
    assert set(found.relabelled({macs: "tired"}).labels) == {"tired"}
    by_path = corpus.manifest(table, speaker="^(b|m[^/]+)")
    assert by_path.speakers.tolist() == [typed, "b"]
    for folder in (macs, "calm"):
        (tmp_path / "moods" / folder).mkdir(parents=True)
        soundfile.write(tmp_path / "moods" / folder / "a.wav", np.zeros(800), 16000)
    moods = corpus.folders(tmp_path / "moods")
    assert set(moods.labels) == {"calm", typed}
    assert moods.relabelled(drop=[typed]).labels.tolist() == ["calm"]
    own = corpus.Corpus([corpus.Clip(Path("a.wav"), macs, "", "own"), *moods])
    assert own.relabelled(drop=[macs]).labels.tolist() == ["calm"]


def test_unlabelled_rows_are_asked_for(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("path,start\na.wav,1\na.wav,2\n")
    found = corpus.manifest(table, labelled=False)
    assert [(clip.label, clip.start) for clip in found] == [("", 1), ("", 2)]


def test_many_rows_take_little_memory(tmp_path: Path) -> None:
    # A thousandth of a large corpus: a million rows must stay below half a gigabyte.
    n = 20_000
    table = tmp_path / "t.csv"
    rows = (f"s{i % 100}/{i:07}.flac,l{i % 7},s{i % 100},{i},{i + 1}\n" for i in range(n))
    table.write_text("path,label,speaker,start,end\n" + "".join(rows))
    tracemalloc.start()
    found = corpus.manifest(table)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(found) == n
    assert peak / n < 600


def test_one_long_cell_takes_no_memory_in_the_others() -> None:
    words = ["x" * 100_000, *["hi"] * 9999]  # 4 GB as an array of str
    clips = corpus.Corpus.of_columns({"path": [*words[1:], "a"], "note": words})
    tracemalloc.start()
    column = clips.column("note")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert column.tolist() == words
    assert peak < 1 << 20
    assert clips[1:].column("note").dtype.kind == "U"


def test_a_manifest_in_another_encoding(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_bytes("path,label,speaker\nä.wav,fear,ann\n".encode("latin-1"))
    with pytest.raises(ValueError, match=r"t\.csv: expected UTF-8 text"):
        corpus.manifest(table)


@pytest.fixture
def dialogue(tmp_path: Path) -> corpus.Corpus:
    """Two parts of a file, the rest of it, and another one."""
    samples = np.random.default_rng(3).uniform(-0.5, 0.5, 80000)
    soundfile.write(tmp_path / "talk.flac", samples, 16000)
    soundfile.write(tmp_path / "whole.flac", samples[:20000], 16000)
    (tmp_path / "t.csv").write_text(
        "path,label,speaker,start,end\ntalk.flac,fear,a,,1.5\ntalk.flac,anger,b,1.25,3\n"
        "talk.flac,fear,a,3.5,\nwhole.flac,fear,a,,\n"
    )
    return corpus.manifest(tmp_path / "t.csv")


def test_parts_of_a_file(dialogue: corpus.Corpus, tmp_path: Path) -> None:
    times = [(clip.start, clip.end) for clip in dialogue]
    assert times == [(0, 1.5), (1.25, 3), (3.5, None), (0, None)]
    talk = tmp_path / "talk.flac"
    assert dialogue.paths.tolist() == [
        Segment(talk, 0, 1.5), Segment(talk, 1.25, 3), Segment(talk, 3.5), tmp_path / "whole.flac"
    ]  # fmt: skip
    whole, _ = quaver.load(talk)
    spans = [(0, 24000), (20000, 48000), (56000, 80000)]
    for clip, segment, (first, last) in zip(dialogue, dialogue.paths, spans, strict=False):
        for part in (clip, segment):
            np.testing.assert_array_equal(quaver.load(part)[0], whole[first:last])
    np.testing.assert_array_equal(
        quaver.load(dialogue[1], offset=0.5, duration=9)[0], whole[28000:48000]
    )


def test_parts_are_what_features_are_made_of(dialogue: corpus.Corpus, tmp_path: Path) -> None:
    batch = quaver.extract_many(dialogue.paths)
    whole, _ = quaver.load(tmp_path / "talk.flac")
    for row, (first, last) in zip(batch.values, [(0, 24000), (20000, 48000)], strict=False):
        np.testing.assert_array_equal(row, quaver.extract(whole[first:last], 16000))
    np.testing.assert_array_equal(quaver.extract_many(dialogue).values, batch.values)
    from quaver.models.transformers import AudioFeatures

    np.testing.assert_array_equal(AudioFeatures().transform(dialogue.paths), batch.values)


def test_parts_that_are_not_there(dialogue: corpus.Corpus, tmp_path: Path) -> None:
    late = Segment(tmp_path / "talk.flac", 6, 7)
    batch = quaver.extract_many([late, dialogue.paths[0]])
    assert batch.index.tolist() == [1]
    assert batch.failures[0].source.endswith("talk.flac [6 s to 7 s]")
    assert "lies behind the end (5.000 s)" in batch.failures[0].reason
    with pytest.raises(ValueError, match=r"offset 2 s lies behind the end"):
        quaver.load(dialogue.paths[0], offset=2)
    for start, end in ((-1, None), (2, 1), (np.nan, 1), (0, np.inf)):
        with pytest.raises(ValueError, match=r"(start|end) must be finite"):
            Segment("a.wav", start, end)


def test_a_model_hears_the_parts(dialogue: corpus.Corpus) -> None:
    from quaver.models import svm

    model = svm.load_pretrained()
    found = model.predict_proba(dialogue.paths)
    samples = [quaver.load(clip)[0] for clip in dialogue]
    expected = svm.predict(model, samples, 16000).probabilities
    np.testing.assert_allclose(found, expected)


def test_the_duration_of_a_file_is_no_part_of_it(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("path,label,speaker,duration,start,end\na,fear,x,9,1,2\n")
    assert (corpus.manifest(table)[0].start, corpus.manifest(table)[0].end) == (1, 2)
    table.write_text("path,label,speaker,duration,tone\na,fear,x,9,high\n")
    assert corpus.manifest(table)[0].end is None
