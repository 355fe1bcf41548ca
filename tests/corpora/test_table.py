"""Corpora as tables, and CSV tables for any corpus."""

from __future__ import annotations

from pathlib import Path

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
    with pytest.raises(ValueError, match=r"mine\.csv, line 3: label must be .*, got 'joy'"):
        corpus.manifest(table)
    table.write_text(table.read_text(encoding="utf-8").replace("joy", "anger"), encoding="utf-8")
    first, second = corpus.read_corpus(table)
    assert first == corpus.Clip(tmp_path / "a.wav", "fear", "ann", "mine", "female")
    assert second == corpus.Clip(Path("/b.wav"), "anger", "bob", "x", "unknown")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"line 1: missing column\(s\) path, label, speaker, got nothing"),
        ("path,label\na.wav,fear\n", r"line 1: missing column\(s\) speaker, got path, label"),
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
