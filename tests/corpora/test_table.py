"""Corpora as tables, and CSV tables for any corpus."""

from __future__ import annotations

from pathlib import Path

import pytest

from quaver import corpus


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
