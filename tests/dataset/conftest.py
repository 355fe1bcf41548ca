"""A small corpus of files, with segments and a column of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from quaver.corpus import Corpus, manifest


@pytest.fixture(scope="session")
def corpus_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty files of noise and tones in WAV and FLAC, and clips.csv with 22 rows of them."""
    made = tmp_path_factory.mktemp("corpus")
    rng = np.random.default_rng(0)
    rows = ["path,label,speaker,start,end,room"]
    for i in range(20):
        t = np.arange(6000 + 100 * i) / 16000
        tone = 0.3 * np.sin(2 * np.pi * (200 + 30 * (i % 2)) * t)
        name = f"{i}.{('wav', 'flac')[i % 2]}"
        soundfile.write(made / name, tone + 0.01 * rng.standard_normal(t.size), 16000)
        ends = [("", "")] if i else [("0", "0.2"), ("0.1", "0.3"), ("0.25", "")]
        for start, end in ends:
            rows.append(f"{name},{('calm', 'bored')[i % 2]},{'pqrs'[i // 5]},{start},{end},hall")
    (made / "clips.csv").write_text("\n".join(rows))
    return made


@pytest.fixture
def corpus(corpus_folder: Path) -> Corpus:
    return manifest(corpus_folder / "clips.csv")


@pytest.fixture
def bad_files(corpus_folder: Path, tmp_path: Path) -> Path:
    """A table of ten good files and three bad ones: missing, no recording, with a NaN."""
    (tmp_path / "text.wav").write_text("no audio")
    samples: NDArray[np.float32] = np.zeros(8000, np.float32)
    samples[5] = np.nan
    soundfile.write(tmp_path / "nan.wav", samples, 16000, subtype="FLOAT")
    rows = [f"{corpus_folder}/{i}.{('wav', 'flac')[i % 2]},calm" for i in range(10)]
    rows[3:3] = ["missing.wav,calm", "text.wav,calm", "nan.wav,calm"]
    table = tmp_path / "bad.csv"
    table.write_text("\n".join(["path,label", *rows]))
    return table
